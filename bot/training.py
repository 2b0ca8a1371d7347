"""Trains the model, and knows whether there is a current one.

A model is current when nothing it was made from has changed: configuration, domain, data and
the code of the pipeline. Its file name carries that fingerprint. Patterns, word lists and place
names are read when the program starts and need no training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
MADE_FROM = (
    "config.yml",
    "bot/domain/**/*.yml",
    "bot/data/**/*.yml",
    "bot/understanding/*.py",
    "bot/understanding/encoder/*",
)


class TrainingError(Exception):
    """Training ended without a model."""


def fingerprint(root: Path = ROOT) -> str:
    """A short name for everything the model is made from."""
    digest = hashlib.sha256(version("rasa").encode())
    for path in _sources(root):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _sources(root: Path) -> Iterable[Path]:
    return (path for pattern in MADE_FROM for path in sorted(root.glob(pattern)))


def current_model(models_dir: Path, root: Path = ROOT) -> Path | None:
    """The model that fits the sources as they are now, if it was trained."""
    path = models_dir / f"quietline-{fingerprint(root)}.tar.gz"
    return path if path.is_file() else None


def train_model(models_dir: Path, root: Path = ROOT) -> Path:
    """Trains and returns the model's path; older models are removed after success.

    Raises:
        TrainingError: Rasa gave no model.
    """
    from rasa.api import train

    models_dir.mkdir(parents=True, exist_ok=True)
    name = f"quietline-{fingerprint(root)}"
    unfinished = models_dir / ".unfinished"
    result = train(
        domain=str(root / "bot/domain"),
        config=str(root / "config.yml"),
        training_files=[str(root / "bot/data")],
        output=str(unfinished),
        fixed_model_name=name,
        force_training=True,
    )
    if result.model is None or not Path(result.model).is_file():
        raise TrainingError("training ended without a model")
    final = models_dir / f"{name}.tar.gz"
    Path(result.model).replace(final)
    for old in models_dir.glob("quietline-*.tar.gz"):
        if old != final:
            old.unlink()
    return final
