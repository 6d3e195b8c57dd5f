"""Every rule of every pack: its example goes, its counter-example stays."""

import pytest
from lxml import html

from pipelines.extract.blocks import Block, read_blocks
from pipelines.extract.boilerplate import BoilerplateRule, packs, read_pack, remove

ALL = [rule for pack in packs().values() for rule in pack]
STORY = "".join(
    f"<p>Kalimat nomor {at} menceritakan jalannya rapat desa dengan cukup panjang dan jelas.</p>"
    for at in range(8)
)


def _blocks(snippet: str) -> list[Block]:
    example = snippet if snippet.startswith("<") else f"<p>{snippet}</p>"
    return read_blocks(html.document_fromstring(f"<body><div>{STORY}{example}</div></body>"))


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_example_goes(rule: BoilerplateRule) -> None:
    kept, gone = remove(_blocks(rule.goes), [rule])
    assert [block.text for block in kept] == [block.text for block in _blocks("")]
    assert gone[0].rule == rule.id


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_counter_example_stays(rule: BoilerplateRule) -> None:
    blocks = _blocks(rule.stays)
    kept, gone = remove(blocks)
    assert [block.text for block in kept] == [block.text for block in blocks]
    assert gone == []


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in ALL]
    assert len(ids) == len(set(ids))


def test_a_list_rule_takes_the_links_behind_it() -> None:
    snippet = (
        "<p>Berita Terkait</p><p><a href='/1'>Pelari Ikuti Maraton Kota Tua</a></p>"
        "<p>Warga pulang.</p>"
    )
    kept, gone = remove(_blocks(f"<div>{snippet}</div>"))
    assert [removal.text for removal in gone] == ["Berita Terkait", "Pelari Ikuti Maraton Kota Tua"]
    assert kept[-1].text == "Warga pulang."


def test_a_place_rule_never_means_the_whole_text() -> None:
    blocks = read_blocks(
        html.document_fromstring(f"<body><div class='sharedaddy'>{STORY}</div></body>")
    )
    assert remove(blocks)[1] == []


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        ('[[line]]\nid = "a"\npattern = "("\nwhy = ""\ngoes = ""\nstays = ""', "does not compile"),
        ('[[line]]\nid = "a"\npattern = "x"\nwhy = ""\ngoes = ""', "stays is missing"),
        ('[[line]]\nid = "a"\npattern = "x"\neffect = "burn"', "effect 'burn'"),
        ("[[line", "Expected"),
    ],
)
def test_a_bad_pack_is_named(toml: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("(", r"\(")):
        read_pack("test", toml)
