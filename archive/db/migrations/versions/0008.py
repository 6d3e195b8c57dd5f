"""A state and a reason for each URL, where one text was both; traps in a table of their own"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

# A condition, the state and the reason; of each row the first that fits.
_STATES = (
    ("verdict = 'forgotten'", "'forgotten'", "NULL"),
    ("verdict = 'article'", "'article'", "NULL"),
    ("verdict LIKE 'article, without %'", "'article'", "substr(verdict, 10)"),
    ("verdict LIKE 'listed %'", "'list'", "substr(verdict, 8) || ' links'"),
    ("verdict = 'requisite'", "'requisite'", "NULL"),
    ("verdict LIKE 'a further page of %'", "'further-page'", "substr(verdict, 19)"),
    ("verdict LIKE 'another address of %'", "'alias'", "substr(verdict, 20)"),
    ("verdict LIKE 'trap: %'", "'trap'", "substr(verdict, 7)"),
    (
        "verdict LIKE 'not_article: %' OR verdict LIKE 'empty: %'"
        " OR verdict LIKE 'not_html: %' OR verdict LIKE 'unreadable: %'",
        "'no-article'",
        "verdict",
    ),
    # What is left are errors, or nothing.
    ("fetched_at IS NULL AND due_at IS NOT NULL AND failures = 0", "'waiting'", "verdict"),
    ("verdict IS NULL AND fetched_at IS NULL AND article_id IS NULL", "'waiting'", "NULL"),
    ("failures > 0 AND due_at IS NOT NULL", "'failing'", "verdict"),
    ("article_id IS NOT NULL AND failures = 0", "'article'", "verdict"),
    # A list that was fetched before, and whose host asked for a pause, is due and did not fail.
    (
        "failures = 0 AND due_at IS NOT NULL"
        " AND kind IN ('feed', 'sitemap', 'listing', 'archive', 'api')",
        "'list'",
        "verdict",
    ),
    (
        "verdict IS NULL AND kind IN ('feed', 'sitemap', 'listing', 'archive', 'api')",
        "'list'",
        "NULL",
    ),
    ("verdict IS NULL", "'no-article'", "NULL"),
    ("fetched_at IS NULL AND leased_by IS NULL", "'refused'", "verdict"),
)
_TRAP = re.compile(r"trap: (?P<links>\d+) .* like (?P<pattern>\S+) ")


def upgrade() -> None:
    op.add_column(
        "urls", sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'waiting'"))
    )
    op.add_column("urls", sa.Column("reason", sa.Text()))
    states = " ".join(f"WHEN {condition} THEN {state}" for condition, state, _ in _STATES)
    reasons = " ".join(f"WHEN {condition} THEN {reason}" for condition, _, reason in _STATES)
    op.execute(
        f"UPDATE urls SET state = CASE {states} ELSE 'failed' END,"
        f" reason = CASE {reasons} ELSE verdict END"
    )
    op.create_table(
        "traps",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_traps_source_id"),
        sa.PrimaryKeyConstraint("source_id", "pattern", name="pk_traps"),
    )
    _keep_traps(op.get_bind())
    op.drop_column("urls", "verdict")
    op.create_index("ix_urls_source_id_first_seen_at", "urls", ["source_id", "first_seen_at"])
    for name, column, condition in (
        ("ix_urls_found_as", "found_as", "found_as IS NOT NULL"),
        ("ix_urls_trapped", "source_id", "state = 'trap'"),
    ):
        where = sa.text(condition)
        op.create_index(name, "urls", [column], sqlite_where=where, postgresql_where=where)


def _keep_traps(connection: sa.Connection) -> None:
    said = "SELECT DISTINCT source_id, verdict FROM urls WHERE state = 'trap'"
    traps = {
        (source_id, found["pattern"]): int(found["links"])
        for source_id, verdict in connection.execute(sa.text(said))
        if (found := _TRAP.match(verdict))
    }
    keep = sa.text(
        "INSERT INTO traps (source_id, pattern, links) VALUES (:source, :pattern, :links)"
    )
    for (source_id, pattern), links in traps.items():
        connection.execute(keep, {"source": source_id, "pattern": pattern, "links": links})
