import os
from datetime import date
from pathlib import Path

import pytest

from archive.errors import HomeError, SourceError
from archive.model import CaptureScope, RuleSet, Seed, Source, UrlKind
from crawler.sources import load_source, load_sources, source_name_for, write_source
from crawler.sources.files import mark_verified

FULL = Source(
    name="suara-contoh",
    url="https://suara.example/",
    title='Suara "Contoh" \\ é',
    language="id",
    seeds=(
        Seed("https://suara.example/feed/", UrlKind.FEED),
        Seed("https://suara.example/politik/feed/", UrlKind.FEED),
        Seed("https://suara.example/sitemap.xml", UrlKind.SITEMAP),
        Seed("https://suara.example/", UrlKind.LISTING),
    ),
    delay_s=2.5,
    max_pages=500,
    capture=CaptureScope.PAGE,
    verified=date(2026, 11, 24),
    rules=(
        RuleSet(until=date(2024, 6, 30), body="div.lama > p", drop=("p.kredit", "#a [b='c']")),
        RuleSet(since=date(2024, 7, 1), title="h1", author=".penulis", date="time"),
    ),
)


def put(folder: Path, text: str, name: str = "suara") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "source", [FULL, Source("s", "https://s.example/", seeds=FULL.seeds[:1], max_pages=0)]
)
def test_what_is_written_is_read_back(tmp_path: Path, source: Source) -> None:
    path = write_source(tmp_path / "sources", source, comment="Found out by probing:\n20 articles")
    assert path == tmp_path / "sources" / f"{source.name}.toml"
    assert load_source(path) == source
    assert load_sources(path.parent) == [source]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_written_file_explains_itself(tmp_path: Path) -> None:
    text = write_source(
        tmp_path, Source("suara", "https://suara.example/"), comment="Found out:\n\nfeed x"
    ).read_text("utf-8")
    assert text.startswith("# Found out:\n#\n# feed x\n")
    assert "\n# Front page.\nurl = " in text
    assert "\n# delay_s = 2.0\n" in text


def test_a_source_file_is_not_overwritten_unless_told(tmp_path: Path) -> None:
    write_source(tmp_path, FULL)
    changed = Source(FULL.name, "https://suara.example/baru", seeds=FULL.seeds)
    with pytest.raises(SourceError, match="there already"):
        write_source(tmp_path, changed)
    path = write_source(tmp_path, changed, replace=True)
    assert load_source(path).url == "https://suara.example/baru"


@pytest.mark.parametrize("name", ["", "Suara", "a/b", "../suara", "a.b", "-a", "a\n"])
def test_a_name_that_is_not_fit_for_a_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="cannot name a source"):
        write_source(tmp_path, Source(name, "https://suara.example/"))


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HomeError, match="No space left on device"):
        write_source(tmp_path, FULL)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "sources").write_text("")
    with pytest.raises(HomeError, match="cannot be written"):
        write_source(tmp_path / "sources", FULL)


