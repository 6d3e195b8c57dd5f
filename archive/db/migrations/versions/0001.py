"""The first tables"""

import sqlalchemy as sa
from alembic import op

from archive.db.types import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "archive",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("archive_id", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("edits", sa.Double(), nullable=False),
        sa.Column("edit_exposure", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("name", name=op.f("uq_sources_name")),
    )
    op.create_table(
        "urls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("found_as", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("found_in", sa.Text(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("leased_by", sa.Integer(), nullable=True),
        sa.Column("fetched_at", UtcDateTime(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Double(), nullable=False),
        sa.Column("exposure", sa.Double(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("page_key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["leased_by"], ["runs.id"], name=op.f("fk_urls_leased_by")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_urls_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urls")),
        sa.UniqueConstraint("url", name=op.f("uq_urls_url")),
    )
    with op.batch_alter_table("urls", schema=None) as batch_op:
        batch_op.create_index("ix_urls_article_id", ["article_id"], unique=False)
        batch_op.create_index(
            "ix_urls_page_key",
            ["page_key"],
            unique=False,
            sqlite_where=sa.text("page_key IS NOT NULL"),
            postgresql_where=sa.text("page_key IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_urls_due",
            ["source_id", "kind", "due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL AND leased_by IS NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL AND leased_by IS NULL"),
        )
        batch_op.create_index(
            "ix_urls_leased_by",
            ["leased_by"],
            unique=False,
            sqlite_where=sa.text("leased_by IS NOT NULL"),
            postgresql_where=sa.text("leased_by IS NOT NULL"),
        )

    op.create_table(
        "captures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("url_id", sa.Integer(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("captured_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("payload_digest", sa.Text(), nullable=True),
        sa.Column("payload_length", sa.BigInteger(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("truncated", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("record_type", sa.Text(), nullable=True),
        sa.Column("made_of", sa.Text(), nullable=True),
        sa.Column("warc_file", sa.Text(), nullable=True),
        sa.Column("warc_offset", sa.BigInteger(), nullable=True),
        sa.Column("warc_length", sa.BigInteger(), nullable=True),
        sa.Column("record_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_captures_run_id")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_captures_source_id")),
        sa.ForeignKeyConstraint(["url_id"], ["urls.id"], name=op.f("fk_captures_url_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
        sa.UniqueConstraint("record_id", name=op.f("uq_captures_record_id")),
    )
    with op.batch_alter_table("captures", schema=None) as batch_op:
        batch_op.create_index("ix_captures_payload_digest", ["payload_digest"], unique=False)
        batch_op.create_index(
            "ix_captures_made_of",
            ["made_of"],
            unique=False,
            sqlite_where=sa.text("made_of IS NOT NULL"),
            postgresql_where=sa.text("made_of IS NOT NULL"),
        )
        batch_op.create_index("ix_captures_url", ["url"], unique=False)
        batch_op.create_index("ix_captures_url_id", ["url_id"], unique=False)
        batch_op.create_index(
            "ix_captures_warc_file_warc_offset", ["warc_file", "warc_offset"], unique=True
        )

    op.create_table(
        "clusters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_article_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clusters")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("canonical_url", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=True),
        sa.Column("vanished_at", UtcDateTime(), nullable=True),
        sa.Column("vanished_as", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("organisations", sa.JSON(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("published_offset_min", sa.Integer(), nullable=True),
        sa.Column("modified_at", UtcDateTime(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=True),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("image_caption", sa.Text(), nullable=True),
        sa.Column("image_credit", sa.Text(), nullable=True),
        sa.Column("dateline", sa.Text(), nullable=True),
        sa.Column("page_kind", sa.Text(), nullable=False),
        sa.Column("paywalled", sa.Boolean(), nullable=True),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("missing_pages", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["captures.id"], name=op.f("fk_articles_capture_id")
        ),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["clusters.id"], name=op.f("fk_articles_cluster_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_articles_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("canonical_url", name=op.f("uq_articles_canonical_url")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.create_index(
            "ix_articles_source_id_published_at", ["source_id", "published_at"], unique=False
        )
        batch_op.create_index(
            "ix_articles_published_at",
            ["published_at", "published_offset_min", "source_id"],
            unique=False,
        )
        batch_op.create_index("ix_articles_url", ["url"], unique=False)
        batch_op.create_index("ix_articles_capture_id", ["capture_id"], unique=False)
        batch_op.create_index("ix_articles_cluster_id", ["cluster_id"], unique=False)
        batch_op.create_index(
            "ix_articles_vanished_at",
            ["vanished_at"],
            unique=False,
            sqlite_where=sa.text("vanished_at IS NOT NULL"),
            postgresql_where=sa.text("vanished_at IS NOT NULL"),
        )

    op.create_table(
        "cluster_links",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("resemblance", sa.Double(), nullable=False),
        sa.Column("containment", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_cluster_links_article_id")
        ),
        sa.PrimaryKeyConstraint("article_id", "other_id", name=op.f("pk_cluster_links")),
    )
    op.create_table(
        "sketches",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("bands", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_sketches_article_id")
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_sketches")),
    )
    op.create_table(
        "sketch_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("band", "article_id", name=op.f("pk_sketch_bands")),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("organisations", sa.JSON(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("published_offset_min", sa.Integer(), nullable=True),
        sa.Column("modified_at", UtcDateTime(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=True),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("image_caption", sa.Text(), nullable=True),
        sa.Column("image_credit", sa.Text(), nullable=True),
        sa.Column("dateline", sa.Text(), nullable=True),
        sa.Column("page_kind", sa.Text(), nullable=False),
        sa.Column("paywalled", sa.Boolean(), nullable=True),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("missing_pages", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_revisions_article_id")
        ),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["captures.id"], name=op.f("fk_revisions_capture_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
    )
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_revisions_article_id_number", ["article_id", "number"], unique=True
        )
        batch_op.create_index("ix_revisions_capture_id", ["capture_id"], unique=False)
        batch_op.create_index("ix_revisions_seen_at", ["seen_at"], unique=False)

    op.create_table(
        "revision_pages",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["captures.id"], name=op.f("fk_revision_pages_capture_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name=op.f("fk_revision_pages_revision_id")
        ),
        sa.PrimaryKeyConstraint("revision_id", "number", name=op.f("pk_revision_pages")),
    )
    with op.batch_alter_table("revision_pages", schema=None) as batch_op:
        batch_op.create_index("ix_revision_pages_capture_id", ["capture_id"], unique=False)

    op.create_table(
        "stories",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_stories_article_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_stories_source_id")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_stories")),
    )
    with op.batch_alter_table("stories", schema=None) as batch_op:
        batch_op.create_index("ix_stories_source_id_month", ["source_id", "month"], unique=False)

    op.create_table(
        "takedowns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("forgotten_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("urls", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedowns")),
    )
    op.create_table(
        "forgotten_urls",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("takedown_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["takedown_id"], ["takedowns.id"], name=op.f("fk_forgotten_urls_takedown_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_forgotten_urls")),
    )
    with op.batch_alter_table("forgotten_urls", schema=None) as batch_op:
        batch_op.create_index("ix_forgotten_urls_takedown_id", ["takedown_id"], unique=False)

    op.create_table(
        "forgotten_records",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("takedown_id", sa.Integer(), nullable=False),
        sa.Column("warc_file", sa.Text(), nullable=False),
        sa.Column("captured_at", UtcDateTime(), nullable=False),
        sa.Column("rewritten_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["takedown_id"], ["takedowns.id"], name=op.f("fk_forgotten_records_takedown_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_forgotten_records")),
    )
    with op.batch_alter_table("forgotten_records", schema=None) as batch_op:
        batch_op.create_index("ix_forgotten_records_takedown_id", ["takedown_id"], unique=False)
        batch_op.create_index("ix_forgotten_records_warc_file", ["warc_file"], unique=False)
        batch_op.create_index(
            "ix_forgotten_records_waiting",
            ["rewritten_at"],
            unique=False,
            sqlite_where=sa.text("rewritten_at IS NULL"),
            postgresql_where=sa.text("rewritten_at IS NULL"),
        )
