"""What the tests of exports share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import postgres


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server."""
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url
