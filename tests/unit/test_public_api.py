"""What users import: `kliping` has these names, and nothing else."""

import subprocess
import sys

import kliping
from archive.api import Archive
from archive.read.articles import ArchivedArticle
from tests.rows import SITE

PAGE = b"<html><head><title>Judul</title></head><body><p>Satu.</p></body></html>"


def test_these_names_are_public_and_no_others() -> None:
    assert kliping.__all__ == ["Archive", "Article", "__version__", "extract", "open_archive"]
    assert dir(kliping) == sorted(kliping.__all__)
    assert kliping.Archive is Archive
    assert kliping.Article is ArchivedArticle
    assert kliping.extract(PAGE, SITE).title == "Judul"
    assert callable(kliping.open_archive)
    assert kliping.__version__[0].isdigit()


def test_to_import_it_loads_nothing_else() -> None:
    seen = "import sys, kliping; print({'sqlalchemy', 'tantivy', 'trafilatura'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
