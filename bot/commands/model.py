"""Finds the current model or trains one, saying what happens."""

from __future__ import annotations

import contextlib
import fcntl
import io
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bot.commands.base import CommandError
from bot.settings import Settings
from bot.training import current_model

NEEDED_BYTES = 500 * 1024 * 1024
TICK = 10.0


def ready_model(settings: Settings, out: bool = True) -> Path:
    """The model that fits the sources, trained first when there is none.

    Raises:
        CommandError: no space on the disk, or training failed.
    """
    known = current_model(settings.models_dir)
    if known is not None:
        return known
    _check_disk(settings.models_dir)
    with (settings.models_dir / ".training.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be training this very model
        return current_model(settings.models_dir) or train(settings, out)


def train(settings: Settings, out: bool = True) -> Path:
    """Trains, with a sign of life every ten seconds on standard error.

    Raises:
        CommandError: no space on the disk, or training failed.
    """
    where = settings.models_dir
    _check_disk(where)
    from bot.training import train_model

    with _progress("Training the assistant, about two minutes", out):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                return train_model(where)
        except Exception as error:
            raise CommandError(f"Training failed ({type(error).__name__}). 'make setup' may help.") from error


def _check_disk(where: Path) -> None:
    try:
        where.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(where).free
    except OSError as error:
        raise CommandError(f"The folder {where} cannot be used: {error.strerror}.") from None
    if free < NEEDED_BYTES:
        raise CommandError(f"Training needs 500 MB of free disk; {free // 2**20} MB are free in {where}.")


@contextlib.contextmanager
def _progress(what: str, out: bool) -> Iterator[None]:
    """Prints what goes on, and how long it has taken, until it is done."""
    if not out:
        yield
        return
    done = threading.Event()
    started = time.monotonic()

    def tick() -> None:
        while not done.wait(TICK):
            print(f"  ... {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    print(f"{what} ...", file=sys.stderr, flush=True)
    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    print(f"  done in {time.monotonic() - started:.0f} s.", file=sys.stderr, flush=True)
