"""Pages for people: one module a page; `PAGES` are all of them."""

from archive.web.pages import replay, search

PAGES = (search.router, replay.router)
