"""Citations of archived articles in BibTeX, CSL-JSON and RIS, with evidence of the capture. Pure.

A citation has the publication and its date and, as the day of access, that of the capture. The
capture's WARC record, its payload digest and the archive's id are added, so that a reader can
request exactly these bytes.

Names are given whole, since bylines do not say which part is the family name: "Ani Lestari" may
have none, and a newsroom may sign as well.

Source: BibTeX 0.99 ("BibTeXing", 1988); CSL 1.0.2 input data schema; RIS Format Specifications
(Research Information Systems, 2011).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from archive.export.values import encodable
from archive.read.articles import ArchivedArticle
from archive.read.query import Query


class CitationStyle(StrEnum):
    """Format of citations."""

    BIBTEX = "bibtex"
    CSL_JSON = "csl-json"
    RIS = "ris"


@dataclass(frozen=True, slots=True)
class CitedArticle:
    """An article as one of its revisions, with the further facts of a citation."""

    article: ArchivedArticle
    archive_id: str | None = None
    """UUID of the archive."""
    container: str | None = None
    """Name of the publication; the source's name is used where it is missing."""

    @property
    def key(self) -> str:
        """Citation key, such as `suara2026-17`, or `suara2026-17-r2` for its second revision.

        It is unique within the archive.
        """
        article = self.article
        year = f"{article.published_at.year:04}" if article.published_at else ""
        revision = f"-r{article.revision}" if article.revision > 1 else ""
        return f"{article.source}{year}-{article.id}{revision}"

    @property
    def published(self) -> date | None:
        """Day of publication in the page's own offset."""
        return self.article.published_at.date() if self.article.published_at else None

    @property
    def accessed(self) -> date:
        """The day of the capture, in UTC."""
        return self.article.captured_at.astimezone(UTC).date()

    @property
    def title(self) -> str:
        return _line(self.article.title)

    @property
    def authors(self) -> list[str]:
        return [name for name in map(_line, self.article.authors) if name]

    @property
    def published_in(self) -> str:
        """Name of the publication."""
        return _line(self.container) or self.article.source

    @property
    def proof(self) -> dict[str, str]:
        """Identifiers that lead to the captured bytes."""
        article = self.article
        captured_at = article.captured_at.astimezone(UTC).isoformat(timespec="seconds")
        evidence = {
            "archive_id": self.archive_id,
            "captured_at": captured_at.replace("+00:00", "Z"),
            "revision": f"{article.revision} of {article.revision_count}",
            "warc_record_id": article.warc_record_id,
            "payload_digest": article.payload_digest,
        }
        return {name: value for name, value in evidence.items() if value}

    @property
    def note(self) -> str:
        """The same as text."""
        return "; ".join(
            f"{name.replace('_id', ' ID').replace('_', ' ')} {value}"
            for name, value in self.proof.items()
        )


def cited_articles(query: Query, articles: Iterable[ArchivedArticle]) -> list[CitedArticle]:
    """The facts to cite of some articles, from the archive of `query`."""
    archive_id, titles = query.archive_id(), query.source_titles()
    return [CitedArticle(one, archive_id, titles.get(one.source)) for one in articles]


def cite_all(references: Iterable[CitedArticle], style: str = CitationStyle.BIBTEX) -> str:
    """Citations of several articles as one list, without duplicates.

    Raises:
        ValueError: there is no such style.
    """
    by_key = {reference.key: reference for reference in references}
    return _WRITERS[CitationStyle(style)](list(by_key.values()))


# BibTeX counts braces, escaped ones too, so that a lone one would break the file.
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{char: f"\\{char}" for char in "&%$#_"},
    }
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
"""BibTeX has macros of these names, which styles put into their own language."""


def _bibtex(references: Sequence[CitedArticle]) -> str:
    return "\n".join(map(_bibtex_entry, references))


def _bibtex_entry(reference: CitedArticle) -> str:
    day = reference.published
    fields = {
        # Further braces keep styles from changing case, and from taking names apart.
        "author": " and ".join(f"{{{_tex(name)}}}" for name in reference.authors),
        "title": f"{{{_tex(reference.title)}}}" if reference.title else "",
        "howpublished": _tex(reference.published_in),
        "year": f"{day.year:04}" if day else "",
        "month": _MONTHS[day.month - 1] if day else "",
        "day": str(day.day) if day else "",
        "url": _verbatim(reference.article.canonical_url),
        "urldate": reference.accessed.isoformat(),
        "language": reference.article.language or "",
        "note": _tex(reference.note),
    }
    lines = [
        f"  {name} = {value if name == 'month' else f'{{{value}}}'},\n"
        for name, value in fields.items()
        if value
    ]
    return f"@misc{{{reference.key},\n{''.join(lines)}}}\n"


def _tex(text: str) -> str:
    return text.translate(_TEX)


def _verbatim(url: str) -> str:
    """A URL without escaping for BibTeX, limited to characters of URLs."""
    return quote(_line(url), safe="!#$%&'()*+,/:;=?@[]~")


def _csl_json(references: Sequence[CitedArticle]) -> str:
    items = [_csl_item(reference) for reference in references]
    return json.dumps(items, indent=2, ensure_ascii=False) + "\n"


def _csl_item(reference: CitedArticle) -> dict[str, Any]:
    article = reference.article
    item = {
        "id": reference.key,
        "type": "article-newspaper",
        "title": reference.title,
        "author": [{"literal": name} for name in reference.authors],
        "container-title": reference.published_in,
        "section": _line(article.section),
        "issued": _csl_date(reference.published),
        "accessed": _csl_date(reference.accessed),
        "URL": _line(article.canonical_url),
        "language": article.language,
        "archive": f"Kliping {reference.archive_id}" if reference.archive_id else "Kliping",
        "archive_location": article.warc_record_id,
        "note": reference.note,
        "custom": reference.proof,
    }
    return {name: value for name, value in item.items() if value}


def _csl_date(day: date | None) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [[day.year, day.month, day.day]]} if day else None


def _ris(references: Sequence[CitedArticle]) -> str:
    return "\r\n".join(map(_ris_record, references))


def _ris_record(reference: CitedArticle) -> str:
    """A line for each tag, ended by CRLF; the type is first, the empty end tag last."""
    article, day = reference.article, reference.published
    lines = [
        ("ID", reference.key),
        ("TI", reference.title),
        *(("AU", name) for name in reference.authors),
        ("T2", reference.published_in),
        ("SE", _line(article.section)),
        ("PY", f"{day.year:04}" if day else ""),
        ("DA", f"{day:%Y/%m/%d}/" if day else ""),
        ("UR", _line(article.canonical_url)),
        ("Y2", f"{reference.accessed:%Y/%m/%d}/"),
        ("LA", article.language or ""),
        ("DB", "Kliping"),
        ("DP", reference.archive_id or ""),
        ("AN", article.warc_record_id),
        ("N1", reference.note),
    ]
    fields = [f"{tag}  - {value}\r\n" for tag, value in lines if value]
    return f"TY  - NEWS\r\n{''.join(fields)}ER  - \r\n"


def _line(text: str | None) -> str:
    """A text on one line, without control characters and halves of surrogate pairs."""
    chars = str(encodable(text or ""))
    kept = (char for char in chars if char.isspace() or unicodedata.category(char) != "Cc")
    return " ".join("".join(kept).split())


_WRITERS: dict[CitationStyle, Callable[[Sequence[CitedArticle]], str]] = {
    CitationStyle.BIBTEX: _bibtex,
    CitationStyle.CSL_JSON: _csl_json,
    CitationStyle.RIS: _ris,
}
