"""Reading an article from all of its pages: the one place where they become one text.

Called in the processes of the pool, whatever the pages come from: a crawl, the records of a dead
run, or an import.
"""

from __future__ import annotations

from archive.model import Extraction
from pipelines.extract.stitch import stitch
from pipelines.extraction_context import Guidance, explain_page
from pipelines.page_input import ServedArticle


def read_article(served: ServedArticle, guidance: Guidance) -> Extraction:
    """What an article says on all its pages (`pipelines.extract.stitch`)."""
    first = explain_page(served.first, guidance).extraction
    if not served.further and not served.missing:
        return first
    others = [explain_page(each, guidance, is_part=True).extraction for each in served.further]
    return stitch([first, *others], missing=served.missing)
