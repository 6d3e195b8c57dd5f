"""Whether the addresses that a source names are what they should be, and what to do where not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from archive.core.urls import normalise_url, same_site
from archive.errors import DiscoveryError, SourceError, UrlError
from archive.model import Seed, Source, UrlKind
from crawler.discovery import DISCOVERERS, SEED_KINDS, Discovered
from crawler.retry import FailureKind, worth_retrying
from crawler.sources.fetch import Fetch, FetchResult
from crawler.sources.probe import Probed, answer_probe, contents, newest_of, probe_site

STALE = timedelta(days=180)
"""A feed whose newest article is older has probably been left behind by its site."""


class State(StrEnum):
    """How an address was found."""

    WELL = "well"
    ODD = "odd"
    """It works, but a person should look at it."""
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found at one address of a source."""

    source: str
    kind: UrlKind
    url: str
    state: State
    found: str
    advice: str = ""
    """Sentence that says what to do, empty if nothing needs to be done."""
    title: str | None = None
    """What it says its publisher is called."""
    language: str | None = None
    """ISO 639-1."""


async def check_source(source: Source, fetch: Fetch) -> list[Checked]:
    """Fetch every address of a source and judge what came."""
    return [
        judge_answer(source, seed, await fetch(seed.url, source.delay_s)) for seed in source.seeds
    ]


async def try_source(source: Source, fetch: Fetch) -> Probed:
    """Return a source with those of its seeds that can be read, or without seeds what a probe
    finds.

    Raises:
        SourceError: nothing can be read there.
    """
    if not source.seeds:
        probed = await answer_probe(probe_site(source.url, name=source.name), fetch)
        own = replace(
            probed.source,
            title=source.title or probed.source.title,
            language=source.language or probed.source.language,
        )
        return replace(probed, source=own)
    checked = await check_source(source, fetch)
    failing = {each.url for each in checked if each.state is State.FAILS}
    findings = tuple(_told(each) for each in checked)
    kept = [
        (seed, each)
        for seed, each in zip(source.seeds, checked, strict=True)
        if seed.url not in failing
    ]
    if not kept:
        raise SourceError(f"cannot be followed: {'; '.join(findings)}")
    own = replace(
        source,
        seeds=tuple(seed for seed, _ in kept),
        title=source.title or next((each.title for _, each in kept if each.title), None),
        language=source.language
        or next((each.language for _, each in kept if each.language), None),
    )
    return Probed(own, findings)


def _told(checked: Checked) -> str:
    if checked.state is State.FAILS:
        return f"{checked.kind} {checked.url} is not used: {checked.found}"
    return f"{checked.kind} {checked.url} with {checked.found}"


def judge_answer(source: Source, seed: Seed, answer: FetchResult) -> Checked:
    """Say what is right or wrong with what an address of `source` answered."""

    def checked(
        state: State, found: str, advice: str = "", named: Discovered | None = None
    ) -> Checked:
        title, language = (named.title, named.language) if named else (None, None)
        return Checked(source.name, seed.kind, seed.url, state, found, advice, title, language)

    if answer.fault:
        return checked(State.FAILS, answer.fault, _advice_on_fault(answer))
    try:
        found = DISCOVERERS[seed.kind](
            answer.body, answer.url, content_type=answer.content_type, source=source
        )
    except DiscoveryError as error:
        fault = str(error).removeprefix(f"{answer.url}: ")
        return checked(State.FAILS, fault, SEED_KINDS[seed.kind].advice)
    said = "; ".join((contents(seed.kind, found), *found.warnings))
    if lack := _lack(source, seed.kind, found):
        return checked(lack[0], f"{said}{_refusals(found)}", lack[1], found)
    oddity = _oddity(source, seed, answer, found)
    return checked(State.ODD if oddity else State.WELL, said, oddity, found)


_ON_STATUS = {
    401: "It asks for a password: use another address, or ask the publisher.",
    403: "It refuses us: use another address, or ask the publisher to let Kliping in.",
    404: "It is not there (any more): look for its new address on the site, or take it out.",
    410: "It is gone for good: look for another one on the site, or take it out.",
    429: "It got too many requests: check again later, and raise `delay_s`.",
    451: "It is withheld for legal reasons: take it out.",
}

_ON_FAILURE = {
    FailureKind.ROBOTS: "Kliping obeys robots.txt: use another address, or ask the publisher.",
    FailureKind.DNS: "Is the host spelled right? If the site has moved, write its new address.",
    FailureKind.CERTIFICATE: "Nothing is fetched from a host that cannot prove who it is: use"
    " another address of the site, or tell the publisher.",
    FailureKind.TLS: "Its encryption is broken or too old: use another address of the site, or"
    " tell the publisher.",
    FailureKind.PRIVATE: "Is it the right host? Only public addresses are fetched by default.",
    FailureKind.REDIRECTS: "Open it in a browser, and write the address where that ends.",
    FailureKind.TOO_LARGE: "Raise `max_bytes` under [crawl] in kliping.toml, or use another.",
}


def _advice_on_fault(answer: FetchResult) -> str:
    problem = answer.failure or answer.status or 0
    known = _ON_STATUS.get(answer.status or 0) or _ON_FAILURE.get(
        answer.failure or FailureKind.OTHER
    )
    if known:
        return known
    if worth_retrying(problem):
        return "This may pass: check again later."
    return "Open it in a browser, and write the address that works, or take it out."


def _lack(source: Source, kind: UrlKind, found: Discovered) -> tuple[State, str] | None:
    """Say what to do about a document that can be read and names no article."""
    kinds = {candidate.kind for candidate in found.candidates}
    if kind is UrlKind.LISTING and UrlKind.PAGE not in kinds:
        if UrlKind.LISTING in kinds:
            return None  # its sections are read in their turn
        if source.render:
            return State.ODD, "Scripts may put its links there, which a check does not run."
        return State.FAILS, "If scripts put its links there, set `render = true`, or use a feed."
    if kinds:
        return None
    if kind is UrlKind.SITEMAP:  # one of news is empty on a day without any
        return State.ODD, "It is empty now: check again later, or take it out."
    return State.FAILS, "Put a feed that names articles of this site in its place."


def _refusals(found: Discovered) -> str:
    """Say why what is named there was left out, where all of it was."""
    if not found.refused:
        return ""
    reason, count = Counter(each.verdict.reason for each in found.refused).most_common(1)[0]
    return f"; {len(found.refused)} links left out, {count} since {reason}"


def _oddity(source: Source, seed: Seed, answer: FetchResult, found: Discovered) -> str:
    """Say what to do about a document that can be read but needs a look, empty if nothing."""
    newest = newest_of(found.candidates)
    if _is_elsewhere(answer.url, seed.url) and not same_site(answer.url, source.url):
        return f"It leads to another site, {answer.url}: is that the same publisher?"
    if answer.moved_for_good and _is_elsewhere(answer.url, seed.url):
        return f"It has moved for good: write {answer.url} in its place."
    if seed.kind is UrlKind.FEED and newest and newest < datetime.now(UTC) - STALE:
        return "Nothing is new there for long: the site may have another feed now."
    return "What is wrong with it may keep articles from being found." if found.warnings else ""


def _is_elsewhere(url: str, requested: str) -> bool:
    try:
        return normalise_url(url) != requested
    except UrlError:
        return False
