"""The command quietline: run, train, parse, talk, directory, content.

What has to be quiet is made quiet before anything of Rasa's is imported: that is why the commands
are imported inside functions here.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from bot.settings import SettingError, load_settings

FAILED = 2


def quiet_environment() -> None:
    """What has to stand in the environment before Rasa and TensorFlow are imported."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"
    # Libraries' warnings about libraries would bury what this program says; some undo a filter.
    warnings.showwarning = lambda *_, **__: None


def parser() -> argparse.ArgumentParser:
    """The command line, each command's options made by itself."""
    from bot.commands import COMMANDS

    top = argparse.ArgumentParser(prog="quietline", description=__doc__.splitlines()[0])
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.about, description=command.about)
        command.options(sub)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; 0 when it went well, 2 with one clear sentence when it could not."""
    quiet_environment()
    os.umask(0o077)
    from bot.commands import COMMANDS, CommandError

    options = parser().parse_args(arguments)
    try:
        return COMMANDS[options.command].run(load_settings(), options)
    except (CommandError, SettingError) as error:
        print(f"quietline: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # whoever read our lines has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
