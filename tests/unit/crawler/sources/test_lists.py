"""Lists of sites as people keep them, good and bad."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.errors import SourceError
from archive.model import Seed, Source, UrlKind
from crawler.sources.lists import ListedSite, read_list
from crawler.sources.opml import to_opml


def feed(url: str) -> Seed:
    return Seed(url, UrlKind.FEED)


OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>Langganan</title></head><body>
  <outline text="Berita">
    <outline text="Jawa &amp; Bali">
      <outline type="rss" text="Suara" xmlUrl="https://suara.example/rss?a=1&b=2" htmlUrl="https://suara.example"/>
      <outline type="rss" text="Tanpa alamat"/>
    </outline>
    <outline text="Politik" xmlurl="https://kabar.example/politik/feed" htmlUrl="https://kabar.example/"/>
    <outline text="Daerah" xmlUrl="https://kabar.example/daerah/feed" htmlUrl="http://www.kabar.example"/>
    <outline text="Daerah lagi" xmlUrl="https://kabar.example/daerah/feed" htmlUrl="https://kabar.example"/>
  </outline>
  <outline text="Satu" xmlUrl="https://feeds.feedburner.com/satu"/>
  <outline text="Dua" xmlUrl="https://feeds.feedburner.com/dua"/>
  <outline text="Rusak" xmlUrl="mailto:x@kabar.example"/>
  <outline type="link" text="Situs" url="https://situs.example/"/>
  <outline type="include" text="Lain" url="https://lain.example/a.opml"/>
</body></opml>
"""


def test_opml_keeps_folders_and_puts_the_feeds_of_a_site_together() -> None:
    listed = read_list(OPML.encode())
    assert listed.wanted == (
        ListedSite(
            5,
            "https://suara.example/",
            (feed("https://suara.example/rss?a=1&b=2"),),
            title="Suara",
            folder="Berita / Jawa & Bali",
        ),
        ListedSite(
            8,
            "https://kabar.example/",
            (feed("https://kabar.example/politik/feed"), feed("https://kabar.example/daerah/feed")),
            title="Politik",
            folder="Berita",
        ),
        ListedSite(
            12,
            "https://feeds.feedburner.com/satu",
            (feed("https://feeds.feedburner.com/satu"),),
            title="Satu",
        ),
        ListedSite(
            13,
            "https://feeds.feedburner.com/dua",
            (feed("https://feeds.feedburner.com/dua"),),
            title="Dua",
        ),
        ListedSite(15, "https://situs.example/", title="Situs"),
    )
    assert [(each.line, each.message.partition(": ")[0]) for each in listed.problems] == [
        (6, "'Tanpa alamat'"),
        (14, "'mailto:x@kabar.example'"),
        (16, "https://lain.example/a.opml"),
    ]
    assert [(each.line, "line 8" in each.message) for each in listed.repeated] == [
        (9, True),
        (10, True),
    ]


def test_opml_that_is_cut_off_gives_what_stands_before_the_cut() -> None:
    cut = OPML.encode()[: OPML.index('<outline text="Daerah"')]
    listed = read_list(cut)
    assert [each.url for each in listed.wanted] == [
        "https://suara.example/",
        "https://kabar.example/",
    ]
    assert any("not quite XML" in each.message for each in listed.problems)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_known_by_its_header_whatever_the_delimiter(delimiter: str) -> None:
    rows = [
        ["Name", "Title", "URL", "Lang", "Feed URL", "notes"],
        ["suara", '"Suara ""Kita"""', "suara.example", "id-ID", "https://suara.example/rss", "x"],
        ["", "Kabar", "https://kabar.example/", "Indonesia"],
        ["", "", "", "", "https://warta.example/a.rss https://warta.example/b.rss"],
        ["kosong", "Tanpa alamat"],
        [],
    ]
    text = "# daftar\r\n" + "\r\n".join(delimiter.join(row) for row in rows)
    listed = read_list(b"\xef\xbb\xbf" + text.encode())
    assert listed.wanted == (
        ListedSite(
            3,
            "https://suara.example/",
            (feed("https://suara.example/rss"),),
            "suara",
            'Suara "Kita"',
            "id",
        ),
        ListedSite(4, "https://kabar.example/", title="Kabar"),
        ListedSite(
            5,
            "https://warta.example/",
            (feed("https://warta.example/a.rss"), feed("https://warta.example/b.rss")),
        ),
    )
    assert [each.line for each in listed.problems] == [4, 6]
    assert "language 'Indonesia'" in listed.problems[0].message


