"""Find contact details in free text: "I'm Ana Silva, ana@example.org, instagram ana.s".

Unasked, only what is unmistakable is taken, because a wrong name in an objection is worse than
one more question. When a field was asked for, the bare reply is read by that field's own parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.objections import countries
from bot.objections.errors import FieldError
from bot.objections.fields import (
    PLATFORM_WORDS,
    Account,
    clean,
    parse_country,
    parse_email,
    parse_full_name,
    scan_accounts,
)

__all__ = ["Details", "find_details"]

TEXT_MAX = 2000


@dataclass(frozen=True)
class Details:
    """What a message gives away. `account` is the first account named, `further_accounts` the rest.

    `problems` holds values that were clearly meant but could not be read.
    """

    full_name: str | None = None
    email: str | None = None
    country: str | None = None
    account: Account | None = None
    further_accounts: tuple[Account, ...] = ()
    problems: tuple[FieldError, ...] = ()


def find_details(text: str, asked: str | None = None) -> Details:
    """The contact details in `text`, of which at most 2,000 characters are read.

    `asked` is the field the person was just asked for: full_name, email, country or account (any
    other value counts as none). A question gives nothing except values that stand on their own
    ("ana@example.org, is that enough?"). Never raises FieldError; see `Details.problems`.
    """
    lines = (clean(line) for line in text[:TEXT_MAX].splitlines())
    message = _Message("\n".join(line for line in lines if line).replace("’", "'"))
    question = _is_question(message.rest)
    message.take_email()
    message.take_accounts()
    message.take_country(asked)
    message.take_name()
    if asked is not None and not question:
        message.take_reply(asked)
    return Details(
        full_name=message.full_name,
        email=message.email,
        country=message.country,
        account=message.accounts[0] if message.accounts else None,
        further_accounts=tuple(message.accounts[1:]),
        problems=tuple(message.problems),
    )


# --- words --------------------------------------------------------------------------------------

# Words that no name contains, in whatever case they are written.
_NEVER_IN_NAMES = frozenset(
    "i i'm i've i'd i'll im you your yours me mine we us our they their them it's isn't it is are "
    "am was were been being don't dont doesn't didn't can't cannot won't wouldn't not no yes nope "
    "yeah yep the this that these those there what why how when where who which because but if "
    "want wants need have has had does did give tell know think use used using wrong unfair sure "
    "please thanks thank ok okay hello hi hey sorry stop cancel skip help back facebook instagram "
    "insta meta fb email e-mail mail account name country about with without from into than then "
    "going object objection objecting opt photos posts data ai privacy".split()
)
# Words that a lower-case text uses as words, though some are names when they have a capital.
_ALSO_NAMES = frozenset(
    "will may mark grace hope joy bill rich faith art an my so can young long rose dawn summer sky "
    "page do he her see son sun in to on at by as or all day short good wise".split()
)
_COMMON = (
    _NEVER_IN_NAMES
    | _ALSO_NAMES
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
        "irish-american european half part team company business".split()
    )
)
_CONTROL = re.compile(
    r"(?:no|nope|yes|yeah|yep|ok|okay|sure|skip|cancel|stop|help|back|hi|hello|hey|thanks|"
    r"thank you|no thanks|none|start over|restart|never mind|nevermind|bye|goodbye|wait|no wait)",
    re.IGNORECASE,
)
_PARTICLES = frozenset("van von der den de del della di da do dos das du la le el al bin".split())


# --- questions ----------------------------------------------------------------------------------

_QUESTION = re.compile(
    r"(?:(?:but|and|so|wait|ok|okay|hey|hi|hello|sorry|no|well)\b[ ,.!]*){0,3}"
    r"(?:(?:what|why|how|when|where|who|whose|which)(?:'?s|'re)?\b(?! ?,)|"
    r"(?:do|does|did|is|are|was|were|can|could|will|would|should|may|might|have|has|had|am|must|"
    r"shall|isn't|aren't|don't|doesn't|didn't|can't|won't|shouldn't)"
    r" (?:i|you|u|we|they|he|she|it|my|your|our|the|this|that|these|those|there|meta|facebook|"
    r"instagram|fb|insta|anyone|someone|anybody|people|a|an|all|any|not)\b)",
    re.IGNORECASE,
)


def _is_question(text: str) -> bool:
    return text.rstrip(" .!)\"'").endswith("?") or _QUESTION.match(text) is not None


# --- the message --------------------------------------------------------------------------------

_EMAIL = re.compile(r"[^\s@<>,;:()\[\]\"|]{1,64}@[^\s<>,;:()\[\]\"|]+")
_SPOKEN_EMAIL = re.compile(
    r"[\w.+-]{1,64} ?[(\[] ?at ?[)\]] ?[\w-]{1,63}"
    r"(?:(?: ?[(\[] ?dot ?[)\]] ?| dot |\.)[\w-]{1,63}){1,5}"
    r"|(?<!\S)[\w.+-]{1,64} at [\w-]{1,63}(?: dot [\w-]{1,63}){1,5}",
    re.IGNORECASE,
)
_EMAIL_CUE = re.compile(
    r"\b(?:my |new |the )?e-?mail(?: address)?(?: is|'s|:| to| =)(?: now)? (?P<value>[^\s,;]+)",
    re.IGNORECASE,
)
_BROKEN_EMAIL = re.compile(
    r"(?<!\S)[\w.+-]{1,64}(?: @ ?| ?@ )[\w-]{1,63}\.[\w.-]{1,63}", re.IGNORECASE
)
_CORRECTION = re.compile(r"\b(?:no wait|wait|actually|correction|i meant|not|change|sorry)\b", re.I)

_PLATFORM = r"(?:" + "|".join(PLATFORM_WORDS) + r")"
_LINK = re.compile(
    r"(?:https?://)?[\w.-]{0,40}(?:facebook|fb|instagram|instagr|m)\.(?:com|me|am)/\S+"
)
_AFTER_PLATFORM = re.compile(
    rf"(?P<my>\bmy )?(?<![\w.@/])(?P<platform>{_PLATFORM})\b(?:'s)?"
    r"(?: (?:account|profile|page|handle|username|user name|name|id|to)){0,2}"
    r"(?P<is>(?: is| =| ?:| as)?)(?: called| now)? ?\(?(?P<handle>@?\w[\w.]{0,60}\w)",
    re.IGNORECASE,
)
_BEFORE_PLATFORM = re.compile(
    rf"(?<![\w.@/])(?P<handle>@?\w[\w.]{{0,60}}\w) ?\(?(?:on |at |from |is my |over on )?(?:my )?"
    rf"(?P<platform>{_PLATFORM})\b(?![./]\w)",
    re.IGNORECASE,
)
_HANDLE_CUE = re.compile(
    r"\bmy (?:handle|username|user name|account)(?: is|'s|:) (?P<handle>@[\w.]{1,60})", re.I
)

_COUNTRY_CUE = re.compile(
    r"(?:(?<!if )(?<!do )(?<!\w)(?:i(?:'m| am)?|we(?:'re| are)?)"
    r"(?: (?:currently|now|actually|still|originally))?"
    r"(?: (?:live|living|reside|residing|based|located|staying|a resident|a citizen|come)){0,1}"
    r" (?:in|from|of)|(?:^|(?<=[,;.\n] ))(?:living|based|from|in)|"
    r"\bmy country(?: of residence)?(?: is|:| to)|\bcountry(?: is|:| to))"
    r" (?:the )?(?P<rest>[^\n;!?]{1,80})",
    re.IGNORECASE,
)
_PEOPLE_CUE = re.compile(
    r"(?<!\w)i(?:'m| am)(?: (?:currently|actually|originally))? (?:an? )?"
    r"(?P<rest>[^\n,;.!?]{1,40})",
    re.IGNORECASE,
)

_NAME_CUE = re.compile(
    r"(?P<strong>\b(?:my|the|full|change my|correct my)(?: full| real| legal| first)?"
    r" name(?: is|'s| to|:)"
    r"|(?:^|(?<=[,;.\n] )|(?<=\n))(?:full )?name(?: is|:)|\bi am called|\bi'm called|\bcall me)"
    r"(?: now| actually)? |(?<!\w)(?:i'm|i am|it's|it is|this is) ",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"(?:^|(?<=[,;.!\n] )|(?<=\n))(?P<name>[^\W\d_][^\n,;!?@]{0,60}) here\b(?! (?:is|are))"
)
_NAME_END = re.compile(
    r"[\n,;:!?()<>@\d]|\.(?= |$)|"
    r" (?:and|but|from|with|in|on|at|my|i|living|here|please|thanks|not|is|from)\b(?!-)",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(r"(?:^|[ .])(?:[^\W\d_]|jr|sr|st|dr|mr|ms|mrs)$", re.IGNORECASE)
_CLAUSE = re.compile(r"[\n,;!?()<>|]")

_LEAD = re.compile(
    r"(?:(?:ok|okay|sure|yes|yep|yeah|hi|hello|hey|alright|sorry|actually|oh|um|uh|of course|"
    r"here you go|here it is|no wait|wait)\b[\s,.:;!-]*|(?:no|so|well|right|fine)[,.:;!-]+\s*){0,4}"
    r"(?:(?:(?:it's|it is|that's|that is|this is|i'm|i am|call me|please use|you can use|use)\b ?)|"
    r"(?:(?:my|the|full|change my)\b ?){0,2}(?:name|e-?mail(?: address)?|mail|address|country)"
    r"(?: of residence)?\b ?(?:is|are|=|:|to)\s*)?",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[\s,.!]+(?:please|thanks|thank you|here)[\s.!]*$", re.IGNORECASE)


@dataclass
class _Message:
    """The text not yet understood, and what was. What is taken leaves commas behind."""

    text: str
    rest: str = field(init=False)
    full_name: str | None = None
    email: str | None = None
    country: str | None = None
    placed: list[tuple[int, Account]] = field(default_factory=list)
    problems: list[FieldError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rest = self.text

    @property
    def accounts(self) -> list[Account]:
        """In the order in which they were named, each once."""
        ordered = (account for _, account in sorted(self.placed, key=lambda pair: pair[0]))
        return list({account.key: account for account in ordered}.values())

    @property
    def found(self) -> bool:
        return bool(self.full_name or self.email or self.country or self.accounts)

    def _cut(self, start: int, end: int) -> None:
        # As long as what it replaces, so that positions keep their order.
        self.rest = self.rest[:start] + "," * (end - start - 1) + " " + self.rest[end:]

    # --- e-mail

    def take_email(self) -> None:
        matches = [m for m in _EMAIL.finditer(self.rest) if not _is_handle_at_platform(m.group())]
        matches = matches or list(_SPOKEN_EMAIL.finditer(self.rest))
        if not matches:
            self._take_broken_email()
            return
        # "Not the first, I meant the second."
        chosen = matches[-1] if _CORRECTION.search(self.rest) else matches[0]
        try:
            self.email = parse_email(chosen.group())
        except FieldError as error:
            self.problems.append(error)
        for match in reversed(matches):
            self._cut(*match.span())

    def _take_broken_email(self) -> None:
        match = _BROKEN_EMAIL.search(self.rest)
        value = match.group() if match else ""
        if match is None:
            match = _EMAIL_CUE.search(self.rest)
            # "my e-mail is wrong" is talk; "my e-mail is ana.example.org" is a slip.
            value = match.group("value").rstrip(".!?") if match else ""
            if "." not in value:
                return
        try:
            self.email = parse_email(value)
        except FieldError as error:
            self.problems.append(error)
        if match:
            self._cut(*match.span())

    # --- accounts

    def take_accounts(self) -> None:
        for match in _found_in_turn(_LINK, self.rest):
            accounts, errors = scan_accounts(match.group())
            self.placed.extend((match.start(), account) for account in accounts)
            self.problems.extend(errors)
            self._cut(*match.span())
        for match in _found_in_turn(_BEFORE_PLATFORM, self.rest):
            if _is_certain(match.group("handle")) and not self._platform_starts_next(match):
                self._take_account(match)
        for match in _found_in_turn(_AFTER_PLATFORM, self.rest):
            if _is_certain(match.group("handle")) or self._is_plain_handle(match):
                self._take_account(match)
        handle = _HANDLE_CUE.search(self.rest)
        if handle and not self.placed:
            self.problems.extend(scan_accounts(handle.group("handle"))[1])
            self._cut(*handle.span())

    def _platform_starts_next(self, match: re.Match[str]) -> bool:
        """In "facebook ana.s instagram ana_b" the handle belongs to the platform before it."""
        before = re.search(rf"({_PLATFORM})\W{{1,3}}$", self.rest[: match.start()], re.IGNORECASE)
        return before is not None

    def _is_plain_handle(self, match: re.Match[str]) -> bool:
        """A handle without a mark needs "my insta is …" or other details around it."""
        handle = match.group("handle").lower()
        if handle in _COMMON or handle in PLATFORM_WORDS or handle.endswith(("ing", "ed")):
            return False
        after = self.rest[match.end() :].lstrip(" )")
        if after and after[0] not in ".,;!\n" and not after.lower().startswith("and "):
            return False
        said = bool(match.group("is").strip())
        before = self.rest[: match.start()].rstrip(" ")
        listed = bool(self.email) and (not before or before[-1] in ",;\n")
        return (said and bool(match.group("my"))) or match.group("is").strip() == ":" or listed

    def _take_account(self, match: re.Match[str]) -> None:
        accounts, errors = scan_accounts("@" + match["handle"].strip("@."), match["platform"])
        self.placed.extend((match.start(), account) for account in accounts)
        self.problems.extend(errors)
        self._cut(*match.span())

    # --- country

    def take_country(self, asked: str | None) -> None:
        for match in _COUNTRY_CUE.finditer(self.rest):
            self.country = _first_country(match.group("rest"))
            if self.country:
                # Only the cue goes: a name may follow in the same sentence.
                self._cut(match.start(), match.start("rest") + _country_length(match["rest"]))
                return
        for match in _PEOPLE_CUE.finditer(self.rest):
            words = re.sub(r" (?:citizen|national|resident|person)\b.*", "", match["rest"]).split()
            for length in (2, 1):
                self.country = countries.by_demonym(countries.fold(" ".join(words[:length])))
                if self.country and _ends_people(words[length:]):
                    self._cut(*match.span())
                    return
                self.country = None
        clauses = list(self._clauses())
        if self.email or self.placed or (asked in ("full_name", "country") and len(clauses) > 1):
            named = {clause: code for clause in clauses if (code := _whole_country(clause))}
            if len(named) == 1:
                clause, self.country = named.popitem()
                start = self.rest.index(clause)
                self._cut(start, start + len(clause))

    # --- name

    def take_name(self) -> None:
        for match in _NAME_CUE.finditer(self.rest):
            strong = match.group("strong") is not None
            name = _name_at_start(self.rest[match.end() : match.end() + 120])
            parsed = _name(name, sure=strong)
            if parsed:
                self.full_name = parsed
                self._cut(match.start(), match.end() + len(name))
                return
        here = _HERE.search(self.rest)
        if here and here.group("name")[0].isupper():
            self.full_name = _name(here.group("name"), sure=False)
            if self.full_name:
                self._cut(*here.span())
                return
        if self.email or self.placed:
            first = next(self._clauses(), "")
            first = _LEAD.sub("", first, count=1).rstrip(".: ")
            if first and len(first.split()) <= 5:
                self.full_name = _name(first, sure=False)
                if self.full_name:
                    start = self.rest.index(first)
                    self._cut(start, start + len(first))

    def _clauses(self) -> Iterator[str]:
        return (clause for part in _CLAUSE.split(self.rest) if (clause := part.strip(" .:-")))

    # --- the field that was asked for

    def take_reply(self, asked: str) -> None:
        problems_of = {problem.field for problem in self.problems}
        if asked in problems_of or _CONTROL.fullmatch(self.rest.strip(" .,!")):
            return
        reply = _TAIL.sub("", _LEAD.sub("", self.rest.strip(" ,\n"), count=1)).strip(" ,\n")
        try:
            if asked == "full_name" and self.full_name is None:
                self.full_name = self._asked_name(reply)
            elif asked == "email" and self.email is None:
                self.email = parse_email(reply)
            elif asked == "country" and self.country is None:
                self.country = parse_country(reply)
            elif asked == "account":
                self._asked_accounts()
        except FieldError as error:
            # Whoever answers another field instead has not tried to answer this one.
            if not self.found:
                self.problems.append(error)

    def _asked_name(self, reply: str) -> str:
        name = parse_full_name(reply)
        if _is_talk(reply, asked=True):
            raise FieldError(
                "full_name",
                "name_unclear",
                "I could not read a name there. Please write just your name.",
            )
        return name

    def _asked_accounts(self) -> None:
        if self.full_name or self.email or self.country:
            return
        accounts, errors = scan_accounts(self.text)
        known = bool(self.placed)
        self.placed.extend((len(self.text), account) for account in accounts)
        # Beside an account, only what was surely another one is worth a question.
        told = {problem.code for problem in self.problems}
        self.problems.extend(
            error
            for error in errors[:1]
            if error.code not in told and (not known or error.code == "platform_unknown")
        )


# --- judging words ------------------------------------------------------------------------------


def _found_in_turn(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Matches from the last to the first, so that cutting one leaves the others in place."""
    return list(pattern.finditer(text))[::-1]


