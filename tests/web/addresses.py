"""Every page of the reader, for tests that look at all of them."""

from __future__ import annotations

from collections.abc import Sequence

from archive.read.articles import ArchivedArticle
from archive.web.pages.replay import replay_path

NAMES = (
    *("front", "search", "narrowed", "nothing-found", "wrong-query", "article", "replay"),
    *("revisions", "side-by-side", "sources", "source", "runs", "run", "changes"),
    *("terms", "terms-chart", "terms-by-source", "dataset", "dataset-columns"),
)


def addresses(articles: Sequence[ArchivedArticle], word: str) -> dict[str, str]:
    """Paths of pages that show these articles, by name; `word` is in some of them."""
    one = articles[-1]
    return {
        "front": "/",
        "search": f"/?q={word}",
        "narrowed": f"/?q={word}+lang:id&order=newest&lang=id",
        "nothing-found": "/?q=xyzzyplugh",
        "wrong-query": f"/?q={word}+sorce:kilas",
        "article": f"/articles/{one.id}",
        "replay": replay_path(one.url, one.captured_at),
        "revisions": f"/articles/{one.id}/revisions",
        "side-by-side": f"/articles/{one.id}/revisions?view=side&lang=id",
        "sources": "/sources",
        "source": f"/sources/{one.source}",
        "runs": "/runs?lang=id",
        "run": "/runs/1",
        "changes": "/changes?from=2020-01-01",
        "terms": "/terms",
        "terms-chart": f"/terms?q={word}&q=lang:id&lang=id",
        "terms-by-source": f"/terms?q={word}&by_source=true&measure=count&unit=day",
        "dataset": "/dataset",
        "dataset-columns": f"/dataset?q={word}&format=csv&columns=id&columns=title&lang=id",
    }
