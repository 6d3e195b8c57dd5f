"""`kliping sources import`, `export` and `catalog`, which ask nothing of the network."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from archive.errors import KlipingError
from archive.home import create_home
from crawler.cli import app
from crawler.cli import exit_code as exit_code_of
from crawler.sources import load_source
from tests.commands import add_source


def run(home: Path, *arguments: str, exit_code: int = 0) -> str:
    """Run `kliping` in this process; what it printed, and the error that it would tell."""
    result = CliRunner().invoke(app, arguments, env={"KLIPING_HOME": str(home)})
    error = result.exception
    code = exit_code_of(error) if isinstance(error, KlipingError) else result.exit_code
    assert code == exit_code, result.output
    return result.output + (str(error) if isinstance(error, KlipingError) else "")


def test_a_list_is_followed_as_it_is_named(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home").path
    add_source(home, "lama", "https://lama.example/", feeds=["https://lama.example/feed"])
    listed = tmp_path / "sites.csv"
    listed.write_text(
        "name,url,feeds,title,language\n"
        "Suara Kita,suara.example,https://suara.example/rss,Suara,id\n"
        "rusak,http://[,,,\n"
        ",https://www.lama.example/,https://lama.example/baru,,\n"
        ",https://kabar.example/,,Kabar,id\n"
        ",https://suara.example/,https://suara.example/rss,,\n"
    )
    said = run(home, "sources", "import", str(listed), exit_code=1)
    assert "sites.csv line 3: 'http://[': not a URL" in said
    assert "line 4: https://www.lama.example/: followed already, as lama, whose file" in said
    assert "line 6: https://suara.example/: left out, it names the same as line 2" in said
    assert "2 sources added, 2 named twice or followed already, 1 lines with problems." in said
    source = load_source(home / "sources" / "suara-kita.toml")
    assert (source.url, source.title, source.verified) == ("https://suara.example/", "Suara", None)
    text = (home / "sources" / "suara-kita.toml").read_text()
    assert text.startswith("# Imported from sites.csv, line 2.\n")
    names = [
        json.loads(line)["name"] for line in run(home, "sources", "list", "--json").splitlines()
    ]
    assert names == ["kabar", "lama", "suara-kita"]
    again = run(home, "sources", "import", str(listed), exit_code=1)
    assert "0 sources added, 4 named twice" in again

    opml = tmp_path / "sites.opml"
    run(home, "sources", "export", "-o", str(opml))
    other = create_home(tmp_path / "other").path
    said = run(other, "sources", "import", str(opml))
    assert "3 sources added." in said
    copied = {each.name for each in (other / "sources").iterdir()}
    assert copied == {"kabar.toml", "lama.toml", "suara.toml"}


def test_the_catalog_is_listed_and_taken_from_unverified(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home").path
    listed = run(home, "sources", "catalog", "detik", "--language", "id")
    assert "unverified" in listed
    said = run(home, "sources", "add", "detik", "--name", "detikcom")
    assert "not verified yet: `kliping sources check detikcom`" in said
    source = load_source(home / "sources" / "detikcom.toml")
    assert (source.url, source.verified) == ("https://www.detik.com/", None)
    said = run(home, "sources", "add", "detk", exit_code=2)
    assert "did you mean 'detik'?" in said
    assert "there already" in run(
        home, "sources", "add", "detik", "--name", "detikcom", exit_code=1
    )