def test_name_and_url_are_enough(tmp_path: Path) -> None:
    source = load_source(put(tmp_path, 'name = "suara"\nurl = "https://SUARA.example"\n'))
    assert source == Source(
        "suara",
        "https://suara.example/",
        seeds=(Seed("https://suara.example/", UrlKind.LISTING),),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'name = "suara"\nurl = "https://s.example/"\nfeed = []',
            " line 3: unknown key 'feed'; did you mean 'feeds'?",
        ),
        ('name = "suara"\nurl = "https://s.example/"\nxyzzy = 1', " line 3: unknown key 'xyzzy'"),
        (
            'name = "suara"\nurl = "https://s.example/"\n[crawl]\nx = 1',
            " line 3: unknown key 'crawl'",
        ),
        ('name = "suara"\n\nurl = "suara.example"', " line 3: url: 'suara.example': not an http"),
        ('name = "suara"\nurl = "https://s.example/"\ndelay_s = "2"', " line 3: delay_s = '2': "),
        ('name = "suara"\nurl = "https://s.example/"\nmax_pages = -1', " line 3: max_pages = -1: "),
        ('name = "suara"\nurl = "https://s.example/"\ndelay_s = inf', " line 3: delay_s = inf: "),
        ('name = "suara"\nurl = "https://s.example/"\nfeeds = "x"', " line 3: feeds = 'x': "),
        (
            'name = "suara"\nurl = "https://s.example/"\nlanguage = "indonesia"',
            " line 3: language = 'indonesia': ",
        ),
        (
            'name = "suara"\nurl = "https://s.example/"\nfeeds = [\n "https://s.example/a",\n "ftp://b",\n]',
            " line 5: feeds: 'ftp://b': not an http",
        ),
        ('url = "https://s.example/"', ": 'name' is missing"),
        (
            'name = "lain"\nurl = "https://s.example/"',
            " line 1: name = 'lain', but the file is 'suara.toml'",
        ),
        ('name = "Suara"\nurl = "https://s.example/"', " line 1: name = 'Suara': "),
        ('name = "suara"\nurl = https://s.example/', ": not valid TOML: Invalid value (at line 2"),
        ('name = "suara"\nname = "suara"', ": not valid TOML: Cannot overwrite a value (at line 2"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    path = put(tmp_path, text)
    with pytest.raises(SourceError) as caught:
        load_source(path)
    assert str(caught.value).startswith(f"{path}{said}")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    put(tmp_path, 'name = "suara"\nurll = "x"\nlanguage = 7')
    put(tmp_path, "name = ", "kabar")
    with pytest.raises(SourceError) as caught:
        load_sources(tmp_path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert "kabar.toml: not valid TOML" in lines[0]
    assert any("did you mean 'url'?" in line for line in lines)


def test_bad_files_can_be_left_out(tmp_path: Path) -> None:
    put(tmp_path, 'name = "suara"\nurl = "https://s.example/"')
    put(tmp_path, "name = ", "kabar")
    errors: list[SourceError] = []
    sources = load_sources(tmp_path, on_error=errors.append)
    assert [source.name for source in sources] == ["suara"]
    assert len(errors) == 1
    assert "kabar.toml" in str(errors[0])


def test_a_missing_folder_has_no_sources_and_a_missing_file_is_an_error(tmp_path: Path) -> None:
    assert load_sources(tmp_path / "sources") == []
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        load_source(tmp_path / "suara.toml")


def test_a_file_in_another_charset_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "suara.toml"
    path.write_bytes('title = "é"'.encode("latin-1"))
    with pytest.raises(SourceError, match="not UTF-8"):
        load_source(path)


@pytest.mark.parametrize(
    ("url", "taken", "name"),
    [
        ("https://www.detik.com/", (), "detik"),
        ("https://www.bbc.co.uk/news", (), "bbc"),
        ("https://sari.blogspot.com/", (), "sari"),
        ("https://suara-contoh.example/", (), "suara-contoh"),
        ("https://jogja.suara.example/", ("suara",), "jogja-suara-example"),
        ("https://jogja.suara.example/", ("suara", "jogja-suara-example"), "suara-2"),
        ("http://127.0.0.1:8000/", (), "127-0-0-1-8000"),
        ("http://127.0.0.1/", (), "127-0-0-1"),
        ("http://localhost:8000/", (), "localhost-8000"),
        ("http://warta.localhost:8000/", (), "warta"),
        ("http://[::1]:8000/", (), "1-8000"),
        ("https://bücher.example/", (), "xn-bcher-kva"),
    ],
)
def test_source_name_for(tmp_path: Path, url: str, taken: tuple[str, ...], name: str) -> None:
    assert source_name_for(url, taken) == name
    write_source(tmp_path, Source(name, "https://suara.example/"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '# mine\nname = "suara" # short\nurl = "https://s.example/"\n\n# end\n',
            '# mine\nname = "suara" # short\nurl = "https://s.example/"\n{new}\n\n# end\n',
        ),
        (
            'name = "suara"\nverified = 2020-01-31   # when\nurl = "https://s.example/"\n',
            'name = "suara"\nverified = 2026-11-24   # when\nurl = "https://s.example/"\n',
        ),
        (
            'name = "suara"\nurl = "https://s.example/"\n\n# [[rules]]\n# body = "p"\n',
            'name = "suara"\nurl = "https://s.example/"\n{new}\n\n# [[rules]]\n# body = "p"\n',
        ),
        (
            'url = "https://s.example/"\nname = "suara"\n\n[[rules]]\nbody = "p" # text',
            'url = "https://s.example/"\n{new}\nname = "suara"\n\n[[rules]]\nbody = "p" # text',
        ),
        (
            'name = "suara"\r\nurl = "https://s.example/"\r\n',
            'name = "suara"\r\nurl = "https://s.example/"\r\n{new}\n',
        ),
    ],
)
def test_the_day_is_written_and_nothing_else_is_touched(
    tmp_path: Path, before: str, after: str
) -> None:
    path = tmp_path / "suara.toml"
    path.write_bytes(before.encode())
    mark_verified(path, date(2026, 11, 24))
    new = "verified = 2026-11-24 # by kliping sources check"
    assert path.read_bytes().decode() == after.format(new=new)
    assert load_source(path).verified == date(2026, 11, 24)
    mark_verified(path, date(2026, 11, 25))
    assert load_source(path).verified == date(2026, 11, 25)


def test_a_source_that_nobody_verified_does_not_say_so_in_its_file(tmp_path: Path) -> None:
    path = write_source(tmp_path, Source("suara", "https://suara.example/"))
    assert "verified" not in path.read_text("utf-8")
    path.unlink()
    with pytest.raises(SourceError, match="cannot be read any more"):
        mark_verified(path, date(2026, 11, 24))


WITH_RULES = """\
name = "suara"
url = "https://suara.example/"

[[rules]]
until = 2024-06-30
body = "div.lama"

[[rules]]
since = 2024-07-01
drop = ["p.kredit"]
"""


def test_rules_are_read(tmp_path: Path) -> None:
    assert load_source(put(tmp_path, WITH_RULES)).rules == (
        RuleSet(until=date(2024, 6, 30), body="div.lama"),
        RuleSet(since=date(2024, 7, 1), drop=("p.kredit",)),
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('drop = ["p.kredit"]', 'drop = ["p["]'), r"line 10: rules: drop = 'p\[' is no CSS"),
        (('drop = ["p.kredit"]', "drop = 5"), "line 10: rules: drop = 5: must be a CSS selector"),
        (("drop =", "dropp ="), "line 10: rules: unknown key 'dropp'; did you mean 'drop'"),
        (("2024-07-01", "2024-07-01T10:00:00Z"), "line 9: rules: since must be a date"),
        (("2024-06-30", '"2024-06-30"'), "line 5: rules: until must be a date"),
        (
            ("until = 2024-06-30", "until = 2024-06-30\nsince = 2025-01-01"),
            "line 5: rules: until = 2024-06-30 is before since = 2025-01-01",
        ),
        (("[[rules]]\nuntil", "[rules]\nuntil"), "not valid TOML|rules = "),
    ],
)
def test_wrong_rules_are_named_with_their_line(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    path = put(tmp_path, WITH_RULES.replace(*change))
    with pytest.raises(SourceError, match=complaint) as raised:
        load_source(path)
    assert str(raised.value).startswith(str(path))


def test_all_that_is_wrong_with_rules_is_told_at_once(tmp_path: Path) -> None:
    text = WITH_RULES.replace("div.lama", "div[").replace("p.kredit", "]")
    with pytest.raises(SourceError) as raised:
        load_source(put(tmp_path, text))
    assert len(str(raised.value).splitlines()) == 2


def test_a_written_file_shows_how_rules_look(tmp_path: Path) -> None:
    path = write_source(tmp_path, Source("suara", "https://suara.example/"))
    text = path.read_text("utf-8")
    uncommented = text[text.index("# [[rules]]") :].replace("\n# ", "\n").removeprefix("# ")
    path.write_text(text[: text.index("# [[rules]]")] + uncommented, "utf-8")
    (rules,) = load_source(path).rules
    assert (rules.until, rules.drop) == (date(2024, 6, 30), ("div.video", "p.credit"))
