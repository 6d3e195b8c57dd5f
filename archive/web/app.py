"""The reader's app: its routes and middleware."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from archive.web import api, feed, memento, problems, statics
from archive.web.etags import EntityTags
from archive.web.executor import QueryExecutor
from archive.web.guard import Guard
from archive.web.headers import SecureHeaders
from archive.web.heads import HeadAsGet
from archive.web.pages import PAGES
from archive.web.rate import RateLimit

if TYPE_CHECKING:
    from archive.home import Home
    from archive.web.settings import WebSettings


_ABOUT = """Queries, columns and formats are those of the command line. Answers of several parts
have `next`, the address of the next part, and a `Link` header. All errors are
`application/problem+json` (RFC 9457)."""


def create_app(home: Home, settings: WebSettings) -> FastAPI:
    """Return the app over the archive in `home`.

    Raises:
        StorageError: its database cannot be opened.
    """
    archive = QueryExecutor(home, settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        archive.close()

    app = FastAPI(
        title="Kliping",
        version="1",
        summary="A news archive, read-only.",
        description=_ABOUT,
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.archive = archive
    app.state.settings = settings
    problems.add_problem_handlers(app)
    api.add_api(app)
    for router in (statics.router, memento.router, feed.router, *PAGES):
        app.include_router(router)
    # The middleware added last sees a request first.
    app.add_middleware(EntityTags)
    if settings.requests_per_minute:
        app.add_middleware(RateLimit, quota=settings.requests_per_minute)
    app.add_middleware(HeadAsGet)
    app.add_middleware(SecureHeaders)
    if settings.proxy:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.proxy)
    app.add_middleware(Guard, settings=settings)
    return app
