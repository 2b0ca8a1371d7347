"""The commands of the command line, one module each."""

from __future__ import annotations

from bot.commands.base import Command, CommandError
from bot.commands.content import ContentCommand
from bot.commands.directory import DirectoryCommand
from bot.commands.parse import ParseCommand
from bot.commands.run import RunCommand
from bot.commands.talk import TalkCommand
from bot.commands.train import TrainCommand

COMMANDS: dict[str, Command] = {
    "run": RunCommand(),
    "train": TrainCommand(),
    "parse": ParseCommand(),
    "talk": TalkCommand(),
    "directory": DirectoryCommand(),
    "content": ContentCommand(),
}

__all__ = ["COMMANDS", "Command", "CommandError"]