def _is_handle_at_platform(word: str) -> bool:
    return word.rpartition("@")[2].lower().rstrip(".!?") in PLATFORM_WORDS


_FILE_OR_SITE = re.compile(r"\.(?:jpe?g|png|gif|mp4|pdf|com|org|net)$", re.IGNORECASE)


def _is_certain(handle: str) -> bool:
    """Whether it can be nothing but a handle: "@ana", "ana.s", "ana_b", "ana77"."""
    if handle.lower() in PLATFORM_WORDS or _FILE_OR_SITE.search(handle):
        return False
    return handle.startswith("@") or bool(
        re.search(r"[^\W_][._][^\W_]|_", handle) or re.search(r"[^\W\d_]{2,}\d|\d{8,}", handle)
    )


def _first_country(rest: str) -> str | None:
    length = _country_length(rest)
    if not length:
        return None
    phrase = rest[:length].rpartition(",")[2].strip()
    return _country_in(phrase)


def _country_in(phrase: str) -> str | None:
    code = countries.by_name(countries.fold(phrase))
    if code or not phrase.replace(".", "").isupper():
        return code or ("US" if countries.fold(phrase) == "us" else None)
    return countries.by_code(phrase.replace(".", ""))


def _whole_country(clause: str) -> str | None:
    """The country of an entry in a list, by its English name or its code in capitals."""
    by_code = countries.by_code(clause) if clause.isupper() and len(clause) == 2 else None
    return countries.by_name(countries.fold(clause), only_english=True) or by_code


