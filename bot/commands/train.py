"""quietline train"""

from __future__ import annotations

import argparse

from bot.commands.model import train
from bot.logs import configure_logs
from bot.settings import Settings


class TrainCommand:
    """Trains the model anew."""

    about = "train the assistant's model from config.yml, bot/domain and bot/data"

    def options(self, parser: argparse.ArgumentParser) -> None:
        """No options."""

    def run(self, settings: Settings, options: argparse.Namespace) -> int:
        """Trains and prints the model's path."""
        configure_logs()
        print(train(settings))
        return 0
