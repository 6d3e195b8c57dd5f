"""Pages in the manner of Indonesian portals, written for these tests: markup theirs, words ours."""

from tests.unit.pipelines.extract.conftest import PARAGRAPHS

TITLE = "Pasar Ikan Muara Baru Dibuka Kembali Setelah Direnovasi"
LONG = "".join(f"<p>Kios nomor {at} disewa oleh pedagang dari Cilincing.</p>" for at in range(16))
BODY = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)


def page(inner: str, *, head: str = "", title: str = TITLE) -> bytes:
    """A whole document around `inner`, with a menu and a footer."""
    return (
        f'<!DOCTYPE html><html lang="id-ID"><head><meta charset="utf-8"><title>{title}</title>'
        f"{head}</head><body><header><ul class='nav'><li><a href='/'>Beranda</a></li>"
        "<li><a href='/nasional'>Nasional</a></li></ul></header>"
        f"{inner}<footer><p>Tentang Kami</p><p>Redaksi</p></footer></body></html>"
    ).encode()


DETAIL = page(
    f"""<div class="page__breadcrumb"><a href="/">Kabarcom</a><a href="/berita">Berita</a></div>
    <article class="detail"><div class="detail__header"><h1 class="detail__title">{TITLE}</h1>
    <div class="detail__author">Rina Lestari - <span>kabarNews</span></div>
    <div class="detail__date">Kamis, 30 Nov 2023 14:05 WIB</div></div>
    <div class="detail__media"><figure class="detail__media-image"><img src="/pasar.jpg">
    <figcaption class="detail__media-caption">Suasana pasar ikan Muara Baru. Foto: Agus
    Prasetyo/kabarcom
    </figcaption></figure></div>
    <div class="detail__body"><div class="detail__body-text">
    <strong>Jakarta</strong> - {BODY}<strong>(nds/krs)</strong></div>
    <div class="detail__body-tag"><a href="/tag/pasar-ikan" class="nav__item">pasar ikan</a>
    <a href="/tag/muara-baru" class="nav__item">muara baru</a></div></div></article>""",
    head="""<meta name="author" content="Rina Lestari">
    <meta property="og:site_name" content="kabarnews">
    <meta name="publishdate" content="2023/11/30 14:05:33">
    <meta property="og:type" content="article">
    <meta name="description" content="Pasar ikan dibuka lagi.">
    <meta name="keywords" content="pasar ikan,muara baru">
    <meta property="og:image" content="https://cdn.kabar.example/pasar.jpg">""",
)

READ = page(
    f"""<div class="breadcrumb"><a href="/">Home</a><a href="/megapolitan">Megapolitan</a></div>
    <h1 class="read__title">{TITLE}</h1><div class="read__header"><div class="read__time">Kabar.com
    - 30/11/2023, 14:05 WIB</div></div><div class="credit"><div class="credit-title-name">
    <h6>Rina Lestari, </h6><h6>Agus Prasetyo</h6></div><div>Tim Redaksi</div></div>
    <div class="photo"><img src="/pasar.jpg"><div class="photo__caption">Suasana pasar ikan Muara
    Baru, Kamis.(KABAR.com/AGUS PRASETYO)</div></div>
    <div class="read__content"><p><strong>JAKARTA, KABAR.com</strong> - {PARAGRAPHS[0]}</p>
    <p><strong>Baca juga: <a href="/x">Sewa Kios Naik Tipis</a></strong></p>
    {"".join(f"<p>{text}</p>" for text in PARAGRAPHS[1:])}</div>
    <ul class="tag__article__wrap"><li><a href="/tag/pasar" rel="tag">pasar</a></li></ul>""",
    head="""<meta name="content_author" content="Rina Lestari, Agus Prasetyo">
    <meta name="content_editor" content="Budi Santoso">
    <meta name="content_PublishedDate" content="2023-11-30 14:05:33">
    <meta name="content_category" content="Megapolitan">
    <meta name="content_tag" content="pasar ikan, Muara Baru">
    <meta property="og:site_name" content="KABAR.com">
    <meta property="article:section" content="Megapolitan">""",
    title=f"{TITLE} Halaman all - Kabar.com",
)

NETWORK = page(
    f"""<div class="breadcrumb"><a href="/">Home</a><a href="/metro">Metropolitan</a></div>
    <div id="article"><h1 class="f50 black2 f400 crimson">{TITLE}</h1>
    <div id="article_con"><time class="grey">Kamis, 30 November 2023 14:05 WIB</time></div>
    <div id="penulis">Penulis: <a href="/author/rina">Rina Lestari</a></div>
    <div id="editor">Editor: <a href="/editor/budi">Budi Santoso</a></div>
    <div class="imgfull_div"><img src="/p.jpg"><div class="arial f12 pb10 grey2">
    Suasana pasar ikan. (Kabarnews.com/Agus Prasetyo)</div></div>
    <div class="side-article txt-article">
    <p><strong>KABARNEWS.COM, JAKARTA</strong> - {PARAGRAPHS[0]}</p>
    {"".join(f"<p>{text}</p>" for text in PARAGRAPHS[1:])}</div>
    <div class="mb20"><h5 class="tagcloud3"><a href="/tag/pasar-ikan" rel="tag">pasar ikan</a>
    </h5></div>
    </div>""",
    head="""<meta property="og:site_name" content="Kabarnews.com">
    <meta property="og:type" content="article">""",
    title=f"{TITLE} - Kabarnews.com",
)