def _country_length(rest: str) -> int:
    """How many characters of "Dublin, Ireland and I" reach to the end of the country, or 0."""
    words = list(re.finditer(r"[^\s,]+", rest))[:8]
    for first in range(min(4, len(words))):
        for last in range(min(first + 5, len(words)), first, -1):
            phrase = rest[words[first].start() : words[last - 1].end()].strip(" .")
            if "," not in phrase and _country_in(phrase):
                return words[last - 1].end()
    return 0


def _ends_people(after: list[str]) -> bool:
    """ "I'm Irish", "I'm Irish and …" name a country; "I'm German Alvarez" is a person."""
    return not after or after[0].lower() in ("and", "but", "so", "by", "citizen", "living", "from")


def _name_at_start(text: str) -> str:
    """The words up to where a name would end. The full stop of an initial does not end it."""
    position = 0
    while end := _NAME_END.search(text, position):
        if end.group() == "." and _ABBREVIATION.search(text[: end.start()]):
            position = end.end()
            continue
        return text[: end.start()].strip()
    return text.strip(" .")


def _name(text: str, *, sure: bool) -> str | None:
    """The name in `text`, or None. Unless `sure`, a single word in lower case is not enough."""
    words = text.split()
    if not 1 <= len(words) <= 6 or _is_talk(text):
        return None
    # "i'm deeply disappointed"
    talk = len(words) < 2 or any(_looks_like_a_feeling(word) for word in words)
    if talk and not sure and not _has_capitals(words):
        return None
    if countries.by_name(countries.fold(text), only_english=True) and not sure:
        return None
    try:
        return parse_full_name(text)
    except FieldError:
        return None


def _is_talk(text: str, *, asked: bool = False) -> bool:
    """Whether the words are a sentence rather than a name."""
    words = [word.strip(".,!\"'").lower().removesuffix("'s") for word in text.split()]
    if any(word in _NEVER_IN_NAMES for word in words):
        return True
    if _has_capitals(text.split()):
        return all(word in _COMMON - _ALSO_NAMES for word in words)
    if asked and any(word not in _COMMON for word in words):
        # "will smith", in answer to the question for a name
        return any(word in _COMMON - _ALSO_NAMES for word in words)
    return any(word in _COMMON for word in words)


def _has_capitals(words: list[str]) -> bool:
    """Whether each word starts like a name; scripts without capitals always do."""
    return not any(word[0].islower() for word in words if word.lower() not in _PARTICLES)


def _looks_like_a_feeling(word: str) -> bool:
    word = word.lower()
    return word.endswith(("ing", "ly")) or (
        word.endswith("ed") and not word.endswith(("fred", "med", "eed")) and len(word) > 4
    )
