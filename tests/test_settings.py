"""Settings: each is read, checked, and stands in docs/settings.md."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from bot.settings import PREFIX, SettingError, Settings, load_settings

ROOT = Path(__file__).parent.parent
NAMES = [PREFIX + field.name.upper() for field in fields(Settings)]

READ: dict[str, tuple[str, object]] = {
    "QUIETLINE_DATA_DIR": ("/srv/quiet", Path("/srv/quiet")),
    "QUIETLINE_MODELS_DIR": ("elsewhere/models", Path("elsewhere/models")),
    "QUIETLINE_DATABASE_URL": ("postgresql://localhost/d", "postgresql://localhost/d"),
    "QUIETLINE_PRODUCTION": ("true", True),
    "QUIETLINE_HOST": ("0.0.0.0", "0.0.0.0"),
    "QUIETLINE_LEAVE_TO": ("https://www.wikipedia.org/", "https://www.wikipedia.org/"),
    "QUIETLINE_PAGE_TITLE": ("Recipes", "Recipes"),
    "QUIETLINE_DEFAULT_LANGUAGE": ("es", "es"),
    "QUIETLINE_TALK_MINUTES": ("7", 7),
    "QUIETLINE_TALK_HOURS": ("3", 3),
    "QUIETLINE_MAX_MESSAGE": ("500", 500),
}


def test_every_setting_is_tested_here() -> None:
    assert sorted(NAMES) == sorted(READ)


@pytest.mark.parametrize("name", sorted(READ))
def test_a_setting_is_read(name: str) -> None:
    raw, value = READ[name]
    field = name.removeprefix(PREFIX).lower()
    default = getattr(load_settings({}), field)
    assert default != value
    settings = load_settings({name: raw, "PATH": "/bin"})
    assert getattr(settings, field) == value
    others = {f.name for f in fields(Settings)} - {field}
    assert all(getattr(settings, other) == getattr(load_settings({}), other) for other in others)


def test_without_any_the_defaults_stand() -> None:
    assert load_settings({"PATH": "/bin", "LANG": "C"}) == Settings()


@pytest.mark.parametrize("raw", ["1", "true", "TRUE", "yes", "on", " true "])
def test_words_for_true(raw: str) -> None:
    assert load_settings({"QUIETLINE_PRODUCTION": raw}).production is True


@pytest.mark.parametrize("raw", ["0", "false", "False", "no", "off", ""])
def test_words_for_false(raw: str) -> None:
    assert load_settings({"QUIETLINE_PRODUCTION": raw}).production is False


def test_the_database_stands_in_the_data_folder_unless_told(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).database == f"sqlite:///{tmp_path}/directory.sqlite"
    assert Settings(data_dir=tmp_path, database_url="postgresql://x/y").database == "postgresql://x/y"


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(SettingError) as raised:
        load_settings(environ)
    return str(raised.value)


def one_sentence(said: str) -> bool:
    return said.endswith(".") and "\n" not in said and ". " not in said and len(said) < 200


@pytest.mark.parametrize(
    "name", ["QUIETLINE_TALK_MINUTE", "QUIETLINE_", "QUIETLINE_DATA", "QUIETLINE_DATABASE"]
)
def test_an_unknown_name_is_refused(name: str) -> None:
    said = refused({name: "1"})
    assert name in said and one_sentence(said)


NUMBERS = ["", "0", "-5", "1.5", "abc", "10 minutes", "1e3", "²", "0x10", "①"]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        *[("QUIETLINE_TALK_MINUTES", raw) for raw in NUMBERS],
        *[("QUIETLINE_TALK_HOURS", raw) for raw in NUMBERS],
        *[("QUIETLINE_MAX_MESSAGE", raw) for raw in NUMBERS],
        ("QUIETLINE_PRODUCTION", "maybe"),
        ("QUIETLINE_PRODUCTION", "2"),
        ("QUIETLINE_DEFAULT_LANGUAGE", ""),
        ("QUIETLINE_DEFAULT_LANGUAGE", "fr"),
        ("QUIETLINE_DEFAULT_LANGUAGE", "EN"),
        ("QUIETLINE_DEFAULT_LANGUAGE", "en,es"),
        ("QUIETLINE_LEAVE_TO", ""),
        ("QUIETLINE_LEAVE_TO", "http://www.weather.gov/"),
        ("QUIETLINE_LEAVE_TO", "www.weather.gov"),
        ("QUIETLINE_LEAVE_TO", "javascript:alert(1)"),
        ("QUIETLINE_LEAVE_TO", "https://"),
        ("QUIETLINE_LEAVE_TO", 'https://x.org/" onload="x'),
        ("QUIETLINE_LEAVE_TO", "https://x.org/<script>"),
        ("QUIETLINE_LEAVE_TO", "https://x.org/a b"),
        ("QUIETLINE_LEAVE_TO", "https://x.org/\nx"),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(name: str, raw: str) -> None:
    said = refused({name: raw})
    assert name in said and one_sentence(said)


def test_the_value_of_a_refused_setting_is_not_repeated() -> None:
    assert "hunter2" not in refused({"QUIETLINE_LEAVE_TO": "ftp://user:hunter2@x.org/"})


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("QUIETLINE_NO_SUCH_THING", "1"),
        ("QUIETLINE_DATABASE_URL", "nonsense"),
    ],
)
def test_the_program_says_so_and_ends(tmp_path: Path, name: str, raw: str) -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "directory", "check"],
        cwd=ROOT,
        env={**environ, "QUIETLINE_DATA_DIR": str(tmp_path), name: raw},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    said = done.stderr.strip().splitlines()
    assert len(said) == 1 and said[0].endswith("."), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_stands_in_its_page(name: str) -> None:
    page = ROOT / "docs" / "settings.md"
    assert page.exists(), "docs/settings.md is missing"
    assert f"`{name}`" in page.read_text(encoding="utf-8")
