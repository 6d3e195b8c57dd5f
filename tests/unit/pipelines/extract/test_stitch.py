"""Pages become one text: what they repeat is there once, pagers are gone, gaps are told."""

from __future__ import annotations

from archive.model import Extraction, Outcome
from pipelines.extract.stitch import stitch

LEAD = "Harga beras naik lagi di pasar induk sejak hari Senin pagi kemarin."
DESK = "Redaksi Kabar Kampung"


def page(*lines: str, title: str = "Beras") -> Extraction:
    return Extraction(
        outcome=Outcome.ARTICLE,
        extractor="test/1",
        title=title,
        text="\n".join(lines),
        markdown="\n\n".join(f"> {line}" if "kata" in line else line for line in lines),
        word_count=sum(len(line.split()) for line in lines),
        links=[f"https://kabar.example/{lines[0][:3]}"],
    )


def lines(made: Extraction) -> list[str]:
    return (made.text or "").splitlines()


def test_what_opens_and_closes_every_page_is_there_once() -> None:
    made = stitch([page(LEAD, f"Isi {n} kata pedagang.", DESK) for n in (1, 2, 3)])
    body = [f"Isi {n} kata pedagang." for n in (1, 2, 3)]
    assert lines(made) == [LEAD, *body, DESK]
    assert made.markdown == "\n\n".join([LEAD, *(f"> {line}" for line in body), DESK])
    assert made.word_count == sum(len(line.split()) for line in lines(made))


def test_a_long_line_that_was_there_before_is_dropped_and_a_short_one_stays() -> None:
    made = stitch([page("Satu.", LEAD, "Ya.", "Dua."), page("Tiga.", LEAD, "Ya.", "Empat.")])
    assert lines(made) == ["Satu.", LEAD, "Ya.", "Dua.", "Tiga.", "Ya.", "Empat."]


def test_what_is_left_of_a_pager_goes() -> None:
    left = [
        "Halaman 2",
        "1 2 3",
        "Selanjutnya",
        "Halaman: 1 2 3 Lihat Semua",
        "Next page",
        "Page 2 of 3",
    ]
    made = stitch([page("Satu.", *left), page("Dua, di halaman depan koran.", *left)])
    assert lines(made) == ["Satu.", "Dua, di halaman depan koran."]


def test_a_view_of_all_pages_is_taken_alone() -> None:
    first = page(LEAD, "Isi satu.", title="Judul halaman pertama")
    made = stitch([first, page(LEAD, "Isi satu.", "Isi dua.", title="Judul")])
    assert (lines(made), made.title) == ([LEAD, "Isi satu.", "Isi dua."], "Judul halaman pertama")


def test_missing_pages_are_counted() -> None:
    assert stitch([page(LEAD)], missing=2).missing_pages == 2
    assert stitch([page(LEAD), page("Isi dua.")], missing=1).missing_pages == 1


def test_links_of_all_pages_each_once() -> None:
    made = stitch([page("Satu."), page("Dua."), page("Satu lagi.")])
    assert made.links == ["https://kabar.example/Sat", "https://kabar.example/Dua"]


def test_what_is_no_article_stays_none() -> None:
    none = Extraction(outcome=Outcome.NOT_ARTICLE, extractor="test/1", reason="a list")
    assert stitch([none, page("Dua.")]).outcome is Outcome.NOT_ARTICLE
