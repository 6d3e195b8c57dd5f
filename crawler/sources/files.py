"""Source files: `HOME/sources/NAME.toml`, one publisher each, written for people to edit.

A file with anything wrong in it is refused as a whole, with its line, so that a typo never
passes for a setting. A source without feeds, sitemaps and listings is followed by the links of
its front page.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import tomlkit
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic import ValidationError as PydanticValidationError
from tomlkit.exceptions import TOMLKitError

from archive.core.disk import replacing
from archive.core.urls import normalise_url
from archive.errors import HomeError, SourceError
from archive.model import CaptureScope, RuleSet, Seed, Source, UrlKind
from archive.read.source_names import NAME_PATTERN
from crawler.discovery import SEED_KINDS
from crawler.discovery.archives import template_problem
from pipelines.extract.overrides import RuleFault, find_faults, read_rules


def _checked_template(text: str) -> str:
    if problem := template_problem(text):
        raise ValueError(f"{text!r}: {problem}")
    return text


IndexTemplate = Annotated[str, AfterValidator(_checked_template)]
WebAddress = Annotated[str, AfterValidator(normalise_url)]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class SourceFile(BaseModel):
    """The keys of a source file; their descriptions stand in the files that are written."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    name: Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
    """Short name, the same as the file's."""
    url: WebAddress
    """Front page."""
    title: str | None = Field(default=None, examples=["Suara Contoh"])
    """What the publisher calls itself."""
    language: LanguageCode | None = Field(default=None, examples=["id"])
    """Two letters (ISO 639-1), where it is mostly in one language."""
    feeds: list[WebAddress] = []
    """RSS, Atom or JSON feeds."""
    sitemaps: list[WebAddress] = []
    """Sitemaps and sitemap indexes."""
    listings: list[WebAddress] = []
    """Front and section pages that are read for their links."""
    delay_s: float | None = Field(default=None, ge=0, allow_inf_nan=False, examples=[2.0])
    """Seconds between two requests to one host; unset, the archive's own."""
    max_pages: int | None = Field(default=None, ge=0, examples=[500])
    """Most pages fetched in one crawl, 0 for no limit; unset, the archive's own."""
    capture: CaptureScope | None = Field(default=None, strict=False, examples=["page"])
    """Use "html", or "page" for images, styles and scripts too; unset, the archive's own."""
    render: bool = False
    """Whether pages are read after their scripts have run (needs a browser: docs/rendering.md)."""
    verified: date | None = None
    """Day on which these addresses were last found well; `kliping sources check` writes it."""
    archives: list[IndexTemplate] = []
    """Indexes by date, for `kliping backfill`: "https://example.com/indeks?date={date:%Y-%m-%d}"."""
    trap_limit: int | None = Field(default=None, ge=0, examples=[50])
    """Links of one pattern that may lead to nothing new, in a row, until it is left off; 0: any."""
    rules: list[dict[str, Any]] = []
    """How its pages are read: CSS selectors, dated; see docs/extraction.md."""


_RULES_EXAMPLE = """\
[[rules]]
until = 2024-06-30
body = "div.article-body"
drop = ["div.video", "p.credit"]"""

