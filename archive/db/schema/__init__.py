"""The tables. A researcher should be able to read them without a manual.

    sources ──< urls            what is followed, and every URL known of it (the frontier)
    runs ──< captures           when we looked, and every HTTP exchange that came of it
    urls ──< captures           a capture leads to its WARC file, offset, record id and digest
    sources ──< articles ──< revisions
      │            │               └──< revision_pages    further pages that it was read from
      │            └─ capture_id, of the page that the newest revision was read from
    clusters ──< articles       the same story in several places, and who had it first
    articles ──< cluster_links  two articles whose texts are alike, and how much
    articles ─── sketches ──< sketch_bands      what alike texts are looked up by
    articles ─── stories        what boilerplate is learnt from
    articles ──< changes        what the search index follows (`archive.db.change_log`)
    takedowns ──< forgotten_urls, forgotten_records     what was forgotten, and must not come back

Each group has a module: `crawl`, `articles`, `takedowns`. Change a table there and in a new file
under `migrations/versions`; a test holds the two together.
"""

from archive.db.schema.articles import (
    IS_NEWEST,
    ArticleRow,
    ChangeRow,
    ClusterLinkRow,
    ClusterRow,
    ReadingColumns,
    RevisionPageRow,
    RevisionRow,
    SketchBandRow,
    SketchRow,
    StoryRow,
)
from archive.db.schema.base import Base
from archive.db.schema.crawl import (
    ArchiveRow,
    CaptureRow,
    RunRow,
    SourceRow,
    TrapRow,
    UrlRow,
)
from archive.db.schema.takedowns import ForgottenRecordRow, ForgottenUrlRow, TakedownRow

__all__ = [
    "IS_NEWEST",
    "ArchiveRow",
    "ArticleRow",
    "Base",
    "CaptureRow",
    "ChangeRow",
    "ClusterLinkRow",
    "ClusterRow",
    "ForgottenRecordRow",
    "ForgottenUrlRow",
    "ReadingColumns",
    "RevisionPageRow",
    "RevisionRow",
    "RunRow",
    "SketchBandRow",
    "SketchRow",
    "SourceRow",
    "StoryRow",
    "TakedownRow",
    "TrapRow",
    "UrlRow",
]
