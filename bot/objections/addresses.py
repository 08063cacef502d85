"""Find e-mail addresses in free text, written or spoken ("anna dot vogel at example dot com")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from bot.objections.accounts import OTHER_PLATFORMS, PLATFORM_WORDS
from bot.objections.countries import by_code
from bot.objections.errors import FieldError
from bot.objections.fields import parse_email
from bot.objections.words import COMMON

__all__ = ["FoundAddress", "broken_address", "find_address", "likely_address"]


# Where most people have their mail, and other sites whose names are only a slip away.
_COMMON_SITES = (
    "gmail.com googlemail.com hotmail.com hotmail.fr hotmail.it hotmail.es hotmail.co.uk outlook.com "
    "outlook.de yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.com.br icloud.com live.com gmx.de gmx.net "
    "web.de t-online.de orange.fr free.fr libero.it proton.me protonmail.com aol.com uol.com.br"
).split()
_OTHER_SITES = frozenset("mail.com email.com ymail.com gmx.com gmx.at gmx.ch ail.com live.de me.com".split())


def likely_address(email: str) -> str | None:
    """The address that was probably meant, where the site is one slip away from a common one
    ("ana@gmial.com"); None where it is as it should be."""
    local, _, site = email.rpartition("@")
    if site in _COMMON_SITES or site in _OTHER_SITES:
        return None
    found = process.extractOne(
        site, _COMMON_SITES, scorer=DamerauLevenshtein.distance, score_cutoff=1
    )
    return f"{local}@{found[0]}" if found else None


@dataclass(frozen=True)
class FoundAddress:
    """The address that counts, or why it could not be read, and every place that is used up."""

    email: str | None
    problem: FieldError | None
    spans: tuple[tuple[int, int], ...]


# Scripts without spaces run on into an address, and are no part of it.
_GLUED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_BREAKS = r"\s<>,;:()\[\]\"|/"
# Nothing before it but a break: neither the handle in "site.example/@ana" nor "@ana@site.example".
_WRITTEN = re.compile(
    rf"(?<![^{_BREAKS}{_GLUED}])[^@{_BREAKS}{_GLUED}]{{1,64}}@[^{_BREAKS}{_GLUED}]+"
)
_DOT = r"(?: ?[(\[] ?dot ?[)\]] ?| dot |\.)"
_SPOKEN = re.compile(
    rf"(?<![^\s,;:|/])(?P<local>[\w+-]{{1,64}}(?:(?:{_DOT}| (?:dash|hyphen|underscore) )"
    rf"[\w+-]{{1,64}}){{0,5}})(?P<at> ?[(\[] ?at ?[)\]] ?| at )"
    rf"(?P<domain>[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,5}})",
    re.IGNORECASE,
)
_MARKS = ((" dash ", "-"), (" hyphen ", "-"), (" underscore ", "_"))
_SAID_BEFORE = re.compile(r"\b(?:e-?mail|mail|address|is|it's|to|contact|write|use)\W{0,3}$", re.I)
_NOT_LOCAL = frozenset(
    "look looking looked see saw found find was were is are it me us her him them be been "
    "stop meet arrive arrived work works worked working live lives study all not no shop buy "
    "bought posted read page site photos pictures there here out home stay stayed everyone "
    "people".split()
)
_NOT_DOMAIN = frozenset(
    "the a an my your our their his her its this that these those all least most first last".split()
)
_ENDINGS = frozenset(
    "com org net edu gov int info biz name dev app email mail online site cloud test example "
    "invalid eu uk".split()
)
_WORDS_TOO = frozenset("am as at be by do in is it me my no so to us".split())
_CORRECTION = re.compile(
    r"\b(?:no wait|wait|actually|correction|i meant|not|change|changed|sorry|oops|now|instead|"
    r"new|used to|rather)\b",
    re.IGNORECASE,
)
_OLD_BEFORE = re.compile(
    r"\b(?:used to (?:be|have|use)|was|old|formerly|previous(?:ly)?|not|no longer|instead of|"
    r"rather than|isn't|don't use|wrong)(?: [\w'-]{1,12}){0,3}[ :]{0,3}$",
    re.IGNORECASE,
)
_NEW_BEFORE = re.compile(
    r"\b(?:now|new|use|but|meant)(?: [\w'-]{1,12}){0,2}[ :]{0,3}$", re.IGNORECASE
)
_OLD_AFTER = re.compile(
    r"[ ,]{0,2}(?:which |that )?(?:is|was|does|has|'s)?(?:n't| not| no longer)? ?(?:my |the |an )?"
    r"(?:old|wrong|dead|former|previous|outdated|work any ?more|valid any ?more|gone)\b",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"\b(?:my |new |the )?e-?mail(?: address)?(?: is|'s|:| to| =)(?: now)? (?P<value>[^\s,;]+)",
    re.IGNORECASE,
)
_BROKEN = re.compile(
    r"(?<!\S)(?P<local>[\w.+-]{1,64})(?: @ ?| ?@ )[\w-]{1,63}\.[\w.-]{1,63}", re.IGNORECASE
)


def find_address(text: str) -> FoundAddress | None:
    """The address in `text`; of several the first, or the one that corrects the others."""
    written = [m for m in _WRITTEN.finditer(text) if not _is_handle_at_platform(m.group())]
    matches = written or [m for m in _SPOKEN.finditer(text) if _is_spoken(m, text)]
    if not matches:
        return None
    current = [m for m in matches if not _is_old(m, text)] or matches
    corrected = len(current) > 1 and _CORRECTION.search(text)
    chosen = (current[-1] if corrected else current[0]).group()
    if not written:
        for said, mark in _MARKS:
            chosen = re.sub(said, mark, chosen, flags=re.IGNORECASE)
    spans = tuple(match.span() for match in matches)
    try:
        return FoundAddress(parse_email(chosen), None, spans)
    except FieldError as error:
        return FoundAddress(None, error, spans)


def broken_address(text: str) -> FoundAddress | None:
    """What was clearly meant as an address but is none: "ana @ example.org"."""
    match = _BROKEN.search(text)
    value = match.group() if match else ""
    # "Take @ana.s out" has a handle in it.
    if match is None or match.group("local").lower() in COMMON | _NOT_LOCAL:
        match = _CUE.search(text)
        # "my e-mail is wrong" is talk; "my e-mail is ana.example.org" is a slip.
        value = match.group("value").rstrip(".!?") if match else ""
        if match is None or "." not in value:
            return None
    try:
        return FoundAddress(parse_email(value), None, (match.span(),))
    except FieldError as error:
        return FoundAddress(None, error, (match.span(),))


def _is_handle_at_platform(word: str) -> bool:
    site = word.rpartition("@")[2].lower().rstrip(".!?")
    return site in PLATFORM_WORDS or (site in OTHER_PLATFORMS and len(site) > 1)


def _is_spoken(match: re.Match[str], text: str) -> bool:
    """ "anna at example dot com" is an address; "meet me at the dot on the map" is a sentence."""
    local, domain = match.group("local").lower(), match.group("domain").lower()
    if match.group("at").strip() != "at":
        return True
    parts = re.split(r"\W*\bdot\b\W*|\.", domain)
    after = text[match.end() :].lstrip(" ")
    if " dot" not in domain and "." in domain and " dot " not in local:
        # "I work at example.org" names a place.
        return False
    if parts[-1] in _WORDS_TOO:
        known = not after or after[0] in ".,;!?\n|/)"
    else:
        known = parts[-1] in _ENDINGS or (len(parts[-1]) == 2 and by_code(parts[-1]) is not None)
    if not known or parts[0] in _NOT_DOMAIN:
        return False
    if re.search(r"[\W\d_]", local):
        return local.split(" ")[0] not in COMMON
    before = text[: match.start()].rstrip(" ")
    said = not before or before[-1] in ",;:.\n|/" or bool(_SAID_BEFORE.search(before[-40:]))
    return said and local not in COMMON | _NOT_LOCAL


def _is_old(match: re.Match[str], text: str) -> bool:
    before = text[max(0, match.start() - 60) : match.start()]
    before = re.split(r"[@,;\n]", before)[-1]
    if _NEW_BEFORE.search(before):
        return False
    return bool(_OLD_BEFORE.search(before) or _OLD_AFTER.match(text, match.end()))
