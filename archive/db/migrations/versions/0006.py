"""What is counted of one source, by days, or of what words find, read from indexes alone"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.drop_index("ix_articles_source_id_published_at", "articles")
    op.drop_index("ix_articles_published_on_source_id", "articles")
    op.create_index(
        "ix_articles_source_facts",
        "articles",
        ["source_id", "published_at", "published_on", "language", "section", "revision"],
    )
    op.create_index(
        "ix_articles_id_facts",
        "articles",
        ["id", "source_id", "published_at", "published_on", "language", "section"],
    )
    op.create_index(
        "ix_articles_day_facts", "articles", ["published_on", "source_id", "published_at"]
    )
