"""Reports that newsrooms fill in day by day: nearly the same words, never the same story."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
CLUBS = ("Persija", "Persib", "Arema", "PSM", "Bali United", "Persebaya", "Borneo", "Madura United")
PLAYERS = ("Riko", "Simic", "Beckham", "Evan", "Stefano", "Marselino", "Ciro", "David", "Witan")
TOWNS = ("Bitung", "Cianjur", "Garut", "Ternate", "Nias", "Lombok", "Maumere", "Pacitan", "Jailolo")
SKIES = (
    "cerah",
    "berawan",
    "hujan ringan",
    "hujan sedang",
    "cerah berawan",
    "hujan petir",
    "kabut",
)
PARTS = ("Jakarta Pusat", "Jakarta Barat", "Jakarta Timur", "Jakarta Utara", "Jakarta Selatan")


def rupiah(rng: Random) -> str:
    """What the rupiah did on one day."""
    rate, points = rng.randint(15_100, 16_900), rng.randint(3, 90)
    day, date = rng.choice(DAYS), rng.randint(1, 28)
    verb = rng.choice(("menguat", "melemah"))
    others = ", ".join(
        f"{name} {rng.choice(('menguat', 'melemah'))} {rng.randint(1, 99) / 100:.2f} persen"
        for name in ("yen Jepang", "won Korea", "dolar Singapura", "ringgit Malaysia", "yuan China")
    )
    return f"""
JAKARTA - Nilai tukar rupiah {verb} pada perdagangan {day} ({date}/{rng.randint(1, 12)}). Rupiah
berada di level Rp{rate / 1000:.3f} per dolar AS, {verb} {points} poin atau
{points / 160:.2f} persen dari penutupan sebelumnya.
Sementara itu, kurs referensi Bank Indonesia (BI) Jisdor menempatkan rupiah di level
Rp{(rate + rng.randint(-40, 40)) / 1000:.3f} per dolar AS.
Mata uang di kawasan Asia bergerak bervariasi terhadap dolar AS: {others}.
Analis menilai pergerakan rupiah masih dipengaruhi oleh kebijakan suku bunga bank sentral Amerika
Serikat The Fed dan sentimen risiko di pasar global. Pelaku pasar menunggu data inflasi berikutnya.
Untuk hari berikutnya rupiah diperkirakan bergerak di kisaran
Rp{(rate - rng.randint(20, 80)) / 1000:.3f} sampai Rp{(rate + rng.randint(20, 80)) / 1000:.3f}
per dolar AS."""


def weather(rng: Random) -> str:
    """One day's forecast for the capital: the same five places, other skies and degrees."""
    low, high = rng.randint(23, 26), rng.randint(30, 34)
    skies = "\n".join(
        f"{part} diperkirakan {rng.choice(SKIES)} pada pagi hari, {rng.choice(SKIES)} pada"
        f" siang hari dan {rng.choice(SKIES)} pada malam hari."
        for part in PARTS
    )
    return f"""
Badan Meteorologi, Klimatologi, dan Geofisika (BMKG) merilis prakiraan cuaca Jakarta untuk hari
{rng.choice(DAYS)}, {rng.randint(1, 28)} November. Masyarakat diimbau tetap memperhatikan kondisi
cuaca.
{skies}
Suhu udara berkisar antara {low} hingga {high} derajat Celsius dengan kelembapan udara antara
{rng.randint(55, 70)} hingga {rng.randint(85, 98)} persen.
BMKG mengimbau masyarakat agar selalu membawa payung dan menjaga kesehatan pada musim pancaroba."""


