"""A fitted linear reading of count features, kept small: one matrix of single precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class LinearReading:
    """Names, weights (features, names) and biases (names)."""

    names: list[str]
    weights: npt.NDArray[np.float32]
    biases: npt.NDArray[np.float32]

    @classmethod
    def of(cls, names: Sequence[object], weights: npt.ArrayLike, biases: npt.ArrayLike) -> LinearReading:
        """From a scikit-learn estimator's classes, coef_ (names, features) and intercept_."""
        columns = np.ascontiguousarray(np.asarray(weights, dtype=np.float32).T)
        return cls([str(n) for n in names], columns, np.asarray(biases, dtype=np.float32).reshape(-1))

    def distances(self, row: csr_matrix) -> npt.NDArray[np.float32]:
        """How far a message's row (1, features) lies on each name's side."""
        # A row of double precision would have the whole matrix copied to double for each message.
        single = row.astype(np.float32)
        found: npt.NDArray[np.float32] = np.asarray(single @ self.weights).reshape(-1) + self.biases
        return found
