from __future__ import annotations

from collections.abc import Sequence

import pytest

from archive.model import Extraction
from pipelines import importing, repair
from pipelines.guidance import Guidance, read_page


class HerePool:
    """Extracts in the test's own process: starting others takes seconds."""

    def __init__(self, workers: int) -> None:
        pass

    async def extract(
        self, body: bytes, url: str, headers: Sequence[tuple[str, str]], guidance: Guidance
    ) -> Extraction:
        return self.extract_now(body, url, headers, guidance)

    def extract_now(
        self, body: bytes, url: str, headers: Sequence[tuple[str, str]], guidance: Guidance
    ) -> Extraction:
        return read_page(body, url, headers, guidance)

    def close(self) -> None:
        pass


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (importing, repair):
        monkeypatch.setattr(module, "ExtractionPool", HerePool)
