"""What tests of the reader share: a hostile archive, an archived demo outlet, and a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from archive.home import Home
from archive.web.app import create_app
from archive.web.settings import WebSettings
from tests.integration.conftest import ArchivedDemo, archived_demo, browser, page
from tests.web.hostile import make_hostile_home

__all__ = ["ArchivedDemo", "archived_demo", "browser", "hostile", "hostile_home", "page"]


@pytest.fixture(scope="session")
def hostile_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Read it only: others do."""
    return make_hostile_home(tmp_path_factory.mktemp("hostile") / "home")


@pytest.fixture(scope="module")
def hostile(hostile_home: Home) -> Iterator[TestClient]:
    """A client of the reader over the hostile archive; errors of handlers are raised."""
    app = create_app(hostile_home, WebSettings(requests_per_minute=0))
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield client
