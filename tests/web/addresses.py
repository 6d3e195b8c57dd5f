"""Every page of the reader, for tests that look at all of them."""

from __future__ import annotations

from collections.abc import Sequence

from archive.query import ArchivedArticle
from archive.web.pages.replay import replay_path

NAMES = ("front", "search", "narrowed", "nothing-found", "wrong-query", "article", "replay")


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
    }
