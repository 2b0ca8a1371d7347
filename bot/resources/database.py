"""Opens the directory's database and brings it to the newest shape."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine

from bot.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(settings: Settings) -> Engine:
    """The engine of the directory's database, migrated. SQLite's file is the owner's alone."""
    if settings.database.startswith("sqlite:///"):
        path = Path(settings.database.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)
    engine = create_engine(settings.database, future=True)
    migrate(engine)
    return engine


def migrate(engine: Engine) -> None:
    """Runs the migrations that this database has not seen yet."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def new_revision(engine: Engine, message: str) -> None:
    """Writes a migration from the difference between the tables and the model (for developers)."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True, rev_id="0001")
