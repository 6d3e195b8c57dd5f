"""Which blocks are kept, given how likely each is part of the article."""

import pytest
from lxml import html

from pipelines.extract.blocks import Block, read_blocks
from pipelines.extract.candidates import trafilatura_text
from pipelines.extract.choice import likeliest, without_copies
from pipelines.extract.page import read_page
from tests.unit.pipelines.extract.conftest import PARAGRAPHS


def _blocks(*texts: str) -> list[Block]:
    return read_blocks(html.document_fromstring("".join(f"<p>{text}</p>" for text in texts)))


@pytest.mark.parametrize(
    ("chances", "kept"),
    [
        ([0.9, 0.9, 0.9, 0.1], [0, 1, 2]),
        ([0.98, 0.05, 0.97, 0.4], [0, 2]),
        ([0.3, 0.3, 0.05, 0.01], [0, 1]),  # nothing is sure: the best there is
        ([0.1, 0.1, 0.1, 0.1], []),
    ],
)
def test_the_set_with_the_best_expected_f1_is_kept(chances: list[float], kept: list[int]) -> None:
    blocks = _blocks(*PARAGRAPHS)
    assert [block.index for block in likeliest(blocks, chances)] == kept


def test_no_block_no_text() -> None:
    assert likeliest([], []) == []


def test_a_second_copy_of_a_paragraph_is_left_out() -> None:
    blocks = _blocks(*PARAGRAPHS, PARAGRAPHS[0], "Baca", "Baca")
    assert [block.text for block in without_copies(blocks)] == [*PARAGRAPHS, "Baca", "Baca"]


def test_words_of_scripts_without_spaces_are_counted() -> None:
    (block,) = _blocks("東京女子医大の元理事長が十三日に逮捕された。")
    assert block.words == 11


def test_trafilatura_is_not_shown_what_nobody_sees() -> None:
    story = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    hidden = f'<div style="display:none"><p>{PARAGRAPHS[0].replace("ikan", "batu")}</p></div>'
    root = html.document_fromstring(f"<body><article>{hidden}<i></i>{story}</article></body>")
    page = read_page(root, "https://kabar.example/pasar/")
    assert trafilatura_text(page).split("\n") == list(PARAGRAPHS)
    assert len(root.findall(".//div")) == 1, "The page itself must stay as it was."
