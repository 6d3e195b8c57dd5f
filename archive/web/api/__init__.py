"""The API for programs: `/api/v1/`; `API` are all its routers. docs/serve.md tells of it."""

from archive.web.api import articles, changes, counts, exports, search

API = (search.router, articles.router, changes.router, counts.router, exports.router)
