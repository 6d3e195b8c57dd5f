"""Runs migrations on the connection that `archive.db.engine.migrate` opened."""

from alembic import context

from archive.db.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
