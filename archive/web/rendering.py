"""Pages from templates: everything escaped, in the reader's language.

A template has, besides what its page gives it: `_("...")` and `ngettext`, `lang`, `link(path,
q=...)` for addresses of this reader, which keep a language that was chosen by hand, `here(...)`
for the present address with parameters changed, `static("reader.css")`, and the filters of
`archive.web.formatting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from babel.core import negotiate_locale
from babel.messages.pofile import read_po
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from archive.web.formatting import filters
from archive.web.statics import static_url

WEB_FOLDER = Path(__file__).parent
PAGE_LANGUAGES = {"en": "English", "id": "Bahasa Indonesia"}
"""Languages of the pages by their own names; templates are written in the first."""
_MAX_ACCEPTED = 20


def render(
    request: Request, template: str, *, headers: Mapping[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """Render a template in the language of the request."""
    lang = request_language(request)
    context = {
        "lang": lang,
        "languages": PAGE_LANGUAGES,
        "request": request,
        "link": partial(link, request),
        "here": partial(here, request),
        "static": static_url,
        "archive_id": request.app.state.archive.archive_id,
    }
    page = environment(lang).get_template(template).render({**context, **values})
    # Lone surrogates, which broken pages have, cannot be encoded.
    body = page.encode("utf-8", "replace")
    return HTMLResponse(body, headers={"Vary": "Accept-Language", **(headers or {})})


def request_language(request: Request) -> str:
    """The language of a page: `?lang=` where given, otherwise the browser's preference."""
    chosen = request.query_params.get("lang", "")
    if chosen in PAGE_LANGUAGES:
        return chosen
    return _preferred(request.headers.get("accept-language", ""))


@lru_cache(maxsize=1000)
def _preferred(accepted: str) -> str:
    """The preferred language of `Accept-Language` (RFC 9110, 12.5.4)."""
    preferences = map(_preference, accepted.split(",")[:_MAX_ACCEPTED])
    preferred = sorted(preferences, key=lambda each: -each[1])
    names = [name for name, weight in preferred if weight > 0]
    return negotiate_locale(names, list(PAGE_LANGUAGES), sep="-") or "en"


@cache
def environment(lang: str) -> Environment:
    """The environment of templates in a language."""
    made = Environment(
        loader=PackageLoader("archive.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # otherwise five files are checked for each page
        extensions=["jinja2.ext.i18n"],
    )
    catalogue = _catalogue(lang)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: catalogue.get(text, (text,))[0],
        lambda one, many, n: _plural(catalogue.get(one, (one, many)), n),
        newstyle=True,
    )
    # For messages from Python; `_` is for literals in templates, which it does not escape.
    made.filters["translated"] = lambda text: catalogue.get(text, (text,))[0]
    made.filters.update(filters(lang))
    return made


def _catalogue(lang: str) -> dict[str, tuple[str, ...]]:
    """The translations in `locale/LANG.po`."""
    path = WEB_FOLDER / "locale" / f"{lang}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        messages = list(read_po(file, locale=lang))
    catalogue = {}
    for message in messages:
        ids = (message.id,) if isinstance(message.id, str) else message.id
        forms = message.string or ()
        strings = [each for each in ((forms,) if isinstance(forms, str) else forms) if each]
        if ids[0] and strings:
            catalogue[ids[0]] = tuple(strings)
    return catalogue


def _plural(forms: tuple[str, ...], n: int) -> str:
    """The plural form for a number: English has two, Indonesian one."""
    return forms[0] if n == 1 else forms[-1]


def _preference(accepted: str) -> tuple[str, float]:
    name, _, weight = accepted.partition(";q=")
    try:
        return name.strip(), float(weight or 1)
    except ValueError:
        return name.strip(), 0.0


def link(request: Request, path: str, **parameters: Any) -> str:
    """An address of this reader; parameters that are None or empty are left out."""
    if "lang" in request.query_params:
        parameters.setdefault("lang", request.query_params["lang"])
    wanted = {name: value for name, value in parameters.items() if value not in (None, "")}
    address = request.scope.get("root_path", "") + path
    return f"{address}?{urlencode(wanted, doseq=True, errors='replace')}" if wanted else address


def here(request: Request, **changed: Any) -> str:
    """The current address with some parameters changed; None removes one."""
    parameters: dict[str, Any] = {}
    for name, value in parse_qsl(request.url.query):
        parameters.setdefault(name, []).append(value)
    return link(request, request.url.path, **{**parameters, **changed})
