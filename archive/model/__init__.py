"""The values that pass between the packages: frozen, typed, and made of the standard library only.

Everything else in Kliping speaks in these words (see docs/architecture.md): a *source* has
*seeds*; seeds yield *candidates*; fetching a candidate is a *visit* of one or more HTTP
*exchanges*; an exchange that is kept in a WARC file is a *capture* with a *record ref*;
reading a capture's page is an *extraction*, which makes an *article* and its *revisions*.
Times are aware datetimes. `payload` and `body` are bytes, `text` is str, always.
"""

from archive.model.articles import (
    Extraction,
    Outcome,
    PageKind,
    Part,
    Sketch,
    Visit,
)
from archive.model.captures import (
    Capture,
    Conversion,
    Exchange,
    RecordRef,
    RecordType,
    Truncation,
)
from archive.model.sources import (
    CaptureScope,
    RuleSet,
    Seed,
    Source,
)
from archive.model.urls import (
    CATALOGUES,
    LISTS,
    WALKED,
    Candidate,
    FoundBy,
    Trap,
    UrlKind,
    UrlState,
)

__all__ = [
    "CATALOGUES",
    "LISTS",
    "WALKED",
    "Candidate",
    "Capture",
    "CaptureScope",
    "Conversion",
    "Exchange",
    "Extraction",
    "FoundBy",
    "Outcome",
    "PageKind",
    "Part",
    "RecordRef",
    "RecordType",
    "RuleSet",
    "Seed",
    "Sketch",
    "Source",
    "Trap",
    "Truncation",
    "UrlKind",
    "UrlState",
    "Visit",
]
