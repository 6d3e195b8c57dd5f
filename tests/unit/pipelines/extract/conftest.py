"""Helpers for extraction tests."""

from collections.abc import Callable

import pytest

PARAGRAPHS = (
    "Pemerintah provinsi membuka kembali pasar ikan Muara Baru setelah delapan bulan direnovasi.",
    "Sebanyak 420 pedagang menempati kios baru yang dilengkapi saluran air dan ruang pendingin.",
    "Pedagang bernama Sulastri mengatakan sewa kios naik tipis, tetapi berharap pembeli bertambah.",
    "Renovasi tahap kedua, yang mencakup dermaga bongkar muat, dijadwalkan pada Juli mendatang.",
)


@pytest.fixture
def story() -> Callable[..., bytes]:
    """Bytes of a plain article page; keyword arguments put HTML into its places."""

    def build(
        *,
        head: str = "",
        above: str = '<p class="byline">Oleh Rina Lestari</p>',
        body: str = "".join(f"<p>{text}</p>" for text in PARAGRAPHS),
        below: str = "",
        title: str = "Pasar Ikan Dibuka Kembali",
        charset: str = "utf-8",
    ) -> bytes:
        page = (
            f'<!DOCTYPE html><html lang="id"><head><meta charset="{charset}">'
            f"<title>{title} - Kabar Contoh</title>{head}</head>"
            "<body><nav><a href='/'>Depan</a></nav>"
            f'<main><article><h1>{title}</h1>{above}<div class="entry-content">{body}</div>'
            f"</article>{below}</main></body></html>"
        )
        return page.encode(charset)

    return build
