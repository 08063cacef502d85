"""The model without a conversation: what one text is taken for, and what would be answered."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.evaluation import Case, Outcome
from bot.nlu.encoders import encoder
from bot.nlu.topics import topic_of
from bot.runtime.wording import Wording
from bot.settings import Settings


class Understanding:
    """The trained classifier and the answers that belong to its topics.

    Args:
        model: path of the trained model.

    Raises:
        WeightsError: the encoders cannot be loaded.
    """

    def __init__(self, model: Path, settings: Settings) -> None:
        # First, because Rasa keeps to itself what is wrong with a part of the model.
        encoder()
        self._agent = Agent.load(str(model), generator=Wording(settings=settings))

    async def parse(self, text: str, before: str | None = None) -> dict[str, Any]:
        """What a text is taken for (`bot.nlu.topics.decided`), alone or after another message."""
        processor = self._agent.processor
        assert processor is not None, "a loaded agent has one"
        tracker = None
        if before is not None:
            parsed = await self.parse(before)
            said = UserUttered(before, parsed["intent"], parse_data=parsed)
            tracker = DialogueStateTracker.from_events("ask", [said])
        return dict(await processor.parse_message(UserMessage(text), tracker))

    def outcome(self, case: Case) -> Outcome:
        """What is answered and offered for a case of an evaluation."""
        parsed = asyncio.run(self.parse(case.text, case.before))
        return Outcome(str(topic_of(parsed)), (*parsed["also"], *parsed["offered"]))

    async def answer(self, text: str) -> dict[str, Any]:
        """`{"topic", "confidence", "answer"}`; for something to do, its first words."""
        parsed = await self.parse(text)
        topic = str(topic_of(parsed))
        response = _FIRST_WORDS.get(topic, f"utter_{topic}")
        assert self._agent.domain is not None
        tracker = DialogueStateTracker("ask", self._agent.domain.slots)
        said = await self._agent.nlg.generate(response, tracker, "ask")
        return {
            "topic": topic,
            "confidence": float(parsed["intent"]["confidence"]),
            "answer": (said or {}).get("text", ""),
        }


_FIRST_WORDS = {
    "file_objection": "say_file_begin",
    "check_status": "say_ask_reference",
    "out_of_scope": "say_out_of_scope",
}
