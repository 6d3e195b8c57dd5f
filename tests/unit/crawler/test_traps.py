import pytest

from archive.model import FoundBy
from crawler.traps import Traps, has_session, pattern_of

SITES = {"suara.example"}
SITE = "https://suara.example"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/kalender?bulan=5&tahun=2031", "/kalender?tahun=2032&bulan=6"),
        ("/agenda/2031/05", "/agenda/2032/06"),
        ("/masuk/0123456789abcdef0123", "/masuk/fedcba9876543210ffff"),
        ("/berita/kabar-dari-kampung?v=1", "/berita/harga-cabai-turun?v=2"),
    ],
)
def test_what_differs_in_numbers_and_words_has_one_pattern(one: str, other: str) -> None:
    assert pattern_of(SITE + one) == pattern_of(SITE + other)


def test_other_keys_and_other_words_are_other_patterns() -> None:
    assert pattern_of(f"{SITE}/a?x=1") != pattern_of(f"{SITE}/a?y=1")
    assert pattern_of(f"{SITE}/politik/1") != pattern_of(f"{SITE}/ekonomi/1")


def test_a_trap_is_closed_and_stays_closed() -> None:
    traps = Traps(3, SITES)
    told = [
        traps.note(f"{SITE}/kalender?hari={day}", FoundBy.LINK, is_fruitful=False)
        for day in range(5)
    ]
    assert [bool(each) for each in told] == [False, False, True, False, False]
    assert "suara.example/kalender?hari in a row" in str(told[2])
    trap = traps.trap_of(f"{SITE}/kalender?hari=99", FoundBy.LINK)
    assert trap is not None
    assert traps.trap_of(f"{SITE}/kalender?hari=99", FoundBy.FEED) is None
    assert traps.trap_of(f"{SITE}/acara?hari=99", FoundBy.LINK) is None
    next_run = Traps(3, SITES)
    assert next_run.recall([trap]) == set()
    assert next_run.trap_of(f"{SITE}/kalender?hari=7", FoundBy.LINK) == trap
    assert Traps(4, SITES).recall([trap]) == {trap.pattern}


def test_what_leads_to_articles_is_no_trap() -> None:
    traps = Traps(3, SITES)
    for number in range(60):
        url = f"{SITE}/index.php?id={number}"
        assert traps.note(url, FoundBy.LINK, is_fruitful=number % 3 == 0) is None
    for number in range(50):
        url = f"{SITE}/2024/05/17/kabar-nomor-{number}-dari-kampung"
        assert traps.note(url, FoundBy.LINK, is_fruitful=False) is None


def test_sessions_are_told_from_the_numbers_of_pages() -> None:
    assert has_session(f"{SITE}/kabar?kunjungan=0123456789abcdef0123456789abcdef")
    assert not has_session(f"{SITE}/kabar?id=123456")
    assert not has_session(f"{SITE}/kabar")
