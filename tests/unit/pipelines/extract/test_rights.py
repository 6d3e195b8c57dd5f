"""What pages and their servers say of data mining and licences."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines import extract

URL = "https://kabar.example/2024/03/11/pasar-ikan/"
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
Story = Callable[..., bytes]


def meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{content}">'


RESERVED = meta("tdm-reservation", "1")
FREE = meta("TDM-Reservation", " 0 ")


@pytest.mark.parametrize(
    ("head", "headers", "reserved"),
    [
        ("", [], None),
        (RESERVED, [], True),
        (FREE, [], False),
        ("", [("TDM-Reservation", "1")], True),
        ("", [("tdm-reservation", "0")], False),
        ("", [("tdm-reservation", "perhaps")], None),
        (FREE, [("tdm-reservation", "1")], True),
        (RESERVED, [("tdm-reservation", "0")], True),
        (meta("robots", "index, NOAI, noimageai"), [], True),
        (meta("robots", "noimageai"), [], None),
        (meta("robots", "noindex"), [], None),
        ("", [("X-Robots-Tag", "noindex"), ("X-Robots-Tag", "noai")], True),
        ("", [("X-Robots-Tag", "somebot:noai")], True),
        (FREE, [("X-Robots-Tag", "noai")], True),
    ],
)
def test_a_reservation_is_read_from_page_and_headers(
    story: Story, head: str, headers: list[tuple[str, str]], reserved: bool | None
) -> None:
    assert extract(story(head=head), URL, headers=headers).tdm_reserved is reserved


def test_headers_may_be_those_of_scrapy(story: Story) -> None:
    headers = {b"X-Robots-Tag": [b"noindex", b"noai"]}
    assert extract(story(), URL, headers=headers).tdm_reserved is True  # type: ignore[arg-type]


def linked(value: str) -> str:
    article = f'{{"@type": "NewsArticle", "headline": "Pasar Ikan", "license": {value}}}'
    return f'<script type="application/ld+json">{article}</script>'


@pytest.mark.parametrize(
    ("head", "licence"),
    [
        ("", None),
        (f'<link rel="license" href="{CC_BY}">', CC_BY),
        ('<link rel="canonical license" href="/hak-cipta">', "https://kabar.example/hak-cipta"),
        ('<link rel="license" href="javascript:x">', None),
        (linked(f'"{CC_BY}"'), CC_BY),
        (linked(f'[{{"@type": "CreativeWork", "url": "{CC_BY}"}}]'), CC_BY),
        (linked('{"@type": "CreativeWork", "name": "CC BY 4.0"}'), "CC BY 4.0"),
        (linked('"CC BY 4.0"') + f'<link rel="license" href="{CC_BY}">', "CC BY 4.0"),
        (linked("7"), None),
        (meta("dcterms.license", "© Kabar"), "© Kabar"),
    ],
)
def test_a_licence_is_read_as_the_page_names_it(
    story: Story, head: str, licence: str | None
) -> None:
    assert extract(story(head=head), URL).license == licence


def test_a_link_on_the_page_names_a_licence_but_not_that_of_a_picture(story: Story) -> None:
    link = f'<a rel="license" href="{CC_BY}">CC BY</a>'
    assert extract(story(below=f"<p>{link}</p>"), URL).license == CC_BY
    assert (
        extract(story(above=f"<figure><figcaption>{link}</figcaption></figure>"), URL).license
        is None
    )
