"""What a command is, and how it says that it could not do its work."""

from __future__ import annotations

import argparse
from typing import Protocol

from bot.settings import Settings


class CommandError(Exception):
    """One clear sentence for the person at the terminal."""


class Command(Protocol):
    """A command of quietline."""

    about: str

    def options(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's options."""

    def run(self, settings: Settings, options: argparse.Namespace) -> int:
        """Does the work; returns the exit code."""
