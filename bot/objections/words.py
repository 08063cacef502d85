"""Words that tell a sentence from a name, and a question from a statement."""

from __future__ import annotations

from bot import patterns

__all__ = [
    "ALSO_NAMES",
    "COMMON",
    "CONTROL",
    "NEVER_NAMES",
    "PARTICLES",
    "has_capitals",
    "is_question",
    "is_talk",
    "looks_like_a_feeling",
]

# Words that no name contains, in whatever case they are written.
NEVER_IN_NAMES = frozenset(
    "i i'm i've i'd i'll im you your yours me mine we us our they their them it's isn't it is are "
    "am was were been being don't dont doesn't didn't can't cannot won't wouldn't not no yes nope "
    "yeah yep the this that these those there what why how when where who which because but if "
    "want wants need have has had does did give tell know think use used using wrong unfair sure "
    "please thanks thank ok okay hello hi hey sorry stop cancel skip help back facebook instagram "
    "insta meta fb email e-mail mail account name country about with without from into than then "
    "going object objection objecting opt photos posts data ai privacy "
    "greetings regards wishes its uk usa".split()
)
# Words that a lower-case text uses as words, though some are names when they have a capital.
ALSO_NAMES = frozenset(
    "will may mark grace hope joy bill rich faith art an my so can young long rose dawn summer sky "
    "page do he her see son sun in to on at by as or all day short good wise".split()
)
COMMON = (
    NEVER_IN_NAMES
    | ALSO_NAMES
    | frozenset(
        "a and of for be too very really just still now here new late early also always never only "
        "fine great bad awful terrible horrible horrified shocked scared afraid worried angry mad "
        "upset annoyed unhappy happy sad tired sick confused curious unsure serious ready done "
        "finished lost stuck interested concerned against unable able aware certain glad grateful "
        "old adult minor student teacher artist photographer writer parent mother father user "
        "customer member person human man woman nobody somebody someone anyone everyone everything "
        "something nothing anything fair right correct true false real fake spam scam ridiculous "
        "stupid crazy outrageous disgusting absurd nonsense unacceptable illegal important urgent "
        "private public hacked gone deleted closed locked inactive linked full safe free broken "
        "enough more most much many some any other another same different first last next time "
        "monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday week "
        "month year january february march july august september october november december "
        "way thing things question questions problem message messages bot robot chat chatbot form "
        "let make made get got go went come came say said put take took keep like hate love wish "
        "would could should might must shall again away out up down off over under between after "
        "before until while well maybe perhaps rather quite almost absolutely totally completely "
        "actually honestly mostly currently active home work job living based located moving "
        "test testing asking looking trying writing calling hoping getting wait "
        "irish-american european half part team company business super pretty kinda bit lol btw "
        "every each such own alone together already soon dot map phone site website link app "
        "service internet money life family friends friend kids children pictures pics videos "
        "content stuff training model machine learning greetings regards wishes sincerely lawyer "
        "musician creator retired vegan creepy written typed spelled instead "
        "forgot forgotten two three four five thats whats them "
        "later withheld confidential secret irrelevant misleading anonymous unknown hidden".split()
    )
)
# Words that are no names, however they are written.
NEVER_NAMES = COMMON - ALSO_NAMES
# What begins or carries sentences in other languages. Only in lower case, for some are also names.
FOREIGN = frozenset(
    "je ne pas suis nous vous pourquoi veux c'est est mais avec sans merci oui ich nicht wir sie "
    "warum aber ist mit ohne danke nein quiero estoy soy usted porque pero con gracias io sono "
    "voglio perché però grazie eu não quero estou sou porquê obrigado obrigada ik niet wil waarom "
    "maar bedankt jestem chcę dlaczego ale dziękuję я не хочу почему но нет да спасибо jag inte "
    "vill är varför nej jeg ikke er vil hvorfor nei istemiyorum neden ama hayır evet teşekkürler "
    "mich meine meu privat fuori moja mój мой моя мои mijn benim".split()
)
_CONTRACTED = patterns.compile(r"(?:^(?:you|we|they|he|she|it|that|there|who)'(?:ll|re|ve|d)|n't)$")

CONTROL = patterns.compile(
    r"(?:no|nope|yes|yeah|yep|ok|okay|sure|skip|cancel|stop|help|back|hi|hello|hey|thanks|"
    r"thank you|no thanks|none|start over|restart|never mind|nevermind|bye|goodbye|wait|no wait|"
    r"(?:i'd |i |i would )?(?:rather|prefer) not(?: to)?(?: say)?)",
    ignore_case=True,
)
_QUESTION = patterns.compile(
    r"(?:(?:but|and|so|wait|ok|okay|hey|hi|hello|sorry|no|well)\b[ ,.!]*){0,3}"
    r"(?:(?:what|why|how|when|where|who|whose|which)(?:'?s|'re)?\b(?! ?,)|"
    r"(?:do|does|did|is|are|was|were|can|could|will|would|should|may|might|have|has|had|am|must|"
    r"shall|isn't|aren't|don't|doesn't|didn't|can't|won't|shouldn't)"
    r" (?:i|you|u|we|they|he|she|it|my|your|our|the|this|that|these|those|there|meta|facebook|"
    r"instagram|fb|insta|anyone|someone|anybody|people|a|an|all|any|not)\b)",
    ignore_case=True,
)


def is_question(text: str) -> bool:
    return text.rstrip(" .!)\"'").endswith("?") or _QUESTION.match(text) is not None


# Words inside a name that are not capitalised, in many languages.
PARTICLES = frozenset(
    "van von der den de del della delle degli di da do dos das du la le el al bin bint ibn abu ter "
    "ten te zu zum vom af av wa y e i und".split()
)


def is_talk(text: str, *, asked: bool = False) -> bool:
    """Whether the words are a sentence rather than a name."""
    words = [word.strip(".,!\"'").lower().removesuffix("'s") for word in text.split()]
    if any(word in NEVER_IN_NAMES or _CONTRACTED.search(word) for word in words):
        return True
    if has_capitals(text.split()):
        return all(word in NEVER_NAMES for word in words)
    if any(word in FOREIGN and word not in PARTICLES for word in text.split()):
        return True
    if asked and any(word not in COMMON for word in words):
        # "will smith", in answer to the question for a name
        return any(word in NEVER_NAMES for word in words)
    return any(word in COMMON for word in words)


def has_capitals(words: list[str]) -> bool:
    """Whether each word starts like a name; scripts without capitals always do."""
    return not any(word[0].islower() for word in words if word.lower() not in PARTICLES)


def looks_like_a_feeling(word: str) -> bool:
    """Whether it ends like "disappointed", "losing" or "deeply"."""
    word = word.lower()
    return word.endswith(("ing", "ly")) or (
        word.endswith("ed") and not word.endswith(("fred", "med", "eed")) and len(word) > 4
    )
