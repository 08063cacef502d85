"""Texts whose shape says what is meant."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.alone import topic_of_shape
from bot.nlu.encoders import encoder
from bot.nlu.featurizer import SentenceFeaturizer
from bot.nlu.spelling import Speller


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("OBJ-4FTQ-017Y-KW1E-0AAA", "check_status"),
        (" obj-4ftq-017y-kw1e-0aaa-7. ", "check_status"),
        ("ana@example.org", "file_objection"),
        ("stop@mail.example.com", "file_objection"),
        (" Ana.Silva+ai@example.co.uk. ", "file_objection"),
        ("my mail is ana@example.org", None),
        ("withdraw OBJ-4FTQ-017Y-KW1E-0AAA", None),
        ("@ana.silva", None),
        ("ana@example", None),
        ("a@b@c.de", None),
        ("", None),
        ("x@" + "a." * 200000 + "!", None),
    ],
)
def test_a_number_or_an_address_alone_is_known_by_its_shape(text: str, topic: str | None) -> None:
    assert topic_of_shape(text) == topic


def test_what_its_shape_says_is_not_encoded() -> None:
    featurizer = SentenceFeaturizer({"alias": "sentence"}, encoder(), None, None, Speller({}, ()))  # type: ignore[arg-type]
    address, question = Message({TEXT: "ana@example.org"}), Message({TEXT: "is it legal"})
    featurizer.process([address, question])
    assert address.features == [] and len(question.features) == 1
