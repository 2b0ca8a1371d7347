"""quietline directory"""

from __future__ import annotations

import argparse
from datetime import date

from bot.commands.house import said_plainly
from bot.logs import configure_logs
from bot.settings import Settings


class DirectoryCommand:
    """The listings, from the terminal."""

    about = "check the directory: what is there, and which checks have run out"

    def options(self, parser: argparse.ArgumentParser) -> None:
        """check"""
        parser.add_argument("what", choices=("check",))

    def run(self, settings: Settings, options: argparse.Namespace) -> int:
        """Prints a summary; 1 when a listing is overdue."""
        from sqlalchemy import func, select
        from sqlalchemy.orm import Session

        from bot.resources.database import open_database
        from bot.resources.model import Service
        from bot.resources.seed import seed

        configure_logs()
        made_up_ones = select(func.count()).select_from(Service).where(Service.demonstration.is_(True))
        past = select(Service.id).where(Service.expires_on < date.today()).order_by(Service.id)
        with said_plainly(settings):
            engine = open_database(settings)
            seed(engine, settings.production)
            with Session(engine, future=True) as session:
                kinds = session.execute(select(Service.kind, func.count()).group_by(Service.kind)).all()
                made_up = session.scalar(made_up_ones)
                overdue = session.scalars(past).all()
        print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds)))
        print(f"{made_up} of them are made up for demonstration.")
        print(f"Overdue: {', '.join(overdue) or 'none'}")
        return 1 if overdue else 0
