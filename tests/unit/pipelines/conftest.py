from __future__ import annotations

import pytest

from archive.model import Extraction
from pipelines.extraction_context import ExtractionContext
from pipelines.ingest import importing, repair
from pipelines.multipage import read_article
from pipelines.page_input import ServedArticle


class HerePool:
    """Extracts in the test's own process: starting others takes seconds."""

    def __init__(self, workers: int) -> None:
        pass

    async def extract(self, served: ServedArticle, context: ExtractionContext) -> Extraction:
        return self.extract_now(served, context)

    def extract_now(self, served: ServedArticle, context: ExtractionContext) -> Extraction:
        return read_article(served, context)

    def close(self) -> None:
        pass


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (importing, repair):
        monkeypatch.setattr(module, "ExtractionPool", HerePool)
