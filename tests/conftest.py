"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.examples import register_profiles
from tests.postgres import postgres
from tests.schema import migrated_once

register_profiles()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what a browser is needed for; see "Tests" in CONTRIBUTING.md."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a PostgreSQL server, for databases of each test's own."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def schema() -> Iterator[None]:
    with migrated_once():
        yield
