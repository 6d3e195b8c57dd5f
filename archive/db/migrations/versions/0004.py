"""An index of what failed, by source and time"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0001"


def upgrade() -> None:
    failed = sa.text("error IS NOT NULL OR status >= 400")
    op.create_index(
        "ix_captures_failed",
        "captures",
        ["source_id", "captured_at"],
        sqlite_where=failed,
        postgresql_where=failed,
    )
