"""The settings of an archive: `kliping.toml` in its home, overridden by the environment.

Every command reads them through `load_config`. The commented file that `kliping init` writes is
made from the descriptions below, so a setting is documented where it is defined.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveInt, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from archive.errors import ConfigError
from archive.model import CaptureScope

FILE_NAME = "kliping.toml"
ENV_PREFIX = "KLIPING_"


class ArchiveSection(BaseModel):
    """Where things are kept."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    database: str = "sqlite:///kliping.db"
    """Database address; a relative SQLite path is taken from the home."""
    warc: str = "warc"
    """Folder of the WARC files; a relative path is taken from the home."""
    index: str = "index"
    """Folder of the search index, on any disk; a relative path is taken from the home."""
    warc_max_bytes: PositiveInt = 1 << 30
    """A WARC file is closed and the next one begun at this size."""


class CrawlSection(BaseModel):
    """How pages are fetched."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    contact: str = ""
    """Mail or web address of whoever answers for the crawl; it stands in the User-Agent."""
    delay_s: NonNegativeFloat = 1.0
    """Least seconds between two requests to one host (robots.txt may ask for more)."""
    concurrency: PositiveInt = 32
    """Most requests under way at once, over all hosts."""
    host_concurrency: PositiveInt = 2
    """Most requests under way at once to one host."""
    max_pages: int = Field(default=0, ge=0)
    """Most article pages fetched of one source in one crawl; 0 for no limit."""
    timeout_s: float = Field(default=60.0, gt=0)
    """A response that takes longer is cut off."""
    max_bytes: PositiveInt = 32 << 20
    """A response that is larger is cut off."""
    capture: CaptureScope = CaptureScope.HTML
    """What is kept of articles: "html", or "page" for their images, styles and scripts too."""
    retry_wait_s: NonNegativeFloat = 120.0
    """A crawl waits this long for a page to be retried; later ones are left to the next crawl."""
    poll_min_s: NonNegativeFloat = 0.0
    """Feeds, sitemaps and front pages are asked no sooner than this after the last time."""
    poll_max_s: NonNegativeFloat = 86_400.0
    """They are asked again after this long, however seldom they change."""
    revisit_min_s: NonNegativeFloat = 3600.0
    """An article is looked at again for edits no sooner than this after the last time."""
    revisit_max_s: NonNegativeFloat = 60 * 86_400.0
    """An article is looked at again after this long, however seldom its source edits."""
    revisit_days: NonNegativeFloat = 365.0
    """Articles older than this are not looked at any more; 0 never looks again."""
    browser: str = ""
    """Program that shows pages of sources with `render = true`; empty: Chromium or Chrome."""
    render_timeout_s: float = Field(default=60.0, gt=0)
    """A page whose scripts are busy for longer is taken as it stands then."""
    workers: PositiveInt = 2
    """Processes that extract text."""
    allow_private: bool = False
    """Also fetch from addresses that are not on the public internet, such as 127.0.0.1."""


class Config(BaseSettings):
    """All settings. `KLIPING_CRAWL__DELAY_S=2` in the environment overrides `delay_s` of `[crawl]`.

    Raises:
        pydantic.ValidationError: for unknown keys and impossible values; `load_config` turns it
            into a ConfigError that names the line.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid"
    )

    archive: ArchiveSection = Field(default_factory=ArchiveSection)
    crawl: CrawlSection = Field(default_factory=CrawlSection)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings


def load_config(home: Path) -> Config:
    """The settings of the archive in `home`; the defaults where it has no `kliping.toml`.

    Raises:
        ConfigError: naming the file and line, or the environment variable, that is wrong.
    """
    path = home / FILE_NAME
    text = path.read_text("utf-8") if path.exists() else ""
    try:
        return Config(**tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        problems = [_explain(dict(problem), text, path) for problem in error.errors()]
        raise ConfigError("\n".join(problems)) from error


def render_config(config: Config) -> str:
    """The text of a commented `kliping.toml` with the values of `config`."""
    lines = ["# Settings of this Kliping archive. Each can also be set in the environment, e.g."]
    lines.append("# KLIPING_CRAWL__DELAY_S=2 for delay_s in [crawl].")
    for name in type(config).model_fields:
        section: BaseModel = getattr(config, name)
        lines += ["", f"# {section.__doc__}", f"[{name}]"]
        for key, field in type(section).model_fields.items():
            lines += [f"# {field.description}", f"{key} = {_toml(getattr(section, key))}"]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)


def _explain(problem: dict[str, Any], text: str, path: Path) -> str:
    *sections, key = [str(part) for part in problem["loc"]]
    variable = ENV_PREFIX + "__".join([*sections, key]).upper()
    in_environment = any(name.upper() == variable for name in os.environ)
    line = _line_of(text, sections, key)
    where = f"environment variable {variable}" if in_environment else f"{path} line {line}"
    if problem["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, _known_keys(sections), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else f" in {_section_name(sections)}"
        return f"{where}: unknown setting {key!r}{hint}"
    return f"{where}: {key} = {problem['input']!r}: {problem['msg']}"


def _known_keys(sections: list[str]) -> list[str]:
    fields = Config.model_fields
    for section in sections:
        fields = (
            getattr(fields[section].annotation, "model_fields", {}) if section in fields else {}
        )
    return list(fields)


def _section_name(sections: list[str]) -> str:
    return f"[{'.'.join(sections)}]" if sections else "the top level"


def _line_of(text: str, sections: list[str], key: str) -> int:
    """Line (from 1) where `key` of that section stands; 1 where it cannot be told."""
    current: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            current = [part.strip("\"' ") for part in header[1].split(".")]
            if current == [*sections, key]:
                return number
        elif current == sections and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return 1
