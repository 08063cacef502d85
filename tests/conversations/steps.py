"""The steps of the form, and what Ana answers at each.

Her accounts are none that the bot itself names as an example.
"""

from __future__ import annotations

import re

from tests.conversations.conftest import Person

ANSWERS = {
    "full_name": "Ana Silva",
    "email": "ana@example.org",
    "country": "Ireland",
    "account": "instagram ana.lund",
    "linked_accounts": "facebook lund.ana",
    "unlinked_accounts": "instagram lund_art",
    "reason": "My pictures are my living.",
}
# Words that only Ana's answers hold; the country is one of the notice's own words.
PERSONAL = ("Ana Silva", "ana@example.org", "ana.lund", "lund.ana", "lund_art", "my living")
TOLD_ONCE = ("full_name", "email", "country")
STEPS = (*ANSWERS, "objection_confirmed")
REFERENCE = re.compile(r"OBJ(?:-[0-9A-Z]{4}){4}-[0-9A-Z*~$=]")


def objects(person: Person, up_to: str = "objection_confirmed", **answers: str) -> str:
    """Begin a filing and answer until `up_to` is asked for; returns the bot's last words.

    In a second filing what was told in the first is not asked for again.
    """
    said = person.says("I want to object")
    for step, answer in {**ANSWERS, **answers}.items():
        if step == up_to:
            break
        if step in TOLD_ONCE and person.asked == "account":
            continue
        if step == "reason" and person.asked == "objection_confirmed":
            continue
        assert person.asked == step
        said = person.says(answer)
    assert person.asked == up_to
    return said


def files(person: Person, **answers: str) -> list[str]:
    """File an objection; returns its numbers."""
    objects(person, **answers)
    references = REFERENCE.findall(person.says("yes"))
    assert references
    return references
