"""Stand-ins for packages that serving does not use.

Rasa imports TensorFlow, scipy and the kits of every messenger that it can speak to when it is
loaded, and names their classes in signatures and as bases. Serving uses none of them. Importing one
gives an empty module whose every attribute is the class `Absent`. To use one is an error.

A process that serves has them in any install: without TensorFlow alone it takes some 300 MB less
memory and starts in about half the time, and without the rest some 50 MB less. In a serving install
(`scripts/serving`), where most of the packages are not there, every process has them for those.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

# What Rasa imports by these names when it is loaded, and neither training nor serving uses.
UNUSED = frozenset(
    "aiogram boto3 fbmessenger keras pymongo slack_sdk tensorflow twilio webexteamssdk".split()
)
# The same of what is for training and for questions in a terminal.
UNUSED_IN_SERVING = frozenset("joblib prompt_toolkit questionary scipy sklearn".split())
NAMES = UNUSED | UNUSED_IN_SERVING


class _AnyName(type):
    """A class whose attributes are the class itself: `tensorflow.keras.layers.Layer`."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class Absent(metaclass=_AnyName):
    """Anything in such a package. It may be named, and be a base.

    Raises:
        ImportError: an instance was made of it.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        raise ImportError(f"{type(self).__name__}: left out for serving, see bot/runtime/absent.py")

    def __class_getitem__(cls, _: Any) -> type:
        return cls


class _Module(ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in NAMES:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


def install(*, instead: bool = False) -> None:
    """Let the packages in `NAMES` be imported where they are not installed. Twice is once.

    Args:
        instead: also where they are installed; what was imported before stays.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
    if instead:
        # Asked before those that would find the package.
        sys.meta_path.sort(key=lambda finder: not isinstance(finder, _Finder))
