"""Charsets, declared rightly, wrongly or not at all, and what is no HTML."""

import time

import pytest

from archive.model import Outcome
from pipelines.extract.decode import Undecodable, decode, header, parse

TEXT = "Sebuah “kutipan” dari Café Señor di Zürich, dibaca ulang oleh redaksi."


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "utf-8", "no-such-charset", ""])
def test_utf8_is_noticed_whatever_was_declared(declared: str) -> None:
    got = decode(f"<p>{TEXT}</p>".encode(), f"text/html; charset={declared}")
    assert TEXT in got.text
    assert got.charset == "utf-8"


@pytest.mark.parametrize("charset", ["windows-1252", "iso-8859-15", "utf-16", "utf-8-sig"])
def test_declared_charset_or_bom_is_used(charset: str) -> None:
    body = f"<p>Café Señor di Zürich {'x' * 50}</p>".encode(charset)
    assert "Café Señor di Zürich" in decode(body, f"text/html; charset={charset}").text


def test_meta_charset_is_used_without_header() -> None:
    body = '<meta charset="shift_jis"><p>日本語の新聞記事</p>'.encode("shift_jis")
    assert "日本語の新聞記事" in decode(body).text


def test_wrong_utf8_declaration_is_noticed() -> None:
    body = f"<p>{'Москва объявила о новых правилах для газет. ' * 20}</p>".encode("cp1251")
    assert "Москва объявила" in decode(body, "text/html; charset=utf-8").text


def test_latin1_declared_for_cyrillic_is_noticed() -> None:
    body = f"<p>{'Москва объявила о новых правилах для газет. ' * 20}</p>".encode("cp1251")
    got = decode(body, "text/html; charset=iso-8859-1")
    assert "Москва объявила" in got.text
    assert got.declared is not None
    assert got.charset != got.declared


def test_one_broken_byte_does_not_lose_utf8() -> None:
    got = decode(("é" * 500).encode() + b"\xff" + ("ü" * 500).encode())
    assert got.text.count("é") == 500
    assert got.text.count("ü") == 500


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"", Outcome.EMPTY),
        (b" \n\t ", Outcome.EMPTY),
        (b"<!-- <p>gone</p> ", Outcome.EMPTY),
        (b"\x00\x01\x02", Outcome.NOT_HTML),
        (b"%PDF-1.7 ...", Outcome.NOT_HTML),
        (b"\x89PNG\r\n\x1a\n", Outcome.NOT_HTML),
        (b'{"html": "<p>hi</p>"}', Outcome.NOT_HTML),
        (b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>', Outcome.NOT_HTML),
        (b"<urlset><url/></urlset>", Outcome.NOT_HTML),
        (b"just words, no markup", Outcome.NOT_HTML),
    ],
)
def test_what_is_no_page_is_refused(body: bytes, outcome: Outcome) -> None:
    refused = parse(body)
    assert isinstance(refused, Undecodable)
    assert refused.outcome is outcome
    assert refused.reason.endswith(".")


def test_html_served_as_plain_text_is_read() -> None:
    assert not isinstance(
        parse(b"<html><body><p>Hello</p></body></html>", "text/plain"), Undecodable
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/html"},
        {b"content-type": b"text/html"},
        [("X-Other", "1"), ("CONTENT-TYPE", "text/html")],
        [(b"Content-Type", [b"text/html"])],
    ],
)
def test_headers_come_in_every_shape(headers: object) -> None:
    assert header(headers, "content-type") == "text/html"  # type: ignore[arg-type]


def test_no_headers_no_value() -> None:
    assert header(None, "content-type") is None
    assert header({}, "content-type") is None


def test_characters_that_lxml_takes_for_no_text_are_gone() -> None:
    tree = parse("<p>Pasar\x0cikan\x0b\x7f\x85 dibuka\ufffe\uffff</p>".encode())
    assert not isinstance(tree, Undecodable)
    paragraph = tree.find(".//p")
    assert paragraph is not None
    assert paragraph.text == "Pasar ikan dibuka"
    paragraph.tail = paragraph.text  # lxml would refuse them here


def test_a_page_full_of_comments_is_judged_at_once() -> None:
    body = b"<!-- one -->" * 5_000 + b"<p>Pasar ikan dibuka kembali.</p>"
    started = time.process_time()
    assert not isinstance(parse(body), Undecodable)
    assert time.process_time() - started < 1.0
