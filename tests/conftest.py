"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgres import postgres
from tests.schema import migrated_once

# A test that fails where the machine is busy tells nothing; speed is measured in benchmarks/.
settings.register_profile("kliping", deadline=None)
settings.load_profile("kliping")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a PostgreSQL server, for databases of each test's own."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def schema() -> Iterator[None]:
    with migrated_once():
        yield
