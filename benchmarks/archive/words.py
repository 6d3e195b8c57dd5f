"""Words of a generated archive: Indonesian and English, as unevenly frequent as in real news.

The most frequent words are real, in their usual order; behind them come made ones, built as words
of the language are, down to those that stand in one article of thousands. Their frequency follows
Zipf's law in Mandelbrot's form, which gives a text the few words that are in nearly every article
and the many that are rare. Numbers and two-word terms are among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

VOCABULARY = 60_000
OFFSET, EXPONENT = 2.7, 1.05
"""Of that law: a word of rank r is drawn in proportion to (r + OFFSET)^-EXPONENT."""
MEDIAN_WORDS, SPREAD = 190, 0.5
"""Of the length of texts, which is log-normal."""
SENTENCE_WORDS = (6, 22)
PARAGRAPH_SENTENCES = 3

INDONESIAN = (
    "yang di dan itu dengan untuk dari ini dalam pada tidak akan juga ke karena oleh ada mereka"
    " sudah bisa kata saat lebih tahun telah kami menjadi kita tersebut orang para hari adalah"
    " atau masih harus satu dia saya secara dapat anak bahan|bakar seperti setelah sebagai warga"
    " kepada banyak pemerintah dua lalu antara belum bahwa namun masyarakat hingga tak Jakarta"
    " Indonesia agar baru jika presiden daerah polisi sebelumnya Rp persen kota lagi rumah ujarnya"
    " kasus kabupaten jalan menteri pukul serta terhadap negara harga kembali merupakan korban"
    " hanya sekitar melalui bagi proses Jawa|Barat hukum desa sama pihak selain air waktu dilakukan"
    " sekolah besar kerja ketua memiliki kegiatan sebuah wakil program pertama sejumlah provinsi"
    " anggota membuat hasil acara tengah katanya jalan|raya laut kapal hujan banjir beras pasar"
    " petani nelayan listrik jembatan guru rumah|sakit subsidi pertamina anggaran pemilu partai"
    " ekonomi ekspor impor pajak bank rupiah dolar inflasi tambang hutan gempa cuaca pelabuhan"
)
ENGLISH = (
    "the of to and in a that for is on said with was as by at it from he be has are have an his"
    " not this will their who but they or which more about been its after would were one had we"
    " also new up government when people than out over last year police two there could years"
    " first she all into against minister country other her some state can company no court time"
    " three before what since during million under most while between president public market"
    " prices|rose fuel|subsidy report city law Jakarta Indonesia percent economic bank election"
    " trade growth power plant health water school climate energy fishing harbour bridge flood"
)
SECTIONS = (
    "Nasional Ekonomi Bisnis Olahraga Hiburan Teknologi Kesehatan Pendidikan Opini Daerah Hukum"
    " Politik Dunia Otomotif Wisata Budaya Lingkungan Kuliner Gaya|Hidup Properti"
)
NAMES = (
    "Ani Budi Citra Dewi Eko Fitri Gita Hadi Indra Joko Kartika Lestari Made Nur Oka Putri Rudi"
    " Sari Tono Umar Wayan Yanti Zaki Agus Bambang"
)
SURNAMES = (
    "Lestari Santoso Wijaya Pratama Siregar Nasution Hidayat Setiawan Kusuma Rahman Simanjuntak"
    " Maulana Utami Halim Gunawan Wibowo Saputra Tanjung Lubis Harahap Irawan Permana"
)
SYLLABLES = {
    "id": [a + b for a in "bcdghjklmnprstw" for b in ("a", "i", "u", "e", "an", "ar", "ung")],
    "en": [a + b for a in ("b", "ch", "d", "gr", "l", "m", "pl", "r", "st", "t") for b in "aeiou"],
}
ENDINGS = {"id": ("", "kan", "an", "nya", "i"), "en": ("", "s", "ed", "ing", "er", "ly")}
BEGINNINGS = {"id": ("", "me", "di", "ber", "ter", "pe"), "en": ("", "re", "un")}


@dataclass(frozen=True, slots=True)
class Language:
    """The words of a language, the most frequent first, and how often each is drawn."""

    words: tuple[str, ...]
    drawn: NDArray[np.float64]
    """The share of a word and all before it."""

    @classmethod
    def of(cls, code: str) -> Language:
        """The words of `id` or `en`; of any other language, those of `id`."""
        code = code if code in SYLLABLES else "id"
        real = [
            word.replace("|", " ") for word in (ENGLISH if code == "en" else INDONESIAN).split()
        ]
        different: dict[str, None] = {}
        for word in chain(real, _made(code)):
            different[word] = None
            if len(different) == VOCABULARY:
                break
        weights = (np.arange(1, VOCABULARY + 1) + OFFSET) ** -EXPONENT
        return cls(tuple(different), np.cumsum(weights) / weights.sum())

    def draw(self, rng: Generator, count: int) -> list[str]:
        """Words at random."""
        ranks = np.searchsorted(self.drawn, rng.random(count), side="right")
        return [self.words[rank] for rank in ranks.tolist()]

    def text(self, rng: Generator) -> tuple[list[str], int]:
        """Paragraphs, and how many words are in them."""
        length = max(30, int(MEDIAN_WORDS * np.exp(SPREAD * rng.standard_normal())))
        words = self.draw(rng, length)
        sentences = []
        begin = 0
        for size in rng.integers(*SENTENCE_WORDS, length // SENTENCE_WORDS[0] + 1).tolist():
            if begin >= length:
                break
            sentence = " ".join(words[begin : begin + size])
            sentences.append(f"{sentence[0].upper()}{sentence[1:]}.")
            begin += size
        return [
            " ".join(sentences[first : first + PARAGRAPH_SENTENCES])
            for first in range(0, len(sentences), PARAGRAPH_SENTENCES)
        ], length

    def headline(self, rng: Generator) -> str:
        """A title of some words, few of them frequent."""
        words = [self.words[rank] for rank in rng.integers(40, 8_000, 4).tolist()]
        words += self.draw(rng, 4)
        return " ".join(word.capitalize() for word in words)


def listed(words: str) -> list[str]:
    """Words with spaces between them; in a term of two, there is a bar."""
    return [word.replace("|", " ") for word in words.split()]


def _made(code: str) -> Iterator[str]:
    """Words that might be of the language, the short ones first, some of them more than once."""
    syllables = SYLLABLES[code]
    roots = [a + b for a, b in product(syllables, repeat=2)]
    for begin, end in product(BEGINNINGS[code], ENDINGS[code]):
        yield from (f"{begin}{root}{end}" for root in roots)
    yield from ("".join(three) for three in product(syllables, repeat=3))
