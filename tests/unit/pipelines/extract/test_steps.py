"""Single steps: names, datelines."""

import pytest

from pipelines.extract.authors import is_organisation, names
from pipelines.extract.structure import dateline


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("By Helen Marsh", ["Helen Marsh"]),
        ("Oleh: Rina Lestari dan Agus Prasetyo", ["Rina Lestari", "Agus Prasetyo"]),
        ("Penulis: Dewi Anggraini", ["Dewi Anggraini"]),
        ("Editor: Siti Aminah", []),
        ("RINA LESTARI", ["Rina Lestari"]),
        ("Dan Jervis-Bardy", ["Dan Jervis-Bardy"]),
        ("Felix Schröder und Jörg Soldwisch, dpa", ["Felix Schröder", "Jörg Soldwisch", "dpa"]),
        ("John Garcia Jr.", ["John Garcia Jr."]),
        ("Chus del Pino", ["Chus del Pino"]),
        ("https://www.facebook.com/kabar", []),
        ("Rina Lestari, Staff Writer", ["Rina Lestari"]),
        ("5 min read", []),
        ("신현주 기자", ["신현주"]),
    ],
)
def test_names_in_bylines(byline: str, expected: list[str]) -> None:
    assert names(byline) == expected


@pytest.mark.parametrize("name", ["Tim Redaksi", "Kabar News", "AFP", "Editorial Board"])
def test_organisations_are_told_from_people(name: str) -> None:
    assert is_organisation(name)
    assert not is_organisation("Rina Lestari")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("JAKARTA – Pemerintah provinsi membuka kembali pasar.", "JAKARTA"),
        ("Jakarta, Kompak News - Pemerintah membuka kembali pasar.", "Jakarta, Kompak News"),
        ("LONDON (Reuters) - Shares fell on Friday after the vote.", "LONDON (Reuters)"),
        ("SHANGHAI: Chinese police have shut down accounts.", "SHANGHAI"),
        ("Pemerintah provinsi membuka kembali pasar ikan.", None),
        ("He said the plan – the third this year – had failed again.", None),
    ],
)
def test_datelines(line: str, expected: str | None) -> None:
    assert dateline(line) == expected
