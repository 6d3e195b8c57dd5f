from contextlib import suppress
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st
from w3lib.url import safe_url_string

from archive.errors import UrlError
from archive.urls import host_of, normalise_url, registrable_domain, same_site, surt_key

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
