"""The search index on disk: open it, keep it in step with the database, rebuild it.

    index/CURRENT              name of the generation in use
    index/<generation>/        tantivy's files, and state.json: the last change that was applied
    index/lock                 held by the writing process

The index is derived from the database and can be deleted at any time. A generation that cannot be
read, belongs to another archive or is too far behind is replaced: the new one is built beside it,
and `CURRENT` is replaced when it is complete. After a kill at any moment, the next call continues:
changes that were committed but not recorded are applied again.
"""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import tantivy
from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, func, select

from archive.core.disk import replacing
from archive.db.change_log import Position, all_after, changes_after, is_known, last_position
from archive.db.engine import read_connection
from archive.db.schema import ArchiveRow, ArticleRow
from archive.errors import LockedError, StorageError
from archive.index.documents import all_documents, documents_of
from archive.index.schema import INDEX_VERSION, register_analyzers, schema
from archive.index.stems import STEMMED_LANGUAGES

CHANGES_A_STEP = 2_000
FOLLOWING_BYTES, BUILDING_BYTES = 30 << 20, 200 << 20
"""Memory of a writer before it writes a segment."""
LOCK_WAIT_S = 5.0

_BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""What reading a broken index raises."""

ProgressCallback = Callable[[int, int], None]
"""Called with the number of indexed articles and the total."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The index at one commit."""

    searcher: tantivy.Searcher
    languages: tuple[str, ...]
    """Languages of articles whose words are stemmed."""


@dataclass(frozen=True, slots=True)
class _State:
    """State of a generation, as stored."""

    version: str
    archive_id: str
    position: Position
    has_deleted: bool
    """Whether articles were deleted whose words tantivy keeps until it merges."""


