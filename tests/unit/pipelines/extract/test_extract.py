"""The whole chain on small pages: outcomes, text, metadata, structure."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from archive.model import Outcome, PageKind
from pipelines import extract
from pipelines.extract import explain
from tests.unit.pipelines.extract.conftest import PARAGRAPHS

URL = "https://kabar.example/2024/03/11/pasar-ikan/"
Story = Callable[..., bytes]


def test_plain_article_comes_out_line_by_line(story: Story) -> None:
    got = extract(story(), URL)
    assert got.outcome is Outcome.ARTICLE
    assert got.text is not None
    assert got.text.split("\n") == list(PARAGRAPHS)
    assert got.title == "Pasar Ikan Dibuka Kembali"
    assert got.authors == ["Rina Lestari"]
    assert got.language == "id"
    assert got.word_count == sum(len(text.split()) for text in PARAGRAPHS)
    assert got.extractor.startswith("kliping-extract/")


def test_text_is_nfc_without_control_characters(story: Story) -> None:
    decomposed = unicodedata.normalize("NFD", "Café")
    body = "".join(f"<p>{decomposed} \x0b\x7f\u200b {text}</p>" for text in PARAGRAPHS)
    text = extract(story(body=body), URL).text
    assert text is not None
    assert text == unicodedata.normalize("NFC", text)
    assert not any(unicodedata.category(char) == "Cc" for char in text.replace("\n", ""))
    assert text.startswith("Café Pemerintah")


def test_facts_are_nfc(story: Story) -> None:
    apart = unicodedata.normalize("NFD", "Café")
    names = ("description", "article:section", "article:tag", "dcterms.license")
    head = "".join(f'<meta property="{name}" content="{apart}">' for name in names)
    byline = f'<p class="byline">Oleh {apart} Lestari</p>'
    got = extract(story(head=head, title=f"Pasar {apart}", above=byline), URL)
    facts = (got.title, got.description, got.section, *got.tags, got.license, *got.authors)
    assert facts == ("Pasar Café", "Café", "Café", "Café", "Café", "Café Lestari")


def test_front_page_is_no_article() -> None:
    teasers = "".join(
        f"<article><h2><a href='/{at}/'>Berita nomor {at} tentang pasar ikan lama"
        "</a></h2></article>"
        for at in range(40)
    )
    page = (
        f"<html><head><title>Kabar Contoh</title></head><body><main>{teasers}</main></body></html>"
    )
    got = extract(page.encode(), "https://kabar.example/")
    assert got.outcome is Outcome.NOT_ARTICLE
    assert got.page_kind is PageKind.INDEX
    assert got.text is None
    assert got.reason


@pytest.mark.parametrize("body", [b"", b"%PDF-1.4", b"<html></html>", b"<p>x", b"\xff\xfe\x00<"])
def test_what_is_no_article_is_an_outcome(body: bytes) -> None:
    got = extract(body, URL)
    assert got.outcome is not Outcome.ARTICLE
    assert got.text is None
    assert got.reason


def test_even_a_broken_url_does_not_raise(story: Story) -> None:
    assert extract(story(), "http://[broken").outcome is Outcome.ARTICLE
    assert extract(story(), "").outcome is Outcome.ARTICLE


def test_video_page_without_text_is_a_video() -> None:
    page = (
        '<html><head><script type="application/ld+json">{"@type": "VideoObject", "name": "Panen"}'
        "</script></head><body><h1>Panen Raya</h1><p>Video panen.</p></body></html>"
    )
    assert extract(page.encode(), "https://kabar.example/video/1").page_kind is PageKind.VIDEO


def test_body_only_in_linked_data_is_found() -> None:
    body = "\\n".join(PARAGRAPHS * 3)
    page = (
        '<html lang="id"><head><script type="application/ld+json">{"@type": "NewsArticle", '
        f'"headline": "Pasar Ikan", "articleBody": "{body}"}}</script></head>'
        "<body><h1>Pasar Ikan</h1><div id='app'></div></body></html>"
    )
    got = explain(page.encode(), URL)
    assert got.extraction.text == "\n".join(PARAGRAPHS * 3)
    assert got.steps[0].result == "linked data"


def test_body_only_in_a_script_state_is_found() -> None:
    nodes = ", ".join(f'{{"type": "text", "content": "{text}"}}' for text in PARAGRAPHS)
    page = (
        '<html lang="id"><head><meta property="og:type" content="article"></head><body>'
        '<h1>Pasar Ikan</h1><script id="__NEXT_DATA__" type="application/json">'
        f'{{"props": {{"story": {{"body": [{nodes}]}}}}}}</script></body></html>'
    )
    got = explain(page.encode(), URL)
    assert got.extraction.text is not None
    assert got.extraction.text.split("\n") == list(PARAGRAPHS)
    assert got.steps[0].result == "embedded data"


def test_markdown_keeps_the_structure(story: Story) -> None:
    body = (
        f"<p>{PARAGRAPHS[0]}</p><h2>Kios baru</h2><p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p>"
        "<ul><li>Lantai keramik setebal dua sentimeter di semua lorong.</li>"
        "<li>Ruang pendingin bersama untuk dua ratus pedagang kecil.</li></ul>"
        f"<blockquote><p>{PARAGRAPHS[3]}</p></blockquote>"
    )
    got = extract(story(body=body), URL)
    assert got.markdown is not None
    assert "\n## Kios baru\n" in got.markdown
    assert "\n- Lantai keramik setebal dua sentimeter di semua lorong.\n- Ruang" in got.markdown
    assert f"> {PARAGRAPHS[3]}" in got.markdown


def test_links_are_absolute_and_only_those_of_the_body(story: Story) -> None:
    body = f"<p>{PARAGRAPHS[0]} <a href='/dok/1'>Dokumen</a></p>" + "".join(
        f"<p>{text}</p>" for text in PARAGRAPHS[1:]
    )
    assert extract(story(body=body), URL).links == ["https://kabar.example/dok/1"]


def test_caption_and_credit_are_kept_apart(story: Story) -> None:
    figure = (
        "<figure><img src='/a.jpg'><figcaption>Suasana pasar ikan. Foto: Agus Prasetyo</figcaption>"
        "</figure>"
    )
    got = extract(story(above=figure), URL)
    assert got.image_caption == "Suasana pasar ikan."
    assert got.image_credit == "Agus Prasetyo"
    assert got.text is not None
    assert "Agus Prasetyo" not in got.text


def test_metadata_from_tags(story: Story) -> None:
    head = (
        '<link rel="canonical" href="/pasar/"><meta property="og:site_name" content="Kabar Contoh">'
        '<meta property="article:section" content="Ekonomi">'
        '<meta property="article:tag" content="ikan">'
        '<meta property="article:tag" content="Jakarta"><meta property="og:image" content="/a.jpg">'
        '<meta property="og:description" content="Pasar dibuka lagi.">'
        '<meta property="article:published_time" content="2024-03-11T09:15:00+07:00">'
        '<meta property="article:modified_time" content="2024-03-11T10:00:00+07:00">'
    )
    got = extract(story(head=head), URL)
    assert got.canonical_url == "https://kabar.example/pasar/"
    assert (got.site_name, got.section, got.tags) == (
        "Kabar Contoh",
        "Ekonomi",
        ["ikan", "Jakarta"],
    )
    assert got.image_url == "https://kabar.example/a.jpg"
    assert got.description == "Pasar dibuka lagi."
    assert got.published_at is not None
    assert got.published_at.isoformat() == "2024-03-11T09:15:00+07:00"
    assert got.modified_at == datetime(2024, 3, 11, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("declared", "paywalled"), [("true", False), ("false", True), ('"False"', True), (None, None)]
)
def test_paywall_as_declared(story: Story, declared: str | None, paywalled: bool | None) -> None:
    linked = f', "isAccessibleForFree": {declared}' if declared else ""
    head = f'<script type="application/ld+json">{{"@type": "NewsArticle"{linked}}}</script>'
    assert extract(story(head=head), URL).paywalled is paywalled


def test_relative_date_needs_the_time_of_serving(story: Story) -> None:
    above = '<p class="byline">Oleh Rina Lestari</p><span class="when">2 jam lalu</span>'
    body = story(above=above)
    served = {"Date": "Mon, 11 Mar 2024 05:00:00 GMT"}
    got = extract(body, "https://kabar.example/pasar-ikan", headers=served)
    assert got.published_at == datetime(2024, 3, 11, 3, 0, tzinfo=UTC)
    assert extract(body, "https://kabar.example/pasar-ikan").published_at is None


def test_explanation_names_the_winner_and_what_went(story: Story) -> None:
    body = "".join(f"<p>{text}</p>" for text in PARAGRAPHS) + "<p>Baca juga berita kami lainnya</p>"
    got = explain(story(body=body), URL)
    assert {step.name for step in got.steps} >= {"choice", "packs", "title", "authors", "language"}
    assert set(got.candidates) >= {"blocks", "trafilatura", "linked data"}
    assert any(line.startswith("choice: blocks") for line in got.as_lines())
    assert got.extraction == extract(story(body=body), URL)


def test_steps_can_be_switched_off(story: Story) -> None:
    got = explain(story(), URL, without=["forest"])
    assert got.steps[0].result == "trafilatura"
