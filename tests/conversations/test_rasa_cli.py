"""The stock commands of Rasa, which know nothing of our own wiring, find nothing to complain of."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import ROOT

pytestmark = pytest.mark.slow

STORIES = Path(__file__).parent / "test_stories.yml"
# Rasa 3.6.21 gives this one for every domain with slots, whatever it looks like, to tell people who
# come from Rasa 2 what has changed. It mutes the warning itself, but only from a certain log level
# on (`rasa/utils/common.py`), so whether it is printed says nothing about our domain.
ALWAYS = "Slot auto-fill has been removed"


def rasa(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, "-m", "rasa", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_data_is_valid_and_rasa_warns_of_nothing() -> None:
    done = rasa("data", "validate", "--data", "data/nlu")
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed[-2000:]
    assert "No story structure conflicts found" in printed
    warnings = re.findall(r"UserWarning: (.*(?:\n(?!\S*/).+){0,2})", printed)
    assert [warning for warning in warnings if ALWAYS not in warning] == []


def test_the_rules_do_what_the_stories_say(model: Path, tmp_path: Path) -> None:
    done = rasa(
        "test", "core", "--stories", str(STORIES), "--model", str(model), "--out", str(tmp_path),
        "--fail-on-prediction-errors", "--no-plot",
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    report = json.loads((tmp_path / "story_report.json").read_text("utf-8"))
    counts = report["conversation_accuracy"]
    assert (counts["correct"], counts["total"]) == (6, 6)
