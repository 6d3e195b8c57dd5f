"""Indexes of what failed, by source and time, and of edits by time"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    failed = sa.text("error IS NOT NULL OR status >= 400")
    op.create_index(
        "ix_captures_failed",
        "captures",
        ["source_id", "captured_at"],
        sqlite_where=failed,
        postgresql_where=failed,
    )
    edits = sa.text("number > 1")
    op.create_index(
        "ix_revisions_edits", "revisions", ["seen_at"], sqlite_where=edits, postgresql_where=edits
    )
    op.drop_index("ix_revisions_seen_at", "revisions")
