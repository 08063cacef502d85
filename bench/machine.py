"""On what a figure was measured."""

from __future__ import annotations

import os
import platform
from pathlib import Path

__all__ = ["named"]


def named() -> str:
    """The machine in one line: "Intel Xeon, 2 cores, Linux, Python 3.10.14"."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{_processor()}, {cores} cores, {platform.system()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
