"""What tests of the reader share: an archived demo outlet, and a browser."""

from tests.integration.conftest import ArchivedDemo, archived_demo, browser, page

__all__ = ["ArchivedDemo", "archived_demo", "browser", "page"]
