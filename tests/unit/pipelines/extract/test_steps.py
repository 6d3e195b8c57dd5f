"""Single steps: datelines."""

import pytest

from pipelines.extract.structure import dateline


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
