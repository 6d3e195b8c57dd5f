"""Pictures of every page of the reader, on a phone and a desk, by day and by night.

`python docs/screenshots.py [HOME]` (or `make screenshots`) shows the archive of the demo, which it
crawls first if it is not there, and writes `docs/screenshots/PAGE-SIZE-SCHEME.png`. Those that
README.md shows are in the repository.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from archive.home import open_home
from archive.query import ArchivedArticle, open_query
from archive.search.syntax import parse_query
from archive.web.pages.replay import replay_path

FOLDER = Path(__file__).parent / "screenshots"
WORD = "warga"
STORY = "title:waduk"
"""Two of the demo's outlets tell it."""
SIZES = {"desktop": (1200, 760), "phone": (390, 844)}
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


def main(home: Path) -> None:
    """Make all pictures of the archive in `home`."""
    if not home.exists():
        subprocess.run([sys.executable, "-m", "crawler.demo", str(home)], check=True)
    article = open_query(open_home(home)).search(parse_query(STORY), limit=1)[0].article
    FOLDER.mkdir(exist_ok=True)
    with reading_room(home) as address:
        take(address, pages(article))


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
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-archive"))
