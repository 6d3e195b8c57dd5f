"""What a page and a stylesheet need: which addresses are taken, and which are left."""

import time

import pytest

from archive.model import CaptureScope, FoundBy, Source, UrlKind
from crawler.discovery import discoverer_of
from crawler.discovery.requisites import (
    MAX_REQUISITES,
    discover_page_requisites,
    discover_style_requisites,
    named_in_style,
)

URL = "https://suara.example/2026/11/bendungan/"
SOURCE = Source("suara", "https://suara.example/", capture=CaptureScope.PAGE)


def needed(body: str, *, head: str = "") -> list[str]:
    """What a page with this in its body names, its own site's addresses cut to their paths."""
    page = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    found = discover_page_requisites(page.encode(), URL, content_type="text/html", source=SOURCE)
    for candidate in found.candidates:
        assert (candidate.kind, candidate.found_by) == (UrlKind.REQUISITE, FoundBy.PAGE)
        assert candidate.found_in == URL
    return [one.url.removeprefix("https://suara.example") for one in found.candidates]


def named(css: str, **options: bool) -> list[str]:
    found = discover_style_requisites(
        css.encode(), "https://cdn.example/t/style.css", content_type="text/css", source=SOURCE,
        **options,
    )  # fmt: skip
    assert {candidate.found_by for candidate in found.candidates} <= {FoundBy.STYLE}
    return [candidate.url.removeprefix("https://cdn.example/") for candidate in found.candidates]


@pytest.mark.parametrize(
    ("body", "urls"),
    [
        ('<img src="/a.jpg">', ["/a.jpg"]),
        ('<img src="a.jpg#x">', ["/2026/11/bendungan/a.jpg"]),
        ('<img src="//cdn.example/a.jpg">', ["https://cdn.example/a.jpg"]),
        ('<img src="/a.jpg?utm_source=x&amp;w=1">', ["/a.jpg?utm_source=x&w=1"]),
        ('<img src="data:image/gif;base64,R0lGOD" data-src="/a.jpg">', ["/a.jpg"]),
        ('<img data-lazy-src="/a.jpg"><img data-original="/b.jpg">', ["/a.jpg", "/b.jpg"]),
        ('<noscript><img src="/a.jpg"></noscript>', ["/a.jpg"]),
        ('<img src="/a.jpg" srcset="/b.jpg 1x,/c,d.jpg 2x">', ["/a.jpg", "/b.jpg", "/c,d.jpg"]),
        ('<img data-srcset=" /b.jpg 480w , /c.jpg, /d.jpg">', ["/b.jpg", "/c.jpg", "/d.jpg"]),
        ('<picture><source srcset="/b.webp"><img src="/a.jpg"></picture>', ["/a.jpg", "/b.webp"]),
        ('<script src="/a.js"></script><script>var a = "/b.js"</script>', ["/a.js"]),
        ('<video poster="/p.jpg" src="/v.mp4"><source src="/w.mp4"></video>', ["/p.jpg"]),
        ('<audio src="/a.mp3"></audio><iframe src="/f.html"></iframe>', []),
        ('<input type="image" src="/go.png"><input src="/no.png">', ["/go.png"]),
        ('<svg><image href="/a.png"/><use xlink:href="/icons.svg#x"/></svg>',
         ["/a.png", "/icons.svg"]),
        ('<p style="background: url(\'/a.png\')">', ["/a.png"]),
        ('<table background="/a.png"></table>', ["/a.png"]),
        ('<img src=""><img src=" "><img src="#x"><img><use href="#y">', []),
        ('<img src="javascript:x()"><img src="blob:x"><img src="http://[">', []),
        (f'<img src="{URL}"><script src="?"></script>', []),
        ('<img src="/pixel.gif" width="1" height="1"><img src="/line.gif" width="1">',
         ["/line.gif"]),
    ],
)  # fmt: skip
def test_what_a_page_names(body: str, urls: list[str]) -> None:
    assert needed(body) == urls


@pytest.mark.parametrize(
    ("head", "urls"),
    [
        ('<link rel="stylesheet" href="/a.css">', ["/a.css"]),
        ('<LINK REL="Shortcut ICON" HREF="/favicon.ico">', ["/favicon.ico"]),
        ('<link rel="preload" as="font" href="/f.woff2"><link rel="preload" as="fetch" href="/x">',
         ["/f.woff2"]),
        ('<link rel="modulepreload" href="/m.js">', ["/m.js"]),
        ('<link rel="canonical" href="/c"><link rel="dns-prefetch" href="//d.example">'
         '<link rel="alternate" href="/feed/"><link rel="next" href="/2">', []),
        ('<style>@import "/a.css"; p { background: url(/b.png) }</style>', ["/a.css", "/b.png"]),
        ('<meta property="og:image" content="/og.jpg">', []),
        ('<base href="https://cdn.example/x/"><link rel="icon" href="i.png">',
         ["https://cdn.example/x/i.png"]),
    ],
)  # fmt: skip
def test_what_a_head_names(head: str, urls: list[str]) -> None:
    assert needed("", head=head) == urls


