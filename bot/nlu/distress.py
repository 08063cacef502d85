"""Words of somebody who is in danger, or may harm themselves: no topic is looked for in them.

A list of words finds only some of it. It is there so that nobody who says it plainly is answered
with a menu.
"""

from __future__ import annotations

from bot import patterns

_HARM = patterns.compile(
    r"\b(?:kill(?:ing)? my ?self|kms|unalive|suicid\w*|end(?:ing)? my (?:own )?life|"
    r"end(?:ing)? it all|(?:harm|hurt|cut)(?:ing)? my ?self|(?:want|ready) to die|"
    r"(?:i'?m|i am) going to die|"
    r"(?:do not|don'?t|dont) want to (?:live|be alive|be here) ?(?:any ?more)?\s*$|"
    r"(?:can'?t|cannot|can not) go on(?: any ?more| like this)?\s*[.!]*$|"
    r"no (?:reason|point)(?: (?:to|in))? liv(?:e|ing)|better off dead|"
    r"(?:feel|am|i'?m|im) (?:so |completely |totally )?hopeless|"
    r"(?:am|i'?m|im|being) (?:in danger|stalked|beaten|threatened|blackmailed)|"
    r"(?:will|going to|wants to|gonna) (?:kill|hurt|beat) me)\b",
    ignore_case=True,
)


def in_distress(text: str) -> bool:
    """Whether a text says so plainly."""
    return bool(_HARM.search(text.replace("’", "'").strip()))
