"""One case on either side of each limit of `archive.warc`, in plain numbers."""

from __future__ import annotations

from io import BytesIO

import pytest

from archive.errors import WarcFormatError
from archive.warc.http import NO_HEAD, decode_body, is_payload_agreed
from archive.warc.walk import Fault, FrameError, read_record_at


def fault_of(data: bytes) -> Fault:
    with pytest.raises(FrameError) as caught:
        read_record_at(BytesIO(data), 0, "a.warc")
    return caught.value.fault


@pytest.mark.parametrize(
    ("length", "fault"), [(1_073_741_824, Fault.CUT), (1_073_741_825, Fault.OVER_LIMIT)]
)
def test_a_block_of_a_gigabyte_is_read(length: int, fault: Fault) -> None:
    assert fault_of(f"WARC/1.1\r\nContent-Length: {length}\r\n\r\n".encode()) is fault


@pytest.mark.parametrize(
    ("length", "fault"), [(1_048_576, Fault.CUT), (1_048_577, Fault.BAD_HEADER)]
)
def test_a_head_of_a_megabyte_is_read(length: int, fault: Fault) -> None:
    assert fault_of(b"WARC/1.1\r\nX: ".ljust(length, b"x")) is fault


@pytest.mark.parametrize(("length", "is_agreed"), [(32_768, True), (32_769, False)])
def test_readers_agree_on_heads_of_32_kilobytes(length: int, is_agreed: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nX: ".ljust(length - 4, b"x") + b"\r\n\r\n"
    assert is_payload_agreed(head + b"body") is is_agreed


def test_a_body_of_256_megabytes_is_decoded() -> None:
    body = bytes(268_435_456)
    assert decode_body(NO_HEAD, body) is body
    with pytest.raises(WarcFormatError, match="longer than 268435456 bytes"):
        decode_body(NO_HEAD, bytes(268_435_457))
