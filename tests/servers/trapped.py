"""A news site that never ends: a calendar, facets, session ids and pages without number.

Its articles are those of `tests.servers.daily`, and are all to be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from random import Random

from tests.servers.daily import SECTIONS, Answer, Daily, Story

ORDERS = ("terbaru", "terlama", "terpopuler")


class Trapped(Daily):
    """Serves on a free port inside a `with` block."""

    noise = Random(3)

    @cached_property
    def _lists(
        self,
    ) -> list[tuple[str | None, Callable[[str], bool], Callable[[str, dict[str, str]], Answer]]]:
        return [
            (None, lambda path: path.startswith("/kalender"), self.calendar),
            (None, lambda path: path.startswith("/cari-"), self.facets),
            (None, lambda path: path.startswith("/agenda-"), self.calendar),
            *super()._lists,
        ]

    def calendar(self, path: str, query: dict[str, str]) -> Answer:
        """A month, with links to its days and to the months around it, for ever."""
        month = int(query.get("bulan", 1))
        links = [
            (f"/kalender?bulan={month + 1}", "Berikutnya"),
            (f"/kalender?bulan={month - 1}", "Sebelumnya"),
            *((f"/kalender/hari?bulan={month}&hari={day}", str(day)) for day in range(1, 31)),
        ]
        return super().listing("Kalender", [], links)

    def facets(self, path: str, query: dict[str, str]) -> Answer:
        """The newest articles in some order, with links to all further ways to sort them."""
        links = [
            (f"{path}?urut={order}&{name}={number}&{'&'.join(query)}", order)
            for order in ORDERS
            for name in SECTIONS
            for number in range(3)
        ]
        return super().listing("Cari", self.stories[-5:], links)

    def section(self, path: str, query: dict[str, str]) -> Answer:
        """A section that repeats itself behind its last page, for ever."""
        name = path.split("/")[1]
        number = int(path.split("/")[3]) if "/page/" in path else 1
        own = [story for story in reversed(self.stories) if story.section == name]
        start = (number - 1) * 20
        some = own[start : start + 20] or self.noise.sample(own, 20)
        return self.listing(name, some, [(f"/{name}/page/{number + 1}/", "Lebih lama")])

    def listing(
        self, title: str, stories: Sequence[Story], links: Iterable[tuple[str, str]]
    ) -> Answer:
        """A listing with a way into each of the traps."""
        ways = [
            (f"/kalender?bulan={self.noise.randrange(10**6)}", "Kalender"),
            *(
                (f"/agenda-kegiatan-warga-kampung?hari={self.noise.randrange(10**6)}", "Agenda")
                for _ in range(4)
            ),
            (f"/cari-berita?urut={self.noise.choice(ORDERS)}&q{self.noise.random()}=1", "Cari"),
        ]
        return super().listing(title, stories, [*links, *ways])

    def link_of(self, story: Story) -> str:
        """The address of an article, with the session that began with this very page."""
        name = ("PHPSESSID", "kunjungan")[story.number % 2]
        return f"{story.path}?{name}={self.noise.randbytes(16).hex()}"
