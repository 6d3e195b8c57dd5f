"""Indexes that have languages and sections in order, for counting"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_articles_language", "articles", ["language"])
    op.create_index("ix_articles_section", "articles", ["section"])