def test_styles_come_first_and_other_sizes_last_where_there_are_too_many() -> None:
    sizes = ", ".join(f"/{n}.jpg {n}w" for n in range(1, 500))
    urls = needed(
        f'<img src="/a.jpg" srcset="{sizes}"><script src="/a.js"></script>',
        head='<link rel="icon" href="/i.png"><link rel="stylesheet" href="/a.css">',
    )
    assert urls[:4] == ["/a.css", "/a.jpg", "/a.js", "/i.png"]
    assert len(urls) == MAX_REQUISITES


@pytest.mark.parametrize(
    ("css", "urls"),
    [
        ("a { background: url(a.png) }", ["t/a.png"]),
        ("a { background: URL( '../a b.png' ) }", ["a%20b.png"]),
        ('@font-face { src: url("f.woff2") format("woff2"), url(f.ttf) }',
         ["t/f.woff2", "t/f.ttf"]),
        ("@media print { a { b: url(a.png) } } }} c { d: url(c.png) }", ["t/a.png", "t/c.png"]),
        ('a { b: image-set("a.png" 1x, url(b.png) 2x) }', ["t/a.png", "t/b.png"]),
        ("/* url(no.png) */ a { content: 'url(no.png)' }", []),
        ('@namespace svg url(http://www.w3.org/2000/svg); @namespace "http://x.example/";', []),
        ('@charset "utf-8"; a { b: url(data:image/gif;base64,R0) url(#c) }', []),
        (r"a { b: url(a\2e png) url('b\'.png') url(c\).png) }",
         ["t/a.png", "t/b'.png", "t/c).png"]),
        ("a { b: curl(no.png); c: -webkit-image-set('d.png' 1x) }", ["t/d.png"]),
        ("a { b: image-set('a.avif' type('image/avif'), 'b.png' 2x) }", ["t/a.avif", "t/b.png"]),
        ("a { b: 'cut\n; c: url(d.png) }", ["t/d.png"]),
        ("a { b: url(cut.png", ["t/cut.png"]),
        ('@import "a.css"; @import url(b.css) print; @import url("c.css") layer(x);',
         ["t/a.css", "t/b.css", "t/c.css"]),
    ],
)  # fmt: skip
def test_what_a_stylesheet_names(css: str, urls: list[str]) -> None:
    assert named(css) == urls


def test_what_is_imported_by_an_import_is_left() -> None:
    css = '@import "a.css"; @import url(b.css); p { background: url(c.png) }'
    assert named(css, imports=False) == ["t/c.png"]
    read = discoverer_of(UrlKind.REQUISITE, FoundBy.STYLE, SOURCE)
    assert read is not None
    found = read(css.encode(), f"{URL}x.css", content_type="text/css", source=SOURCE)
    assert [candidate.url for candidate in found.candidates] == [f"{URL}c.png"]


@pytest.mark.parametrize("content_type", ["image/png", "text/html", "text/javascript"])
def test_only_a_stylesheet_is_read_as_one(content_type: str) -> None:
    found = discover_style_requisites(
        b"a { b: url(c.png) }", URL, content_type=content_type, source=SOURCE
    )
    assert found.candidates == ()


def test_a_stylesheet_without_a_type_is_known_by_its_name() -> None:
    css = "a { b: url(é.png) }".encode("latin-1")
    for name, count in (("a.css?v=1", 1), ("a.png", 0)):
        found = discover_style_requisites(css, URL + name, content_type=None, source=SOURCE)
        assert len(found.candidates) == count


def test_a_stylesheet_is_decoded_as_it_says() -> None:
    css = '@charset "windows-1252"; a { b: url(é.png) }'.encode("cp1252")
    for content_type in ("text/css", "text/css; charset=iso-8859-1"):
        (candidate,) = discover_style_requisites(
            css, f"{URL}a.css", content_type=content_type, source=SOURCE
        ).candidates
        assert candidate.url == f"{URL}%C3%A9.png"


def test_what_is_no_page_needs_nothing() -> None:
    for body in (b"%PDF-1.7 <img src=a.png>", b"", b"\x89PNG"):
        found = discover_page_requisites(body, URL, content_type="application/pdf", source=SOURCE)
        assert found.candidates == ()


def test_only_sources_that_capture_pages_want_requisites() -> None:
    plain = Source("suara", "https://suara.example/", capture=CaptureScope.HTML)
    for kind, found_by in ((UrlKind.PAGE, FoundBy.FEED), (UrlKind.REQUISITE, FoundBy.PAGE)):
        assert discoverer_of(kind, found_by, plain) is None
        assert discoverer_of(kind, found_by, SOURCE) is not None
    assert discoverer_of(UrlKind.FEED, FoundBy.SEED, plain) is not None


@pytest.mark.parametrize(
    "piece",
    [
        ",",
        " ,",
        "a,",
        "a ,",
        "a (",
        "(",
        "data:,",
        "a\t",
        ", a 1x",
        '"',
        "[",
        "url(",
        "/*",
        "@import ",
        "image-set(",
    ],
)
def test_no_spelling_takes_long(piece: str) -> None:
    text = piece * (30_000 // len(piece))
    began = time.monotonic()
    needed(f"<img srcset='{text}'>")
    needed(f"<p style='a: url(x) {text}'>")
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("opening", ["{", "(", "image-set(", "@import image-set(", "@import url("])
def test_what_is_nested_without_end_ends(opening: str) -> None:
    assert len(list(named_in_style(opening * 20_000 + "'a.png'"))) <= 20_000
