"""What holds of WARC files whatever servers send and disks lose."""

from __future__ import annotations

import gzip
import tempfile
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.core.digest import Digest, digest_of, is_digest_of
from archive.errors import RecordError, WarcFormatError
from archive.model import Exchange, Truncation
from archive.storage.local import LocalWarcStore
from archive.warc.http import dechunk, decode_body, read_head
from archive.warc.indexing import captures_in
from archive.warc.reader import iter_records, read_exchange, read_payload
from archive.warc.recover import recover_open_files
from archive.warc.verify import verify_file
from archive.warc.walk import walk
from archive.warc.writer import WarcWriter
from tests.examples import examples
from tests.unit.archive.warc.exchanges import ODD_RESPONSES, chunked, exchange
from tests.unit.archive.warc.tools import assert_tools_accept

TOKENS = st.text("aZ-", min_size=1, max_size=8)
LINE_ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"])


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Return responses from the ordinary to what no server should send."""
    end = draw(LINE_ENDS)
    early = b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" * draw(st.integers(0, 2))
    status = draw(st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.0 404 \xe9", b"HTTP/1.1 200"]))
    headers = draw(st.lists(st.tuples(TOKENS, st.binary(max_size=12)), max_size=5))
    lines = [name.encode() + b": " + value for name, value in headers]
    return early + end.join([status, *lines, b"", b""]) + draw(st.binary(max_size=300))


EXCHANGES = st.builds(
    Exchange,
    url=st.just("http://warta.example/berita?a=é"),
    started_at=st.datetimes(timezones=st.just(UTC)),
    request=st.binary(max_size=50),
    response=st.one_of(messages(), st.binary(min_size=1, max_size=300)),
    ip_address=st.sampled_from([None, "203.0.113.9", "2001:db8::1"]),
    protocols=st.sampled_from([(), ("http/1.1",), ("http/1.1", "tls/1.3")]),
    cipher=st.sampled_from([None, "TLS_AES_128_GCM_SHA256"]),
    truncated=st.sampled_from([None, *Truncation]),
)


@settings(max_examples=examples(150))
@given(st.lists(EXCHANGES, min_size=1, max_size=4))
def test_what_is_written_comes_back_equal_and_every_tool_accepts_it(batch: list[Exchange]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with WarcWriter(LocalWarcStore(root), "r1") as writer:
            captures = writer.append([(given_, None) for given_ in batch])
        [path] = root.rglob("*.warc.gz")
        for capture, given_ in zip(captures, batch, strict=True):
            assert capture.ref and read_exchange(LocalWarcStore(root), capture.ref) == given_
        kept = captures_in(LocalWarcStore(root), path.relative_to(root).as_posix())
        assert list(kept) == captures
        assert list(iter_records(path)) == list(walk(path))
        assert list(verify_file(path)) == []
        assert_tools_accept(root)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of odd captures."""
    root = tmp_path_factory.mktemp("warc")
    with WarcWriter(LocalWarcStore(root), "r1") as writer:
        writer.append([(exchange(response), None) for response in ODD_RESPONSES.values()])
    return next(root.rglob("*.warc.gz"))


damages = st.lists(
    st.tuples(st.sampled_from(["flip", "cut", "drop", "zero", "insert"]), st.floats(0, 1)),
    min_size=1,
    max_size=3,
)


def damage(data: bytes, kind: str, place: float) -> bytes:
    """Return the data hurt at a place from 0 to 1."""
    at = int(place * (len(data) - 1)) if data else 0
    before, after = data[:at], data[at:]
    return {
        "flip": before + bytes(byte ^ 0x10 for byte in after[:1]) + after[1:],
        "cut": before,
        "drop": before + after[37:],
        "zero": before + bytes(len(after[:64])) + after[64:],
        "insert": before + b"WARC/1.1\r\n\x1f\x8b\x08" + after,
    }[kind]


@settings(max_examples=examples(200))
@given(hurts=damages, is_plain=st.booleans())
def test_damaged_file_gives_problems_or_typed_errors_and_never_a_hang(
    sound: Path, hurts: list[tuple[str, float]], is_plain: bool
) -> None:
    blocks = gzip.decompress(sound.read_bytes())
    data = blocks if is_plain else sound.read_bytes()
    for kind, place in hurts:
        data = damage(data, kind, place)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "hurt.warc.gz.open"
        path.write_bytes(data)
        problems = list(verify_file(path))
        try:
            read = list(iter_records(path))
        except RecordError:
            assert problems
        else:
            assert problems or read == list(walk(path))
            # A gzip header's time and system may change unnoticed, what is in it may not.
            assert problems or is_plain or all(record.block in blocks for record in read)
        [recovered] = recover_open_files(LocalWarcStore(Path(name)))
        assert recovered.torn_bytes <= len(data)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_dechunking_undoes_chunking(body: bytes, size: int) -> None:
    assert dechunk(chunked(body, size)) == body


@given(st.binary(max_size=400), st.sampled_from([b"gzip", b"br", b"deflate", b"zstd", b"gzip, br"]))
def test_any_bytes_decode_to_something(payload: bytes, coding: bytes) -> None:
    head = read_head(b"HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + b"\r\n\r\n")
    assert isinstance(decode_body(head, payload), bytes)


def test_body_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + bomb
    with WarcWriter(LocalWarcStore(tmp_path), "r1") as writer:
        [capture] = writer.append([(exchange(answer), None)])
    assert capture.ref
    with pytest.raises(WarcFormatError, match="unpacks to more than"):
        read_payload(LocalWarcStore(tmp_path), capture.ref, limit=1_000_000)


@given(st.binary(max_size=100), st.sampled_from(["sha1", "sha256", "md5", "sha512"]))
def test_digest_is_the_same_in_every_spelling(data: bytes, algorithm: str) -> None:
    import base64
    import hashlib

    value = hashlib.new(algorithm, data).digest()
    base32 = base64.b32encode(value).decode()
    spellings = [
        f"{algorithm}:{value.hex()}",
        f"{algorithm.upper()}:{value.hex().upper()}",
        f"{algorithm}:{base32}",
        f"{algorithm}:{base32.lower().rstrip('=')}",
        f"{algorithm.replace('sha', 'sha-')}:{base32}",
        f"{algorithm}:{base64.b64encode(value).decode()}",
        f"{algorithm}:{base64.urlsafe_b64encode(value).decode()}",
    ]
    assert {Digest.parse(spelling) for spelling in spellings} == {Digest.parse(spellings[0])}
    assert all(is_digest_of(spelling, data) for spelling in spellings)
    assert [Digest.parse(spelling).spelling for spelling in spellings] == spellings
    assert is_digest_of(digest_of(data), data) and not is_digest_of(digest_of(data), data + b"x")


@given(st.text(max_size=60))
def test_unreadable_digest_is_a_value_error(text: str) -> None:
    try:
        Digest.parse(text)
    except ValueError:
        return
    assert ":" in text
