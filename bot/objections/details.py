"""Find contact details in free text: "I'm Ana Silva, ana@example.org, instagram ana.s".

Unasked, only what is unmistakable is taken, because a wrong name in an objection is worse than
one more question. When a field was asked for, the bare reply is read by that field's own parser.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot import patterns
from bot.objections import countries
from bot.objections.accounts import (
    OTHER_HOSTS,
    OTHER_PLATFORMS,
    PLATFORM_WORDS,
    Account,
    scan_accounts,
)
from bot.objections.addresses import FoundAddress, broken_address, find_address
from bot.objections.clean import clean
from bot.objections.errors import FieldError
from bot.objections.fields import parse_country, parse_email, parse_full_name
from bot.objections.named import name_among_fillers
from bot.objections.names import LEAD, find_name, listed_name, replied_name
from bot.objections.words import COMMON, CONTROL, has_capitals, is_question, is_talk

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
    message = "\n".join(line for line in lines if line).translate(_PLAIN)
    details = _read(message, asked)
    corrected = _CORRECTION.search(message) if asked in _ASKABLE else None
    if asked and corrected:
        # "Spain, no wait, Portugal": what was asked for is what comes last.
        platform = f"{details.account.platform} " if asked == "account" and details.account else ""
        later = _read(platform + message[corrected.end() :], asked)
        if getattr(later, asked) is not None:
            problems = tuple(p for p in details.problems if p.field != asked)
            value = {asked: getattr(later, asked), "problems": problems}
            further = later.further_accounts if asked == "account" else details.further_accounts
            return replace(details, **value, further_accounts=further)
    return details


_ASKABLE = ("full_name", "email", "country", "account")
_CORRECTION = patterns.compile(
    r"[\s.,;]*\b(?:no wait|oops|oh wait|sorry,? (?:typo|i meant?)|i meant?|correction|typo)\b"
    r"(?:[\s:.,!]+(?:sorry|typo|i meant?)\b)*[\s:.,!]*",
    ignore_case=True,
)


def _read(text: str, asked: str | None) -> Details:
    message = _Message(text)
    question = is_question(message.rest)
    message.drop_other_sites()
    message.take_email()
    message.take_accounts()
    message.take_broken_email()
    message.take_country(asked)
    message.take_name(asked)
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


# Apostrophes and the wide marks of East Asian and Arabic texts, one for one.
_PLAIN = str.maketrans("’，、；：。！？（）｜／،؛؟＠", "',,;:\n!?()|/,;?@")


# --- the message --------------------------------------------------------------------------------

_OTHER_NAME = r"(?:" + "|".join(sorted(word for word in OTHER_PLATFORMS if len(word) > 1)) + r")"
_OTHER_SITE = patterns.compile(
    r"(?<![\w@.])(?:https?://)?(?:[\w-]{1,20}\.){0,2}(?:"
    + "|".join(patterns.escape(host) for host in sorted(OTHER_HOSTS))
    + r")\b(?:/\S*)?"
    rf"|(?<![\w@.])(?:my )?{_OTHER_NAME}\b(?: is| handle| account|:|'s| -){{0,2}} @[\w.]{{1,60}}"
    rf"|(?<![\w.@])@?[\w.]{{1,60}} (?:on|at|from) (?:my )?{_OTHER_NAME}\b"
    rf"|(?<![\w.@])@[\w.]{{1,60}} \(?{_OTHER_NAME}\b",
    ignore_case=True,
)
_PLATFORM = r"(?:" + "|".join(PLATFORM_WORDS) + r")"
_LINK = patterns.compile(
    r"(?:https?://)?[\w.-]{0,40}(?:facebook|fb|instagram|instagr|m)\.(?:com|me|am)/\S+"
)
_AFTER_PLATFORM = patterns.compile(
    rf"(?P<my>\bmy )?(?<![\w.@/])(?P<platform>{_PLATFORM})\b(?:'s)?"
    r"(?: (?:account|profile|page|handle|username|user name|name|id|to)\b){0,2}"
    r"(?P<is>(?: is\b| =| ?:| as\b)?)(?: called\b| now\b)? ?\(?(?P<handle>@?\w[\w.]{0,60}\w)",
    ignore_case=True,
)
_BEFORE_PLATFORM = patterns.compile(
    rf"(?<![\w.@/])(?P<handle>@?\w[\w.]{{0,60}}\w) ?\(?(?:on |at |from |is my |over on )?(?:my )?"
    rf"(?P<platform>{_PLATFORM})\b(?![./]\w)",
    ignore_case=True,
)
_ENDS_WITH_PLATFORM = patterns.compile(rf"{_PLATFORM}\W{{1,3}}$", ignore_case=True)
_HANDLE_CUE = patterns.compile(
    r"\bmy (?:handle|username|user name|account)(?: is|'s|:) (?P<handle>@[\w.]{1,60})",
    ignore_case=True,
)
_MARK = patterns.compile(r"[^\W_][._][^\W_]|_|[^\W\d_]{2,}\d|\d{8,}")

_COUNTRY_CUE = patterns.compile(
    r"(?:(?<!if )(?<!do )(?<!\w)(?:i(?:'m| am)?|we(?:'re| are)?)"
    r"(?: (?:currently|now|actually|still|originally))?"
    r"(?: (?:live|living|reside|residing|based|located|staying|a resident|a citizen|come)){0,1}"
    r" (?:in|from|of)"
    r"|(?:^|(?<=[,;.|/\n])|(?<=[,;.|/\n-] )|(?<=[,;.|/\n]  )|(?<=\bhere ))"
    r"(?:(?:currently |now )?(?:living|based|writing|messaging|calling|speaking|located|residing)"
    r"(?: to you| here)? (?:in|from)|(?:resident|citizen) (?:in|of)|from|in|"
    r"(?:ich )?(?:wohne|lebe) in|(?:ich )?komme aus|aus|(?:yo )?vivo (?:en|in)|soy de|"
    r"j'habite (?:en|au|aux|à)|je (?:vis|suis) (?:en|au|aux)|vengo da|(?:eu )?moro (?:em|no|na)|"
    r"ik woon in|(?:jag )?bor i|(?:jeg )?bor i)"
    r"|\bmy country(?: of residence)?(?: is|:| to)|\bcountry(?: is|:| to))"
    r" (?:the )?(?P<rest>[^\n;!?|/]{1,80})",
    ignore_case=True,
)
_PEOPLE_CUE = patterns.compile(
    r"(?<!\w)i(?:'m| am)(?: (?:currently|actually|originally))? (?:an? )?"
    r"(?P<rest>[^\n,;.!?]{1,40})",
    ignore_case=True,
)

_PEOPLE = patterns.compile(r" (?:citizen|national|resident|person)\b.*")
_TOWN = patterns.compile(r"[\w'-]+, ")
_FROM = patterns.compile(
    r",? (?:(?:and )?(?:i'm |i am |i live |living |writing |based ))?(?:from|in) (?:the )?"
    r"(?P<rest>[^\n,;!?|/.]{2,40})",
    ignore_case=True,
)
# "Ana Silva from Portugal", with nothing else in the clause.
_NAME_FROM = patterns.compile(
    r"(?:^|(?<=[,;.|/\n])|(?<=[,;.|/\n-] )|(?<=[,;.|/\n]  ))"
    r"(?P<name>[^\W\d_][^\n,;!?@|/:]{1,60}?),? (?:from|living in|based in|in) (?:the )?"
    r"(?P<rest>[^\n,;!?|/.]{2,40})(?=$|[\n,;!|/.])"
)
_COUNTRY_LABEL = patterns.compile(r"(?:and |country |land |país |pays |paese )", ignore_case=True)
# The full stop of an initial ("Ana B. Silva") ends nothing.
_CLAUSE = patterns.compile(r"[\n,;!?()<>|/]| [-–—] |(?<!\b[^\W\d_])\.(?= )")

# The thanks, and the faces made of signs, that a reply ends with.
_TAIL = patterns.compile(
    r"(?:[\s,.!]+(?:please|thanks|thank you|here)[\s.!]*|\s+[:;]['-]?[()DPp/|]+\s*)+$",
    ignore_case=True,
)


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

    # --- what is not asked for

    def drop_other_sites(self) -> None:
        """A link or a handle elsewhere is neither an address nor a name nor an account here."""
        for match in _found_in_turn(_OTHER_SITE, self.rest):
            self._cut(*match.span())

    # --- e-mail

    def take_email(self) -> None:
        self._take_address(find_address(self.rest))

    def take_broken_email(self) -> None:
        if self.email is None and not any(p.field == "email" for p in self.problems):
            self._take_address(broken_address(self.rest))

    def _take_address(self, found: FoundAddress | None) -> None:
        if found is None:
            return
        self.email = found.email
        if found.problem:
            self.problems.append(found.problem)
        for span in reversed(found.spans):
            self._cut(*span)

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

    def _platform_starts_next(self, match: patterns.Match) -> bool:
        """In "facebook ana.s instagram ana_b" the handle belongs to the platform before it."""
        before = _ENDS_WITH_PLATFORM.search(self.rest[max(0, match.start() - 20) : match.start()])
        return before is not None

    def _is_plain_handle(self, match: patterns.Match) -> bool:
        """A handle without a mark needs "my insta is …" or other details around it."""
        handle = match.group("handle").lower()
        if handle in COMMON or handle in PLATFORM_WORDS or handle.endswith(("ing", "ed")):
            return False
        after = self.rest[match.end() :].lstrip(" )")
        if after and after[0] not in ".,;!\n" and not after.lower().startswith("and "):
            return False
        said = bool(match.group("is").strip())
        before = self.rest[: match.start()].rstrip(" ")
        listed = bool(self.email) and (not before or before[-1] in ",;\n")
        return (said and bool(match.group("my"))) or match.group("is").strip() == ":" or listed

    def _take_account(self, match: patterns.Match) -> None:
        accounts, errors = scan_accounts("@" + match["handle"].strip("@."), match["platform"])
        self.placed.extend((match.start(), account) for account in accounts)
        self.problems.extend(errors)
        self._cut(*match.span())

    # --- country

    def take_country(self, asked: str | None) -> None:
        for match in _COUNTRY_CUE.finditer(self.rest):
            self.country = countries.first_in(match.group("rest"))
            if self.country:
                # Only the cue goes: a name may follow in the same sentence.
                self._cut(match.start(), match.start("rest") + countries.reach(match["rest"]))
                return
        for match in _PEOPLE_CUE.finditer(self.rest):
            words = _PEOPLE.sub("", match["rest"]).split()
            for length in (2, 1):
                self.country = countries.by_demonym(countries.fold(" ".join(words[:length])))
                if self.country and countries.ends_people(words[length:]):
                    self._cut(*match.span())
                    return
                self.country = None
        self._take_from_name(asked)
        clauses = list(self._clauses())
        beside = self.email or self.placed or (asked in ("full_name", "country") and clauses[1:])
        if self.country is None and beside:
            named: dict[str, tuple[int, int]] = {}
            before = 0
            for index, (start, clause) in enumerate(clauses):
                label = _COUNTRY_LABEL.match(clause)
                word = clause[label.end() :] if label else clause
                code = countries.of_entry(word, only_english=not index)
                if code:
                    # "…, Lisbon, Portugal": a town is no name.
                    town = index and _TOWN.fullmatch(self.rest[before:start])
                    first = before if town and before else start
                    named.setdefault(code, (first, start + len(clause)))
                before = start
            if len(named) == 1:
                self.country, span = named.popitem()
                self._cut(*span)

    def _take_from_name(self, asked: str | None) -> None:
        """ "Ana Silva from Portugal": only the country goes, the name is read afterwards."""
        for match in _NAME_FROM.finditer(self.rest) if self.country is None else ():
            alone = match.group("name").strip(" .") == self.rest[: match.end("name")].strip(" .")
            named = has_capitals(match.group("name").split()) and not is_talk(match.group("name"))
            length = countries.reach(match["rest"])
            if length and named and (self.email or self.placed or asked or alone):
                self.country = countries.first_in(match["rest"])
                if " " in match.group("name") or asked == "full_name":
                    self.full_name = _plain_name(match.group("name"))
                    self._cut(match.start(), match.end("name"))
                self._cut(match.end("name"), match.start("rest") + length)
                return

    # --- name

    def take_name(self, asked: str | None) -> None:
        beside = bool(self.email or self.placed or self.country)
        found = find_name(self.rest, expected=beside or asked == "full_name")
        if found is None and (self.email or self.placed):
            found = listed_name(self._clauses())
        if found:
            self.full_name, start, end = found
            self._cut(start, end)
            self._take_country_after(end)

    def _take_country_after(self, start: int) -> None:
        """ "… Ana Silva from Portugal, …" """
        match = None if self.country else _FROM.match(self.rest, start)
        country = countries.first_in(match["rest"]) if match else None
        if match and country:
            self.country = country
            self._cut(match.start(), match.start("rest") + countries.reach(match["rest"]))

    def _clauses(self) -> Iterator[tuple[int, str]]:
        """The entries of a list and where they start."""
        start = 0
        for gap in itertools.chain(_CLAUSE.finditer(self.rest), (None,)):
            part = self.rest[start : gap.start() if gap else len(self.rest)]
            clause = part.strip(" .:-")
            if clause:
                yield start + part.index(clause), clause
            start = gap.end() if gap else start

    # --- the field that was asked for

    def take_reply(self, asked: str) -> None:
        problems_of = {problem.field for problem in self.problems}
        if asked in problems_of or CONTROL.fullmatch(self.rest.strip(" .,!")):
            return
        reply = _TAIL.sub("", LEAD.sub("", self.rest.strip(" ,\n"), count=1)).strip(" ,\n")
        try:
            if asked == "full_name" and self.full_name is None:
                self.full_name = self._replied_name(reply)
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

    def _replied_name(self, reply: str) -> str:
        try:
            return replied_name(reply)
        except FieldError:
            named = name_among_fillers(reply)
            if named is None:
                raise
            return parse_full_name(named)

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


def _found_in_turn(pattern: patterns.Pattern, text: str) -> list[patterns.Match]:
    """Matches from the last to the first, so that cutting one leaves the others in place."""
    return list(pattern.finditer(text))[::-1]


_FILE_OR_SITE = patterns.compile(r"\.(?:jpe?g|png|gif|mp4|pdf|com|org|net)$", ignore_case=True)


def _is_certain(handle: str) -> bool:
    """Whether it can be nothing but a handle: "@ana", "ana.s", "ana_b", "ana77"."""
    if handle.lower() in PLATFORM_WORDS or _FILE_OR_SITE.search(handle):
        return False
    return handle.startswith("@") or bool(_MARK.search(handle))


def _plain_name(text: str) -> str | None:
    try:
        return parse_full_name(text)
    except FieldError:
        return None
