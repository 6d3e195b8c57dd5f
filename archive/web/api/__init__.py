"""The API for programs below `/api/v1/`, documented in docs/serve.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archive.web.api import articles, changes, counts, exports, search
from archive.web.api.models import ProblemDetails

if TYPE_CHECKING:
    from fastapi import FastAPI

ROUTERS = (search.router, articles.router, changes.router, counts.router, exports.router)


def add_api(app: FastAPI) -> None:
    """Add the API to an app whose state has its settings, and document it."""
    for router in ROUTERS:
        app.include_router(router)
    document = app.openapi

    def with_problems() -> dict[str, Any]:
        made = document()
        made["components"]["schemas"]["Problem"] = ProblemDetails.model_json_schema()
        if app.state.settings.token:
            schemes = {name: {"type": "http", "scheme": name} for name in ("bearer", "basic")}
            made["components"]["securitySchemes"] = schemes
            made["security"] = [{name: []} for name in schemes]
        return made

    app.openapi = with_problems  # type: ignore[method-assign]
