"""A log of changes for the search index, in place of full-text search by the database"""

import sqlalchemy as sa
from alembic import op

from archive.db.types import UtcDateTime

revision = "0007"
down_revision = "0006"

_FACT_INDEXES = (
    "ix_articles_facts",
    "ix_articles_source_facts",
    "ix_articles_id_facts",
    "ix_articles_day_facts",
    "ix_articles_language",
    "ix_articles_section",
)
# What a document of the index is made of.
_SHOWN = (
    *("title", "text", "authors", "tags", "section", "language", "published_at"),
    *("published_offset_min", "source_id", "url", "canonical_url", "domain", "capture_id"),
    *("revision", "cluster_id", "vanished_at", "page_kind", "paywalled", "word_count", "license"),
)


def _row(of: str, json_as: str) -> str:
    lists = ("authors", "tags")  # JSON, which PostgreSQL cannot compare
    return ", ".join(f"{of}.{name}{json_as * (name in lists)}" for name in _SHOWN)


_NOW = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
_SQLITE = (
    "DROP TRIGGER IF EXISTS articles_fts_insert",
    "DROP TRIGGER IF EXISTS articles_fts_update",
    "DROP TRIGGER IF EXISTS articles_fts_delete",
    "DROP TABLE IF EXISTS articles_fts",
    "INSERT INTO changes (article_id) VALUES (0)",
    """CREATE TRIGGER changes_article_insert AFTER INSERT ON articles BEGIN
        INSERT INTO changes (article_id) VALUES (new.id);
    END""",
    f"""CREATE TRIGGER changes_article_update AFTER UPDATE ON articles
    WHEN ({_row("old", "")}) IS NOT ({_row("new", "")}) BEGIN
        INSERT INTO changes (article_id) VALUES (new.id);
    END""",
    """CREATE TRIGGER changes_article_delete AFTER DELETE ON articles BEGIN
        INSERT INTO changes (article_id) VALUES (old.id);
    END""",
    """CREATE TRIGGER changes_cluster_update AFTER UPDATE OF first_article_id ON clusters
    WHEN old.first_article_id IS NOT new.first_article_id BEGIN
        INSERT INTO changes (article_id)
        SELECT id FROM articles WHERE id IN (old.first_article_id, new.first_article_id);
    END""",
    """CREATE TRIGGER changes_capture_update AFTER UPDATE OF captured_at ON captures
    WHEN old.captured_at IS NOT new.captured_at BEGIN
        INSERT INTO changes (article_id) SELECT id FROM articles WHERE capture_id = new.id;
    END""",
)
_POSTGRESQL = (
    "ALTER TABLE articles DROP COLUMN IF EXISTS search",
    "DROP FUNCTION IF EXISTS kliping_query(text, text)",
    "DROP FUNCTION IF EXISTS kliping_fold(text)",
    "DROP FUNCTION IF EXISTS kliping_config(text)",
    """DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT cfgname FROM pg_ts_config WHERE starts_with(cfgname, 'kliping_') LOOP
            EXECUTE format('DROP TEXT SEARCH CONFIGURATION %I', name);
        END LOOP;
        FOR name IN SELECT dictname FROM pg_ts_dict WHERE starts_with(dictname, 'kliping_') LOOP
            EXECUTE format('DROP TEXT SEARCH DICTIONARY %I', name);
        END LOOP;
    END $$""",
    "INSERT INTO changes (article_id) VALUES (0)",
    """CREATE FUNCTION kliping_article_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO changes (article_id) VALUES (coalesce(NEW.id, OLD.id));
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER changes_article AFTER INSERT OR DELETE ON articles
    FOR EACH ROW EXECUTE FUNCTION kliping_article_changed()""",
    f"""CREATE TRIGGER changes_article_update AFTER UPDATE ON articles FOR EACH ROW
    WHEN (({_row("OLD", "::text")}) IS DISTINCT FROM ({_row("NEW", "::text")}))
    EXECUTE FUNCTION kliping_article_changed()""",
    """CREATE FUNCTION kliping_cluster_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO changes (article_id)
        SELECT id FROM articles WHERE id IN (OLD.first_article_id, NEW.first_article_id);
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER changes_cluster AFTER UPDATE ON clusters FOR EACH ROW
    WHEN (OLD.first_article_id IS DISTINCT FROM NEW.first_article_id)
    EXECUTE FUNCTION kliping_cluster_changed()""",
    """CREATE FUNCTION kliping_capture_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO changes (article_id) SELECT id FROM articles WHERE capture_id = NEW.id;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER changes_capture AFTER UPDATE ON captures FOR EACH ROW
    WHEN (OLD.captured_at IS DISTINCT FROM NEW.captured_at)
    EXECUTE FUNCTION kliping_capture_changed()""",
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    xid = "0" if is_sqlite else "pg_current_xact_id()::text::bigint"
    now = _NOW if is_sqlite else "now()"
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False, server_default=sa.text(xid)),
        sa.Column("changed_at", UtcDateTime(), nullable=False, server_default=sa.text(f"({now})")),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_changes_xid_id", "changes", ["xid", "id"])
    for index in _FACT_INDEXES:
        op.drop_index(index, "articles")
    op.create_index("ix_articles_source_id_published_at", "articles", ["source_id", "published_at"])
    for statement in _SQLITE if is_sqlite else _POSTGRESQL:
        op.execute(sa.text(statement.replace(":", r"\:")))
