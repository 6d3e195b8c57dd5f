"""The order of the steps, from bytes to an `Extraction`.

decode -> page -> choice (of candidates) -> source rules -> rule packs -> learnt boilerplate
-> title, authors, times, language, kind, paywall, metadata -> structure -> rights. Each step is a
pure function of its own module; any that can be left out can be switched off by name (`without`),
which is how the benchmark measures what each one gains.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from archive.model import Extraction, Outcome, PageKind, RuleSet
from pipelines.extract import boilerplate, overrides, structure
from pipelines.extract.authors import Authors, authors, names
from pipelines.extract.choice import Choice, choose
from pipelines.extract.dates import Times, parse_time, times
from pipelines.extract.decode import Undecodable, header, parse
from pipelines.extract.explanation import Explanation, Trace
from pipelines.extract.kind import Judged, page_kind
from pipelines.extract.language import language
from pipelines.extract.metadata import Metadata, metadata
from pipelines.extract.page import Page, read_page
from pipelines.extract.paywall import paywalled
from pipelines.extract.rights import rights
from pipelines.extract.text import count_words
from pipelines.extract.titles import Headline, headline

if TYPE_CHECKING:
    from datetime import datetime

    from archive.text.learnt_boilerplate import Learnt, Recurring
    from pipelines.extract.blocks import Block
    from pipelines.extract.decode import AnyHeaders

EXTRACTOR_VERSION = 4
"""Raised with every change that can change a text or adds a fact, to find what is stale."""
EXTRACTOR = f"kliping-extract/{EXTRACTOR_VERSION} trafilatura/{version('trafilatura')}"
STEPS = ("forest", "data", "packs", "learnt", "rules")
"""Steps that `without` can name."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an extraction may use besides the page."""

    rules: overrides.Rules | None = None
    learnt: Learnt | Recurring | None = None
    captured_at: datetime | None = None
    without: frozenset[str] = frozenset()
    is_part: bool = False
    """It is a further page of an article, however little of one it looks."""


def run_chain(body: bytes, url: str, headers: AnyHeaders, settings: Settings) -> Explanation:
    """See `pipelines.extract.explanation`."""
    trace = Trace()
    try:
        extraction = _extract(body, url, headers, settings, trace)
    except Exception as err:  # noqa: BLE001 - the edge of the stage: a page costs a row at most
        reason = f"{type(err).__name__}: {err}"
        trace.add("failed", reason)
        extraction = Extraction(outcome=Outcome.UNREADABLE, reason=reason, extractor=EXTRACTOR)
    return Explanation(extraction, tuple(trace.steps), trace.candidates)


def _extract(
    body: bytes, url: str, headers: AnyHeaders, settings: Settings, trace: Trace
) -> Extraction:
    root = parse(body, header(headers, "content-type"))
    if isinstance(root, Undecodable):
        trace.add("decode", root.outcome, root.reason)
        return Extraction(outcome=root.outcome, reason=root.reason, extractor=EXTRACTOR)
    page = read_page(root, url)
    if not page.blocks and not page.nodes and len(root.findall(".//script")) == 0:
        return Extraction(
            outcome=Outcome.EMPTY, reason="The page shows no text.", extractor=EXTRACTOR
        )
    served_at = settings.captured_at or parse_time(header(headers, "date") or "")
    rules = None
    if settings.rules and "rules" not in settings.without:
        rules = settings.rules.on(served_at.date() if served_at else None)
    choice = choose(page, settings.without)
    trace.candidates.update(choice.lengths)
    trace.add("choice", choice.winner, choice.why)
    blocks, fired = _kept(page, choice, rules, settings, trace)
    blocks, lines, recurring = _unlearnt(blocks, choice.lines, settings, trace)
    fired += ["learnt"] if recurring else []
    is_part = settings.is_part
    extraction = _assemble(page, lines, blocks, fired, rules, served_at, trace, is_part)
    stated = rights(page, headers)
    trace.add("rights", stated.license, f"TDM reserved: {stated.tdm_reserved}")
    return replace(
        extraction,
        tdm_reserved=stated.tdm_reserved,
        license=stated.license,
        recurring=recurring,
    )


def _kept(
    page: Page,
    choice: Choice,
    rules: RuleSet | None,
    settings: Settings,
    trace: Trace,
) -> tuple[list[Block], list[str]]:
    """The blocks that stay after source rules and rule packs."""
    blocks, fired = choice.blocks, []
    if rules:
        blocks, taken = overrides.apply(page, rules, blocks)
        days = f"{rules.since or 'ever'} to {rules.until or 'today'}"
        result = f"{len(blocks)} blocks stay, {len(taken)} lines removed"
        trace.add("source rules", result, days, tuple(taken))
        fired.append("source")
    if "packs" not in settings.without:
        blocks, gone = boilerplate.remove(blocks)
        fired.extend(dict.fromkeys(removal.rule for removal in gone))
        trace.add(
            "packs",
            f"{len(gone)} lines removed",
            removed=tuple((g.text, f"{g.rule}: {g.why}") for g in gone),
        )
    return blocks, fired


