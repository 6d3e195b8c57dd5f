"""Whatever the bytes of a page or stylesheet, its requisites are web addresses, each once."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.core.urls import normalise_url
from archive.model import CaptureScope, FoundBy, Source, UrlKind
from crawler.discovery.base import Discovered
from crawler.discovery.requisites import (
    MAX_REQUISITES,
    discover_page_requisites,
    discover_style_requisites,
)
from tests.examples import examples

URL = "https://suara.example/2026/11/bendungan/"
SOURCE = Source("suara", "https://suara.example/", capture=CaptureScope.PAGE)
PIECES = [
    "<html><body>", "<img src=", "<img srcset=", "<link rel=stylesheet href=", "<style>",
    "</style>", "<p style=", "<base href=", "<!--", "<svg><use xlink:href=", "<source srcset=",
    "@import ", "@namespace ", "@charset \"utf-16\";", "url(", "image-set(", "\"", "'", ")", "{",
    "}", ";", ",", " 2x", ">", "/a.png", "//cdn.example/b", "http://[", "data:x,", "\\", "\x00",
    "\ud7ff", "é", "/*", "*/", "%zz", "#", "?",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map("".join)
bodies = st.one_of(st.binary(max_size=200), texts.map(lambda text: text.encode("utf-8", "replace")))
content_types = st.sampled_from(
    [None, "", "text/html", "text/css", "text/css; charset=utf-16", "text/css;charset=é", "é"]
)
generous = settings(
    deadline=timedelta(seconds=5),
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=examples(300),
)


def check(found: Discovered, found_by: FoundBy) -> None:
    """What holds for any requisites."""
    urls = [candidate.url for candidate in found.candidates]
    assert len(urls) == len(set(urls)) <= MAX_REQUISITES
    assert URL not in urls
    for candidate in found.candidates:
        assert candidate.url == normalise_url(candidate.url, keep_tracking=True)
        assert (candidate.kind, candidate.found_by) == (UrlKind.REQUISITE, found_by)


@given(body=bodies, content_type=content_types)
@generous
def test_a_page_is_read_from_any_bytes(body: bytes, content_type: str | None) -> None:
    found = discover_page_requisites(body, URL, content_type=content_type, source=SOURCE)
    check(found, FoundBy.PAGE)


@given(body=bodies, content_type=content_types, imports=st.booleans())
@generous
def test_a_stylesheet_is_read_from_any_bytes(
    body: bytes, content_type: str | None, imports: bool
) -> None:
    found = discover_style_requisites(
        body, f"{URL}a.css", content_type=content_type, source=SOURCE, imports=imports
    )
    check(found, FoundBy.STYLE)


@given(st.lists(st.from_regex(r"/[a-z]{1,9}\.(png|jpg)", fullmatch=True), max_size=20))
def test_nothing_that_is_named_plainly_is_missed(paths: list[str]) -> None:
    images = "".join(f'<img alt="x" src="{path}">' for path in paths)
    page = f"<html><body>{images}</body></html>".encode()
    found = discover_page_requisites(page, URL, content_type=None, source=SOURCE)
    expected = [f"https://suara.example{path}" for path in dict.fromkeys(paths)]
    assert [candidate.url for candidate in found.candidates] == expected
