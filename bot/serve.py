"""Puts the house together: model, memory, actions, voice, channels, page.

No HTTP API of Rasa's is opened and its version is shown nowhere: the program serves its own
routes, and every answer of every route carries the headers of safety_exit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path

from rasa.core.agent import Agent
from rasa.core.channels import channel as rasa_channels
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.core.utils import AvailableEndpoints
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.actions.endpoint import InProcessActions, install_validator
from bot.actions.kit import Kit
from bot.actions.registry import executor
from bot.channels.strict_http import StrictSanic
from bot.channels.web import WebChannel
from bot.logs import log
from bot.memory.locks import TalkLocks
from bot.memory.tracker_store import SealedTrackerStore
from bot.resources.database import open_database
from bot.resources.directory import Directory
from bot.resources.lines import read_lines
from bot.resources.places import gazetteer
from bot.resources.seed import seed
from bot.sentences import Book, load_book
from bot.settings import Settings
from bot.talk import Assistant
from bot.training import ROOT
from bot.voice import Speaker, Voice
from safety_exit.page import Page

LARGEST_BODY = 64 * 1024


class StartError(Exception):
    """The program cannot start; the message says why in one sentence."""


def build_speaker(book: Book, today: Callable[[], date] = date.today) -> Speaker:
    """The speaker over the national lines; refuses content that names a line that is not there."""
    return Speaker(book, read_lines(), today)


def build_assistant(settings: Settings, model: Path) -> tuple[Assistant, Speaker]:
    """Everything behind the channels.

    Raises:
        StartError: a part is not the one that endpoints.yml names, or cannot be made.
    """
    book = load_book()
    speaker = build_speaker(book)
    engine = open_database(settings)
    seed(engine, settings.production)
    kit = Kit(book, Directory(engine, gazetteer(), settings.production), gazetteer())
    install_validator()
    agent = load_agent(model, settings, speaker, InProcessActions(executor(kit)))
    return Assistant(agent, speaker, settings.max_message, settings.default_language), speaker


def load_agent(model: Path, settings: Settings, speaker: Speaker, actions: InProcessActions) -> Agent:
    """Rasa's agent with our store, locks and voice, checked to be ours.

    Rasa replaces a store it cannot make with plain memory, and wraps stores so that a failing one
    falls back to plain memory: neither may happen here.
    """
    endpoints = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml"))
    _check_endpoints(endpoints)
    store = SealedTrackerStore(talk_minutes=settings.talk_minutes, talk_hours=settings.talk_hours)
    voice: NaturalLanguageGenerator = Voice(speaker=speaker)
    agent = Agent(generator=voice, tracker_store=store, lock_store=TalkLocks(), action_endpoint=actions)
    agent.load_model(str(model))
    if agent.processor is None:
        raise StartError("The model could not be loaded; 'quietline train' makes a new one.")
    store.domain = agent.processor.domain
    agent.tracker_store = store
    agent.processor.tracker_store = store
    return agent


def _check_endpoints(endpoints: AvailableEndpoints) -> None:
    wanted = {"nlg": Voice, "tracker_store": SealedTrackerStore, "lock_store": TalkLocks}
    for name, kind in wanted.items():
        config = getattr(endpoints, name)
        if config is None or config.type != f"{kind.__module__}.{kind.__qualname__}":
            raise StartError(f"endpoints.yml must name {kind.__module__}.{kind.__qualname__} as {name}.")


def build_app(settings: Settings, assistant: Assistant, speaker: Speaker) -> Sanic:
    """The web application with its channels and page."""
    app = StrictSanic("quietline", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = LARGEST_BODY
    app.config.KEEP_ALIVE_TIMEOUT = 15
    app.config.REQUEST_TIMEOUT = 20
    app.config.RESPONSE_TIMEOUT = 40
    page = Page(speaker, settings)
    rasa_channels.register([WebChannel(assistant, page, settings)], app, route="/")

    @app.exception(Exception)
    async def anything_else(request: Request | None, error: Exception) -> HTTPResponse:
        status = int(getattr(error, "status_code", 500))
        if status >= 500:
            log("request_failed", error=error, status=status)
        return page.problem(request, assistant, status)

    return app


def serve(
    settings: Settings, assistant: Assistant, speaker: Speaker, port: int, ready: Callable[[], None]
) -> None:
    """Serves until stopped."""
    # The first message should not wait for what is loaded lazily.
    asyncio.run(assistant.parse("hello"))
    app = build_app(settings, assistant, speaker)

    @app.listener("after_server_start")
    async def say_ready(*_: object) -> None:
        ready()

    logging.getLogger("sanic.root").setLevel(logging.ERROR)
    app.run(host=settings.host, port=port, workers=1, access_log=False, debug=False, motd=False)
