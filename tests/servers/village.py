"""A generated village newspaper whose boilerplate no rule knows, to be learnt from its stories.

Every page has the same remarks in the middle of its text and behind it, in plain paragraphs, with
a number that changes, and one remark that only some pages have. Two stories stand under a second
address each: once as it is, once with a small update.
"""

from __future__ import annotations

from random import Random

from tests.servers.raw import RawServer

STORIES = 30
SYLLABLES = ["ka", "lu", "mi", "no", "pe", "ra", "si", "to", "wu", "ya", "bo", "di", "fe"]
REMARKS = [
    "Laman ini dikelola bersama warga Kampung Sarang dan para sukarelawan tanpa bayaran.",
    "Setiap kiriman dibaca oleh dua relawan sebelum dimuat di halaman ini, tanpa kecuali.",
    "Pengurus menerima sumbangan kertas, tinta, dan tenaga setiap Sabtu sore di balai.",
    "Telah dibaca {} kali oleh pengunjung dari berbagai kota sejak dimuat di laman ini.",
    "Surat pembaca dapat dititipkan pada kotak kayu di depan warung Bu Tarmi setiap hari.",
]
NOW_AND_THEN = "Jadwal ronda malam pekan ini ditempel di papan depan rumah ketua rukun tetangga."


class Village(RawServer):
    """Serves on a free port inside a `with` block."""

    def __init__(self) -> None:
        super().__init__({})
        pages = {f"/kabar/{number}-dari-kampung-sarang": number for number in range(STORIES)}
        self.own = {self.url(path): set(story(number)) for path, number in pages.items()}
        """By address, the lines that are the story's own."""
        answers = {path: _page(number, story(number)) for path, number in pages.items()}
        updated = [*story(5)[:-1], "Kabar ini diperbarui pada sore hari oleh penulisnya sendiri."]
        for path, number, lines in (
            ("/kabar/salinan-kabar-4-dari-kampung-sarang", 4, story(4)),
            ("/kabar/salinan-kabar-5-dari-kampung-sarang", 5, updated),
        ):
            answers[path] = _page(number, lines)
            self.own[self.url(path)] = set(lines)
        items = "".join(f"<item><title>Kabar</title><link>{url}</link></item>" for url in self.own)
        feed = (
            f"<rss version='2.0'><channel><title>Sarang</title><link>{self.url('/')}</link>"
            f"<description/>{items}</channel></rss>"
        )
        answers["/feed.xml"] = feed
        self._scripts = {path: [[_answer(text)]] for path, text in answers.items()}


def story(number: int) -> list[str]:
    """The paragraphs of a story."""
    chance = Random(number)
    return [
        f"{_words(chance, 14).capitalize()}. {_words(chance, 9).capitalize()}." for _ in range(8)
    ]


def is_remark(line: str) -> bool:
    """Whether a line is boilerplate."""
    plain = "".join("0" if char.isdigit() else char for char in line)
    known = [*(remark.replace("{}", "0") for remark in REMARKS), NOW_AND_THEN]
    while "00" in plain:
        plain = plain.replace("00", "0")
    return plain in known


def _words(chance: Random, count: int) -> str:
    return " ".join(
        "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(count)
    )


def _page(number: int, lines: list[str]) -> str:
    first, second, *others = (remark.format(number * 7 + 3) for remark in REMARKS)
    now_and_then = [NOW_AND_THEN] if number % 4 == 0 else []
    body = [*lines[:3], first, *lines[3:6], second, *now_and_then, *lines[6:], *others]
    text = "".join(f"<p>{line}</p>" for line in body)
    title = f"Kabar nomor {number} dari Kampung Sarang"
    return (
        f"<!DOCTYPE html><html lang='id'><head><title>{title}</title></head><body><main>"
        f"<h1>{title}</h1><article><div class='isi'>{text}</div></article></main></body></html>"
    )


def _answer(text: str) -> bytes:
    body = text.encode()
    kind = "application/rss+xml" if text.startswith("<rss") else "text/html; charset=utf-8"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
