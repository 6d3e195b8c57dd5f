"""Pages for people, a module each; `PAGES` has their routers."""

from archive.web.pages import (
    article,
    changes,
    dataset,
    replay,
    revisions,
    runs,
    search,
    sources,
    terms,
)

PAGES = (
    search.router,
    article.router,
    replay.router,
    revisions.router,
    sources.router,
    runs.router,
    changes.router,
    terms.router,
    dataset.router,
)