WEEKLY = page(
    f"""<div class="detail-artikel"><h1 class="title margin-bottom-sm">{TITLE}</h1>
    <div class="box-avatar"><p class="title"><span itemprop="author">Rina Lestari</span></p>
    <p class="title"><span itemprop="editor">Budi Santoso</span></p></div>
    <p class="date margin-bottom-sm">30 November 2023 | 14.05 WIB</p>
    <figure><img src="/p.jpg">
    <figcaption>Suasana pasar ikan Muara Baru. KORAN/Agus Prasetyo</figcaption></figure>
    <div class="detail-in"><p>
    <strong>KORAN.CO</strong>, <strong>Jakarta</strong> - {PARAGRAPHS[0]}</p>
    {"".join(f"<p>{text}</p>" for text in PARAGRAPHS[1:])}</div></div>""",
    head="""<meta property="article:section" content="Metro">
    <meta property="og:site_name" content="Koran">""",
    title=f"{TITLE} - Metro Koran.co",
)

AGENCY = page(
    f"""<article class="post-wrapper"><header class="post-header">
    <h1 class="post-title">{TITLE}</h1>
    <p class="simple-share"><span class="article-date"><i class="fa">
    </i> Kamis, 30 November 2023 14:05 WIB
    </span></p><figure class="image-overlay"><img src="/p.jpg"><figcaption class="wp-caption-text">
    Arsip foto - Suasana pasar ikan. BERITA FOTO/Agus Prasetyo/foc.</figcaption></figure></header>
    <div class="post-content clearfix"><p>Jakarta (BERITA) - {PARAGRAPHS[0]}</p>
    {"".join(f"<p>{text}</p>" for text in PARAGRAPHS[1:])}{LONG}
    <p class="text-muted small mt10">Pewarta: Rina Lestari<br>Editor: Budi Santoso<br>
    Copyright © BERITA 2023</p></div></article>""",
    head="""<meta property="og:site_name" content="Berita News">
    <meta property="og:type" content="article">""",
    title=f"{TITLE} - Berita News",
)

FRESH = page(
    f"""<main><h1>{TITLE}</h1><div class="meta">
    <span>Oleh Rina Lestari</span> <span>2 jam lalu</span></div>
    <div class="content">{BODY}</div></main>""",
)

COLUMN = page(
    f"""<main><h1>{TITLE}</h1><p class="penulis">Oleh: Siti Rahma</p>
    <p>Kamis (30/11/2023) 14:05 WITA</p>
    <div class="content">{BODY}</div><p>Sumber: Kantor Berita</p></main>""",
    head="""<meta property="article:section" content="Opini">""",
)

LIVE = page(
    f"""<main><h1>LIVE: {TITLE}</h1><div>30 Nov 2023, 14:05 WIT</div><div class="live-feed">"""
    + "".join(
        f"<div class='item'><time>{14 + at}.05 WIT</time><h3>Kabar ke-{at}</h3><p>{text}</p></div>"
        for at, text in enumerate(PARAGRAPHS)
    )
    + "</div></main>",
    head="""<script type="application/ld+json">{"@context": "https://schema.org", "@type":
    "LiveBlogPosting",
    "headline": "LIVE: Pasar Ikan", "datePublished": "2023-11-30T14:05:00+09:00",
    "author": {"@type": "Organization", "name": "Tim Kabar"}}</script>""",
)

VIDEO = page(
    f"""<main><h1>Video: {TITLE}</h1><div class="player"><video src="/v.mp4"></video></div>
    <p>Pasar ikan dibuka kembali hari Kamis.</p></main>""",
    head="""<meta property="og:type" content="video.other">""",
)

GALLERY = page(
    f"""<main><h1>Foto: {TITLE}</h1><div class="slides">"""
    + "".join(
        f"<figure><img src='/{at}.jpg'><figcaption>Menata ikan. Foto: Agus</figcaption></figure>"
        for at in range(6)
    )
    + "</div></main>",
)

INDEX = page(
    "<main><h1>Indeks Berita</h1>"
    + "".join(
        f"<article><h2><a href='/berita/{at}'>Berita ke-{at} tentang pasar ikan Muara Baru</a></h2>"
        f"<span>30 Nov 2023</span></article>"
        for at in range(25)
    )
    + "</main>",
    title="Indeks Berita - Kabar",
)

PAID = page(
    f"""<main><h1>{TITLE}</h1><p>Oleh Rina Lestari</p><div class="content">{BODY}
    <div class="paywall"><p>Artikel ini khusus pelanggan. Langganan untuk melanjutkan membaca.</p>
    </div>
    </div></main>""",
)
