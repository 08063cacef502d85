"""Fixtures of the unit tests."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Leaves logging as it was for the other tests."""
    structured, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    shown, disabled = warnings.showwarning, logging.getLogger("py.warnings").disabled
    yield
    structlog.configure(**structured)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    warnings.showwarning = shown
    logging.getLogger("py.warnings").disabled = disabled