def _unlearnt(
    blocks: list[Block], lines: list[str], settings: Settings, trace: Trace
) -> tuple[list[Block], list[str], list[str]]:
    """Separate what recurs on the site from the blocks, or lines of data.

    Returns:
        The rest, and what recurs.
    """
    if settings.learnt is None or "learnt" in settings.without:
        return blocks, lines, []
    learnt = settings.learnt
    rows = list(structure.rows(blocks))
    verdicts = {text: learnt.verdict(text) for text in (*(text for _, text in rows), *lines)}
    dropped = [(text, f"dropped because {why}") for text, why in verdicts.items() if why]
    trace.add("learnt", f"{len(dropped)} lines removed", removed=tuple(dropped))
    return (
        [block for row, text in rows if not verdicts[text] for block in row],
        [line for line in lines if not verdicts[line]],
        [text for text, _ in dropped],
    )


def _assemble(
    page: Page,
    lines: list[str],
    blocks: list[Block],
    fired: list[str],
    rules: RuleSet | None,
    served_at: datetime | None,
    trace: Trace,
    is_part: bool,
) -> Extraction:
    facts = metadata(page)
    title = _title(page, facts, rules)
    blocks = _without_title(blocks, title.text)
    text = structure.structure(blocks) if blocks else structure.from_lines(lines)
    joined = "\n".join(text.lines)
    who, when = _authors(page, facts, rules), _times(page, rules, served_at)
    tongue = language(page, joined or " ".join(block.text for block in page.blocks))
    by_rule = bool(rules and rules.body and overrides.within(page, rules))
    judged = page_kind(page, blocks, count_words(joined), by_rule=by_rule)
    for name, result, why in (
        ("title", title.text, title.source),
        ("authors", ", ".join(who.people), who.source),
        ("published", when.published_at, when.source),
        ("language", tongue.code, tongue.source),
        ("kind", f"{judged.kind} {judged.confidence}", judged.why),
    ):
        trace.add(name, result, why)
    outcome, reason = (Outcome.ARTICLE, "") if is_part and joined else _outcome(judged, joined)
    image = structure.picture(page, blocks)
    is_article = outcome is Outcome.ARTICLE
    return Extraction(
        outcome=outcome,
        reason=reason,
        extractor=EXTRACTOR,
        page_kind=judged.kind,
        page_kind_confidence=judged.confidence,
        text=joined if is_article else None,
        markdown=text.markdown if is_article else None,
        title=title.text,
        authors=who.people,
        organisations=who.organisations,
        published_at=when.published_at,
        modified_at=when.modified_at,
        language=tongue.code,
        section=facts.section,
        tags=facts.tags,
        description=facts.description,
        image_url=facts.image_url,
        image_caption=image.caption,
        image_credit=image.credit,
        canonical_url=facts.canonical_url,
        twin_urls=facts.twin_urls,
        site_name=facts.site_name,
        dateline=structure.dateline(text.lines[0]) if is_article else None,
        paywalled=paywalled(page),
        word_count=count_words(joined) if is_article else 0,
        links=structure.links(page, blocks) if is_article else [],
        rules=fired,
    )


def _title(page: Page, facts: Metadata, rules: RuleSet | None) -> Headline:
    ruled = overrides.text_at(page, rules.title) if rules else None
    return Headline(ruled, "source rule") if ruled else headline(page, facts.site_name)


def _authors(page: Page, facts: Metadata, rules: RuleSet | None) -> Authors:
    ruled = overrides.text_at(page, rules.author) if rules else None
    return Authors(names(ruled), [], "source rule") if ruled else authors(page, facts.site_name)


def _times(page: Page, rules: RuleSet | None, served_at: datetime | None) -> Times:
    found = times(page, served_at)
    ruled = parse_time(overrides.text_at(page, rules.date) or "", served_at) if rules else None
    return Times(ruled, found.modified_at, "source rule") if ruled else found


def _without_title(blocks: list[Block], title: str | None) -> list[Block]:
    """The blocks without a first heading that repeats the title."""
    if blocks and title and blocks[0].text.casefold() == title.casefold():
        return blocks[1:]
    return blocks


def _outcome(judged: Judged, text: str) -> tuple[Outcome, str]:
    if judged.kind in (PageKind.INDEX, PageKind.OTHER) or not text:
        return Outcome.NOT_ARTICLE, judged.why
    if judged.kind in (PageKind.VIDEO, PageKind.GALLERY) and judged.confidence >= 0.7:
        return Outcome.NOT_ARTICLE, judged.why
    return Outcome.ARTICLE, ""
