"""Extraction never raises and never varies, whatever the bytes."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import Outcome
from benchmarks.extraction.fuzz import mutate
from pipelines import extract
from tests.examples import examples

PAGES = sorted((Path(__file__).parents[1] / "golden" / "themes").glob("*.html"))
URL = "https://kabar.example/2024/03/11/berita/"


@settings(max_examples=examples(150))
@given(st.binary(max_size=400))
def test_any_bytes(body: bytes) -> None:
    got = extract(body, URL)
    assert (got.text is None) == (got.outcome is not Outcome.ARTICLE)


@settings(max_examples=examples(60))
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_in_a_page(title: str, text: str) -> None:
    page = f"<html><title>{title}</title><body><h1>{title}</h1><p>{text}</p></body></html>"
    assert extract(page.encode("utf-8", "surrogatepass"), URL).outcome is not Outcome.UNREADABLE


@settings(max_examples=examples(60))
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=8,
    ),
    st.sampled_from(["author", "headline", "datePublished", "image", "publisher", "keywords",
                     "articleBody", "isAccessibleForFree", "articleSection", "inLanguage", "@id"]),
)  # fmt: skip
def test_any_value_in_linked_data(value: object, key: str) -> None:
    linked = json.dumps({"@type": "NewsArticle", key: value}).replace("</", "<\\/")
    page = f'<html><script type="application/ld+json">{linked}</script><p>Teks singkat.</p></html>'
    assert extract(page.encode(), URL).outcome is not Outcome.UNREADABLE


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_mutated_pages_twice_the_same(file: Path) -> None:
    chance = random.Random(file.stem)
    for _ in range(20):
        body = mutate(file.read_bytes(), chance)
        once = extract(body, URL)
        assert once.outcome is not Outcome.UNREADABLE, once.reason
        assert extract(body, URL) == once


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 5000 + b"deep",
        b"<b><p>" * 2000 + b"crossed",
        b"<p>" + b"word " * 100_000,
        b"<table>" * 300 + b"<tr><td>x" * 300,
        b"<html><body>" + b"<p>short</p>" * 20_000,
        b'<script type="application/ld+json">' + b"[" * 5000 + b"</script><p>x",
        b"<p>&#0;&#xD800;&#x110000;&nosuch;</p>",
        b"<!DOCTYPE html><html><frameset><frame></frameset></html>",
    ],
    ids=["deep", "crossed", "long", "tables", "many", "nested-json", "entities", "frames"],
)
def test_hostile_pages(body: bytes) -> None:
    assert extract(body, URL).outcome is not Outcome.ARTICLE or len(body) > 1000
