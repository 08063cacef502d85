"""A linear machine over named features and, beside them, a vector: multinomial logistic regression.

Features are told apart by their hash. Training uses scikit-learn; what is kept are plain arrays.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["Linear"]

Array = npt.NDArray[np.float32]
HASHES = 2**15


@dataclass(frozen=True)
class Linear:
    """The learned machine: k labels, d numbers of a vector (0 where there is none).

    Attributes:
        labels: k names.
        features: (HASHES, k) a weight for each feature and label.
        vector: (d, k) the weights of the vector's numbers.
        bias: (k,).
    """

    labels: tuple[str, ...]
    features: Array
    vector: Array
    bias: Array

    @classmethod
    def fit(
        cls,
        rows: Sequence[Sequence[str]],
        labels: Sequence[str],
        vectors: Array | None = None,
        strength: float = 1.0,
    ) -> Linear:
        """Learn from n rows of features, their labels, and vectors (n, d)."""
        from scipy.sparse import csr_matrix, hstack
        from sklearn.linear_model import LogisticRegression

        places = [_places(row) for row in rows]
        starts = [0, *accumulate(len(row) for row in places)]
        values = np.concatenate([np.full(len(row), _each(len(row))) for row in places])
        counts = csr_matrix(
            (values, np.concatenate(places), starts), (len(rows), HASHES), dtype=np.float32
        )
        whole = counts if vectors is None else hstack([counts, csr_matrix(vectors)], format="csr")
        learner = LogisticRegression(C=strength, max_iter=120, tol=1e-3)
        learner.fit(whole, labels)
        weights = learner.coef_.T.astype(np.float32)
        names = tuple(str(name) for name in learner.classes_)
        bias = learner.intercept_.astype(np.float32)
        if len(names) == 2:  # one column says both
            weights, bias = np.hstack([-weights, weights]) / 2, np.array([-bias[0], bias[0]]) / 2
        return cls(names, weights[:HASHES].copy(), weights[HASHES:].copy(), bias)

    def probabilities(self, row: Sequence[str], vector: Array | None = None) -> Array:
        """(k,) the probability of each label, in their order."""
        places = _places(row)
        scores = self.bias + self.features[places].sum(axis=0) * _each(len(places))
        if vector is not None:
            scores = scores + vector @ self.vector
        exponentials = np.exp(scores - scores.max())
        result: Array = (exponentials / exponentials.sum()).astype(np.float32)
        return result

    def best(self, row: Sequence[str], vector: Array | None = None) -> tuple[str, float]:
        """The likeliest label and its probability."""
        probabilities = self.probabilities(row, vector)
        place = int(probabilities.argmax())
        return self.labels[place], float(probabilities[place])

    def save(self, path: Path) -> None:
        """Write as a compressed file of arrays."""
        np.savez_compressed(
            path,
            labels=np.array(self.labels),
            features=self.features,
            vector=self.vector,
            bias=self.bias,
        )

    @classmethod
    def load(cls, path: Path) -> Linear:
        """Read what `save` wrote. Raises OSError, ValueError or KeyError: not there, or not
        whole."""
        with np.load(path, allow_pickle=False) as kept:
            return cls(
                tuple(map(str, kept["labels"])), kept["features"], kept["vector"], kept["bias"]
            )


def _places(row: Sequence[str]) -> npt.NDArray[np.intp]:
    return np.array([zlib.crc32(name.encode()) % HASHES for name in row] or [0], dtype=np.intp)


def _each(count: int) -> float:
    # Long texts weigh as much as short ones.
    return float(1.0 / np.sqrt(max(count, 1)))
