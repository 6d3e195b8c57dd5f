"""What a source may be asked for, and in which order."""

from archive.model import LISTS, CaptureScope, Source, UrlKind
from crawler.runs.frontier import SourceQueue

HOME = "https://suara.example/"


def test_requisites_come_last_and_only_where_pages_are_captured_with_them() -> None:
    plain = Source("suara", HOME, capture=CaptureScope.HTML)
    whole = Source("suara", HOME, capture=CaptureScope.PAGE)
    assert SourceQueue(plain, 1, 5, 0).kinds() == (*LISTS, UrlKind.PAGE)
    assert SourceQueue(whole, 1, 5, 0).kinds() == (*LISTS, UrlKind.PAGE, UrlKind.REQUISITE)
    assert SourceQueue(whole, 1, 0, 0).kinds() == (*LISTS, UrlKind.REQUISITE)
