"""One case on either side of each limit of `pipelines.extract`, in plain numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest
from lxml import html

from archive.model import Extraction, Outcome, PageKind
from pipelines.extract import candidates, choice
from pipelines.extract.authors import names
from pipelines.extract.blocks import Block, read_blocks
from pipelines.extract.boilerplate import read_pack, remove
from pipelines.extract.candidates import embedded_text
from pipelines.extract.choice import Choice, choose, likeliest, without_copies
from pipelines.extract.decode import decode
from pipelines.extract.jsonld import read_nodes
from pipelines.extract.kind import page_kind
from pipelines.extract.language import language
from pipelines.extract.metadata import metadata
from pipelines.extract.overview import Hints, Overview
from pipelines.extract.page import Page, read_page
from pipelines.extract.paging import covers, find_paging
from pipelines.extract.rights import rights
from pipelines.extract.stitch import stitch
from pipelines.extract.titles import headline
from pipelines.extract.written_time import parse_time

URL = "https://kabar.example/2026/11/harga-beras-naik-lagi"


def sentence(count: int, word: str = "kata", *, start: int = 0) -> str:
    """Return `count` words, each of them another one."""
    return " ".join(f"{word}{number}" for number in range(start, start + count))


def paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def page_of(body: str, head: str = "", url: str = URL, lang: str = "id") -> Page:
    text = f"<html lang='{lang}'><head>{head}</head><body>{body}</body></html>"
    return read_page(html.document_fromstring(text), url)


def linked(**node: object) -> str:
    data = json.dumps({"@type": "NewsArticle", **node})
    return f"<script type='application/ld+json'>{data}</script>"


def blocks_of(*texts: str) -> list[Block]:
    return page_of(paragraphs(texts)).blocks


@pytest.mark.parametrize(("count", "taken"), [(12, 12), (13, 0)])
def test_more_than_a_dozen_names_are_a_staff_list(count: int, taken: int) -> None:
    assert len(names(", ".join(f"Ani {letter}ita" for letter in "BCDFGHJKLMNPR"[:count]))) == taken


@pytest.mark.parametrize(("depth", "blocks"), [(199, 2), (200, 1)])
def test_what_is_nested_too_deep_is_one_block(depth: int, blocks: int) -> None:
    nested = f"{'<div>' * depth}<p>satu</p><p>dua</p>{'</div>' * depth}"
    assert len(page_of(nested).blocks) == blocks


@pytest.mark.parametrize(("count", "read"), [(4_999, 4_999), (5_000, 5_000), (5_001, 5_000)])
def test_no_more_than_five_thousand_blocks_are_read(count: int, read: int) -> None:
    assert len(read_blocks(html.document_fromstring("<p>a" * count))) == read


PACK = """
[[line]]
id = "a"
pattern = "selesai"
effect = "{}"
why = ""
goes = ""
stays = ""
"""


@pytest.mark.parametrize(("before", "kept"), [(59, 100), (60, 60)])
def test_the_rest_goes_behind_three_fifths_of_the_text(before: int, kept: int) -> None:
    texts = [sentence(10, "isi", start=number * 10) for number in range(100)]
    texts[before] = f"selesai {sentence(9)}"
    left, _ = remove(blocks_of(*texts), read_pack("p", PACK.format("rest")))
    assert len(left) == kept


@pytest.mark.parametrize(("words", "kept"), [(30, 1), (31, 2)])
def test_a_line_that_a_rule_takes_is_short(words: int, kept: int) -> None:
    blocks = blocks_of(sentence(99), f"selesai {sentence(words - 1, 'isi')}")
    assert len(remove(blocks, read_pack("p", PACK.format("drop")))[0]) == kept


@pytest.mark.parametrize(("words", "kept"), [(30, 1), (31, 2)])
def test_a_link_in_a_list_is_short(words: int, kept: int) -> None:
    link = f"<a href='/a'>{sentence(words, 'isi')}</a>"
    blocks = blocks_of(sentence(99), "selesai", link)
    assert len(remove(blocks, read_pack("p", PACK.format("list")))[0]) == kept


PROSE = "Pedagang di pasar induk mengatakan bahwa harga beras naik lagi."


@pytest.mark.parametrize(
    ("length", "is_read"), [(500, False), (501, True), (2_999_999, True), (3_000_000, False)]
)
def test_states_of_some_length_are_read(length: int, is_read: bool) -> None:
    state = json.dumps({"text": PROSE}).ljust(length)
    page = f"<script type='application/json'>{state}</script>"
    assert embedded_text(html.document_fromstring(page)) == (PROSE if is_read else "")


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("a b c d e f " + "g" * 26 + ".", False),
        ("a b c d e f " + "g" * 27 + ".", True),
        ("a b c d e " + "g" * 40 + ".", False),
        ("米" * 15 + "g" * 30 + "。", True),
        ("米" * 14 + "g" * 30 + "。", False),
    ],
)
def test_prose_is_long(text: str, is_read: bool) -> None:
    state = json.dumps({"text": text}, ensure_ascii=False).ljust(600)
    page = f"<script type='application/json'>{state}</script>"
    assert bool(embedded_text(html.document_fromstring(page))) is is_read


Decide = Callable[..., Choice]


@pytest.fixture
def decide(monkeypatch: pytest.MonkeyPatch) -> Decide:
    """Choose where the first block is the article for sure, and the others are not."""

    def decided(shown: str, *more: str, head: str = "", trafilatura: str = "") -> Choice:
        chances = [1.0] + [0.0] * len(more)
        monkeypatch.setattr(choice, "block_chances", lambda page, hints: chances)
        monkeypatch.setattr(candidates, "trafilatura_text", lambda page: trafilatura)
        return choose(page_of(paragraphs([shown, *more]), head))

    return decided


@pytest.mark.parametrize(("shown", "winner"), [(59, "embedded data"), (60, "blocks")])
def test_a_thin_page_has_its_body_in_a_script(shown: int, winner: str, decide: Decide) -> None:
    state = json.dumps({"text": f"{sentence(200)}."})
    head = f"<script type='application/json'>{state}</script>"
    assert decide(sentence(shown), head=head).winner == winner


@pytest.mark.parametrize(("held", "winner"), [(39, "blocks"), (40, "linked data")])
def test_data_of_few_words_are_a_teaser(held: int, winner: str, decide: Decide) -> None:
    assert decide(sentence(10), head=linked(articleBody=sentence(held))).winner == winner


@pytest.mark.parametrize(("held", "winner"), [(179, "blocks"), (180, "linked data")])
def test_data_that_win_are_much_fuller(held: int, winner: str, decide: Decide) -> None:
    assert decide(sentence(100), head=linked(articleBody=sentence(held))).winner == winner


@pytest.mark.parametrize(("same", "winner"), [(51, "blocks"), (52, "linked data")])
def test_data_that_win_hold_half_of_what_is_shown(same: int, winner: str, decide: Decide) -> None:
    held = f"{sentence(same)} {sentence(200, 'lain')}"
    assert decide(sentence(102), head=linked(articleBody=held)).winner == winner


@pytest.mark.parametrize(("shown", "winner"), [(49, "trafilatura"), (50, "blocks")])
def test_blocks_that_lose_most_are_not_believed(shown: int, winner: str, decide: Decide) -> None:
    text = sentence(200)
    found = decide(sentence(shown), text, trafilatura=text)
    assert found.winner == winner
    assert len(found.blocks) == (2 if winner == "trafilatura" else 1)


@pytest.mark.parametrize(("same", "taken"), [(62, 0), (63, 1)])
def test_trafilatura_took_what_it_holds_most_of(same: int, taken: int, decide: Decide) -> None:
    text = f"{sentence(same)} {sentence(300, 'lain')}"
    found = decide("lima kata yang tak ada", sentence(102), trafilatura=text)
    assert (found.winner, len(found.blocks)) == ("trafilatura", taken)


@pytest.mark.parametrize(("chance", "kept"), [(0.19, 0), (0.2, 1)])
def test_what_is_unlikely_is_never_kept(chance: float, kept: int) -> None:
    assert len(likeliest(blocks_of(sentence(9)), [chance])) == kept


@pytest.mark.parametrize(("words", "kept"), [(7, 2), (8, 1)])
def test_copies_are_known_by_eight_words(words: int, kept: int) -> None:
    assert len(without_copies(blocks_of(sentence(words), sentence(words)))) == kept


@pytest.mark.parametrize("length", [19_999_999, 20_000_000, 20_000_001])
def test_no_more_than_twenty_megabytes_are_read(length: int) -> None:
    assert len(decode(b"a" * length).text) == min(length, 20_000_000)


@pytest.mark.parametrize(("count", "read"), [(1_999, 1_999), (2_000, 2_000), (2_001, 2_000)])
def test_no_more_than_two_thousand_nodes_are_read(count: int, read: int) -> None:
    nodes = json.dumps([{"@type": "Thing"}] * count)
    root = html.document_fromstring(f"<script type='application/ld+json'>{nodes}</script>")
    assert len(read_nodes(root)) == read


@pytest.mark.parametrize(("depth", "read"), [(12, 1), (13, 0)])
def test_nodes_are_read_to_some_depth(depth: int, read: int) -> None:
    nested = f'{"[" * depth}{{"@type": "Thing"}}{"]" * depth}'
    root = html.document_fromstring(f"<script type='application/ld+json'>{nested}</script>")
    assert len(read_nodes(root)) == read


ARTICLE = "<meta property='og:type' content='article'>"


@pytest.mark.parametrize(
    ("words", "head", "kind", "confidence"),
    [
        (34, "", PageKind.OTHER, 0.6),
        (35, "", PageKind.ARTICLE, 0.75),
        (14, ARTICLE, PageKind.OTHER, 0.6),
        (15, ARTICLE, PageKind.ARTICLE, 0.6),
        (34, ARTICLE, PageKind.ARTICLE, 0.6),
        (35, ARTICLE, PageKind.ARTICLE, 0.95),
    ],
)
def test_a_short_text_is_an_article_where_the_page_says_so(
    words: int, head: str, kind: PageKind, confidence: float
) -> None:
    judged = page_kind(page_of("", head), [], words)
    assert (judged.kind, judged.confidence) == (kind, confidence)


def teasers(count: int, words: int = 5) -> str:
    return paragraphs(f"<a href='/{n}'>{sentence(words, 'berita')}</a>" for n in range(count))


@pytest.mark.parametrize(
    ("path", "body", "words", "confidence"),
    [
        ("/", teasers(7), 0, 0.8),
        ("/", teasers(8), 0, 0.9),
        ("/", teasers(8, 4), 0, None),
        ("/", teasers(8), 19, 0.9),
        ("/", teasers(8), 20, 0.8),
        ("/tag/beras", teasers(5), 0, None),
        ("/tag/beras", teasers(6), 0, 0.8),
        ("/tag/beras", teasers(6), 17, 0.8),
        ("/tag/beras", teasers(6), 18, None),
        ("/beras", teasers(14), 0, None),
        ("/beras", teasers(15), 0, 0.75),
        ("/beras", teasers(15) + paragraphs([sentence(75)]), 0, None),
        ("/beras", teasers(15) + paragraphs([sentence(74)]), 0, 0.75),
        ("/beras", teasers(99), 249, 0.75),
        ("/beras", teasers(99), 250, None),
    ],
)
def test_a_list_has_many_links(path: str, body: str, words: int, confidence: float | None) -> None:
    judged = page_kind(page_of(body, url=f"https://kabar.example{path}"), [], words)
    assert (judged.confidence if judged.kind is PageKind.INDEX else None) == confidence


@pytest.mark.parametrize(("entries", "kind"), [(4, PageKind.ARTICLE), (5, PageKind.LIVEBLOG)])
def test_a_live_blog_has_five_entries(entries: int, kind: PageKind) -> None:
    page = page_of(paragraphs(["10:15 WIB"] * entries), url="https://kabar.example/live/banjir")
    assert page_kind(page, page.blocks, 99).kind is kind


GERMAN = "Die Bürgermeisterin eröffnete am Montag die neue Brücke über den Fluss, und viele"


@pytest.mark.parametrize(("length", "code"), [(119, "id"), (120, "de")])
def test_a_short_text_overrules_no_page(length: int, code: str) -> None:
    assert language(page_of(""), f"{GERMAN} {GERMAN}"[:length]).code == code


@pytest.mark.parametrize(("count", "kept"), [(39, 39), (40, 40), (41, 40)])
def test_no_more_than_forty_tags_are_kept(count: int, kept: int) -> None:
    page = page_of("", linked(keywords=[f"tag {number}" for number in range(count)]))
    assert len(metadata(page).tags) == kept


@pytest.mark.parametrize(("length", "kept"), [(1, 0), (2, 1), (60, 1), (61, 0)])
def test_a_tag_is_short(length: int, kept: int) -> None:
    assert len(metadata(page_of("", linked(keywords=["x" * length]))).tags) == kept


@pytest.mark.parametrize(("length", "is_one"), [(1, False), (2, True), (60, True), (61, False)])
def test_a_section_is_short(length: int, is_one: bool) -> None:
    trail = f"<p class='breadcrumb'><a href='/'>Depan</a> <a href='/a'>{'x' * length}</a></p>"
    assert metadata(page_of(trail)).section == ("x" * length if is_one else None)


def test_a_section_in_linked_data_is_cut() -> None:
    crumbs = [{"name": "Depan"}, {"name": "x" * 61}, {"name": "Judul"}]
    node = json.dumps({"@type": "BreadcrumbList", "itemListElement": crumbs})
    page = page_of("", f"<script type='application/ld+json'>{node}</script>")
    assert metadata(page).section == "x" * 60


@pytest.mark.parametrize(("words", "same", "gap"), [(12, 8, 1), (13, 9, 0)])
def test_a_block_is_taken_of_which_most_is_there(words: int, same: int, gap: int) -> None:
    """Six of ten runs of words are too few, seven of eleven are enough."""
    blocks = blocks_of(sentence(words), "akhir")
    assert Overview(blocks, Hints(trafilatura=sentence(same))).gaps_before == [0, gap]


@pytest.mark.parametrize(("last", "further"), [(30, 29), (31, 0)])
def test_no_article_has_more_than_thirty_pages(last: int, further: int) -> None:
    body = f"<article>{PROSE}<div class='paging'><a href='?page={last}'>{last}</a></div></article>"
    assert len(find_paging(body.encode(), URL).addresses) == further


@pytest.mark.parametrize(
    ("words", "same", "is_whole"), [(8, 59, False), (8, 60, True), (7, 100, False)]
)
def test_a_page_covers_another(words: int, same: int, is_whole: bool) -> None:
    texts = [sentence(words, f"baris{number}x") for number in range(201)]
    first, whole = paragraphs(texts[:100]), paragraphs(texts[100 - same :])
    assert covers(whole.encode(), first.encode()) is is_whole


def test_a_licence_is_cut() -> None:
    page = page_of("", f"<meta name='dcterms.license' content='{'x' * 301}'>")
    assert rights(page, None).license == "x" * 300


def reading(lines: list[str]) -> Extraction:
    return Extraction(outcome=Outcome.ARTICLE, extractor="test/1", text="\n".join(lines))


@pytest.mark.parametrize(("words", "count"), [(7, 5), (8, 4)])
def test_a_line_of_eight_words_is_known_again(words: int, count: int) -> None:
    line = sentence(words)
    made = stitch([reading(["Satu.", line]), reading(["Dua.", line, "Tiga."])])
    assert len((made.text or "").splitlines()) == count


@pytest.mark.parametrize(("same", "count"), [(59, 183), (60, 142)])
def test_a_view_of_the_whole_has_most_of_the_first_page(same: int, count: int) -> None:
    lines = [f"Isi {number} dari laporan panjang tentang harga beras." for number in range(242)]
    made = stitch([reading(lines[:100]), reading(lines[100 - same :][:142])])
    assert len((made.text or "").splitlines()) == count


@pytest.mark.parametrize(("length", "is_pager"), [(80, True), (81, False)])
def test_a_line_of_a_pager_is_short(length: int, is_pager: bool) -> None:
    pager = "Halaman".ljust(length, ".")
    made = stitch([reading(["Satu.", pager]), reading(["Dua."])])
    assert (pager in (made.text or "")) is not is_pager


@pytest.mark.parametrize(("length", "source"), [(500, "heading"), (501, "title element")])
def test_a_headline_is_no_text(length: int, source: str) -> None:
    heading = "Beras naik ".ljust(length, "x")
    found = headline(page_of(f"<h1>{heading}</h1>", "<title>Beras naik</title>"), None)
    assert found.source == source


PLACES = {
    "heading": "<h1>{}</h1>",
    "og": "<meta property='og:title' content='{}'>",
    "twitter": "<meta name='twitter:title' content='{}'>",
    "meta": "<meta name='parsely-title' content='{}'>",
    "data": "<script type='application/ld+json'>"
    '{{"@type": "NewsArticle", "headline": "{}"}}</script>',
    "element": "<title>{}</title>",
}


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("heading", "og twitter", True),
        ("heading element", "data twitter meta", False),
        ("heading twitter", "og data element", True),
        ("og meta", "data", True),
        ("data", "twitter element", False),
    ],
)
def test_which_places_outweigh_which(one: str, other: str, is_one: bool) -> None:
    titles = ("Harga beras naik lagi di kota", "Harga beras naik lagi di desa")
    said = [
        PLACES[place].format(title)
        for title, places in zip(titles, (one, other), strict=True)
        for place in places.split()
    ]
    body = "".join(part for part in said if part.startswith("<h1>"))
    head = "".join(part for part in said if not part.startswith("<h1>"))
    assert headline(page_of(body, head), None).text == titles[0 if is_one else 1]


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        *(("WIB", 7), ("WITA", 8), ("WIT", 9), ("UTC", 0), ("GMT", 0), ("BST", 1), ("CET", 1)),
        *(("CEST", 2), ("EET", 2), ("EEST", 3), ("MSK", 3), ("IST", 5.5), ("JST", 9), ("KST", 9)),
        *(("SGT", 8), ("HKT", 8), ("AEST", 10), ("AEDT", 11), ("EST", -5), ("EDT", -4)),
        *(("ET", -5), ("CST", -6), ("CDT", -5), ("MST", -7), ("MDT", -6), ("PST", -8)),
        *(("PDT", -7), ("MEZ", 1), ("MESZ", 2)),
    ],
)
def test_zones(zone: str, hours: float) -> None:
    found = parse_time(f"12 March 2026 10:00 {zone}")
    assert found == datetime(2026, 3, 12, 10, tzinfo=UTC) - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("ago", "seconds"),
    [
        *(("30 detik lalu", 30), ("30 seconds ago", 30), ("3 menit yang lalu", 180)),
        *(("3 minutes ago", 180), ("3 mins ago", 180), ("3 jam lalu", 10_800)),
        *(("3 hours ago", 10_800), ("3 hrs ago", 10_800), ("3 hari lalu", 259_200)),
        *(("3 days ago", 259_200), ("3 minggu lalu", 1_814_400), ("3 weeks ago", 1_814_400)),
    ],
)
def test_times_ago(ago: str, seconds: int) -> None:
    served_at = datetime(2026, 3, 12, 10, tzinfo=UTC)
    assert parse_time(ago, served_at) == served_at - timedelta(seconds=seconds)
