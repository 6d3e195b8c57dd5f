"""Opening the database: SQLite in WAL mode by default, migrated to the newest schema on first use.

`open_engine` is the only way in. Writers (`engine.begin()`) hold short immediate transactions,
since SQLite has one writer at a time, over all processes; readers (`read_connection`) never wait
for them.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    FromClause,
    create_engine,
    event,
    insert,
    inspect,
    text,
)
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from archive.db.schema import ArchiveRow
from archive.errors import LockedError, StorageError

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_S = 60


class _SqliteCompiler(SQLiteCompiler):
    """Passes on hints such as INDEXED BY, which SQLite has and SQLAlchemy leaves out."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


def open_engine(url: str, *, read_only: bool = False, pool_size: int = 5) -> Engine:
    """An engine on the database at the SQLAlchemy address `url`, with the newest schema.

    `pool_size` connections are kept open when they are not used.

    Whatever is done through it raises StorageError where the database cannot read or write (a
    full disk, a lock that is never freed, damage); broken constraints stay SQLAlchemy's errors.

    Raises:
        StorageError: the database cannot be opened, is damaged, or is newer than this program.
    """
    options: dict[str, Any] = {
        # Readable in any tool: "Ani Müller", not "Ani M\u00fcller".
        "json_serializer": partial(json.dumps, ensure_ascii=False),
        "pool_size": pool_size,
    }
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        engine.dialect.statement_compiler = _SqliteCompiler
        event.listen(engine, "connect", partial(_set_up_sqlite, read_only=read_only))
        event.listen(engine, "begin", partial(_begin_sqlite, read_only=read_only))
    try:
        if not _is_newest(engine):
            migrate(url)
    except (DBAPIError, OperationalError) as error:
        raise StorageError(
            f"{url}: cannot open the database: {_explained(error.__cause__)}"
        ) from error
    event.listen(engine, "handle_error", _refuse)
    return engine


def read_connection(engine: Engine) -> Connection:
    """Return a connection for reading alone, by an engine that may write.

    Its transaction takes no write lock on SQLite, and can write nothing on PostgreSQL.
    """
    return engine.connect().execution_options(is_reading=True, postgresql_readonly=True)


def _refuse(context: ExceptionContext) -> None:
    error = context.sqlalchemy_exception
    if not isinstance(error, OperationalError) and type(error) is not DatabaseError:
        return  # a broken constraint or a wrong statement: not the disk's fault
    where = context.engine.url.render_as_string() if context.engine else "the database"
    raise StorageError(f"{where}: cannot use the database: {_explained(error.orig)}") from error


def _explained(error: BaseException | None) -> str:
    """What SQLite says, with what to do where it speaks of the disk ("disk I/O error" too)."""
    is_of_disk = "disk" in str(error)
    return f"{error}; make room or mend the disk, then run again" if is_of_disk else str(error)


def _set_up_sqlite(connection: Any, _record: Any, *, read_only: bool) -> None:
    # The driver would begin transactions by itself, and late; see SQLAlchemy's pysqlite page.
    connection.isolation_level = None
    pragmas = [
        f"busy_timeout = {BUSY_TIMEOUT_S * 1000}",
        "foreign_keys = ON",
        # A power cut may take the last transactions but never breaks the file; what is lost is
        # in the WARC files, which are synced first, and the next run takes it from there.
        "synchronous = NORMAL",
        "temp_store = MEMORY",
        "query_only = ON" if read_only else "journal_mode = WAL",
        # KiB: the way to any row of a large archive, which SQLite's 2 MB would read anew each time.
        f"cache_size = -{(64 if read_only else 2) << 10}",
    ]
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection, *, read_only: bool) -> None:
    # Taking the write lock at once avoids the deadlock of two readers that both want to write.
    is_reading = read_only or connection.get_execution_options().get("is_reading", False)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _is_newest(engine: Engine) -> bool:
    """Whether the schema needs no migration, told without importing Alembic (which is slow)."""
    newest = max(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found > newest:
        raise StorageError(
            f"{engine.url}: made by a newer Kliping (schema {found}, this one knows {newest}); "
            "upgrade Kliping"
        )
    return found == newest


def scrub(engine: Engine) -> None:
    """Leave nothing of rows that were deleted or changed in the database's files.

    SQLite writes the whole file anew, for which the disk must have room. Other databases do
    this by themselves (PostgreSQL's autovacuum).

    Raises:
        LockedError: another program is reading; the old pages are still in the -wal file.
        StorageError: the disk is full, or refuses.
    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        # The copy that VACUUM makes may be far larger than the memory.
        cursor.execute("PRAGMA temp_store = FILE")
        cursor.execute("VACUUM")
        is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error as error:
        raise StorageError(f"{engine.url}: cannot be written anew: {error}") from error
    finally:
        connection.close()
    if is_busy:
        raise LockedError(f"{engine.url}: another program is reading it; end that, then try again")


def sync(engine: Engine) -> None:
    """Let what was committed survive a power cut; see `_set_up_sqlite`."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
        connection.close()


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema, in one transaction.

    A SQLite file that was there is written anew then, since a migration leaves much of it empty; if
    the disk has room and no other program has it open.
    """
    from alembic import command  # noqa: PLC0415 - slow to import and seldom needed
    from alembic.config import Config  # noqa: PLC0415

    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_set_up_sqlite, read_only=False))
        event.listen(engine, "begin", partial(_begin_sqlite, read_only=False))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        with engine.begin() as connection:
            is_old = inspect(connection).has_table("alembic_version")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if connection.execute(text("SELECT count(*) FROM archive")).scalar() == 0:
                identity = {
                    "id": 1,
                    "archive_id": str(uuid.uuid4()),
                    "created_at": datetime.now(UTC),
                }
                connection.execute(insert(ArchiveRow).values(identity))
        if is_old:
            with suppress(StorageError, LockedError):
                scrub(engine)
    finally:
        engine.dispose()
