"""Our SURT keys are those of the `surt` package, of whatever web address.

Not compared, because the package asks the resolver of the machine: an IPv4-like host that
`inet_aton` refuses (`256.1.1.1`). It has no address, so both take it for a name; where a resolver
answers all the same, the package takes the answer for the host. Such hosts are in the strategies
only as far as glibc refuses them without asking anybody.
"""

import re
from urllib.parse import urlsplit

import surt
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.core.surt import surt_key
from archive.core.urls import normalise_url
from archive.errors import UrlError
from tests.examples import examples

HEX = "0123456789abcdefABCDEF"
LETTERS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=24, max_size=24)
SESSION_IDS = st.text("0123456789abcdefghijXYZ", min_size=31, max_size=33)

escapes = st.builds(
    lambda prefix, pair: f"%{prefix}{pair}",
    st.sampled_from(["", "25", "2525"]),
    st.text(HEX, min_size=2, max_size=2),
)
characters = st.one_of(
    st.sampled_from("abzABZ019-._~!$&'()*+,;=:@/?#%[]|\\^`{}\"<> \t\n"),
    st.sampled_from("éßſKİ日本。؀😀"),
    st.characters(),
    escapes,
)
words = st.lists(characters, max_size=8).map("".join)

labels = st.one_of(
    st.sampled_from(
        ["suara", "WWW", "www1", "m", "xn--bcher-kva", "bücher", "ß", "", "a_b", "%2e"]
    ),
    st.text("abcXYZ-0é", max_size=5),
    words,
)
numbers = st.integers(0, 2**33).map(str) | st.sampled_from(["0", "010", "08", "0x7f", "255", "00"])
hosts = st.one_of(
    st.lists(labels, min_size=1, max_size=5).map(".".join),
    st.sampled_from(["suara.example", "www.suara.example.", "www2.www.suara.example", "..a..", ""]),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map("[{}]".format),
    st.ip_addresses(v=6).map("[{}%25eth0]".format),
    st.lists(numbers, min_size=1, max_size=5).map(".".join),
)
users = st.sampled_from(["", "sari@", "sari:rahasia@", "@", "a@b:c@"]) | words.map("{}@".format)
ports = st.sampled_from(["", ":", "::", ":0", ":80", ":443", ":8080", ":x", ":99999", ":0080"])

path_parts = st.one_of(
    st.sampled_from(
        ["", ".", "..", "%2e%2E", "Berita", "index.aspx", "a.aspx;b", "a;jsessionid=1"]
    ),
    LETTERS.map("({})".format),
    LETTERS.map("(S({}))".format),
    st.tuples(LETTERS, LETTERS).map(lambda ids: f"(S({ids[0]})F({ids[1]}))"),
    words,
)
paths = st.lists(path_parts, max_size=6).map(lambda parts: "".join(f"/{part}" for part in parts))

parameters = st.one_of(
    st.sampled_from(["", "a", "a=", "a=1", "A=2", "a-b=2", "b=1=2", "=", "cfid=1", "cftoken=x"]),
    st.tuples(
        st.sampled_from(["jsessionid", "PHPSESSID", "sid", "xsid", "aSid", "utm_source"]),
        SESSION_IDS,
    ).map("=".join),
    st.builds("ASPSESSIONID{}={}".format, st.text("abXY", min_size=7, max_size=9), LETTERS),
    words,
)
queries = st.lists(parameters, max_size=6).map("&".join)
tails = st.tuples(st.sampled_from(["?", "#", "/?", ""]), queries).map("".join)
fragments = st.sampled_from(["", "#", "#top", "#?", "#a?b"])

schemes = st.sampled_from(
    ["http://", "https://", "HTTP://", "Https://", "http://https://", " http://"]
)
web_urls = st.tuples(schemes, users, hosts, ports, paths, tails, fragments).map("".join)


def key_of_the_package(url: str) -> str | None:
    """Return what Kliping took from the package, before it had a function of its own."""
    try:
        return str(surt.surt(url))
    except (AssertionError, AttributeError, ValueError):
        return None


def our_key(url: str) -> str | None:
    try:
        return surt_key(url)
    except UrlError:
        return None


@settings(max_examples=examples(500))
@given(web_urls)
@example("http://http://suara.example:80/")
@example("https://www.suara.example/?a=1&jsessionid=" + "a" * 32)
def test_keys_are_those_of_the_surt_package(url: str) -> None:
    theirs = key_of_the_package(url)
    if theirs and re.match("https?:(/|$)", theirs, re.IGNORECASE):
        theirs = None  # a URL without a host, which has no key with us
    assert our_key(url) == theirs


@settings(max_examples=examples(300))
@given(web_urls)
def test_what_we_fetch_has_the_key_of_the_surt_package(url: str) -> None:
    try:
        normal = normalise_url(url)
    except UrlError:
        return
    assert surt_key(normal) == surt.surt(normal)
    assert surt_key(normal).isascii()
    assert urlsplit(normal).scheme in {"http", "https"}
