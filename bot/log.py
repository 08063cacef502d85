"""Logging that cannot carry a person's words.

Configured before Rasa is imported: without configuration structlog prints every debug event of
Rasa, and those quote what people write. Two rules hold for everything that is logged:

- of a structured event only the keys in `SAFE_KEYS` keep their values;
- of a library's log line we keep where it came from and the type of the error, not its text,
  because Rasa puts whole conversations into such texts.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

SAFE_KEYS = frozenset(
    {"event", "level", "timestamp", "logger", "code", "action", "error", "where", "status",
     "method", "route", "count", "seconds", "address", "model", "database", "role",
     "kind", "folder"}
)


def configure(level: str = "WARNING") -> None:
    """Send logs to standard error, one line each, redacted; `level` as in `logging`."""
    number = getattr(logging, level)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _error_without_text,
            redact,
            structlog.processors.KeyValueRenderer(
                key_order=["timestamp", "level", "event"], sort_keys=True
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WhereNotWhat())
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
    # Warnings of libraries quote what they warn of, and Rasa sets its own filters for them.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").disabled = True


def redact(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every key that is not known to be free of personal data."""
    return {key: value if key in SAFE_KEYS else "[redacted]" for key, value in event.items()}


def where(error: BaseException) -> str:
    """Name the place an error was raised at, `file:line`, without the error's text."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "?"


def _error_without_text(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info
    if isinstance(error, BaseException):
        event["error"], event["where"] = type(error).__name__, where(error)
    return event


class _WhereNotWhat(logging.Formatter):
    """Formats a library's record as its place, level and error type."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record)} {record.levelname.lower()} {record.name}:{record.lineno}"
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line += f" error={type(error).__name__} where={where(error)}"
        return line
