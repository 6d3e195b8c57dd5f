import pytest

from archive.core.urls import (
    host_of,
    main_address,
    normalise_url,
    registrable_domain,
    same_site,
)
from archive.errors import KlipingError, UrlError


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTP://Suara.EXAMPLE", "http://suara.example/"),
        ("https://suara.example:443/a", "https://suara.example/a"),
        ("http://suara.example:443/a", "http://suara.example:443/a"),
        ("http://suara.example:8080/a", "http://suara.example:8080/a"),
        ("https://suara.example/a#komentar", "https://suara.example/a"),
        ("https://suara.example./a", "https://suara.example/a"),
        ("https://suara.example/a/./b/../c", "https://suara.example/a/c"),
        ("https://suara.example/../../a", "https://suara.example/a"),
        ("https://suara.example/a/..", "https://suara.example/"),
        ("https://suara.example/a/%2e%2e/b", "https://suara.example/b"),
        ("https://suara.example/a//b", "https://suara.example/a//b"),
        ("https://suara.example//a", "https://suara.example//a"),
        ("https://suara.example/%7esari/%c3%a9", "https://suara.example/~sari/%C3%A9"),
        ("https://suara.example/café?q=é", "https://suara.example/caf%C3%A9?q=%C3%A9"),
        ("https://suara.example/a b", "https://suara.example/a%20b"),
        ("https://suara.example/100%", "https://suara.example/100%25"),
        ("https://suara.example/a%2Fb", "https://suara.example/a%2Fb"),
        ("https://suara.example\\a\\b", "https://suara.example/a/b"),
        ("  https://suara.example/a\n\tb ", "https://suara.example/ab"),
        ("https://user:secret@suara.example/", "https://suara.example/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://faß.de/", "https://xn--fa-hia.de/"),
        ("http://[0:0::1]:80/", "http://[::1]/"),
        ("http://berita_kota.example/", "http://berita_kota.example/"),
        ("https://suara.example/?", "https://suara.example/"),
        ("https://suara.example/?p=7&utm_source=x&UTM_Medium=y", "https://suara.example/?p=7"),
        ("https://suara.example/?fbclid=1&gclid=2&igshid=3", "https://suara.example/"),
        ("https://suara.example/?b=2&a=1&&b=3", "https://suara.example/?b=2&a=1&b=3"),
        ("https://suara.example/?ref=a&source=b&cid=9", None),
        ("https://suara.example/?q=a+b&tag[]=x", "https://suara.example/?q=a+b&tag%5B%5D=x"),
    ],
)
def test_normalise_url(url: str, normal: str | None) -> None:
    assert normalise_url(url) == (normal or url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "suara.example/a", "/a", "//suara.example/a", "ftp://suara.example/", "mailto:a@b.c"),
        *(
            "javascript:void(0)",
            "http://",
            "http:///a",
            "http://a b/",
            "http://[::1",
            "http://[x]/",
        ),
        *("http://suara.example:99999/", "http://suara.example:0/", "http://suara.example:x/"),
        *("http://a..b/", "http://%ff/", "http://" + "a" * 64 + ".example/", "data:text/html,x"),
        "http://suara.example/" + "a" * 9000,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(UrlError) as caught:
        normalise_url(url)
    assert isinstance(caught.value, KlipingError)
    assert isinstance(caught.value, ValueError)
    assert repr(url[:50])[1:-1] in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://news.detik.com/berita/d-1", "detik.com"),
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("https://jogja.tribunnews.co.id/", "tribunnews.co.id"),
        ("https://sari.blogspot.com/", "sari.blogspot.com"),
        ("https://www.suara.example/", "suara.example"),
        ("http://warta.localhost:8000/", "warta.localhost"),
        ("http://localhost/", "localhost"),
        ("http://localhost:8000/", "localhost:8000"),
        ("http://127.0.0.1:8000/", "127.0.0.1:8000"),
        ("https://127.0.0.1:443/", "127.0.0.1"),
        ("http://[::1]:8000/", "[::1]:8000"),
        ("https://co.uk/", "co.uk"),
    ],
)
def test_registrable_domain(url: str, domain: str) -> None:
    assert registrable_domain(url) == domain


def test_one_site_has_many_hosts_but_one_machine_may_have_many_sites() -> None:
    assert same_site("https://www.suara.example/", "http://m.suara.example/a")
    assert not same_site("https://suara.example/", "https://kabar.example/")
    assert not same_site("https://a.blogspot.com/", "https://b.blogspot.com/")
    assert not same_site("http://127.0.0.1:8001/", "http://127.0.0.1:8002/")
    assert same_site("http://127.0.0.1/", "https://127.0.0.1/")


def test_host_of() -> None:
    assert host_of("HTTPS://WWW.Bücher.example:8443/a") == "www.xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("url", "main"),
    [
        ("https://suara.example/2024/05/kabar/amp/", "https://suara.example/2024/05/kabar/"),
        ("https://suara.example/kabar/baru/amp", "https://suara.example/kabar/baru"),
        ("https://suara.example/kabar/baru.amp.html", "https://suara.example/kabar/baru.html"),
        ("https://suara.example/amp/berita/kabar", "https://suara.example/berita/kabar"),
        ("https://suara.example/kabar?id=2&amp=1", "https://suara.example/kabar?id=2"),
        ("https://amp.suara.example/kabar", "https://suara.example/kabar"),
        ("https://suara.example/kabar/print", "https://suara.example/kabar"),
        ("https://suara.example/kabar/amplop", None),
        ("https://suara.example/amp/", None),
        ("https://suara.example/kabar", None),
    ],
)
def test_the_look_of_a_twin_tells_its_main_address(url: str, main: str | None) -> None:
    assert main_address(url) == main


@pytest.mark.parametrize(
    "spelled",
    [
        "https://suara.example/kabar?PHPSESSID=abc&id=1",
        "https://suara.example/kabar?id=1&sid=0123456789abcdef0123456789abcdef",
        "https://suara.example/kabar;jsessionid=A1B2.node1?id=1",
    ],
)
def test_a_session_id_makes_no_other_page(spelled: str) -> None:
    assert normalise_url(spelled) == "https://suara.example/kabar?id=1"
    assert normalise_url("https://suara.example/kabar?sid=12") != "https://suara.example/kabar"