def test_a_quote_that_is_never_closed_costs_its_own_row_alone() -> None:
    listed = read_list(b'url,title\na.example,"open\nb.example,B\nc.example,"two\nlines"\n')
    assert [(each.url, each.title) for each in listed.wanted] == [
        ("https://b.example/", "B"),
        ("https://c.example/", "two lines"),
    ]
    assert [each.line for each in listed.problems] == [2]


def test_a_plain_list_has_an_address_a_line_and_comments() -> None:
    listed = read_list(
        b"# sites\n\nhttps://suara.example/  # the best\nkabar.example\nnot an address\n"
        b"ftp://x.example/\nhttp://www.suara.example\nhttps://warta.example/feed/\n"
        b"https://warta.example/sitemap_index.xml\nhttp://[\nwarta\n"
    )
    assert listed.wanted == (
        ListedSite(3, "https://suara.example/"),
        ListedSite(4, "https://kabar.example/"),
        ListedSite(
            8,
            "https://warta.example/",
            (
                feed("https://warta.example/feed/"),
                Seed("https://warta.example/sitemap_index.xml", UrlKind.SITEMAP),
            ),
        ),
    )
    assert [each.line for each in listed.problems] == [5, 6, 10, 11]
    assert [each.line for each in listed.repeated] == [7, 9]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_spreadsheets_write_in_many_encodings(encoding: str) -> None:
    (wanted,) = read_list("url,title\nhttps://elpais.example/,EL PAÍS\n".encode(encoding)).wanted
    assert wanted.title == "EL PAÍS"


@pytest.mark.parametrize("data", [b"", b"\n# only this\n", b"<html><body>x</body></html>", b"<"])
def test_what_is_no_list_is_an_error(data: bytes) -> None:
    with pytest.raises(SourceError):
        read_list(data)


def test_opml_that_is_written_is_read_back() -> None:
    sources = [
        Source(
            "suara",
            "https://suara.example/",
            "Suara & Kita",
            "id",
            (feed("https://suara.example/f"),),
        ),
        Source(
            "kabar",
            "https://kabar.example/",
            seeds=(feed("https://kabar.example/a"), feed("https://kabar.example/b")),
        ),
        Source(
            "warta",
            "https://warta.example/",
            seeds=(Seed("https://warta.example/", UrlKind.LISTING),),
        ),
    ]
    listed = read_list(to_opml(sources))
    assert listed.problems == ()
    assert [(each.url, each.seeds, each.title, each.language) for each in listed.wanted] == [
        ("https://suara.example/", sources[0].seeds, "Suara & Kita", "id"),
        ("https://kabar.example/", sources[1].seeds, "kabar", None),
        ("https://warta.example/", (), "warta", None),
    ]


words = st.sampled_from(
    [
        "url",
        "feeds",
        ",",
        ";",
        '"',
        "\n",
        "https://a.example",
        "a.example/feed",
        "<opml>",
        "<outline ",
        'xmlUrl="https://b.example/f"',
        "/>",
        "&",
        "#",
        "http://[",
        "\x00",
        "é",
    ]
)


@given(
    st.binary(max_size=200) | st.lists(words, max_size=30).map(lambda each: "".join(each).encode())
)
@example(b"<:")
def test_any_bytes_are_a_list_or_a_clear_error(data: bytes) -> None:
    try:
        listed = read_list(data)
    except SourceError:
        return
    keys = [each.key for each in listed.wanted]
    assert len(keys) == len(set(keys))
    lines = data.count(b"\n") + data.count(b"\r") + 2
    assert all(1 <= each.line <= lines + 8 for each in (*listed.wanted, *listed.problems))


def test_opml_cannot_reach_files_or_grow_without_end(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://secret.example/")
    bomb = "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    opml = (
        f'<!DOCTYPE opml [<!ENTITY s SYSTEM "file://{secret}"><!ENTITY a "x">{bomb}]>'
        '<opml><body><outline text="&i;" xmlUrl="https://a.example/f"/>&s;</body></opml>'
    )
    listed = read_list(opml.encode())
    assert "secret.example" not in str(listed)
    assert len(str(listed)) < 10_000
