"""The demo's outlets and stories as data, read from the TOML files in `stories/`.

Promises that a file which says something impossible is a `SourceError` naming the file. Leaves
to `render` what a page looks like, and to `routes` under which paths things are served.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime, BaseModel, ValidationError

from archive.errors import SourceError

if TYPE_CHECKING:
    from datetime import datetime

STORIES_DIR = Path(__file__).with_name("stories")

PAGE_BREAK = "---"
"""A paragraph of its own in a story's `text`: what follows is on the next page."""


class Comment(BaseModel, frozen=True, extra="forbid"):
    """What a reader wrote under a story; never part of its text."""

    name: str
    text: str


class DemoStory(BaseModel, frozen=True, extra="forbid"):
    """One story as its author wrote it, without anything that a theme adds."""

    slug: str
    title: str
    text: str
    """Paragraphs with an empty line between them; `---` between pages."""
    published_at: AwareDatetime
    modified_at: AwareDatetime | None = None
    section: str
    description: str
    authors: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    number: int = 0
    """The outlet's own number for it, where its addresses hold one."""

    @property
    def pages(self) -> tuple[tuple[str, ...], ...]:
        """Paragraphs of each page. Most stories have one page."""
        pages: list[list[str]] = [[]]
        for block in self.text.strip().split("\n\n"):
            paragraph = " ".join(block.split())
            if paragraph == PAGE_BREAK:
                pages.append([])
            elif paragraph:
                pages[-1].append(paragraph)
        return tuple(map(tuple, pages))

    @property
    def byline(self) -> tuple[str, ...]:
        """Everyone named as author, people first."""
        return self.authors + self.organisations

    @property
    def last_changed_at(self) -> datetime:
        """When the story last became what it is."""
        return self.modified_at or self.published_at


class StaticPage(BaseModel, frozen=True, extra="forbid"):
    """A page that is no article: about, contact, login."""

    path: str
    title: str
    paragraphs: tuple[str, ...]
    login: bool = False


class Link(BaseModel, frozen=True, extra="forbid"):
    """A link on the front page that leads to something other than a page."""

    path: str
    text: str
    status: Literal[301, 404, 410]
    to: str | None = None
    """Slug of the story that a redirect leads to."""


class Outlet(BaseModel, frozen=True, extra="forbid"):
    """One news outlet of the demo, with all its stories, newest first."""

    name: str
    base_url: str
    """Scheme, host and port, without a trailing slash."""
    cdn_url: str
    """The same of the host that its theme and some of its images lie on."""
    title: str
    tagline: str
    language: Literal["id", "en"]
    theme: Literal["jnews", "jetpack", "tagdiv", "ledger"]
    zone: str
    """Name of the time zone as readers see it."""
    story_path: str
    """Format string over a story's fields, e.g. `/{published_at:%Y/%m}/{slug}/`."""
    author_path: str
    """Format string over `name`, in the form that addresses have."""
    tag_path: str
    feed: Literal["rss", "atom", "rdf", "json"]
    feed_link_suffix: str = ""
    """What the feed adds to its links, as marketing departments do."""
    sitemap: Literal["index", "gzip", "news", "plain"]
    content_type: str
    """Of the HTML pages."""
    robots: str
    boilerplate: tuple[str, ...]
    """Sentences of the theme that belong in no archived text."""
    sections: dict[str, str]
    """Path segment to title."""
    pages: tuple[StaticPage, ...]
    links: tuple[Link, ...] = ()
    stories: tuple[DemoStory, ...]

    def path_of(self, story: DemoStory) -> str:
        """Path that `story` is served under."""
        return self.story_path.format_map(dict(story))

    def url_of(self, story: DemoStory) -> str:
        """Address of `story`, absolute."""
        return self.base_url + self.path_of(story)

    def author_path_of(self, name: str) -> str:
        """Path of the listing of what `name` wrote."""
        return self.author_path.format(name=_path_segment(name))

    def tag_path_of(self, tag: str) -> str:
        """Path of the listing of stories about `tag`."""
        return self.tag_path.format(name=_path_segment(tag))

    def story(self, slug: str) -> DemoStory:
        """The story called `slug`.

        Raises:
            SourceError: there is none.
        """
        for story in self.stories:
            if story.slug == slug:
                return story
        raise SourceError(f"the demo outlet {self.name} has no story {slug}")

    def edited(self, slug: str, **changes: Any) -> Outlet:
        """This outlet with fields of one story changed, checked like a file's."""
        before = self.story(slug)
        after = DemoStory.model_validate({**dict(before), **changes})
        stories = tuple(after if story is before else story for story in self.stories)
        return self.model_copy(update={"stories": stories})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryTruth:
    """What a perfect archive would hold of one story."""

    outlet: str
    url: str
    page_urls: tuple[str, ...]
    """Of each page; the first equals `url`."""
    title: str
    authors: tuple[str, ...]
    organisations: tuple[str, ...]
    published_at: datetime
    modified_at: datetime | None
    language: str
    section: str
    """As readers see it."""
    tags: tuple[str, ...]
    description: str
    pages: tuple[tuple[str, ...], ...]
    comments: tuple[str, ...]
    """Texts that must not be in the archive's text."""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """All paragraphs, over all pages."""
        return sum(self.pages, ())


def truth_of(outlet: Outlet, story: DemoStory) -> StoryTruth:
    """The truth of `story` as `outlet` publishes it."""
    url = outlet.url_of(story)
    further = range(2, len(story.pages) + 1)
    return StoryTruth(
        outlet=outlet.name,
        url=url,
        page_urls=(url, *(f"{url}?page={number}" for number in further)),
        title=story.title,
        authors=story.authors,
        organisations=story.organisations,
        published_at=story.published_at,
        modified_at=story.modified_at,
        language=outlet.language,
        section=outlet.sections[story.section],
        tags=story.tags,
        description=story.description,
        pages=story.pages,
        comments=tuple(comment.text for comment in story.comments),
    )


def outlet_names() -> list[str]:
    """Names of the outlets that ship with the demo, sorted."""
    return sorted(path.parent.name for path in STORIES_DIR.glob("*/outlet.toml"))


def load_outlet(name: str, base_url: str, cdn_url: str = "http://cdn.example") -> Outlet:
    """The outlet in the folder `name`, as served under `base_url`.

    Raises:
        SourceError: a file cannot be read, or says something impossible.
    """
    folder = STORIES_DIR / name
    paths = (path for path in folder.glob("*.toml") if path.name != "outlet.toml")
    stories = sorted(map(_load_story, paths), key=lambda story: story.published_at, reverse=True)
    path = folder / "outlet.toml"
    addresses = {"base_url": base_url, "cdn_url": cdn_url}
    fields = _read_toml(path) | {"name": name, "stories": stories} | addresses
    try:
        return Outlet.model_validate(fields)
    except ValidationError as error:
        raise SourceError(f"{path}: {error}") from error


def _path_segment(name: str) -> str:
    return name.lower().replace(" ", "-")


def _load_story(path: Path) -> DemoStory:
    fields = _read_toml(path)
    if wire := fields.pop("text_of", None):
        fields["text"] = _read_toml(STORIES_DIR / f"{wire}.toml").get("text")
    try:
        return DemoStory.model_validate({"slug": path.stem, **fields})
    except ValidationError as error:
        raise SourceError(f"{path}: {error}") from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: {error}") from error
