"""The dataset page: selects what to export, and shows the command for it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends
from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.errors import QueryError
from archive.export import FORMATS
from archive.export.columns import meanings
from archive.export.folder import SPLITS
from archive.read.articles import COLUMN_NAMES as NAMES
from archive.read.query import Query
from archive.search.syntax import parse_query
from archive.web.api.exports import MEDIA_TYPES
from archive.web.cached_route import page_router
from archive.web.executor import run_query
from archive.web.rendering import link, render

router = page_router()
_LONG_COLUMNS = ("text", "markdown")


@dataclass(frozen=True, slots=True)
class DatasetForm:
    """The form's values; invalid ones are replaced by the defaults."""

    query: str
    format: str
    columns: list[str]
    """In their fixed order; all of them where none is chosen."""
    every_revision: bool
    first_only: bool
    split: str

    @property
    def is_table(self) -> bool:
        """Whether columns can be selected."""
        return FORMATS[self.format].package is None

    @property
    def is_folder(self) -> bool:
        """Whether the export has several files."""
        return bool(self.split) or FORMATS[self.format].is_dataset

    @property
    def streams(self) -> bool:
        """Whether the API can make the same export."""
        return self.format in MEDIA_TYPES and not self.is_folder

    def command(self) -> str:
        """The command for the export, quoted for a shell."""
        command = ["kliping", "export", "--format", self.format]
        command += ["--matching", self.query] if self.query else []
        command += self._columns()
        command += ["--revisions", "all"] if self.every_revision else []
        command += ["--dedupe", "cluster"] if self.first_only else []
        command += ["--split", self.split] if self.split else []
        suffix = "" if self.is_folder else FORMATS[self.format].suffix
        return shlex.join([*command, "--output", f"articles{suffix}"])

    def address(self, request: Request) -> str:
        """The address of the export in the API."""
        return link(
            request,
            f"/api/v1/export.{self.format}",
            q=self.query,
            columns=",".join(self.columns) if self._columns() else None,
            revisions="all" if self.every_revision else None,
            dedupe="cluster" if self.first_only else None,
        )

    def _columns(self) -> list[str]:
        if not self.is_table or self.columns == list(NAMES):
            return []
        if self.columns == [name for name in NAMES if name not in _LONG_COLUMNS]:
            return ["--no-text"]
        return ["--columns", ",".join(self.columns)]


async def read_dataset_form(
    q: Annotated[str, Parameter(max_length=2000)] = "",
    of_format: Annotated[str, Parameter(alias="format")] = "jsonl",
    columns: Annotated[list[str], Parameter(max_length=2 * len(NAMES))] = [],  # noqa: B006
    revisions: str = "last",
    dedupe: str = "",
    split: str = "",
) -> DatasetForm:
    """The form, read from an address."""
    used = of_format if of_format in FORMATS else "jsonl"
    return DatasetForm(
        query=q.strip(),
        format=used,
        columns=[name for name in NAMES if name in columns] or list(NAMES),
        every_revision=revisions == "all",
        first_only=dedupe == "cluster",
        split=split if split in SPLITS and FORMATS[used].package is None else "",
    )


@router.get("/dataset")
async def dataset_page(
    request: Request, chosen: Annotated[DatasetForm, Depends(read_dataset_form)]
) -> Response:
    """The form, with the number of selected articles, the command and the download."""
    amount: dict[str, int] | None = None
    error: QueryError | None = None
    try:
        node = parse_query(chosen.query)

        def count(query: Query) -> dict[str, int]:
            count_all = partial(query.count_all, matching=node, first_only=chosen.first_only)
            return {"articles": count_all(), "revisions": count_all(every_revision=True)}

        amount = await run_query(request, count)
    except QueryError as wrong:
        error = wrong
    return render(
        request,
        "dataset.html",
        chosen=chosen,
        amount=amount,
        error=error,
        address=chosen.address(request) if chosen.streams else None,
        formats=list(FORMATS),
        splits=list(SPLITS),
        meanings=meanings(),
        names=NAMES,
        texts=_LONG_COLUMNS,
    )
