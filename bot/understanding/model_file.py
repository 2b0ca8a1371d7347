"""Keeps a trained scikit-learn estimator in Rasa's model storage."""

from __future__ import annotations

from typing import Any

import joblib
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage

FILE = "estimator.joblib"


def keep(estimator: Any, storage: ModelStorage, resource: Resource) -> None:
    """Writes the estimator into the model archive, which is of our own making."""
    with storage.write_to(resource) as directory:
        joblib.dump(estimator, directory / FILE, compress=3)


def fetch(storage: ModelStorage, resource: Resource) -> Any:
    """Reads it back."""
    with storage.read_from(resource) as directory:
        return joblib.load(directory / FILE)
