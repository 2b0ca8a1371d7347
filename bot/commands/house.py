"""Puts the house together for a command, with every failure as one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands.base import CommandError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.talk import Assistant


@contextmanager
def said_plainly(settings: Settings) -> Iterator[None]:
    """Turns what can go wrong at start into one sentence for the person at the terminal."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.sentences import ContentError
    from bot.serve import StartError

    try:
        yield
    except OSError as error:
        raise CommandError(f"The data folder {settings.data_dir} cannot be used: {error.strerror}.") from None
    except SQLAlchemyError as error:
        raise CommandError(f"The directory's database cannot be opened ({type(error).__name__}).") from None
    except (StartError, ContentError) as error:
        raise CommandError(str(error)) from None


def build(settings: Settings, model: Path) -> Assistant:
    """The assistant.

    Raises:
        CommandError: it cannot be put together.
    """
    from bot.serve import build_assistant

    with said_plainly(settings):
        return build_assistant(settings, model)[0]
