"""`kliping why`: why a URL is, or is not, in the archive, in plain words.

What was named once stands in the ledger. What no feed, sitemap or page has named, or what was
passed over by its address alone, has no row: that is judged here as the crawl would judge it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from archive.core.urls import normalise_url
from archive.home import Home
from archive.model import FoundBy, Source, UrlState
from archive.read.url_status import KnownUrl, open_ledger
from crawler.discovery.judge import judge, sites_of

_FOUND_BY = {
    FoundBy.SEED: "it is an entry of the source",
    FoundBy.FEED: "a feed named it",
    FoundBy.SITEMAP: "a sitemap named it",
    FoundBy.ROBOTS: "robots.txt named it",
    FoundBy.LINK: "a page linked to it",
    FoundBy.IMPORT: "it was in an imported file",
    FoundBy.PAGE: "an article's page needs it",
    FoundBy.STYLE: "a stylesheet needs it",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Why, for one URL."""

    url: str
    answer: str
    """One sentence."""
    details: list[str]
    """How it was found, and what is to come, a sentence each."""
    known: KnownUrl | None

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        known = asdict(self.known) if self.known else None
        return {"url": self.url, "answer": self.answer, "details": self.details, "known": known}


def why(home: Home, url: str, sources: Sequence[Source]) -> Answer:
    """Why `url` is in the archive, or is not; `sources` are those that are followed.

    Raises:
        UrlError: it is no http or https address.
        StorageError: the database cannot be opened.
    """
    known = open_ledger(home).url(url)
    if known is None:
        return Answer(normalise_url(url), _unknown(normalise_url(url), sources), [], None)
    return Answer(known.url, _answer(known), _details(known, datetime.now(UTC)), known)


_ANSWERS = {
    UrlState.FORGOTTEN: "It was forgotten, and is not fetched again:"
    " `kliping forget --list` says why.",
    UrlState.FAILING: "Fetching it failed {times}: {reason}.",
    UrlState.FAILED: "Fetching it failed, and it is not tried again: {reason}.",
    UrlState.WAITING: "It waits to be fetched: {reason}.",
    UrlState.REFUSED: "It was not fetched: {reason}.",
    UrlState.TRAP: "It was not fetched: {reason}.",
    UrlState.ALIAS: "It is another address of {reason}.",
    UrlState.FURTHER_PAGE: "It is kept as a further page of {reason}.",
    UrlState.LIST: "It is a {kind} that {source} is followed by, no article.",
    UrlState.REQUISITE: "It is kept because a page needs it to look as it did; it is no article.",
    UrlState.ARTICLE: "It is in the archive: article {article_id}.",
    UrlState.NO_ARTICLE: "It was fetched and is kept, but it is no article: {reason}.",
}


def _answer(known: KnownUrl) -> str:
    is_waiting = known.state is UrlState.WAITING
    unknown = "its turn has not come" if is_waiting else "the reason is not known"
    return _ANSWERS[known.state].format(
        times="once" if known.failures == 1 else f"{known.failures} times in a row",
        reason=known.reason or unknown,
        kind=known.kind,
        source=known.source,
        article_id=known.article_id,
    )


def _details(known: KnownUrl, now: datetime) -> list[str]:
    found = _FOUND_BY.get(FoundBy(known.found_by), known.found_by)
    where = "" if known.found_in == known.url else f" ({known.found_in})"
    lines = [
        f"Source: {known.source}.",
        f"Found {_moment(known.first_seen_at)}: {found}{where};"
        f" last named {_moment(known.last_seen_at)}.",
    ]
    if known.fetched_at is not None:
        lines.append(f"Fetched last {_moment(known.fetched_at)}: HTTP {known.status}.")
    if known.etag or known.last_modified:
        lines.append("Its server can be asked whether it has changed since.")
    if known.leased_by is not None:
        lines.append(f"Run {known.leased_by} is fetching it now, or was killed over it.")
    elif known.due_at is None:
        lines.append("It is not due to be fetched again.")
    elif known.due_at <= now:
        lines.append("It is due: the next crawl fetches it.")
    else:
        lines.append(f"It is due again {_moment(known.due_at)}.")
    return lines


def _unknown(url: str, sources: Sequence[Source]) -> str:
    if not sources:
        return "No source is followed yet."
    of_site = [
        (source, verdict)
        for source in sources
        if (verdict := judge(url, sites_of(source))).rule != "off-site"
    ]
    if not of_site:
        return (
            "It is on the site of no source that is followed; `kliping sources add` follows a site."
        )
    source, verdict = of_site[0]
    if verdict.may_be_article:
        return f"No feed, sitemap or page of {source.name} that was read so far has named it."
    return (
        f"By its address it is no article that {source.name} is searched for:"
        f" {verdict.reason} (rule {verdict.rule})."
    )


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
