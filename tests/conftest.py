"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgres import postgres

# A test that fails where the machine is busy tells nothing; speed is measured in benchmarks/.
settings.register_profile("kliping", deadline=None)
settings.load_profile("kliping")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server, for databases of each test's own."""
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url
