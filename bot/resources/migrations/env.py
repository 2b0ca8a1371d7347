"""Alembic's way in: runs the migrations on the connection that bot.resources.database hands it."""

from alembic import context

from bot.resources.model import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
