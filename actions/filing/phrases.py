"""What people say in a filing, as patterns: yes, none, unsure, wait, change my e-mail.

They hold whatever the classifier makes of such short replies.
"""

from __future__ import annotations

from bot import patterns
from bot.objections.accounts import PLATFORM_WORDS

# How the post begins that has gone round since 2024.
CHAIN_POST = patterns.compile(r"\bgood ?bye?,? meta ai\b", ignore_case=True)
DECLARES = patterns.compile(
    r"\b(?:permission|hereby|i forbid|not authori[sz]e|(?:do|does) not consent|my property|"
    r"declare|give notice|repost|copy and paste)\b",
    ignore_case=True,
)
QUESTION = patterns.compile(
    r"\?\s*$|^\W*(?:(?:but|and|so|wait|ok|hey|sorry)\W+)?(?:what|why|how|when|where|who|which|"
    r"do|does|did|is|are|can|could|will|would|should|may)\b",
    ignore_case=True,
)
# A yes and nothing else: "ok i see", "yes who gets this" and "yes tomorrow" are none.
_AGREES = (
    r"y|ye+s+|yep|yeah|yup|ya|ok|okay|k|sure|correct|right|perfect|confirm(?:ed)?|fine|alright|"
    r"agreed|good|go ahead|go for it|i (?:do )?(?:confirm|agree)|i'?m sure|i am sure"
)
_THE_OBJECTION = r"the objections?|my objections?"
_AGREED = patterns.compile(
    rf"\b(?:{_AGREES}|(?:file|send|submit|do) (?:it|this|that|{_THE_OBJECTION}))\b",
    ignore_case=True,
)
_GO = patterns.compile(r"go[\s.!]*", ignore_case=True)
_YES = patterns.compile(
    rf"(?:(?:{_AGREES}|(?:send|submit) (?:it|this|that|{_THE_OBJECTION})|"
    rf"(?:file|do) (?:{_THE_OBJECTION})|all|file|just|please|pls|now|it|this|that|that'?s|it'?s|is|"
    r"looks|everything|absolutely|definitely|of course|thanks?|thank you|then|great|do|plz|pleas|"
    r"thx|ty)\b[\s.!,]*)+",
    ignore_case=True,
)
# With the slips that are made in a hurry: as a reason they would be kept.
NONE = patterns.compile(
    r"(?:no|nope|none|noen|n|nah|ski?pp?|skpi|sikp|skip (?:it|this|that)|nothing|nohting|nothign|"
    r"nothng|not really|no (?:others?|thanks?|"
    r"more|reason|thank you|other accounts?|need)|no i don'?t|i don'?t|pass|"
    r"(?:i'?d |i |i would )?(?:rather|prefer) not(?: to)?(?: say)?(?: (?:it|that))?|"
    r"(?:i )?(?:don'?t|do not) want to say|without(?: one| a reason)?|"
    r"(?:no[ ,]+)?(?:i )?(?:don'?t|do not) have (?:one|any|a reason|others?)|"
    r"n/?a|-+|only (?:that|this|the) one|just (?:that|this|the) one|that'?s (?:all|it))[\s.!,]*",
    ignore_case=True,
)
# Ends the filing at once. Anything longer is first asked about, because it throws answers away.
_STOPS = r"cancel|stop|abort|quit|exit|end|drop|forget|leave|discard|never ?mind"
_STOPPED = patterns.compile(rf"\b(?:{_STOPS})\b", ignore_case=True)
_PLAIN_STOP = patterns.compile(
    rf"(?:(?:{_STOPS}|it|this|that|all|everything|"
    r"please|pls|now|just|ok|okay|no|wait|the|my|objection|form|filing|here|i|want|to|would|like)"
    r"\b[\s.!,]*)+",
    ignore_case=True,
)
_RESTARTS = r"start|begin|restart|reset|beginning|scratch|anew"
_RESTARTED = patterns.compile(rf"\b(?:{_RESTARTS})\b", ignore_case=True)
_PLAIN_RESTART = patterns.compile(
    rf"(?:(?:{_RESTARTS}|over|again|new|from|the|everything|all|"
    r"it|this|please|pls|now|just|ok|okay|no|wait|let'?s|can we|i want to|i would like to)"
    r"\b[\s.!,?]*)+",
    ignore_case=True,
)
GOES_BACK = patterns.compile(
    r"(?:(?:please|can i|let me)\s+)?(?:(?:go|take me)\s+)?back(?:wards?|\s+(?:one|a)\s+step|"
    r"\s+to the (?:last|previous) (?:question|step))?(?:\s+please)?[\s.!]*|"
    r"(?:the )?(?:previous|last) (?:question|step)(?: please)?[\s.!]*",
    ignore_case=True,
)
# To a question for further accounts: there are none, go on.
GOES_ON = patterns.compile(
    r"(?:(?:just|please|ok|okay|now|let'?s)\b\s*)*"
    r"(?:(?:file|send|submit) (?:it|this)|move on|go on|next|continue|proceed|done)[\s.!,]*",
    ignore_case=True,
)
# In the place of a reason: a wish not to go on, or a doubt about it.
WANTS_OUT = patterns.compile(
    r"\b(?:changed my mind|(?:do not|don'?t|dont) (?:do|file|send|submit) (?:it|this|that)|"
    r"(?:do not|don'?t|dont) want to (?:any ?more|go on|continue|do (?:it|this)))\b",
    ignore_case=True,
)
NOT_LINKED = patterns.compile(
    r"\b(?:not|isn'?t|aren'?t|un-?) ?(?:linked|connected|joined)\b", ignore_case=True
)
UNSURE = patterns.compile(
    r"\b(?:not (?:sure|certain)|un ?sure|no idea|(?:do not|don'?t|dont|dunno) ?(?:really )?"
    r"(?:know)?(?<=know)|dunno|idk|maybe|how (?:do|can|would) i (?:know|tell))\b",
    ignore_case=True,
)
# Neither a yes nor a no, and no wish to stop either.
HESITATES = patterns.compile(
    r"(?:(?:well|hm+|um+|er+|maybe|perhaps|possibly|i|guess|am|i'?m|not|quite|really|so|very|sure|"
    r"certain|yet|think|let|me|need to|about|it)\b[\s.,!…]*)+",
    ignore_case=True,
)
PLATFORM = patterns.compile(rf"\b(?:{'|'.join(PLATFORM_WORDS)})\b", ignore_case=True)
RHETORICAL = patterns.compile(
    r"\W*(?:so |and |but )?(?:why (?:should|would) (?!i\b)|how (?:dare|can (?:you|they|meta))\b|"
    r"who (?:gave|allowed|asked|said|do you)\b|what gives|is (?:nothing|that fair)|isn'?t)",
    ignore_case=True,
)
PAUSE = patterns.compile(
    r"(?:(?:wait|hold on|hang on|one|just|a|sec(?:ond)?|moment|minute|please|pause)\b[\s.,!]*)+",
    ignore_case=True,
)
BECAUSE = patterns.compile(
    r"\W*(?:i (?:object|disagree|don'?t want (?:it|this))\W+)?"
    r"(?:because|cuz|since|(?:my|the) reason is)\b",
    ignore_case=True,
)
ALL_OF_IT = patterns.compile(r"\b(?:it|that|all|everything)\b", ignore_case=True)
AFTER_SENTENCE = patterns.compile(r"(?<=[.!?])\s+")
CORRECTS = patterns.compile(
    r"\b(?:no,? wait|wait|actually|correction|correct(?:ed)?|i meant?|sorry|wrong|change|instead|"
    r"should be|mistake|typo|oops)\b",
    ignore_case=True,
)
BEGINS_CORRECTION = patterns.compile(
    r"\W*(?:no,? wait|wait|actually|correction|oops|sorry|i meant?|"
    r"my (?:full )?(?:name|e-?mail|mail|country|account)(?: address)? (?:is|should be))\b",
    ignore_case=True,
)
TAKES_OFF = patterns.compile(
    r"\b(?:remove|delete|drop|without|take (?:off|out)|leave out)\b", ignore_case=True
)
REPLACES = patterns.compile(
    r"\b(?:i meant?|should be|wrong|instead of|correction|change|mistake|typo)\b", ignore_case=True
)
NAME_CUE = patterns.compile(
    r"\b(?:name is|i'?m|i am|it'?s|this is|call me|here)\b", ignore_case=True
)
# "change" with two letters turned round, or one left out.
SLIPS_OF_CHANGE = patterns.compile(
    r"\b(?:hcange|cahnge|chnage|chagne|chaneg|hange|cange|chnge|chage|chane|chang)\b",
    ignore_case=True,
)
WANTS_CHANGE = patterns.compile(
    r"\b(?:change|edit|fix|update|wrong|incorrect|mistake|typo|redo|replace|"
    # To remove an account is something else.
    r"remove(?! my (?:\w{1,60} )?account\b))\b|"
    # "My name is correct" wants nothing changed.
    r"\bcorrect (?:my|the)\b|\b(?:not|isn'?t) (?:correct|right)\b",
    ignore_case=True,
)
ASKS_FOR_CHANGE = patterns.compile(
    r"\W*(?:(?:please|wait|no|actually|sorry|oops|can i|could you|let me|i (?:want|need|would like|"
    r"have) to)\W+)*(?:change|edit|fix|update|correct|redo|replace|remove|"
    r"(?:i made a |there is a )?(?:mistake|typo) (?:in|with)) (?:my|the) (?:\S+ ?){1,3}\W*$|"
    r"\W*(?:my|the) (?:\S+ ){1,2}is (?:wrong|incorrect|not right|not correct)\W*$",
    ignore_case=True,
)
CHANGE_SOMETHING = patterns.compile(
    r"(?:i (?:want|would like|need) to )?(?:change|edit|correct|fix)(?: something| it| that| this)?"
    r"(?: please)?[\s.!]*|something(?:'s| is) wrong[\s.!]*|(?:that|this|it)(?:'s| is) wrong[\s.!]*",
    ignore_case=True,
)
BESIDE_A_FIELD = patterns.compile(
    r"\b(?:my|the|full|address|accounts?|facebook|instagram|please|one)\b|\W+", ignore_case=True
)
FIELD_WORDS = {
    "unlinked_accounts": patterns.compile(
        r"\b(?:un-?linked|not linked|separate|other) accounts?\b|\baccounts? not linked\b",
        ignore_case=True,
    ),
    "linked_accounts": patterns.compile(
        r"\blinked accounts?\b|\baccounts? cent(?:er|re)\b", ignore_case=True
    ),
    "email": patterns.compile(r"\be-?mail\b|\bmail address\b", ignore_case=True),
    "country": patterns.compile(r"\bcountry\b", ignore_case=True),
    "reason": patterns.compile(r"\breason\b", ignore_case=True),
    "account": patterns.compile(
        r"\b(?:account|handle|profile|user ?name|insta(?:gram)?|facebook|fb)\b", ignore_case=True
    ),
    "full_name": patterns.compile(r"\bname\b", ignore_case=True),
}


def is_yes(text: str) -> bool:
    """Whether it is a yes and nothing else."""
    return bool(_GO.fullmatch(text) or (_YES.fullmatch(text) and _AGREED.search(text)))


def is_plain_stop(text: str) -> bool:
    """Whether it says to stop, and nothing else."""
    return bool(_PLAIN_STOP.fullmatch(text) and _STOPPED.search(text))


def is_plain_restart(text: str) -> bool:
    """Whether it says to start over, and nothing else."""
    return bool(_PLAIN_RESTART.fullmatch(text) and _RESTARTED.search(text))
