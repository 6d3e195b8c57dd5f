from __future__ import annotations

from collections.abc import Sequence

import pytest

from archive.model import Extraction
from pipelines import importing, repair
from pipelines.guidance import Guidance
from pipelines.whole import ONE_PAGE, Further, read_whole


class HerePool:
    """Extracts in the test's own process: starting others takes seconds."""

    def __init__(self, workers: int) -> None:
        pass

    async def extract(
        self,
        body: bytes,
        url: str,
        headers: Sequence[tuple[str, str]],
        guidance: Guidance,
        further: Further = ONE_PAGE,
    ) -> Extraction:
        return self.extract_now(body, url, headers, guidance, further)

    def extract_now(
        self,
        body: bytes,
        url: str,
        headers: Sequence[tuple[str, str]],
        guidance: Guidance,
        further: Further = ONE_PAGE,
    ) -> Extraction:
        return read_whole(body, url, headers, guidance, further)

    def close(self) -> None:
        pass


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (importing, repair):
        monkeypatch.setattr(module, "ExtractionPool", HerePool)