_NOT_IN_COMMENTS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""TOML 1.0 allows no control characters there; comments quote titles of pages."""


def load_sources(
    folder: Path, *, on_error: Callable[[SourceError], None] | None = None
) -> list[Source]:
    """Return the sources of a folder, by name. Empty if there is no folder.

    With `on_error`, a file that cannot be read is reported to it and left out.

    Raises:
        SourceError: without `on_error`, of the files that cannot be read: each on a line.
    """
    sources: list[Source] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            sources.append(load_source(path))
        except SourceError as error:
            if on_error:
                on_error(error)
            else:
                problems.append(str(error))
    if problems:
        raise SourceError("\n".join(problems))
    return sources


def load_source(path: Path) -> Source:
    """Return the source that a file describes.

    Raises:
        SourceError: the file cannot be read, or says something that cannot be; one line for each
            thing that is wrong, with the file and line.
    """
    try:
        text = path.read_text("utf-8-sig")
        stated = SourceFile.model_validate(tomllib.loads(text))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not UTF-8 text; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        fault = str(error).replace(
            "at end of document", f"at line {len(text.splitlines())}, its end"
        )
        raise SourceError(f"{path}: not valid TOML: {fault}") from error
    except PydanticValidationError as error:
        problems = [_explained(path, text, dict(problem)) for problem in error.errors()]
        raise SourceError("\n".join(problems)) from error
    if faults := [_explained_rule(path, text, fault) for fault in find_faults(stated.rules)]:
        raise SourceError("\n".join(faults))
    if stated.name != path.stem:
        where = f"{path} line {_line_of(text, ('name',))}"
        raise SourceError(f"{where}: name = {stated.name!r}, but the file is {path.name!r}")
    return _source(stated)


def _source(stated: SourceFile) -> Source:
    seeds = [
        Seed(url, kind) for kind, seed in SEED_KINDS.items() for url in getattr(stated, seed.key)
    ]
    return Source(
        name=stated.name,
        url=stated.url,
        title=stated.title,
        language=stated.language,
        seeds=tuple(dict.fromkeys(seeds)) or (Seed(stated.url, UrlKind.LISTING),),
        delay_s=stated.delay_s,
        max_pages=stated.max_pages,
        capture=stated.capture,
        render=stated.render,
        verified=stated.verified,
        rules=read_rules(stated.rules, stated.name).sets,
        archives=tuple(stated.archives),
        trap_limit=stated.trap_limit,
    )


def write_source(folder: Path, source: Source, *, comment: str = "", replace: bool = False) -> Path:
    """Write a source's file, with `comment` (any number of lines) at its head.

    The file appears whole or not at all.

    Returns:
        The path of the file.

    Raises:
        SourceError: there is one already and `replace` is False, or the name is not fit for one.
        HomeError: the folder cannot be written to.
    """
    path = folder / f"{source.name}.toml"
    if not re.fullmatch(NAME_PATTERN, source.name):
        raise SourceError(f"{source.name!r} cannot name a source: use a-z, 0-9 and hyphens")
    if path.exists() and not replace:
        raise SourceError(f"{path}: this source is there already; edit the file or remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as whole:
            whole.write(_rendered(source, comment).encode())
    except OSError as error:
        raise HomeError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def mark_verified(path: Path, day: date) -> None:
    """Write the day on which a source's addresses were found well into its file.

    Raises:
        SourceError: the file cannot be read any more.
        HomeError: it cannot be written to.
    """
    try:
        document = tomlkit.parse(path.read_bytes().decode("utf-8-sig"))
        if "verified" in document:
            document["verified"] = day
        else:  # not at the end, where it might land in a table
            item = tomlkit.item(day).comment("by kliping sources check")
            document._insert_after("url", "verified", item)
        text = tomlkit.dumps(document)
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise SourceError(f"{path}: cannot be read any more: {error}") from error
    try:
        with replacing(path) as whole:
            whole.write(text.encode())
    except OSError as error:
        raise HomeError(f"{path}: cannot be written: {error.strerror}") from error


def _rendered(source: Source, comment: str) -> str:
    document = tomlkit.document()
    for line in comment.splitlines():
        document.add(tomlkit.comment(_NOT_IN_COMMENTS.sub(" ", line)))
    values = _values(source)
    for key, field in SourceFile.model_fields.items():
        if values[key] is None and not field.examples:
            continue  # not for people to fill in
        document.add(tomlkit.nl())
        document.add(tomlkit.comment(str(field.description)))
        if key == "rules":
            _add_rules(document, source.rules)
        elif values[key] is None:
            example = tomlkit.item((field.examples or [])[0]).as_string()
            document.add(tomlkit.comment(f"{key} = {example}"))
        else:
            document.add(key, _item(values[key]))
    return tomlkit.dumps(document).lstrip("\n")


def _add_rules(document: tomlkit.TOMLDocument, rules: Sequence[RuleSet]) -> None:
    """Write the tables, which must be the last of a file, or an example if there are no rules."""
    if not rules:
        for line in _RULES_EXAMPLE.splitlines():
            document.add(tomlkit.comment(line))
        return
    tables = tomlkit.aot()
    for rule_set in rules:
        stated = {key: value for key, value in asdict(rule_set).items() if value}
        tables.append(tomlkit.item({key: _plain(value) for key, value in stated.items()}))
    document.add("rules", tables)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _values(source: Source) -> dict[str, Any]:
    values: dict[str, Any] = {key: getattr(source, key, None) for key in SourceFile.model_fields}
    values["archives"] = list(source.archives)
    for kind, seed_kind in SEED_KINDS.items():
        values[seed_kind.key] = [seed.url for seed in source.seeds if seed.kind is kind]
    return values


def _item(value: object) -> Any:
    item = tomlkit.item(value)
    return item.multiline(len(item) > 1) if isinstance(item, tomlkit.items.Array) else item


def _explained(path: Path, text: str, problem: dict[str, Any]) -> str:
    """Say what is wrong with one key, and on which line."""
    location: tuple[str | int, ...] = problem["loc"]
    key = str(location[0])
    where = f"{path} line {_line_of(text, location)}"
    if problem["type"] == "missing":
        return f"{path}: {key!r} is missing"
    if problem["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, SourceFile.model_fields, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        return f"{where}: unknown key {key!r}{hint}"
    if problem["type"] == "value_error":  # of `normalise_url`, which names the URL
        return f"{where}: {key}: {problem['ctx']['error']}"
    return f"{where}: {key} = {problem['input']!r}: {problem['msg']}"


def _explained_rule(path: Path, text: str, fault: RuleFault) -> str:
    """Say what is wrong with a key of a `[[rules]]` table, and on which line."""
    lines = text.splitlines()
    heads = [at for at, line in enumerate(lines) if re.match(r"\s*\[\[\s*rules\s*\]\]", line)]
    if fault.table > len(heads):  # written as an array of inline tables
        return f"{path} line {_line_of(text, ('rules',))}: rules: {fault.message}"
    key = re.compile(rf"\s*[\"']?{re.escape(fault.key)}[\"']?\s*=")
    head = heads[fault.table - 1]
    line = next((at for at in range(head, len(lines)) if key.match(lines[at])), head)
    return f"{path} line {line + 1}: rules: {fault.message}"


def _line_of(text: str, location: tuple[str | int, ...]) -> int:
    """Return the line (from 1) of a key, or of the entry of its list."""
    lines = text.splitlines()
    key = re.compile(rf"\s*(?:\[+\s*)?[\"']?{re.escape(str(location[0]))}[\"']?\s*[=.\]]")
    first = next((number for number, line in enumerate(lines, 1) if key.match(line)), 1)
    if len(location) == 1:
        return first
    entry = tomllib.loads(text)[str(location[0])][location[1]]
    for number in range(first, len(lines) + 1):
        if str(entry) in lines[number - 1]:
            return number
    return first
