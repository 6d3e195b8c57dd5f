from contextlib import suppress
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st
from w3lib.url import safe_url_string

from archive.core.surt import surt_key
from archive.core.urls import (
    first_page_address,
    host_of,
    main_address,
    normalise_url,
    page_key,
    registrable_domain,
    same_site,
)
from archive.errors import UrlError

hosts = st.sampled_from(
    ["suara.example", "WWW.Suara.Example:443", "bücher.example", "[::1]:80", "10.0.0.1", "a_b.id."]
)
tails = st.text(
    alphabet=st.one_of(st.sampled_from("/.%?&=#+'\"[]|\\ ;:@~25eEfF"), st.characters()), max_size=40
)
web_urls = st.builds(
    lambda scheme, host, tail: f"{scheme}://{host}/{tail}",
    st.sampled_from(["http", "HTTPS"]),
    hosts,
    tails,
)


@given(web_urls)
def test_normalising_twice_changes_nothing(url: str) -> None:
    normal = normalise_url(url)
    assert normalise_url(normal) == normal
    assert normal.isascii()
    assert not urlsplit(normal).fragment


@given(web_urls)
def test_what_scrapy_fetches_is_what_the_frontier_stores(url: str) -> None:
    normal = normalise_url(url)
    assert safe_url_string(normal) == normal


@given(web_urls)
def test_normalising_keeps_the_site_and_the_host(url: str) -> None:
    normal = normalise_url(url)
    assert host_of(normal) == host_of(url)
    assert registrable_domain(normal) == registrable_domain(url)
    assert same_site(url, normal)


@given(st.one_of(st.text(), st.text().map("http://{}".format), web_urls))
def test_nothing_but_url_errors_is_raised(url: str) -> None:
    for function in (normalise_url, host_of, registrable_domain, surt_key):
        with suppress(UrlError):
            assert isinstance(function(url), str)


viewed = st.builds(
    lambda host, folder, slug, more, query: f"https://{host}/{folder}{slug}{more}{query}",
    st.sampled_from(["suara.example", "m.suara.example", "amp.www.suara.example", "m.example"]),
    st.sampled_from(["", "amp/", "print/", "2026/11/", "cetak/"]),
    st.sampled_from(["", "harga-beras-naik", "politik", "a.amp.html", "123456"]),
    st.sampled_from(["", "/", "/amp", "/2/", "/page/3", "/2/2", "/print/", "/index.html"]),
    st.sampled_from(["", "?amp=1", "?page=2", "?id=7&print=1", "?page=all&amp", "?p=3", "?tag=2"]),
)


@given(st.one_of(viewed, web_urls))
def test_a_main_address_is_of_the_same_site_and_no_twin_itself(url: str) -> None:
    normal = normalise_url(url)
    for address in (main_address, first_page_address):
        main = address(normal)
        if main is not None:
            assert len(main) < len(normal)
            assert normalise_url(main) == main
            assert registrable_domain(main) == registrable_domain(normal)
            assert address(main) is None
            assert page_key(main) == page_key(normal)


@given(web_urls)
def test_an_address_without_any_sign_of_a_twin_is_left_alone(url: str) -> None:
    normal = normalise_url(url)
    signs = ("amp", "m.", "print", "cetak", "mobile", "wap", "page", "hal", "all", "single", "show")
    signs += ("view", "mode", "format", "m=", "pg=", "output", "tmpl", "full", "one", *"123456789")
    if not any(sign in normal.lower() for sign in signs):
        assert main_address(normal) is None
