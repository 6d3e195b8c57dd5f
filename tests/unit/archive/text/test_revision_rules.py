"""What is an edit, and what is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive.model import Capture, Extraction, Outcome, UrlKind, Visit
from archive.text.revision_rules import (
    KnownArticle,
    is_revision,
    is_same_story,
    why_gone,
    why_gone_from,
)
from tests.unit.archive.shelf import NOW

URL = "https://suara.example/a"
TEXT = "\n".join(
    [
        "Gubernur meresmikan jembatan baru di atas Sungai Musi pada Senin pagi.",
        "Jembatan sepanjang 800 meter itu menelan biaya Rp 412 miliar dari anggaran daerah.",
        "Warga berharap kemacetan di pusat kota berkurang setelah jembatan dibuka.",
        "Korban: 5 orang",
    ]
)
KNOWN = KnownArticle(1, URL, 1, "Jembatan Musi Dibuka", ["Ani"], TEXT)


def read(text: str = TEXT, **facts: object) -> Extraction:
    told: dict[str, object] = {"title": "Jembatan Musi Dibuka", "authors": ["Ani"], **facts}
    return Extraction(outcome=Outcome.ARTICLE, extractor="test/1", text=text, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace("Senin pagi", "Senin  pagi"),
        f"{TEXT}\nDibaca 1.234 kali",
        f"1,204 views\n{TEXT}",
        f"{TEXT}\n12 Komentar",
        f"{TEXT}\n2 jam yang lalu",
        f"Updated 3 hours ago\n{TEXT}",
        f"{TEXT}\nTerakhir diperbarui: 12 Maret 2026 10:32 WIB",
    ],
)
def test_what_is_said_of_readers_and_time_is_no_edit(text: str) -> None:
    assert not is_revision(KNOWN, URL, read(text))


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("412", "421"),
        TEXT.replace("Korban: 5 orang", "Korban: 7 orang"),
        TEXT.replace("Senin", "Selasa"),
        TEXT.rpartition("\n")[0],
        f"{TEXT}\nPolisi menahan 3 orang 2 jam lalu di pasar itu, kata juru bicara.",
    ],
)
def test_what_is_told_otherwise_is_an_edit(text: str) -> None:
    assert is_revision(KNOWN, URL, read(text))


def test_a_title_and_a_byline_are_edited_too() -> None:
    assert is_revision(KNOWN, URL, read(title="Jembatan Musi Ambruk"))
    assert is_revision(KNOWN, URL, read(authors=["Budi"]))


def test_another_view_of_the_page_is_no_edit() -> None:
    assert not is_revision(KNOWN, f"{URL}/amp", read("Lain sama sekali."))


def test_a_page_that_moved_is_known_by_its_story() -> None:
    assert is_same_story(KNOWN, read(TEXT.replace("Senin", "Selasa")))
    assert not is_same_story(KNOWN, read("Harga cabai turun tajam di pasar induk hari ini."))
    assert not is_same_story(KNOWN, read(""))


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("404 - Halaman tidak ditemukan", "Berita populer hari ini ada di sini semua."),
        ("Page not found", "Sorry. Try the search."),
        ("Suara", "Maaf, artikel ini telah dihapus."),
        ("Suara", "This page is no longer available."),
    ],
)
def test_a_notice_in_the_place_of_an_article_is_no_edit(title: str, text: str) -> None:
    assert "notice" in (why_gone_from(KNOWN, read(text, title=title)) or "")


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Jembatan Musi Dibuka", TEXT),
        ("404 hari tanpa hujan", TEXT + "\nTambahan."),
        ("Jembatan Musi Ambruk", "Jembatan itu ambruk pada Selasa malam. " * 9),
    ],
)
def test_an_article_that_was_rewritten_is_not_gone(title: str, text: str) -> None:
    assert why_gone_from(KNOWN, read(text, title=title)) is None


def visit(status: int, *, final_url: str = URL) -> Visit:
    return Visit("suara", URL, UrlKind.PAGE, (Capture(URL, NOW, status=status),), final_url)


def test_why_an_answer_is_no_article() -> None:
    page = read()
    assert why_gone(visit(404), None) == "HTTP 404"
    assert why_gone(visit(410), None) == "HTTP 410"
    assert why_gone(visit(503), None) is None
    assert why_gone(visit(200), page) is None
    front = visit(200, final_url="https://suara.example/")
    assert why_gone(front, page) == "the page leads to the front page"
    other = replace(page, outcome=Outcome.NOT_ARTICLE, reason="a list of links", text=None)
    assert why_gone(visit(200), other) == "no article stands there: a list of links"
    assert why_gone(replace(visit(200), captures=()), None) is None


def test_what_was_learnt_since_the_last_look_is_no_edit() -> None:
    notice = "Laman ini dikelola bersama warga Kampung Sarang, dibaca {} orang."
    known = replace(KNOWN, text=f"{TEXT}\n{notice.format(3)}")
    assert not is_revision(known, URL, read(TEXT, recurring=[notice.format(12)]))
    assert is_revision(known, URL, read(TEXT))
    assert is_revision(known, URL, read(f"{TEXT}\nRalat.", recurring=[notice.format(12)]))
