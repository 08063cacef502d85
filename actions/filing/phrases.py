"""What people say in a filing, as patterns: yes, none, unsure, wait, change my e-mail.

They hold whatever the classifier makes of such short replies.
"""

from __future__ import annotations

import re

from bot.objections.accounts import PLATFORM_WORDS

# How the post begins that has gone round since 2024.
CHAIN_POST = re.compile(r"\bgood ?bye?,? meta ai\b", re.IGNORECASE)
DECLARES = re.compile(
    r"\b(?:permission|hereby|i forbid|not authori[sz]e|(?:do|does) not consent|my property|"
    r"declare|give notice|repost|copy and paste)\b",
    re.IGNORECASE,
)
QUESTION = re.compile(
    r"\?\s*$|^\W*(?:(?:but|and|so|wait|ok|hey|sorry)\W+)?(?:what|why|how|when|where|who|which|"
    r"do|does|did|is|are|can|could|will|would|should|may)\b",
    re.IGNORECASE,
)
# A yes and nothing else: "ok i see", "yes who gets this" and "yes tomorrow" are none.
# In a pattern that repeats, a text must fit in one way only, or a long one takes for ever: so
# "file" and "do" stand there as words, and not once more in front of "it".
_AGREES = (
    r"y|ye+s+|yep|yeah|yup|ya|ok|okay|k|sure|correct|right|perfect|confirm(?:ed)?|fine|alright|"
    r"agreed|good|go ahead|go for it|i (?:do )?(?:confirm|agree)|i'?m sure|i am sure"
)
_THE_OBJECTION = r"the objections?|my objections?"
YES = re.compile(
    rf"go[\s.!]*|(?=.*\b(?:{_AGREES}|"
    rf"(?:file|send|submit|do) (?:it|this|that|{_THE_OBJECTION}))\b)"
    rf"(?:(?:{_AGREES}|(?:send|submit) (?:it|this|that|{_THE_OBJECTION})|"
    rf"(?:file|do) (?:{_THE_OBJECTION})|all|file|just|please|pls|now|it|this|that|that'?s|it'?s|is|"
    r"looks|everything|absolutely|definitely|of course|thanks?|thank you|then|great|do|plz|pleas|"
    r"thx|ty)\b[\s.!,]*)+",
    re.IGNORECASE,
)
# With the slips that are made in a hurry: as a reason they would be kept.
NONE = re.compile(
    r"(?:no|nope|none|noen|n|nah|ski?pp?|skpi|sikp|skip (?:it|this|that)|nothing|nohting|nothign|"
    r"nothng|not really|no (?:others?|thanks?|"
    r"more|reason|thank you|other accounts?|need)|no i don'?t|i don'?t|pass|"
    r"(?:i'?d |i |i would )?(?:rather|prefer) not(?: to)?(?: say)?(?: (?:it|that))?|"
    r"(?:i )?(?:don'?t|do not) want to say|without(?: one| a reason)?|"
    r"(?:no[ ,]+)?(?:i )?(?:don'?t|do not) have (?:one|any|a reason|others?)|"
    r"n/?a|-+|only (?:that|this|the) one|just (?:that|this|the) one|that'?s (?:all|it))[\s.!,]*",
    re.IGNORECASE,
)
# Ends the filing at once. Anything longer is first asked about, because it throws answers away.
PLAIN_STOP = re.compile(
    r"(?=.*\b(?:cancel|stop|abort|quit|exit|end|drop|forget|leave|discard|never ?mind)\b)"
    r"(?:(?:cancel|stop|abort|quit|exit|end|drop|forget|leave|discard|it|this|that|all|everything|"
    r"please|pls|now|just|ok|okay|no|wait|the|my|objection|form|filing|here|i|want|to|would|like|"
    r"never ?mind)\b[\s.!,]*)+",
    re.IGNORECASE,
)
PLAIN_RESTART = re.compile(
    r"(?=.*\b(?:start|begin|restart|reset|beginning|scratch|anew)\b)"
    r"(?:(?:start|begin|restart|reset|over|again|anew|new|from|the|beginning|scratch|everything|all|"
    r"it|this|please|pls|now|just|ok|okay|no|wait|let'?s|can we|i want to|i would like to)"
    r"\b[\s.!,?]*)+",
    re.IGNORECASE,
)
GOES_BACK = re.compile(
    r"(?:(?:please|can i|let me)\s+)?(?:(?:go|take me)\s+)?back(?:wards?|\s+(?:one|a)\s+step|"
    r"\s+to the (?:last|previous) (?:question|step))?(?:\s+please)?[\s.!]*|"
    r"(?:the )?(?:previous|last) (?:question|step)(?: please)?[\s.!]*",
    re.IGNORECASE,
)
# To a question for further accounts: there are none, go on.
GOES_ON = re.compile(
    r"(?:(?:just|please|ok|okay|now|let'?s)\b\s*)*"
    r"(?:(?:file|send|submit) (?:it|this)|move on|go on|next|continue|proceed|done)[\s.!,]*",
    re.IGNORECASE,
)
# In the place of a reason: a wish not to go on, or a doubt about it.
WANTS_OUT = re.compile(
    r"\b(?:changed my mind|(?:do not|don'?t|dont) (?:do|file|send|submit) (?:it|this|that)|"
    r"(?:do not|don'?t|dont) want to (?:any ?more|go on|continue|do (?:it|this)))\b",
    re.IGNORECASE,
)
NOT_LINKED = re.compile(
    r"\b(?:not|isn'?t|aren'?t|un-?) ?(?:linked|connected|joined)\b", re.IGNORECASE
)
UNSURE = re.compile(
    r"\b(?:not (?:sure|certain)|un ?sure|no idea|(?:do not|don'?t|dont|dunno) ?(?:really )?"
    r"(?:know)?(?<=know)|dunno|idk|maybe|how (?:do|can|would) i (?:know|tell))\b",
    re.IGNORECASE,
)
# Neither a yes nor a no, and no wish to stop either.
HESITATES = re.compile(
    r"(?:(?:well|hm+|um+|er+|maybe|perhaps|possibly|i|guess|am|i'?m|not|quite|really|so|very|sure|"
    r"certain|yet|think|let|me|need to|about|it)\b[\s.,!…]*)+",
    re.IGNORECASE,
)
PLATFORM = re.compile(rf"\b(?:{'|'.join(PLATFORM_WORDS)})\b", re.IGNORECASE)
RHETORICAL = re.compile(
    r"\W*(?:so |and |but )?(?:why (?:should|would) (?!i\b)|how (?:dare|can (?:you|they|meta))\b|"
    r"who (?:gave|allowed|asked|said|do you)\b|what gives|is (?:nothing|that fair)|isn'?t)",
    re.IGNORECASE,
)
PAUSE = re.compile(
    r"(?:(?:wait|hold on|hang on|one|just|a|sec(?:ond)?|moment|minute|please|pause)\b[\s.,!]*)+",
    re.IGNORECASE,
)
BECAUSE = re.compile(
    r"\W*(?:i (?:object|disagree|don'?t want (?:it|this))\W+)?"
    r"(?:because|cuz|since|(?:my|the) reason is)\b",
    re.IGNORECASE,
)
CORRECTS = re.compile(
    r"\b(?:no,? wait|wait|actually|correction|correct(?:ed)?|i meant?|sorry|wrong|change|instead|"
    r"should be|mistake|typo|oops)\b",
    re.IGNORECASE,
)
BEGINS_CORRECTION = re.compile(
    r"\W*(?:no,? wait|wait|actually|correction|oops|sorry|i meant?|"
    r"my (?:full )?(?:name|e-?mail|mail|country|account)(?: address)? (?:is|should be))\b",
    re.IGNORECASE,
)
TAKES_OFF = re.compile(
    r"\b(?:remove|delete|drop|without|take (?:off|out)|leave out)\b", re.IGNORECASE
)
REPLACES = re.compile(
    r"\b(?:i meant?|should be|wrong|instead of|correction|change|mistake|typo)\b", re.IGNORECASE
)
NAME_CUE = re.compile(r"\b(?:name is|i'?m|i am|it'?s|this is|call me|here)\b", re.IGNORECASE)
# "change" with two letters turned round, or one left out.
SLIPS_OF_CHANGE = re.compile(
    r"\b(?:hcange|cahnge|chnage|chagne|chaneg|hange|cange|chnge|chage|chane|chang)\b", re.IGNORECASE
)
WANTS_CHANGE = re.compile(
    r"\b(?:change|edit|fix|update|wrong|incorrect|mistake|typo|redo|replace|"
    # To remove an account is something else.
    r"remove(?! my (?:\w+ )?account\b))\b|"
    # "My name is correct" wants nothing changed.
    r"\bcorrect (?:my|the)\b|\b(?:not|isn'?t) (?:correct|right)\b",
    re.IGNORECASE,
)
ASKS_FOR_CHANGE = re.compile(
    r"\W*(?:(?:please|wait|no|actually|sorry|oops|can i|could you|let me|i (?:want|need|would like|"
    r"have) to)\W+)*(?:change|edit|fix|update|correct|redo|replace|remove|"
    r"(?:i made a |there is a )?(?:mistake|typo) (?:in|with)) (?:my|the) (?:\S+ ?){1,3}\W*$|"
    r"\W*(?:my|the) (?:\S+ ){1,2}is (?:wrong|incorrect|not right|not correct)\W*$",
    re.IGNORECASE,
)
CHANGE_SOMETHING = re.compile(
    r"(?:i (?:want|would like|need) to )?(?:change|edit|correct|fix)(?: something| it| that| this)?"
    r"(?: please)?[\s.!]*|something(?:'s| is) wrong[\s.!]*|(?:that|this|it)(?:'s| is) wrong[\s.!]*",
    re.IGNORECASE,
)
BESIDE_A_FIELD = re.compile(
    r"\b(?:my|the|full|address|accounts?|facebook|instagram|please|one)\b|\W+", re.IGNORECASE
)
FIELD_WORDS = {
    "unlinked_accounts": re.compile(
        r"\b(?:un-?linked|not linked|separate|other) accounts?\b|\baccounts? not linked\b", re.I
    ),
    "linked_accounts": re.compile(r"\blinked accounts?\b|\baccounts? cent(?:er|re)\b", re.I),
    "email": re.compile(r"\be-?mail\b|\bmail address\b", re.I),
    "country": re.compile(r"\bcountry\b", re.I),
    "reason": re.compile(r"\breason\b", re.I),
    "account": re.compile(r"\b(?:account|handle|profile|user ?name|insta(?:gram)?|facebook|fb)\b",
                          re.I),
    "full_name": re.compile(r"\bname\b", re.I),
}
