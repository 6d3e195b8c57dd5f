"""SURT keys, case by case; the `surt` package must give the same."""

import pytest
import surt

from archive.core.surt import surt_key
from archive.errors import UrlError

SESSION = "0123456789abcdef0123456789ABCDEF"
ASP = "0123456789abcdefghijABCD"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        # Hosts.
        ("https://www.suara.example/Berita/?b=2&a=1#x", "example,suara)/berita?a=1&b=2"),
        ("http://WWW2.Suara.EXAMPLE/", "example,suara)/"),
        ("http://www.www.suara.example/", "example,suara,www)/"),
        ("http://wwwa.suara.example/", "example,suara,wwwa)/"),
        ("http://suara.example./a", "example,suara)/a"),
        ("http://.suara..example./a", "example,suara)/a"),
        ("http://bücher.example/", "example,xn--bcher-kva)/"),
        ("http://xn--bcher-kva.example/", "example,xn--bcher-kva)/"),
        ("http://faß.example/", "example,fass)/"),  # IDNA 2003
        ("http://%C3%A9.example/", "example,xn--9ca)/"),
        ("http://é" + "a" * 63 + ".example/", "example,%c3%a9" + "a" * 63 + ")/"),
        ("http://berita_kota.example/", "example,berita_kota)/"),
        ("http://127.0.0.1:8000/", "1,0,0,127:8000)/"),
        ("http://10.1/", "1,0,0,10)/"),
        ("http://010.0.0.1/", "1,0,0,8)/"),
        ("http://3232235777/", "1,1,168,192)/"),
        ("http://[2001:db8::1]:8080/a", "2001:db8::1:8080)/a"),
        ("http://sari:rahasia@suara.example/", "example,suara)/"),
        ("http:////suara.example/a", "example,suara)/a"),
        ("http://https://suara.example/a", "example,suara)/a"),
        # Ports.
        ("http://suara.example:80/", "example,suara)/"),
        ("https://suara.example:443/", "example,suara)/"),
        ("https://suara.example:80/", "example,suara:80)/"),
        ("http://m.suara.example:8080/a", "example,suara,m:8080)/a"),
        ("http://suara.example:/a", "example,suara)/a"),
        # Paths.
        ("http://suara.example", "example,suara)/"),
        ("http://suara.example?a", "example,suara)/?a"),
        ("http://suara.example/a/./b/../c//d/", "example,suara)/a/c/d"),
        ("http://suara.example/../a", "example,suara)/../a"),
        ("http://suara.example/%7eSari/%C3%A9/a%2Fb", "example,suara)/~sari/%c3%a9/a/b"),
        ("http://suara.example/%2541 b", "example,suara)/a%20b"),
        ("http://suara.example/100%", "example,suara)/100%25"),
        ("http://suara.example/a%23b", "example,suara)/a%23b"),
        (f"http://suara.example/(S({ASP}))/a.aspx", "example,suara)/a.aspx"),
        (f"http://suara.example/x/({ASP})/a.aspx?b", "example,suara)/x/a.aspx?b"),
        (f"http://suara.example/({ASP})/a.html", f"example,suara)/({ASP.lower()})/a.html"),
        ("http://suara.example/a;jsessionid=1", "example,suara)/a;jsessionid=1"),
        # Queries.
        ("http://suara.example/?", "example,suara)/"),
        ("http://suara.example/?b=2&a=&a&&a=1", "example,suara)/?&a&a=&a=1&b=2"),
        ("http://suara.example/?a-b=2&a=1", "example,suara)/?a=1&a-b=2"),
        ("http://suara.example/?q=%C3%89+b&tag[]=%5B", "example,suara)/?q=%c3%89+b&tag[]=["),
        (f"http://suara.example/?id=1&jsessionid={SESSION}&p=2", "example,suara)/?id=1&p=2"),
        (f"http://suara.example/?PHPSESSID={SESSION}", "example,suara)/"),
        (f"http://suara.example/?id=1&sid={SESSION}", "example,suara)/?&id=1"),
        ("http://suara.example/?sid=12", "example,suara)/?sid=12"),
        (f"http://suara.example/?ASPSESSIONIDABCDEFGH={'x' * 24}&a=1", "example,suara)/?a=1"),
        ("http://suara.example/?cfid=1&cftoken=2&a=1", "example,suara)/?a=1"),
        ("http://suara.example/#?", "example,suara)/"),
        (" http://suara.example/a\n\tb ", "example,suara)/ab"),
    ],
)
def test_surt_key(url: str, key: str) -> None:
    assert surt_key(url) == key
    assert surt.surt(url) == key


@pytest.mark.parametrize(
    "url",
    [
        *("http://suara.example:port/", "http://suara.example:99999/", "http://a:٣/", ""),
        *("http://\udc80.example/", "http://" + "9" * 5000),
    ],
)
def test_what_has_no_surt_key(url: str) -> None:
    with pytest.raises(UrlError, match="no SURT key"):
        surt_key(url)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http:///", "http:/"),
        ("http://./a", "http:/a"),
        ("HTTP:///suara.example/a", "HTTP:/suara.example/a"),
        ("ftp://suara.example/a", "example,suara)/a"),
        ("dns:suara.example", "dns:suara.example"),
        ("suara.example/a", "example,suara)/a"),
        ("", "-"),
    ],
)
def test_only_the_package_has_keys_of_what_is_no_web_address(url: str, key: str) -> None:
    """No capture has such an address: `archive.warc.records.is_web` and HTTP itself forbid it."""
    assert surt.surt(url) == key
    with pytest.raises(UrlError, match="no SURT key"):
        surt_key(url)
