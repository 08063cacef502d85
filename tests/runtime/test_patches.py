"""What is replaced of Rasa's does what it is for, and Rasa is still as this takes for granted."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import rasa.utils
from rasa.engine.storage.local_model_storage import LocalModelStorage

from bot.runtime.patches import TRAINING_ONLY
from bot.settings import ROOT

UTILS = Path(rasa.utils.__file__).parent


def python(code: str) -> str:
    """What a Python process prints that runs this code here."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


HOLDS = "import sys; print(sorted({'tensorflow', 'keras', 'jax'} & set(sys.modules)))"


def test_the_application_is_imported_without_tensorflow() -> None:
    code = "from bot.runtime.patches import without_tensorflow; without_tensorflow(); "
    assert python(f"{code}import bot.app; {HOLDS}").strip() == "[]"


def test_rasa_itself_imports_it_to_serve() -> None:
    """Why there is a patch; when this fails, it is not needed any more."""
    assert "tensorflow" in python(f"import rasa.core.agent; {HOLDS}")


@pytest.mark.slow
def test_the_real_model_is_loaded_and_understands_without_tensorflow(model: Path) -> None:
    code = f"""
from pathlib import Path
from bot.runtime.patches import without_tensorflow
without_tensorflow()
import asyncio
from bot.runtime.understanding import Understanding
from bot.settings import Settings
understanding = Understanding(Path({str(model)!r}), Settings.load({{}}))
print(asyncio.run(understanding.parse("when does it start"))["topic"])
{HOLDS}
"""
    assert python(code).split("\n")[-3:-1] == ["faq/effective_date", "[]"]


USED_BY_UTILS = {
    module: classes
    for module, classes in TRAINING_ONLY.items()
    if module.startswith("rasa.utils.tensorflow.")
}


def test_rasa_takes_from_two_of_the_modules_what_the_stand_ins_have() -> None:
    tree = ast.parse((UTILS / "train_utils.py").read_text("utf-8"))
    taken = {
        node.module: tuple(alias.name for alias in node.names)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module in TRAINING_ONLY
    }
    assert len(taken) == 2
    assert taken == USED_BY_UTILS


@pytest.mark.slow
def test_the_third_is_a_part_of_training_and_not_of_the_model(
    model: Path, tmp_path: Path
) -> None:
    (module,) = TRAINING_ONLY.keys() - USED_BY_UTILS.keys()
    _, metadata = LocalModelStorage.from_model_archive(tmp_path, model)
    used = [
        {node.uses.__module__ for node in schema.nodes.values()}
        for schema in (metadata.train_schema, metadata.predict_schema)
    ]
    assert [module in modules for modules in used] == [True, False]


def test_what_is_replaced_is_used_in_training_only() -> None:
    """In `train_utils`, only by functions that make generators and callbacks for training."""
    tree = ast.parse((UTILS / "train_utils.py").read_text("utf-8"))
    names = {name for classes in USED_BY_UTILS.values() for name in classes}
    users = {
        function.name
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
        and names & {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    }
    assert users == {"create_data_generators", "create_common_callbacks"}


def test_a_stand_in_says_what_is_wrong_when_it_is_used() -> None:
    code = """
from bot.runtime.patches import without_tensorflow
without_tensorflow()
from rasa.utils.train_utils import RasaTrainingLogger
try:
    RasaTrainingLogger(1, silent=True)
except RuntimeError as error:
    print(error)
"""
    assert python(code).strip() == "This process serves; train in another one."


def test_where_rasa_is_imported_already_nothing_is_replaced() -> None:
    code = """
import rasa.utils.train_utils as before
from bot.runtime.patches import without_tensorflow
without_tensorflow()
from rasa.utils.tensorflow.callback import RasaTrainingLogger
print(RasaTrainingLogger is before.RasaTrainingLogger)
"""
    assert python(code).strip() == "True"


CHECKED = """
import jsonschema
from jsonschema import Draft202012Validator
from rasa.core.actions.action import RemoteAction
from bot.runtime.patches import with_schema_checked_once

times = []
real = Draft202012Validator.check_schema
Draft202012Validator.check_schema = lambda *given, **named: times.append(1) or real(*given, **named)


def checked(result):
    try:
        return RemoteAction("action_one", None)._validate_action_result(result)
    except jsonschema.ValidationError:
        return False


def three():
    times.clear()
    wrong = {"events": [{"event": "slot", "name": 1}]}
    right = {"events": [{"event": "slot", "name": "a", "value": None}], "responses": []}
    return checked(right), checked(wrong), checked({"responses": [1]}), len(times)


print(three())
with_schema_checked_once()
print(three())
"""


def test_what_an_action_answers_is_checked_as_before_and_the_schema_itself_only_once() -> None:
    """The first line is why there is a patch: Rasa checks the schema for each answer."""
    assert python(CHECKED).splitlines() == ["(True, False, False, 3)", "(True, False, False, 0)"]


REMEMBERED = """
import rasa.shared.utils.common as common
from rasa.shared.core.events import Event, SlotSet, deserialise_events
from bot.runtime.patches import with_kinds_of_events_remembered

searched = []
real = common.all_subclasses
common.all_subclasses = lambda cls: (cls is Event and searched.append(cls)) or real(cls)


def three():
    searched.clear()
    read = deserialise_events([{"event": "slot", "name": name, "value": 1} for name in "abc"])
    return read == [SlotSet(name, 1) for name in "abc"], len(searched)


print(three())
with_kinds_of_events_remembered()
with_kinds_of_events_remembered()
print(three())
print(three())
"""


def test_the_kinds_of_events_are_looked_for_once() -> None:
    """The first line is why there is a patch: Rasa goes through all classes for each event."""
    assert python(REMEMBERED).splitlines() == ["(True, 3)", "(True, 1)", "(True, 0)"]
