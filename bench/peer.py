"""The stock Rasa project that `bench.serving` measures beside this one.

Made from the same examples, as somebody would who follows Rasa's own documentation: the pipeline
and policies that `rasa init` gives, the REST channel, an action server, the SQLite tracker store, a
form with the same seven fields, and an action that writes what was filed into a SQLite table.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from bench import stock

FIELDS = (
    "full_name", "email", "country", "account", "linked_accounts", "unlinked_accounts", "reason",
    "confirmed",
)

_ACTIONS = '''
from email_validator import EmailNotValidError, validate_email
from rasa_sdk import Action, FormValidationAction
from rasa_sdk.events import SlotSet
from sqlalchemy import (
    Column, DateTime, Integer, MetaData, String, Table, create_engine, func, insert
)

engine = create_engine("sqlite:///filed.db", future=True)
metadata = MetaData()
filed = Table(
    "filed", metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime, server_default=func.now()),
    *(Column(name, String) for name in FIELDS),
)
metadata.create_all(engine)


class ValidateObjectionForm(FormValidationAction):
    def name(self):
        return "validate_objection_form"

    def validate_email(self, value, dispatcher, tracker, domain):
        try:
            found = validate_email(value, check_deliverability=False)
            return {"email": found.normalized}
        except EmailNotValidError:
            dispatcher.utter_message(text="That is not an e-mail address.")
            return {"email": None}


class FileObjection(Action):
    def name(self):
        return "action_file_objection"

    def run(self, dispatcher, tracker, domain):
        with engine.begin() as connection:
            values = {name: str(tracker.get_slot(name)) for name in FIELDS}
            connection.execute(insert(filed).values(**values))
        dispatcher.utter_message(text="Your objection is recorded.")
        return [SlotSet(name, None) for name in FIELDS]
'''


def project() -> Path:
    """The folder of the project, with its model trained when there is none for the examples."""
    files = _files()
    digest = hashlib.sha256("".join(files.values()).encode()).hexdigest()
    folder = stock.CACHE / f"project-{digest[:12]}"
    model = folder / "models" / "stock.tar.gz"
    if not model.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(content, "utf-8")
        with (folder / "train.log").open("wb") as log:
            subprocess.run(
                [
                    sys.executable, "-m", "rasa", "train", "--data", "nlu.yml", "rules.yml",
                    "--fixed-model-name", "stock",
                ],
                cwd=folder, check=True, stdout=log, stderr=log,
            )
    return folder


def _files() -> dict[str, str]:
    nlu = stock.examples()
    intents = sorted(nlu)
    answered = [one for one in intents if one != "file_objection"]
    rules: list[dict[str, Any]] = [
        {"rule": f"answer {one}", "steps": [{"intent": one}, {"action": f"utter_{one}"}]}
        for one in answered
    ]
    form = {"action": "objection_form"}
    rules += [
        {
            "rule": "begin",
            "steps": [{"intent": "file_objection"}, form, {"active_loop": "objection_form"}],
        },
        {
            "rule": "file",
            "condition": [{"active_loop": "objection_form"}],
            "steps": [
                form,
                {"active_loop": None},
                {"slot_was_set": [{"requested_slot": None}]},
                {"action": "action_file_objection"},
            ],
        },
    ]
    stories = [
        {"story": f"talk {n}", "steps": [
            step
            for one in answered[n * 3 : n * 3 + 3]
            for step in ({"intent": one}, {"action": f"utter_{one}"})
        ]}
        for n in range(len(answered) // 3)
    ]
    domain = {
        "version": "3.1",
        "intents": intents,
        "slots": {name: _slot(name) for name in FIELDS},
        "forms": {"objection_form": {"required_slots": list(FIELDS)}},
        "responses": {
            **{f"utter_{one}": [{"text": _answer(one)}] for one in answered},
            **{f"utter_ask_{name}": [{"text": f"What is your {name}?"}] for name in FIELDS},
        },
        "actions": ["validate_objection_form", "action_file_objection"],
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }
    listed = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in sorted(nlu.items())
    ]
    return {
        "config.yml": yaml.safe_dump(
            # No policies: Rasa fills in its defaults, as `rasa init` leaves it to.
            {"recipe": "default.v1", "language": "en", "pipeline": stock.PIPELINES["default"]}
        ),
        "domain.yml": yaml.safe_dump(domain, width=10_000),
        "nlu.yml": yaml.safe_dump({"version": "3.1", "nlu": listed}, width=10_000),
        "rules.yml": yaml.safe_dump({"version": "3.1", "rules": rules, "stories": stories}),
        "credentials.yml": "rest:\n",
        "actions.py": f"FIELDS = {FIELDS!r}\n{_ACTIONS}",
    }


def _slot(name: str) -> dict[str, Any]:
    asked = {"active_loop": "objection_form", "requested_slot": name}
    return {
        "type": "text",
        "influence_conversation": False,
        "mappings": [{"type": "from_text", "conditions": [asked]}],
    }


def _answer(intent: str) -> str:
    """An answer of the usual length."""
    return f"About {intent.replace('_', ' ')}: " + "the notice says something about that. " * 8


def endpoints(actions_port: int) -> str:
    """The endpoints file for an action server at this port."""
    return yaml.safe_dump(
        {
            "action_endpoint": {"url": f"http://127.0.0.1:{actions_port}/webhook"},
            "tracker_store": {"type": "SQL", "dialect": "sqlite", "db": "tracker.db"},
        }
    )
