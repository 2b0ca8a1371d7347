"""quietline run"""

from __future__ import annotations

import argparse
import socket
import sys

from bot.commands.base import CommandError
from bot.commands.house import said_plainly
from bot.commands.model import ready_model
from bot.logs import configure_logs
from bot.settings import Settings

PORT = 5005
HIGHEST_PORT = 65535


def port_number(text: str) -> int:
    """A port from the command line."""
    if not text.isdigit() or not 1 <= int(text) <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a whole number from 1 to {HIGHEST_PORT}")
    return int(text)


class RunCommand:
    """Serves the page and the channels."""

    about = "serve the page and the channels; trains first when there is no current model"

    def options(self, parser: argparse.ArgumentParser) -> None:
        """--port"""
        parser.add_argument("--port", type=port_number, default=PORT, help=f"default {PORT}")

    def run(self, settings: Settings, options: argparse.Namespace) -> int:
        """Checks what can be checked early, then serves until stopped."""
        _check_port(settings.host, options.port)
        model = ready_model(settings)
        print("Starting ...", file=sys.stderr, flush=True)
        from bot.serve import build_assistant, serve

        configure_logs()
        with said_plainly(settings):
            assistant, speaker = build_assistant(settings, model)
        serve(settings, assistant, speaker, options.port, lambda: _announce(settings, options.port))
        return 0


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise CommandError(
                f"Port {port} on {host} is taken by another program; choose one with PORT=... or --port."
            ) from None


def _announce(settings: Settings, port: int) -> None:
    lines = [f"Ready: http://{settings.host}:{port}/"]
    if not settings.production:
        lines += [
            "This is a demonstration: the places it lists are made up and say so.",
            "The national lines are real. No advocate has reviewed the sentences yet (status: draft).",
        ]
    print("\n".join(lines), flush=True)
