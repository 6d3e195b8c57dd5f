"""What becomes of a visit: read the page, decide what it is, and save it all in one transaction.

The one order of things, whether a page comes from the wire, from a WARC that was left behind by a
killed run, or from an import. The caller has put the captures' records on disk before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from archive.core.urls import normalise_url, page_key, same_site
from archive.db.ledger import UrlOutcome
from archive.db.reading import Reading
from archive.db.repository import Repository
from archive.db.revision_history import Saved, text_sha256
from archive.errors import UrlError
from archive.model import Capture, Extraction, Outcome, UrlKind, UrlState, Visit
from archive.text.revision_rules import why_gone
from pipelines.page_input import is_missing

_SECTION_WORD = re.compile(r"[^\W\d_]{1,24}(?:-[^\W\d_]{1,24})?")


@dataclass(frozen=True, slots=True)
class Ingested:
    """How a visit ended."""

    visit: Visit
    state: UrlState | None
    """What was found; None where nothing changed."""
    reason: str | None = None
    """Why it is no article, or what failed."""
    saved: Saved | None = None
    failed: bool = False
    """Whether it was asked for and not had; what robots.txt forbids was never asked for."""

    @property
    def summary(self) -> str:
        """The state and its reason, for people."""
        state = self.state or "unchanged"
        return f"{state}: {self.reason}" if self.reason else state

    @property
    def article_id(self) -> int | None:
        """The article that was read."""
        return self.saved.article_id if self.saved and self.saved.gone is None else None


def is_readable(visit: Visit) -> bool:
    """Whether the visit brought a page to extract an article from."""
    return (
        visit.kind is UrlKind.PAGE
        and visit.error is None
        and visit.body is not None
        and not visit.is_unchanged
        and visit.part_of is None
    )


def captures_of(visit: Visit) -> list[Capture]:
    """All captures of a visit, those of the article's further pages too."""
    return [*visit.captures, *(capture for part in visit.parts for capture in part.captures)]


def note_of(
    visit: Visit, extraction: Extraction | None
) -> tuple[Capture, list[tuple[str, str]]] | None:
    """What the WARC's metadata record says of an article's capture; None if there is nothing.

    The text itself stays out: it can be made again from the record, by the extractor named here.
    """
    if extraction is None or extraction.text is None or visit.captures[-1].ref is None:
        return None
    facts = {
        "kliping-extractor": extraction.extractor,
        "kliping-outcome": extraction.outcome,
        "kliping-text-sha256": text_sha256(extraction.text),
        "kliping-word-count": str(extraction.word_count),
        "kliping-further-pages": " ".join(part.final_url for part in visit.parts if part.body),
        "title": extraction.title,
        "language": extraction.language,
        "published": extraction.published_at and extraction.published_at.isoformat(),
        "rules": " ".join(extraction.rules),
    }
    return visit.captures[-1], [(name, value) for name, value in facts.items() if value]


def ingest(
    visit: Visit,
    extraction: Extraction | None,
    repository: Repository,
    *,
    run_id: int | None,
    source_id: int,
    url_id: int,
    ends_lease: bool = True,
    found_new: bool = False,
) -> Ingested:
    """Save a visit with what was read from its page, if anything was.

    `ends_lease` is False where the frontier did not ask for it, `found_new` tells that a list
    named what was not known (see `UrlOutcome`).

    Raises:
        StorageError: the database refused it; nothing of the visit was saved.
    """
    last, answer = visit.captures[-1] if visit.captures else None, visit.answer
    reading = reading_of(visit.final_url, extraction, last.captured_at) if last else None
    state, reason = _found(visit, extraction)
    outcome = UrlOutcome(
        status=answer.status if answer else None,
        state=state,
        reason=reason,
        retry_at=visit.retry_at,
        failed=visit.error is not None or any(part.error for part in visit.parts),
        ends_lease=ends_lease,
        etag=answer.etag if answer else None,
        last_modified=answer.last_modified if answer else None,
        unchanged_at=normalise_url(visit.final_url) if visit.is_unchanged else None,
        found_new=found_new,
        fresh_s=visit.fresh_s,
        gone=why_gone(visit, extraction),
    )
    saved = repository.save_visit(
        visit.captures,
        outcome,
        run_id=run_id,
        source_id=source_id,
        url_id=url_id,
        reading=reading,
        parts=visit.parts,
    )
    if reading is not None and saved is None:
        state, reason = UrlState.FORGOTTEN, None
    failed = visit.error is not None and bool(visit.captures)
    return Ingested(visit, state, reason, saved, failed)


def canonical_url_of(extraction: Extraction, fetched_url: str) -> str:
    """The address an article is known by: the page's own canonical URL where it is believable.

    A canonical URL of another site (a wire story naming its origin), of the front page or of a
    section (a theme's mistake) would fold different articles into one, so those are not believed.
    Nor is that of another article, which the database tells (`archive.db.article_match`).
    """
    own = normalise_url(fetched_url)
    try:
        declared = normalise_url(extraction.canonical_url or own)
    except UrlError:
        return own
    if page_key(declared) == page_key(own):
        return declared
    return own if _is_section(declared) or not same_site(declared, own) else declared


def _is_section(url: str) -> bool:
    """Whether an address is that of a front page or section by its looks: a few plain words."""
    parts = urlsplit(url)
    words = [unquote(segment) for segment in parts.path.split("/") if segment]
    return not parts.query and all(_SECTION_WORD.fullmatch(word) for word in words)


def reading_of(
    fetched_url: str, extraction: Extraction | None, seen_at: datetime
) -> Reading | None:
    """What an extraction makes of the page at an address; None if that is no article."""
    if extraction is None or extraction.outcome is not Outcome.ARTICLE:
        return None
    url = normalise_url(fetched_url)
    return Reading(url, canonical_url_of(extraction, url), extraction, seen_at)


def _found(visit: Visit, extraction: Extraction | None) -> tuple[UrlState | None, str | None]:
    """Return what a visit found, and why it is that."""
    if visit.error is not None:
        return UrlState.FAILED, visit.error
    if visit.is_unchanged:
        return None, None
    if visit.kind is UrlKind.REQUISITE:
        return UrlState.REQUISITE, None
    if visit.part_of is not None:
        return UrlState.FURTHER_PAGE, visit.part_of
    return _found_on(visit, extraction)


def _found_on(visit: Visit, extraction: Extraction | None) -> tuple[UrlState, str | None]:
    """Return what a page or list that was read turned out to be, and why."""
    if extraction is None:
        return UrlState.LIST, f"{len(visit.candidates)} links"
    if extraction.outcome is Outcome.ARTICLE:
        return UrlState.ARTICLE, _missing_pages(visit)
    return UrlState.NO_ARTICLE, f"{extraction.outcome}: {extraction.reason}"


def _missing_pages(visit: Visit) -> str | None:
    """Return which further pages of an article could not be fetched."""
    missing = [part for part in visit.parts if is_missing(part)]
    if not missing:
        return None
    named = "; ".join(f"{part.final_url}: {part.error}" for part in missing)
    return f"without {len(missing)} of its {len(visit.parts) + 1} pages: {named}"
