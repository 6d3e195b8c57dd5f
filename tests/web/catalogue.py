"""What the reader says, as its templates and its errors are written."""

from __future__ import annotations

from babel.messages.extract import extract_from_dir

from archive.web.rendering import WEB_FOLDER

_METHODS = [
    ("api/**.py", "ignore"),  # programs are answered in English
    ("memento.py", "ignore"),
    ("templates/**.html", "jinja2.ext:babel_extract"),
    ("**.py", "python"),
]
_KEYWORDS = {"_": None, "ngettext": (1, 2), "ProblemError": (2,)}


def said() -> dict[str | tuple[str, ...], list[str]]:
    """Every sentence (two forms where it has a plural), and where it stands."""
    found: dict[str | tuple[str, ...], list[str]] = {}
    options = {"templates/**.html": {"extensions": "jinja2.ext.i18n", "trimmed": "true"}}
    for file, line, message, *_ in extract_from_dir(
        WEB_FOLDER, _METHODS, options, keywords=_KEYWORDS, strip_comment_tags=True
    ):
        found.setdefault(message, []).append(f"{file}:{line}")
    return found
