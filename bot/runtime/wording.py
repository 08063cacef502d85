"""What the bot says: fills the responses of the domain from settings and from the action's values.

Used as Rasa's natural language generator, here and by the stock commands (`endpoints.yml`). Answers
to questions are responses of the model, each with one text, because an answer of legal weight is
always the same answer. What the actions say is in `data/wording.yml`, where what may come again
soon has other words for it.
"""

from __future__ import annotations

import copy
from typing import Any

import yaml
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot import patterns
from bot.objections.notice import NOTICE
from bot.settings import ROOT, Settings

# With the blank after it, which goes too where the value is empty.
_PLACEHOLDER = patterns.compile(r"\{([a-z_]+)\}( ?)")

Responses = dict[str, list[dict[str, Any]]]


def sentences(settings: Settings) -> dict[str, str]:
    """The placeholders that settings fill: `{controller}`, `{who_runs}`, `{where_it_goes}`, …

    `{promise}` is filled by an action, and taken back here where the controller does not run the
    chat: whoever else does cannot promise an answer.
    """
    controller = settings.controller_name
    operator = settings.operator_name
    form, policy = settings.objection_form_url, settings.privacy_policy_url
    demo = settings.operator_role == "demo"
    if settings.operator_role == "helper":
        who = f"This chat is run by {operator or 'a help service'}. It is not run by {controller}."
        where = (
            f"What you file here is recorded, and sent to {controller} as a letter in your name. "
            f"It binds once {controller} has handled it."
            + (f" You can also use {controller}'s own form: {form}" if form else "")
        )
    elif demo:
        who = "This is a demo" + (f" run by {operator}" if operator else "") + (
            f". It is not run by {controller}."
        )
        where = f"What you file here is kept on this service only. Nothing is sent to {controller}."
    else:
        who = f"This chat is run by {operator or controller}."
        where = f"What you file here is your objection to {controller}."
    silent = {} if settings.operator_role == "controller" else {"promise": ""}
    if settings.operator_role != "helper":
        silent["letter"] = ""
    return {
        **silent,
        "controller": controller,
        "notice_title": NOTICE.title,
        "notice_version": NOTICE.version,
        "mail_note": (
            ""
            if settings.smtp_url
            else "No mail server has been set up here: the mail lies in the folder of whoever runs "
            "this service, under \"mail\"."
        ),
        "who_runs": who,
        "where_it_goes": where,
        "form_address": (
            f"{controller}'s own form is at {form}"
            if form
            else f"I do not have the web address of {controller}'s own form. You can look for it "
            "in the app's settings or in the Privacy Policy, or give the same details here."
        ),
        "policy_address": (
            f"You can read {controller}'s current Privacy Policy at {policy}"
            if policy
            else f"For more, see {controller}'s current Privacy Policy."
        ),
        "contact": _contact(settings),
    }


def _contact(settings: Settings) -> str:
    own, theirs = settings.operator_contact, settings.controller_contact
    controller = settings.controller_name
    if theirs and theirs != own:
        also = f", and whoever runs this chat at {own}" if own else ""
        return f"You can reach {controller} at {theirs}{also}"
    if own:
        return f"You can reach a person here: {own}"
    return "No contact address has been set up for this chat." + (
        f" Please use the help pages of {controller}." if settings.operator_role != "demo" else ""
    )


class Wording(TemplatedNaturalLanguageGenerator):
    """Fills responses in one pass; a value is never read as a template.

    Rasa's own interpolation takes a "0[" in the filled text for a failure of its own: a person who
    writes that gets the raw response back.
    """

    def __init__(
        self,
        endpoint_config: EndpointConfig | None = None,
        domain: Domain | None = None,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(domain.responses if domain else {})
        self._sentences = sentences(settings or Settings.load())
        self._said = load_said()

    async def generate(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        output_channel: str,
        **kwargs: Any,
    ) -> dict[str, Any] | None:
        """The response of that name, filled; None when there is none."""
        variants = self._said.get(utter_action) or self.responses.get(utter_action)
        if not variants:
            return None
        # Within the last turns: what is said again is said in other words, and then comes a way
        # out.
        said = sum(
            isinstance(event, BotUttered) and event.metadata.get("utter_action") == utter_action
            for event in tracker.events
        )
        if said > 1 and utter_action.startswith("utter_") and "/" in utter_action:
            variants = self._said["say_told_all"]
        response = copy.deepcopy(variants[min(said, len(variants) - 1)])
        if tracker.active_loop_name and utter_action.startswith("utter_"):
            # In the middle of a filing an answer offers no way out: the form's question follows.
            response.pop("buttons", None)
        filled: dict[str, Any] = fill(response, {**kwargs, **self._sentences})
        # What is left out at the end leaves no blank behind.
        filled["text"] = filled["text"].rstrip()
        return filled


def load_said() -> Responses:
    """What the actions say, by response name."""
    said: Responses = yaml.safe_load((ROOT / "data" / "wording.yml").read_text("utf-8"))["say"]
    return said


def fill(template: Any, values: dict[str, Any]) -> Any:
    """Replace `{name}` in every text of a response; an unknown name is a mistake in the data.

    Raises:
        KeyError: the response names a value that nobody gives.
    """
    if isinstance(template, str):
        return _PLACEHOLDER.sub(lambda found: _put(str(values[found[1]]), found[2]), template)
    if isinstance(template, list):
        return [fill(item, values) for item in template]
    if isinstance(template, dict):
        return {key: fill(item, values) for key, item in template.items()}
    return template


def _put(value: str, blank: str) -> str:
    return value + blank if value else ""
