"""Pictures of every page of the reader, on a phone and a desk, by day and by night.

`python docs/screenshots.py [HOME]` (or `make screenshots`) shows the archive in HOME, or else one
of the demo's site that it crawls first, and writes `docs/screenshots/PAGE-SIZE-SCHEME.png`. Those
that README.md and docs/serve.md show are in the repository.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from archive import open_archive
from archive.read.articles import ArchivedArticle
from archive.search.syntax import parse_query
from archive.web.pages.replay import replay_path
from crawler.demo.__main__ import CONTACT, WIRE_STORY, run_kliping
from crawler.demo.site import DemoSite

FOLDER = Path(__file__).parent / "screenshots"
WORD = "warga"
STORY = "title:waduk source:kenanga"
EDITED = "kenanga"
LOOKING_AGAIN = {
    "KLIPING_CRAWL__CAPTURE": "page",
    "KLIPING_CRAWL__REVISIT_MAX_S": "0",
    "KLIPING_CRAWL__REVISIT_MIN_S": "0",
    "KLIPING_CRAWL__REVISIT_DAYS": "10000",
}
"""Stories of the demo are of 2025, and edited at once."""
SIZES = {"desktop": (1200, 720), "phone": (390, 844)}
SCHEMES = ("light", "dark")


def pages(article: ArchivedArticle) -> dict[str, str]:
    """What is shown, by the name of its picture."""
    return {
        "front": "/",
        "search": f"/?q={WORD}",
        "wrong-query": f"/?q={WORD}+sorce:kilas",
        "article": f"/articles/{article.id}",
        "revisions": f"/articles/{article.id}/revisions",
        "replay": replay_path(article.url, article.captured_at),
        "terms": f"/terms?q={WORD}&q=kota&unit=day",
        "changes": "/changes",
        "sources": "/sources",
        "source": f"/sources/{article.source}",
        "runs": "/runs",
        "run": "/runs/1",
        "dataset": f"/dataset?q={WORD}",
    }


def main(home: Path | None) -> None:
    """Make all pictures of the archive in `home`, or of a new one."""
    with tempfile.TemporaryDirectory() as folder:
        if home is None:
            home = Path(folder, "archive")
            crawl_demo(home)
        article = open_archive(home).search(parse_query(STORY), limit=1)[0].article
        FOLDER.mkdir(exist_ok=True)
        with reading_room(home) as address:
            take(address, pages(article))


def crawl_demo(home: Path) -> None:
    """Archive the demo's site, and again after a story was edited."""
    os.environ.update(LOOKING_AGAIN)
    with DemoSite() as site:
        run_kliping(home, "init", "--contact", CONTACT)
        for outlet in site.outlets:
            run_kliping(home, "sources", "add", "--name", outlet.name, f"{outlet.base_url}/")
        run_kliping(home, "crawl")
        outlet = site.outlet(EDITED)
        story = outlet.story(WIRE_STORY)
        edited = story.text.replace("Sabtu", "Minggu").replace("tiga pintu", "empat pintu")
        title = story.title.replace("Tiga", "Empat")
        site.edit(EDITED, WIRE_STORY, title=title, text=edited)  # and says nothing of it
        run_kliping(home, "crawl", EDITED)


def take(address: str, shown: dict[str, str]) -> None:
    """Open each page in each size and scheme, and write what it looks like."""
    with sync_playwright() as playwright:
        # The sandbox of a browser does not work for root, as which containers run.
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for size, (width, height) in SIZES.items():
            for scheme in SCHEMES:
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                    locale="en",
                )
                for name, path in shown.items():
                    answer = page.goto(f"{address}{path}")
                    if answer is None or not answer.ok:
                        sys.exit(f"{path} was not answered with a page")
                    page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png")


@contextmanager
def reading_room(home: Path) -> Iterator[str]:
    """Serve the archive until the block ends; its address."""
    serve = "from crawler.cli import main; main()"
    options = ["--home", str(home), "serve", "--port", "0", "--replay-port", "0"]
    command = [sys.executable, "-u", "-c", serve, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            told = process.stdout.readline() if process.stdout else ""
            found = re.search(r"http://[\w.]+:\d+", told)
            if found is None:
                sys.exit("the archive could not be served")
            yield found.group()
        finally:
            process.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
