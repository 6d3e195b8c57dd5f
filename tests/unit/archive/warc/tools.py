"""What other people's WARC tools say about the files that the tests make."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.checker import Checker


def assert_tools_accept(root: Path) -> None:
    """Run warcio's and FastWARC's checks over every WARC file under `root`."""
    paths = sorted(root.rglob("*.warc.gz"))
    assert paths
    for path in paths:
        assert Checker(SimpleNamespace(inputs=[str(path)], verbose=False)).process_all() == 0
        assert fastwarc_failures(path) == []


def fastwarc_failures(path: Path) -> list[str]:
    """Return the ids of records whose digests FastWARC's check (with payloads) refuses.

    It looks for the payload of a revisit in the revisit itself, where it can never be, so that
    its payload check fails for every revisit of any writer; of those only the block is checked.
    """
    failures = []
    for record in ArchiveIterator(str(path), parse_http=False):
        is_good = record.verify_block_digest(False)
        if "WARC-Payload-Digest" in record.headers and record.record_type != WarcRecordType.revisit:
            record.parse_http()
            is_good = is_good and record.verify_payload_digest(True)
        if not is_good:
            failures.append(record.record_id or "")
    return failures
