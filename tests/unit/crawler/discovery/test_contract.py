"""What every parser of the registry promises, run over all of them."""

import pytest

from archive.errors import DiscoveryError
from archive.model import CATALOGUES, LISTS, WALKED, Candidate, Source, UrlKind
from crawler.discovery import DISCOVERERS, SEED_KINDS, Discoverer
from crawler.sources.files import SourceFile

URL = "https://suara.example/dokumen"
SOURCE = Source("suara", "https://suara.example/")
LINK = "https://suara.example/2023/11/30/bendungan-diresmikan/"
DOCUMENTS = {
    UrlKind.FEED: f"<rss version='2.0'><channel><item><link>{LINK}</link></item></channel></rss>",
    UrlKind.SITEMAP: f"<urlset><url><loc>{LINK}</loc></url></urlset>",
    UrlKind.LISTING: f"<html><body><a href='{LINK}#x'>A</a><a href='{LINK}'>B</a></body></html>",
    UrlKind.ARCHIVE: f"<html><body><a href='{LINK}#x'>A</a><a href='{LINK}'>B</a></body></html>",
    UrlKind.API: f'[{{"link": "{LINK}"}}]',
}

every_parser = pytest.mark.parametrize(("kind", "discover"), DISCOVERERS.items())


def test_all_that_leads_to_pages_has_a_parser() -> None:
    assert set(DISCOVERERS) == {kind for kind in UrlKind if kind.names_urls}
    assert set(DISCOVERERS) == set(DOCUMENTS)


@every_parser
def test_a_document_gives_its_article_once(kind: UrlKind, discover: Discoverer) -> None:
    found = discover(DOCUMENTS[kind].encode(), URL, content_type=None, source=SOURCE)
    (candidate,) = found.candidates
    assert isinstance(candidate, Candidate)
    assert (candidate.url, candidate.kind, candidate.found_in) == (LINK, UrlKind.PAGE, URL)


@every_parser
def test_other_sites_are_refused(kind: UrlKind, discover: Discoverer) -> None:
    text = DOCUMENTS[kind].replace("suara.example", "kabar.example")
    found = discover(text.encode(), URL, content_type=None, source=SOURCE)
    assert found.candidates == ()
    assert [refusal.verdict.rule for refusal in found.refused] == ["off-site"]


@every_parser
@pytest.mark.parametrize("body", [b"", b"\x00\x01\x02", b"%PDF-1.7", b"GIF89a", b"{}"])
def test_what_it_is_not_is_an_error_that_names_the_url(
    kind: UrlKind, discover: Discoverer, body: bytes
) -> None:
    with pytest.raises(DiscoveryError, match=rf"^{URL}: "):
        discover(body, URL, content_type=None, source=SOURCE)


def test_source_files_have_a_key_for_every_kind_of_seed() -> None:
    assert {seed.key for seed in SEED_KINDS.values()} <= set(SourceFile.model_fields)
    assert set(SEED_KINDS) == set(LISTS)


def test_what_a_kind_is() -> None:
    assert {kind for kind in UrlKind if not kind.names_urls} == {UrlKind.PAGE, UrlKind.REQUISITE}
    assert LISTS == (UrlKind.FEED, UrlKind.SITEMAP, UrlKind.LISTING)
    assert CATALOGUES == (UrlKind.SITEMAP, UrlKind.API)
    assert WALKED == (UrlKind.LISTING, UrlKind.ARCHIVE)
    assert not any(kind.may_be_missing for kind in (*LISTS, UrlKind.PAGE))