def football(rng: Random) -> str:
    """One match."""
    home, away = rng.sample(CLUBS, 2)
    goals = [(rng.randint(3, 90), rng.choice(PLAYERS)) for _ in range(rng.randint(1, 4))]
    scored = " ".join(
        f"Gol tercipta pada menit ke-{minute} lewat kaki {player} setelah menerima umpan terobosan."
        for minute, player in sorted(goals)
    )
    return f"""
{home} menjamu {away} dalam lanjutan Liga 1 di kandang sendiri, {rng.choice(DAYS)} malam WIB.
Pertandingan berakhir dengan skor {rng.randint(0, 4)}-{rng.randint(0, 3)}.
Sejak menit awal kedua tim bermain terbuka dan saling menyerang. {scored}
Setelah jeda, pelatih {home} memasukkan {rng.choice(PLAYERS)} untuk menambah daya gedor, sedangkan
{away} memperkuat lini tengah dengan memasukkan {rng.choice(PLAYERS)}.
Hingga peluit panjang dibunyikan tidak ada gol tambahan. Dengan hasil ini {home} berada di peringkat
{rng.randint(1, 18)} klasemen sementara dengan {rng.randint(5, 60)} poin, sementara {away} menempati
peringkat {rng.randint(1, 18)} dengan {rng.randint(5, 60)} poin."""


def earthquake(rng: Random) -> str:
    """One tremor; an agency may report several a day."""
    town, size = rng.choice(TOWNS), rng.randint(30, 62) / 10
    return f"""
Gempa bumi dengan magnitudo {size} mengguncang wilayah {town}, {rng.choice(DAYS)} pukul
{rng.randint(0, 23):02}.{rng.randint(0, 59):02} WIB.
Badan Meteorologi, Klimatologi, dan Geofisika (BMKG) menyatakan pusat gempa berada di
{rng.randint(5, 150)} kilometer {rng.choice(("barat daya", "timur laut", "tenggara"))} {town} dengan
kedalaman {rng.randint(5, 200)} kilometer. Gempa tidak berpotensi tsunami.
Hingga berita ini diturunkan belum ada laporan mengenai kerusakan bangunan maupun korban akibat
gempa tersebut. Masyarakat diimbau tetap tenang dan tidak terpengaruh isu yang tidak dapat
dipertanggungjawabkan kebenarannya. Masyarakat juga diminta menghindari bangunan yang retak atau
rusak akibat gempa dan memeriksa rumah sebelum kembali ke dalamnya."""


def shares(rng: Random) -> str:
    """One day of an exchange, in English."""
    index, move = rng.randint(680_000, 780_000) / 100, rng.randint(1, 99) / 10
    names = rng.sample(("Astra", "Telkom", "Mandiri", "Unilever", "Indofood", "Adaro", "Vale"), 4)
    return f"""
The Jakarta composite index closed {rng.choice(("up", "down"))} {move} points at {index:,.2f} on
{rng.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"))}, as investors waited for
signals from central banks. Turnover on the exchange reached
{rng.randint(6, 19)}.{rng.randint(1, 9)}
trillion rupiah, with {rng.randint(150, 330)} shares rising and {rng.randint(150, 330)} falling.
Among the most active stocks, {names[0]} gained {rng.randint(1, 60) / 10} percent and {names[1]}
added {rng.randint(1, 60) / 10} percent, while {names[2]} lost {rng.randint(1, 60) / 10} percent and
{names[3]} slipped {rng.randint(1, 60) / 10} percent.
Traders said that the market would continue to move in a narrow range until the end of the week,
with foreign investors recording net {rng.choice(("purchases", "sales"))} of
{rng.randint(100, 999)} billion rupiah."""


def horoscope(rng: Random) -> str:
    """A forecast without a number or a name: only its few changed words tell the days apart."""
    moods = ("tenang", "sibuk", "penuh kejutan", "melelahkan", "menyenangkan", "berat", "ringan")
    return f"""
Ramalan zodiak hari ini untuk kamu yang ingin tahu peruntungan dalam asmara, keuangan dan kesehatan.
Hari ini akan terasa {rng.choice(moods)} di tempat kerja, jadi atur waktu dengan baik sejak pagi.
Dalam asmara, suasana {rng.choice(moods)} membuat kamu dan pasangan perlu lebih banyak bicara.
Keuangan {rng.choice(("membaik", "menurun", "stabil"))} dan pengeluaran sebaiknya dicatat rapi.
Kesehatan {rng.choice(("terjaga", "perlu diperhatikan", "cukup baik"))}, minum air putih dan tidur
cukup.
Ingat bahwa ramalan ini hanya hiburan dan keputusan tetap berada di tangan kamu sendiri."""


Template = Callable[[Random], str]

TEMPLATES: tuple[Template, ...] = (rupiah, weather, football, earthquake, shares, horoscope)
