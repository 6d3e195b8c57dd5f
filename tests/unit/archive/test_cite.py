"""Citations, read back by the programs that people read them with."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pybtex.database
import pytest
import rispy
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle
from citeproc import formatter as formatters
from citeproc.source.json import CiteProcJSON
from hypothesis import example, given
from hypothesis import strategies as st

from archive.cite import CitationStyle, CitedArticle, cite_all
from archive.read.articles import ArchivedArticle
from tests.unit.archive.export.test_formats import PLAIN

ARTICLE = replace(
    PLAIN,
    title="Harga BBM naik 10% & “subsidi” {dipangkas}: $5_000 #1",
    authors=["Ani Lestari", "Budi", "Kilas and Suara, Redaksi"],
    section="Ekonomi\r\nBisnis",
    captured_at=datetime(2026, 1, 1, 23, 59, tzinfo=UTC),
    payload_digest="sha256:00ff",
)
REFERENCE = CitedArticle(ARTICLE, "an-id", "Suara & Kabar")
PROOF = {
    "archive_id": "an-id",
    "captured_at": "2026-01-01T23:59:00Z",
    "revision": "1 of 2",
    "warc_record_id": "urn:uuid:1",
    "payload_digest": "sha256:00ff",
}
NOTE = (
    "archive ID an-id; captured at 2026-01-01T23:59:00Z; revision 1 of 2;"
    " warc record ID urn:uuid:1; payload digest sha256:00ff"
)


def cite(article: ArchivedArticle, style: str = CitationStyle.BIBTEX) -> str:
    return cite_all([CitedArticle(article)], style)


def parse_bibtex(text: str) -> dict[str, pybtex.database.Entry]:
    return dict(pybtex.database.parse_string(text, "bibtex").entries)


PRINTED = {
    "backslash": "\\",
    "braceleft": "{",
    "braceright": "}",
    "asciitilde": "~",
    "asciicircum": "^",
}


def plain(tex: str) -> str:
    """What TeX would print: its commands done, its groups' braces gone."""
    assert not re.search(r"(?<!\\)[%#$&_~^]", tex)

    def printed(match: re.Match[str]) -> str:
        return PRINTED[match["name"]] if match["name"] else match["char"] or ""

    return re.sub(r"\\text(?P<name>[a-z]+){}|\\(?P<char>[&%$#_])|[{}]", printed, tex)


def test_bibtex_is_read_back() -> None:
    ((key, entry),) = parse_bibtex(cite_all([REFERENCE])).items()
    assert key == "suara2026-1"
    assert entry.type == "misc"
    fields = {name: plain(value) for name, value in entry.fields.items() if name != "url"}
    assert fields == {
        "title": ARTICLE.title,
        "howpublished": "Suara & Kabar",
        "year": "2026",
        "month": "January",
        "day": "1",
        "urldate": "2026-01-01",
        "language": "id",
        "note": NOTE,
    }
    assert entry.fields["url"] == ARTICLE.canonical_url
    names = [plain(str(name)) for name in entry.persons["author"]]
    assert names == ARTICLE.authors


def test_braces_keep_the_case_of_a_title_and_names_whole() -> None:
    text = cite(ARTICLE)
    assert "title = {{Harga BBM" in text
    assert "author = {{Ani Lestari} and {Budi} and {Kilas and Suara, Redaksi}}," in text


def test_an_address_is_kept_as_it_is_unless_it_would_end_the_field() -> None:
    odd = replace(ARTICLE, canonical_url="https://a.example/b_c%20d?e={f}&g=\\#ü")
    (entry,) = parse_bibtex(cite(odd)).values()
    assert entry.fields["url"] == "https://a.example/b_c%20d?e=%7Bf%7D&g=%5C#%C3%BC"


