"""The day of publication as a column, and indexes that answer what is asked of facts alone"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SQLITE_DAY = """ALTER TABLE articles ADD COLUMN published_on TEXT GENERATED ALWAYS AS (
    strftime('%Y-%m-%d', published_at, coalesce(published_offset_min, 0) || ' minutes')) VIRTUAL"""

_POSTGRESQL_DAY = (
    # PostgreSQL takes no call of to_char for immutable, since some patterns follow the locale.
    """CREATE FUNCTION kliping_day(at timestamptz, offset_min integer) RETURNS text
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN to_char(
        (at AT TIME ZONE 'UTC') + make_interval(mins => coalesce(offset_min, 0)), 'YYYY-MM-DD')""",
    """ALTER TABLE articles ADD COLUMN published_on text
    GENERATED ALWAYS AS (kliping_day(published_at, published_offset_min)) STORED""",
)
_FACTS = ["published_at", "published_on", "source_id", "language"]
_SQLITE_FACTS = ["section", "domain", "revision", "cluster_id", "capture_id", "authors", "tags"]


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (_SQLITE_DAY,) if is_sqlite else _POSTGRESQL_DAY:
        op.execute(sa.text(statement))
    op.drop_index("ix_articles_published_at", "articles")
    op.create_index("ix_articles_facts", "articles", _FACTS + _SQLITE_FACTS * is_sqlite)
    op.create_index("ix_articles_published_on_source_id", "articles", ["published_on", "source_id"])
    op.create_index("ix_captures_captured_at", "captures", ["captured_at"])
