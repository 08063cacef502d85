"""Logging that cannot carry a person's words.

Configured before Rasa is imported: without configuration structlog prints every debug event of
Rasa, and those quote what people write. Two rules hold for everything that is logged:

- of a structured event only the keys in `SAFE_KEYS` keep their values;
- of a library's log line we keep where it came from and the type of the error, not its text,
  because Rasa puts whole conversations into such texts.

And writing a line never fails: a full disk or a closed pipe must not cost somebody their turn.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

SAFE_KEYS = frozenset(
    {"event", "level", "timestamp", "logger", "code", "action", "error", "where", "status",
     "method", "route", "count", "seconds", "address", "model", "database", "role",
     "kind", "folder"}
)


def configure(level: str = "WARNING") -> None:
    """Send logs to standard error, one line each, redacted; `level` as in `logging`."""
    number = getattr(logging, level)
    stream = unfailing(sys.stderr)
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
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    # A handler that fails would otherwise print the record, and with it what a person wrote.
    logging.raiseExceptions = False
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_WhereNotWhat())
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
    # Warnings of libraries quote what they warn of, and Rasa sets its own filters for them.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").disabled = True


class Unfailing:
    """A text stream that drops what cannot be written: the disk is full, the reader has gone.

    Args:
        stream: None drops everything; Python gives None for a standard error that is closed.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        # Whether it is a terminal, in which encoding it is: as the stream itself has it.
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write if possible; the number of characters taken, which are always all."""
        # ValueError: the stream was closed. What was lost is lost; the next line is tried anew.
        with suppress(OSError, ValueError):
            if self._stream is not None:
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush if possible."""
        with suppress(OSError, ValueError):
            if self._stream is not None:
                self._stream.flush()


def unfailing(stream: TextIO | None) -> TextIO:
    """The same stream, writing to which never fails."""
    return cast(TextIO, Unfailing(stream))


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
    """Formats a library's record as its place, level and error type; times are in UTC."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record)} {record.levelname.lower()} {record.name}:{record.lineno}"
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line += f" error={type(error).__name__} where={where(error)}"
        return line