class ArticleIndex:
    """The index in `folder` over the database of `engine`, which is only read."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self._engine = engine
        self._opened: tuple[str, tantivy.Index] | None = None
        self._snapshot: tuple[object, Snapshot] | None = None
        self._mutex = threading.Lock()

    def exists(self) -> bool:
        """Whether an index was ever built here."""
        return (self.folder / "CURRENT").exists()

    def version(self) -> object:
        """Return a value that stays equal until something new is committed.

        Raises:
            OSError: there is no index.
        """
        name = (self.folder / "CURRENT").read_text("utf-8")
        meta = (self.folder / name / "meta.json").stat()
        return name, meta.st_mtime_ns, meta.st_ino

    def snapshot(self) -> Snapshot:
        """Return the newest commit, by this or another process.

        Raises:
            StorageError: there is no index that can be read.
        """
        try:
            with self._mutex:
                return self._newest()
        except _BROKEN as error:
            raise _unreadable(self.folder, error) from error

    def pending(self) -> set[int]:
        """Return the ids of articles with changes that were not applied yet.

        Raises:
            StorageError: there is no index that can be read.
        """
        try:
            _, state = self._current()
        except _BROKEN as error:
            raise _unreadable(self.folder, error) from error
        with read_connection(self._engine) as connection:
            return all_after(connection, state.position)

    def catch_up(
        self, progress: ProgressCallback = lambda done, of: None, *, wait_s: float = LOCK_WAIT_S
    ) -> None:
        """Apply all changes; build the index if it cannot be used.

        Raises:
            LockedError: another process has been writing it for `wait_s`.
            StorageError: the disk or the database refuses.
        """
        with self._writing(wait_s):
            generation = self._usable()
            name, state = generation or self._build(progress)
            self._remove_others(name)
            self._follow(name, state)

    def rebuild(
        self, progress: ProgressCallback = lambda done, of: None, *, wait_s: float = LOCK_WAIT_S
    ) -> None:
        """Rebuild the index. Raises as `catch_up` does."""
        with self._writing(wait_s):
            name, state = self._build(progress)
            self._remove_others(name)
            self._follow(name, state)

    def purge(
        self, progress: ProgressCallback = lambda done, of: None, *, wait_s: float = LOCK_WAIT_S
    ) -> None:
        """Remove the words of deleted articles from the index.

        Raises as `catch_up` does.
        """
        self.catch_up(progress, wait_s=wait_s)
        if self._current()[1].has_deleted:
            self.rebuild(progress, wait_s=wait_s)

    @contextmanager
    def _writing(self, wait_s: float) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "lock", timeout=wait_s):
                yield
        except Timeout as error:
            raise LockedError(f"{self.folder}: another process is writing the index") from error
        except (OSError, ValueError) as error:
            raise StorageError(f"{self.folder}: cannot write the search index: {error}") from error

    def _newest(self) -> Snapshot:
        newest = self.version()
        if self._snapshot and self._snapshot[0] == newest:
            return self._snapshot[1]
        name = (self.folder / "CURRENT").read_text("utf-8")
        if self._opened is None or self._opened[0] != name:
            self._opened = (name, self._open(name))
        index = self._opened[1]
        index.reload()
        searcher = index.searcher()
        present = (code for code, _ in searcher.terms_with_prefix("language", ""))
        snapshot = Snapshot(searcher, tuple(sorted(STEMMED_LANGUAGES.keys() & set(present))))
        self._snapshot = (newest, snapshot)
        return snapshot

    def _open(self, name: str) -> tantivy.Index:
        index = tantivy.Index.open(str(self.folder / name))
        index.config_reader("manual")
        register_analyzers(index)
        return index

    def _current(self) -> tuple[str, _State]:
        name = (self.folder / "CURRENT").read_text("utf-8")
        noted = json.loads((self.folder / name / "state.json").read_text("utf-8"))
        position = noted.pop("position")
        changed_at = datetime.fromisoformat(position.pop("changed_at"))
        return name, _State(**noted, position=Position(**position, changed_at=changed_at))

    def _usable(self) -> tuple[str, _State] | None:
        """Return the generation in use; None if a new one has to be built."""
        try:
            name, state = self._current()
            self._open(name)
        except _BROKEN:
            return None
        with read_connection(self._engine) as connection:
            is_right = state.version == _version() and state.archive_id == _archive_id(connection)
            return (name, state) if is_right and is_known(connection, state.position) else None

    def _follow(self, name: str, state: _State) -> None:
        while True:
            with read_connection(self._engine) as connection:
                ids, position = changes_after(connection, state.position, CHANGES_A_STEP)
                documents = list(documents_of(connection, ids))
            if not ids:
                return
            writer = self._open(name).writer(FOLLOWING_BYTES, 1)
            # Not by a term for each id: for unsigned fields that deletes nothing.
            writer.delete_documents_by_query(
                tantivy.Query.term_set_query(schema(), "id", list(ids))
            )
            for document in documents:
                writer.add_document(document)
            writer.commit()
            writer.wait_merging_threads()
            has_deleted = state.has_deleted or len(documents) < len(ids)
            state = replace(state, position=position, has_deleted=has_deleted)
            self._note(name, state)

    def _build(self, progress: ProgressCallback) -> tuple[str, _State]:
        name = uuid.uuid4().hex
        (self.folder / name).mkdir()
        with read_connection(self._engine) as connection:
            # Recorded first: changes made during the build are applied afterwards.
            state = _State(_version(), _archive_id(connection), last_position(connection), False)
            total = connection.scalar(select(func.count(ArticleRow.id))) or 0
        index = tantivy.Index(schema(), str(self.folder / name))
        register_analyzers(index)
        writer = index.writer(BUILDING_BYTES, 1)
        done = 0
        for done, document in enumerate(all_documents(self._engine), 1):
            writer.add_document(document)
            if done % 1_000 == 0:
                progress(done, total)
        writer.commit()
        writer.wait_merging_threads()
        progress(done, done)
        self._note(name, state)
        with replacing(self.folder / "CURRENT") as file:
            file.write(name.encode())
        return name, state

    def _remove_others(self, name: str) -> None:
        """Remove all other generations, and what killed builds left."""
        for other in self.folder.glob("*/"):
            if other.name != name:
                shutil.rmtree(other)

    def _note(self, name: str, state: _State) -> None:
        noted = asdict(state)
        noted["position"]["changed_at"] = state.position.changed_at.isoformat()
        with replacing(self.folder / name / "state.json") as file:
            file.write(json.dumps(noted).encode())


def _unreadable(folder: Path, error: Exception) -> StorageError:
    return StorageError(
        f"{folder}: no search index that can be read ({error}); `kliping index` builds it"
    )


def _version() -> str:
    return f"{INDEX_VERSION} {version('tantivy')}"


def _archive_id(connection: Connection) -> str:
    return connection.execute(select(ArchiveRow.archive_id)).scalar_one()
