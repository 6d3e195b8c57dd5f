"""Pages for people: one module a page; `PAGES` are all of them."""

from archive.web.pages import article, replay, revisions, search

PAGES = (search.router, article.router, replay.router, revisions.router)
