"""An archive of its own for a test of imports, and what it holds afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from archive import open_archive
from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.repository import Repository
from archive.home import Home, create_home
from archive.model import Source
from archive.read.articles import ArchivedArticle
from archive.verify_rows import audit
from crawler.record_replay import VisitRebuilder
from pipelines.ingest.importing import ImportedFile, Options, import_files
from pipelines.ingest.repair import Mended, repair


class Silent:
    """A watcher that shows nothing."""

    def begin(self, what: str, total: int | None) -> None:
        pass

    def reach(self, done_bytes: int) -> None:
        pass


@dataclass
class Library:
    """An archive and the sources that it follows."""

    home: Home
    followed: Sequence[Source] = ()

    @classmethod
    def make(cls, path: Path, followed: Sequence[Source] = ()) -> Library:
        return cls(create_home(path), followed)

    def take(self, *files: Path | str, **options: Any) -> list[ImportedFile]:
        """Import files."""
        addresses = [str(file) for file in files]
        return list(import_files(self.home, addresses, self.followed, Options(**options), Silent()))

    def mend(self) -> tuple[list[str], list[str]]:
        """Repair the archive: what was mended, and what is still wrong."""

        def interpreter(repository: Repository, table: FrontierTable) -> VisitRebuilder:
            return VisitRebuilder(lambda: self.followed, repository, table)

        results = list(repair(self.home, self.followed, interpreter, Silent()))
        mended = [each for each in results if isinstance(each, Mended)]
        return [each.code for each in mended], [
            str(each) for each in results if not isinstance(each, Mended)
        ]

    def rows(self, query: str) -> list[Any]:
        engine = open_engine(self.home.database_url, read_only=True)
        with engine.connect() as connection:
            found = list(connection.execute(text(query)).all())
        engine.dispose()
        return found

    def articles(self) -> dict[str, ArchivedArticle]:
        return {each.url: each for each in open_archive(self.home.path).all_articles()}

    def change(self, statement: str) -> None:
        engine = open_engine(self.home.database_url)
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def problems(self) -> list[str]:
        """What `kliping verify` would say."""
        engine = open_engine(self.home.database_url, read_only=True)
        found = [str(problem) for problem in audit(self.home, engine)]
        engine.dispose()
        return found
