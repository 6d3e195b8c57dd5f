"""Reading an article from all of its pages: the one place where they become one text.

Called in the processes of the pool, for pages of any origin: a crawl, the records of a dead
run, or an import.
"""

from __future__ import annotations

from archive.model import Extraction
from pipelines.extract.stitch import stitch
from pipelines.extraction_context import ExtractionContext, explain_page
from pipelines.page_input import ServedArticle


def read_article(served: ServedArticle, context: ExtractionContext) -> Extraction:
    """What an article says on all its pages (`pipelines.extract.stitch`)."""
    first = explain_page(served.first, context).extraction
    if not served.further and not served.missing:
        return first
    others = [explain_page(each, context, is_part=True).extraction for each in served.further]
    return stitch([first, *others], missing=served.missing)
