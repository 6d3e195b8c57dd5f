"""The text of an article in its revisions alone"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# What a document of the search index is made of; the text by its digest.
_SHOWN = (
    *("title", "text_sha256", "authors", "tags", "section", "language", "published_at"),
    *("published_offset_min", "source_id", "url", "canonical_url", "domain", "capture_id"),
    *("revision", "cluster_id", "vanished_at", "page_kind", "paywalled", "word_count", "license"),
)


def _row(of: str, json_as: str) -> str:
    lists = ("authors", "tags")  # JSON, which PostgreSQL cannot compare
    return ", ".join(f"{of}.{name}{json_as * (name in lists)}" for name in _SHOWN)


_SQLITE = (
    "DROP TRIGGER changes_article_update",
    "ALTER TABLE articles DROP COLUMN text",
    "ALTER TABLE articles DROP COLUMN markdown",
    f"""CREATE TRIGGER changes_article_update AFTER UPDATE ON articles
    WHEN ({_row("old", "")}) IS NOT ({_row("new", "")}) BEGIN
        INSERT INTO changes (article_id) VALUES (new.id);
    END""",
)
_POSTGRESQL = (
    "DROP TRIGGER changes_article_update ON articles",
    "ALTER TABLE articles DROP COLUMN text, DROP COLUMN markdown",
    f"""CREATE TRIGGER changes_article_update AFTER UPDATE ON articles FOR EACH ROW
    WHEN (({_row("OLD", "::text")}) IS DISTINCT FROM ({_row("NEW", "::text")}))
    EXECUTE FUNCTION kliping_article_changed()""",
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if is_sqlite else _POSTGRESQL:
        op.execute(sa.text(statement.replace(":", r"\:")))
