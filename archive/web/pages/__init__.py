"""Pages for people: one module a page; `PAGES` are all of them."""

from archive.web.pages import article, replay, revisions, runs, search, sources

PAGES = (
    search.router,
    article.router,
    replay.router,
    revisions.router,
    sources.router,
    runs.router,
)