def test_csl_json_is_what_its_schema_says() -> None:
    (item,) = json.loads(cite_all([REFERENCE], "csl-json"))
    assert item == {
        "id": "suara2026-1",
        "type": "article-newspaper",
        "title": ARTICLE.title,
        "author": [{"literal": name} for name in ARTICLE.authors],
        "container-title": "Suara & Kabar",
        "section": "Ekonomi Bisnis",
        "issued": {"date-parts": [[2026, 1, 1]]},
        "accessed": {"date-parts": [[2026, 1, 1]]},
        "URL": ARTICLE.canonical_url,
        "language": "id",
        "archive": "Kliping an-id",
        "archive_location": "urn:uuid:1",
        "note": NOTE,
        "custom": PROOF,
    }


def test_csl_json_becomes_a_bibliography() -> None:
    (item,) = json.loads(cite_all([REFERENCE], CitationStyle.CSL_JSON))
    del item["custom"]  # in CSL since 1.0.2, which this program does not know yet
    source = CiteProcJSON([item])
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, source, formatters.plain)
    bibliography.register(Citation([CitationItem("suara2026-1")]))
    (printed,) = map(str, bibliography.bibliography())
    assert "Ani Lestari" in printed
    assert "Suara & Kabar" in printed
    assert "2026" in printed


def test_ris_is_read_back() -> None:
    text = cite_all([REFERENCE], "ris")
    (entry,) = rispy.loads(text)
    assert entry == {
        "type_of_reference": "NEWS",
        "id": "suara2026-1",
        "title": ARTICLE.title,
        "authors": ARTICLE.authors,
        "secondary_title": "Suara & Kabar",
        "section": "Ekonomi Bisnis",
        "year": "2026",
        "date": "2026/01/01/",
        "urls": [ARTICLE.canonical_url],
        "access_date": "2026/01/01/",
        "language": "id",
        "name_of_database": "Kliping",
        "database_provider": "an-id",
        "accession_number": "urn:uuid:1",
        "notes": [NOTE],
    }
    lines = text.split("\r\n")
    assert lines[0] == "TY  - NEWS"
    assert lines[-2:] == ["ER  - ", ""]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - [^\r\n]*", line) for line in lines[:-1])


@pytest.mark.parametrize("style", CitationStyle)
def test_what_is_not_known_is_left_out(style: CitationStyle) -> None:
    bare = replace(
        PLAIN, title=None, authors=[], published_at=None, language=None, payload_digest=None
    )
    text = cite(bare, style)
    assert "suara-1" in text
    assert not re.search("None|null|digest|archive ID", text)


def test_several_are_one_list_in_which_each_has_its_own_key() -> None:
    articles = [ARTICLE, replace(ARTICLE, id=11), replace(ARTICLE, revision=2), ARTICLE]
    references = [CitedArticle(article) for article in articles]
    keys = ["suara2026-1", "suara2026-11", "suara2026-1-r2"]
    assert list(parse_bibtex(cite_all(references))) == keys
    assert [one["id"] for one in json.loads(cite_all(references, "csl-json"))] == keys
    assert [one["id"] for one in rispy.loads(cite_all(references, "ris"))] == keys


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(ValueError, match="apa"):
        cite(ARTICLE, "apa")


texts = st.text(st.characters(exclude_categories=[]), max_size=30)


def shown(text: str) -> str:
    """A text as a citation has it: on one line, without what no program takes."""
    clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    seen = re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda char: " " if char[0].isspace() else "", clean)
    return " ".join(seen.split())


@given(title=texts, name=texts)
@example(title="a \x00 b", name="c")
def test_any_text_comes_out_again(title: str, name: str) -> None:
    article: ArchivedArticle = replace(ARTICLE, title=title, authors=[name])
    (item,) = json.loads(cite(article, CitationStyle.CSL_JSON))
    assert item.get("title", "") == shown(title)
    (ris,) = rispy.loads(cite(article, CitationStyle.RIS))
    assert ris.get("title", "").strip() == shown(title).strip()
    assert ris.get("authors", [""])[0].strip() == shown(name).strip()
    (entry,) = parse_bibtex(cite(article)).values()
    assert plain(entry.fields.get("title", "")) == shown(title)
