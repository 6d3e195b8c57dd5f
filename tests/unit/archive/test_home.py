"""The archive home and its settings: clear errors that name the line, locks that hold."""

from pathlib import Path

import pytest

from archive.config import load_config
from archive.errors import ConfigError, HomeError, LockedError
from archive.home import Home, create_home, open_home
from archive.storage.local import LocalWarcStore
from tests.unit.archive.storage.memory import MemoryLocks, MemoryWarcStore


def test_init_writes_every_setting_with_its_description(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", contact="desk@example.org")

    text = (home.path / "kliping.toml").read_text("utf-8")
    for key in ("database", "warc", "contact", "delay_s", "concurrency", "max_pages"):
        assert f"\n{key} = " in text
    assert open_home(home.path).config.crawl.contact == "desk@example.org"


def test_contact_with_quotes_survives_the_settings_file(tmp_path: Path) -> None:
    contact = 'Ani "desk" <ani\\desk@example.org>'
    home = create_home(tmp_path, contact=contact)
    assert home.config.crawl.contact == contact


def test_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_home(tmp_path)
    monkeypatch.setenv("KLIPING_CRAWL__DELAY_S", "7.5")
    monkeypatch.setenv("KLIPING_ARCHIVE__WARC", "elsewhere")
    home = open_home(tmp_path)
    assert home.config.crawl.delay_s == 7.5
    assert home.warc == LocalWarcStore(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[crawl]\n\ndely_s = 1\n", "line 3: unknown setting 'dely_s'; did you mean 'delay_s'?"),
        ("[arhive]\n", "line 1: unknown setting 'arhive'; did you mean 'archive'?"),
        ("[archive]\nx = 1\n[crawl]\nmax_pages = -1\n", "line 4: max_pages = -1:"),
        ("[crawl\n", "at line 1"),
        ("[crawl]\ndelay_s = 'slow'\n", "line 2: delay_s = 'slow':"),
    ],
)
def test_a_typo_is_named_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "kliping.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as error:
        load_config(tmp_path)
    assert expected in str(error.value)
    assert "kliping.toml" in str(error.value)


def test_a_typo_in_the_environment_is_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLIPING_CRAWL__CONTCT", "x")
    with pytest.raises(ConfigError, match="KLIPING_CRAWL__CONTCT: unknown setting 'contct'"):
        load_config(tmp_path)


def test_a_folder_without_settings_is_no_home(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="kliping init"):
        open_home(tmp_path)


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    create_home(tmp_path, contact="first")
    with pytest.raises(HomeError, match="already"):
        create_home(tmp_path, contact="second")
    assert open_home(tmp_path).config.crawl.contact == "first"


def test_a_home_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(HomeError, match="cannot make an archive here"):
        create_home(tmp_path / "file" / "home")


def test_one_source_is_locked_once_and_others_stay_free(tmp_path: Path) -> None:
    home = create_home(tmp_path)
    with home.lock(["suara"]):
        with pytest.raises(LockedError, match="'suara'"), open_home(tmp_path).lock(["suara"]):
            pass
        with open_home(tmp_path).lock(["warta"]):
            pass
    with home.lock(["suara", "warta"]):
        pass


def test_warc_files_and_locks_may_be_kept_elsewhere(tmp_path: Path) -> None:
    create_home(tmp_path / "home")
    store, locks = MemoryWarcStore(tmp_path / "copies"), MemoryLocks()
    home = Home(tmp_path / "home", load_config(tmp_path / "home"), store, locks)
    assert home.warc is store
    with home.lock(["suara"]), pytest.raises(LockedError):
        locks.hold(["suara"]).__enter__()
    assert not (tmp_path / "home" / "locks").exists()
