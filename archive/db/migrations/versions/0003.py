"""What pages say of their rights"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for table in ("articles", "revisions"):
        op.add_column(table, sa.Column("tdm_reserved", sa.Boolean(), nullable=True))
        op.add_column(table, sa.Column("license", sa.Text(), nullable=True))
