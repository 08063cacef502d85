"""Nothing that a person said, and nothing about them, reaches the log."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import re
import sys
import time
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TextIO

import pytest
import structlog

from bot.log import SAFE_KEYS, configure, redact, where

SAID = "ana@example.org"
Stderr = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("logging_as_before")


@pytest.mark.parametrize("key", ["text", "user_text", "slots", "reason", "handle", "sender_id",
                                 "parse_data", "rasa_event", "anything"])
def test_a_value_is_logged_only_under_a_key_that_is_known_to_be_safe(
    capsys: Stderr, key: str
) -> None:
    configure("DEBUG")
    structlog.get_logger().debug("form.slots.validate", **{key: SAID})
    line = capsys.readouterr().err

    assert "form.slots.validate" in line
    assert SAID not in line
    assert f"{key}='[redacted]'" in line


def test_what_is_safe_is_logged(capsys: Stderr) -> None:
    configure("INFO")
    structlog.get_logger().info("action_failed", action="action_tell_status", count=3)
    line = capsys.readouterr().err

    assert "action='action_tell_status'" in line
    assert "count=3" in line
    assert "level='info'" in line


def test_nothing_that_a_person_can_type_has_a_safe_key() -> None:
    fields = {"text", "full_name", "name", "email", "country", "account", "handle", "reason",
              "linked_accounts", "unlinked_accounts", "message", "sender_id", "conversation",
              "token", "session", "summary", "button", "title", "payload", "secret", "key"}
    assert fields & SAFE_KEYS == set()


def test_nested_values_go_as_a_whole() -> None:
    event = {"event": "x", "slots": {"event": SAID}, "count": 1}
    assert redact(None, "", dict(event)) == {"event": "x", "slots": "[redacted]", "count": 1}


def _fail() -> None:
    raise ValueError(f"cannot read {SAID}")


@pytest.mark.parametrize("how", ["given", "current"])
def test_of_an_error_its_type_and_place_are_logged_and_not_its_text(
    capsys: Stderr, how: str
) -> None:
    configure("ERROR")
    try:
        _fail()
    except ValueError as error:
        structlog.get_logger().error(
            "turn_failed", exc_info=error if how == "given" else True
        )
    line = capsys.readouterr().err

    assert SAID not in line
    assert "error='ValueError'" in line
    assert "where='test_log.py:" in line
    assert len(line.splitlines()) == 1


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert where(ValueError("x")) == "?"


@pytest.mark.parametrize(
    "name",
    ["rasa.core.processor", "rasa_sdk.executor", "sanic.error", "asyncio", "sqlalchemy.engine"],
)
def test_a_librarys_line_keeps_where_it_came_from_and_loses_its_text(
    capsys: Stderr, name: str
) -> None:
    configure("DEBUG")
    logging.getLogger(name).error("Received user message '%s'", SAID)
    logging.getLogger(name).error(f"Received user message {SAID}", extra={"text": SAID})
    lines = capsys.readouterr().err.splitlines()

    assert len(lines) == 2
    for line in lines:
        assert SAID not in line
        assert f"error {name}:" in line


def test_the_times_of_all_lines_are_in_utc(
    capsys: Stderr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        configure("INFO")
        structlog.get_logger().info("action_failed")
        logging.getLogger("library").warning("a text")
    finally:
        monkeypatch.undo()
        time.tzset()
    times = re.findall(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*)(\S?)", capsys.readouterr().err)
    assert [zone for _, zone in times] == ["Z", "Z"]
    for said, _ in times:
        moment = datetime.fromisoformat(said.partition(".")[0]).replace(tzinfo=timezone.utc)
        assert abs(moment - datetime.now(timezone.utc)) < timedelta(hours=1)


def test_a_librarys_error_is_logged_without_its_traceback(capsys: Stderr) -> None:
    configure("WARNING")
    try:
        _fail()
    except ValueError:
        logging.getLogger("rasa.core.processor").exception("failed for %s", SAID)
    line = capsys.readouterr().err

    assert SAID not in line
    assert "error=ValueError" in line
    assert len(line.splitlines()) == 1


def test_a_librarys_chatter_is_not_logged_even_when_debugging(capsys: Stderr) -> None:
    configure("DEBUG")
    logging.getLogger("rasa.core.processor").debug("said %s", SAID)
    logging.getLogger("rasa.core.processor").info("said %s", SAID)
    assert capsys.readouterr().err == ""


@pytest.mark.filterwarnings("always")
def test_a_warning_that_quotes_a_person_is_not_printed(capsys: Stderr) -> None:
    configure("DEBUG")
    warnings.warn(f"cannot parse {SAID}", UserWarning, stacklevel=1)
    captured = capsys.readouterr()
    assert SAID not in captured.err + captured.out


@pytest.mark.parametrize(
    ("level", "logged"), [("DEBUG", 4), ("INFO", 3), ("WARNING", 2), ("ERROR", 1)]
)
def test_the_level_says_how_much_is_logged(capsys: Stderr, level: str, logged: int) -> None:
    configure(level)
    log = structlog.get_logger()
    log.debug("one")
    log.info("two")
    log.warning("three")
    log.error("four")
    assert len(capsys.readouterr().err.splitlines()) == logged


def test_logs_go_to_standard_error_and_leave_answers_alone(capsys: Stderr) -> None:
    configure("DEBUG")
    structlog.get_logger().error("one")
    logging.getLogger("rasa").error("two")
    assert capsys.readouterr().out == ""


def test_two_lines_of_text_cannot_pretend_to_be_two_log_lines(capsys: Stderr) -> None:
    configure("DEBUG")
    structlog.get_logger().error("one", code="x\n2024-01-01 error forged")
    assert len(capsys.readouterr().err.splitlines()) == 1


def _closed() -> TextIO:
    stream = io.StringIO()
    stream.close()
    return stream


def _without_reader() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


def _full_disk() -> TextIO:
    return open("/dev/full", "w", encoding="utf-8")


@pytest.mark.parametrize("stream_of", [_closed, _without_reader, _full_disk, lambda: None])
def test_a_log_that_cannot_be_written_fails_nobody(
    monkeypatch: pytest.MonkeyPatch, stream_of: Callable[[], TextIO | None]
) -> None:
    stream = stream_of()
    monkeypatch.setattr(sys, "stderr", stream)
    configure("DEBUG")
    for _ in range(2):
        structlog.get_logger().error("one")
        logging.getLogger("rasa").error("two")
    if stream is not None:
        with contextlib.suppress(OSError):
            stream.close()


def test_after_a_line_that_could_not_be_written_the_next_one_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Flaky()
    monkeypatch.setattr(sys, "stderr", stream)
    configure("ERROR")
    structlog.get_logger().error("one")
    stream.is_full = False
    structlog.get_logger().error("two")
    assert "event='two'" in stream.getvalue()


class Flaky(io.StringIO):
    """A stream on a disk that is full at first."""

    is_full = True

    def write(self, text: str) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)
