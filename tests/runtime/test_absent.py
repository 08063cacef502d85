"""Serving works where TensorFlow and the messengers' kits are not installed."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from bot.runtime import absent
from bot.settings import ROOT
from tests.conftest import python

NOWHERE = "nowhere_to_be_found"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand-ins for a package that nobody has, and for one that everybody has."""
    # Without those that a command has asked for in this process, which are asked first.
    others = [finder for finder in sys.meta_path if not isinstance(finder, absent._Finder)]
    monkeypatch.setattr(sys, "meta_path", others)
    monkeypatch.setattr(absent, "NAMES", frozenset({NOWHERE, "json"}))
    absent.install()
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == NOWHERE]:
        del sys.modules[name]


def left_out() -> set[str]:
    """The packages that `scripts/serving` leaves out."""
    script = (ROOT / "scripts" / "serving").read_text("utf-8")
    listed = script.partition("without=(")[2].partition("\n)")[0]
    return set(re.sub(r"#.*", "", listed).split())


def modules_of(package: str) -> set[str]:
    """The top-level names that a package brings; none where it is not for this machine."""
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        return set()
    tops = {file.parts[0] for file in files if file.suffix == ".py" and ".." not in file.parts}
    return {top.removesuffix(".py") for top in tops} - {"google"}


def test_what_is_not_installed_can_be_imported_named_and_inherited(installed: None) -> None:
    module = importlib.import_module(f"{NOWHERE}.layers.deep")
    assert module.Anything is absent.Absent
    assert module.Anything.more.and_more is absent.Absent
    assert module.Generic[int] is module.Generic
    assert issubclass(type("Layer", (module.Layer,), {}), absent.Absent)


def test_what_is_not_installed_cannot_be_used(installed: None) -> None:
    module = importlib.import_module(NOWHERE)
    with pytest.raises(ImportError, match="left out for serving"):
        module.Client("token")
    with pytest.raises(AttributeError):
        module.__version__  # noqa: B018


def test_what_is_installed_is_replaced_only_when_that_is_asked_for(
    installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "json")
    assert importlib.import_module("json").loads("[1]") == [1]
    absent.install(instead=True)
    monkeypatch.delitem(sys.modules, "json")
    assert importlib.import_module("json").loads is absent.Absent


def test_other_names_are_still_missing(installed: None) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("nowhere_else")


def test_installing_twice_is_once(installed: None) -> None:
    before = len(sys.meta_path)
    absent.install()
    absent.install(instead=True)
    assert len(sys.meta_path) == before


def test_the_script_leaves_out_packages_of_the_lock_and_what_nothing_uses_is_among_them() -> None:
    locked = set(re.findall(r'^name = "(.+)"$', (ROOT / "uv.lock").read_text("utf-8"), re.M))
    assert left_out() <= locked
    assert {"tensorflow", "twilio"} <= left_out()
    names = {name for package in left_out() for name in modules_of(package)}
    assert names >= absent.UNUSED
    # It is made for training, too.
    assert not names & absent.UNUSED_IN_SERVING


@pytest.mark.slow
def test_a_question_is_answered_without_anything_that_is_left_out(model: Path) -> None:
    hidden = sorted({name for package in left_out() for name in modules_of(package)})
    code = f"""
import sys
from bot.runtime import absent

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(name)

absent.install()
# As if they were not installed: the stand-ins before everything, and no way to the rest.
sys.meta_path.insert(0, sys.meta_path.pop())
sys.meta_path.insert(1, Hidden())
sys.argv = ["objection-bot", "ask", "--json", "when does it start?"]
import bot.app
from bot.cli import app
app()
"""
    assert json.loads(python(code))["topic"] == "faq/effective_date"


INSTEAD = "from bot.runtime import absent; absent.install(instead=True); "
# What is there for true: a stand-in has no file.
HOLDS = """
import sys
names = ("tensorflow", "keras", "jax", "scipy", "sklearn")
print(sorted(name for name in names if getattr(sys.modules.get(name), "__file__", None)))
"""


def test_the_application_is_imported_without_tensorflow() -> None:
    assert python(f"{INSTEAD}import bot.app{HOLDS}").strip() == "[]"


def test_rasa_itself_imports_it_to_serve() -> None:
    """Why there are stand-ins; when this fails, they are not needed any more."""
    held = python(f"import rasa.core.agent{HOLDS}")
    assert all(name in held for name in ("tensorflow", "scipy", "sklearn"))


@pytest.mark.slow
def test_the_real_model_is_loaded_and_understands_without_tensorflow(model: Path) -> None:
    code = f"""
{INSTEAD}
from pathlib import Path
import asyncio
from bot.runtime.understanding import Understanding
from bot.settings import Settings
understanding = Understanding(Path({str(model)!r}), Settings.load({{}}))
print(asyncio.run(understanding.parse("when does it start"))["topic"])
{HOLDS}
"""
    assert python(code).split("\n")[-3:-1] == ["faq/effective_date", "[]"]


@pytest.mark.slow
def test_a_process_that_serves_takes_nothing_of_it_into_memory(model: Path) -> None:
    code = """
import sys
sys.argv = ["objection-bot", "ask", "--json", "when does it start?"]
from bot.cli import app
try:
    app()
finally:
    from bot.runtime import absent
    print([name for name in absent.NAMES if getattr(sys.modules.get(name), "__file__", None)])
"""
    assert python(code).splitlines()[-1] == "[]"
