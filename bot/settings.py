"""Every setting of the program, typed, read from the environment in one place."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PREFIX = "QUIETLINE_"


class SettingError(ValueError):
    """A setting has a value that cannot be used. The message names the setting and says why."""


def _setting(default: object, about: str) -> Any:
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class Settings:
    """All settings. Each field is read from QUIETLINE_<FIELD NAME IN CAPITALS>."""

    data_dir: Path = _setting(
        Path("var"), "where the directory's database and the program's own secrets live"
    )
    models_dir: Path = _setting(Path("models"), "where trained models are kept")
    database_url: str = _setting("", "SQLAlchemy address of the directory; empty means SQLite in data_dir")
    production: bool = _setting(False, "true refuses the made-up demonstration listings")
    host: str = _setting("127.0.0.1", "the address the program listens on")
    leave_to: str = _setting(
        "https://www.weather.gov/", "where the leave button goes; https only, a page without an app"
    )
    page_title: str = _setting("", "the page's neutral title; empty takes the one in bot/content/page.yml")
    default_language: str = _setting("en", "en or es: the first language of a talk")
    talk_minutes: int = _setting(30, "a web talk is forgotten after this many minutes of silence")
    talk_hours: int = _setting(12, "no talk lives longer than this many hours")
    max_message: int = _setting(2000, "longest message read, in characters")

    @property
    def database(self) -> str:
        """The directory's SQLAlchemy address."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'directory.sqlite').resolve()}"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment.

    Raises:
        SettingError: a value is of the wrong kind, or a name with our prefix is unknown.
    """
    environ = os.environ if environ is None else environ
    known = Settings.__dataclass_fields__
    values: dict[str, object] = {}
    for name, raw in environ.items():
        if not name.startswith(PREFIX):
            continue
        key = name[len(PREFIX) :].lower()
        if key not in known:
            raise SettingError(f"{name} is not a setting of this program; see docs/settings.md.")
        values[key] = _convert(name, raw, known[key].default)
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def _convert(name: str, raw: str, default: object) -> object:
    if isinstance(default, bool):
        word = raw.strip().lower()
        if word in {"1", "true", "yes", "on"}:
            return True
        if word in {"0", "false", "no", "off", ""}:
            return False
        raise SettingError(f"{name} must be true or false.")
    if isinstance(default, int):
        if not re.fullmatch(r"[0-9]{1,9}", raw.strip()) or int(raw) < 1:
            raise SettingError(f"{name} must be a whole number above 0.")
        return int(raw)
    if isinstance(default, Path):
        return Path(raw)
    return raw


def _check(settings: Settings) -> None:
    if settings.default_language not in {"en", "es"}:
        raise SettingError(f"{PREFIX}DEFAULT_LANGUAGE must be en or es.")
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+\.[A-Za-z]{2,}[^\s\"'<>]*", settings.leave_to):
        raise SettingError(f"{PREFIX}LEAVE_TO must be a plain https:// address.")
