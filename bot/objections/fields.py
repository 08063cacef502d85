"""Read what a person typed into one field: one pure function per field.

Every `parse_<field>` takes raw text, also hostile text, and returns the normalised value or raises
FieldError with a sentence that says what would be right. Nothing else is raised, and parsing a
parsed value gives the same value. Accounts are read in `accounts`.
"""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from bot import patterns
from bot.objections import countries
from bot.objections.clean import clean, clean_compatible, clean_lines
from bot.objections.errors import FieldError

__all__ = ["parse_country", "parse_email", "parse_full_name", "parse_reason"]

NAME_MAX = 100
EMAIL_MAX = 254
REASON_MAX = 2000

# --- full name ----------------------------------------------------------------------------------

_NAME_MARKS = frozenset(" -'’.·")
_NAME_LOOKALIKES = str.maketrans({"‐": "-", "‑": "-", "–": "-", "`": "'", "´": "'", "‘": "'"})
_SUFFIX_COMMA = patterns.compile(r",(?= (?:jr|sr|ii|iii|iv)\b)", ignore_case=True)
_BETWEEN_NAMES = patterns.compile(r"([-.·])")
_TWO_CAPITALS = patterns.compile(r"^(\w['’]|mc(?=\w{4}))(\w)")
_WEB_ADDRESS = patterns.compile(
    r"\bwww\.|[^\W\d_]{2,}\.(?:com|org|net|info)\b|(?-i:[^\W\d_]{2,}\.[a-z]{2,})", ignore_case=True
)
_PARTICLES = frozenset(
    "van von der den de del della di da do dos das du la le el al bin ibn ter ten zu y e".split()
)


def parse_full_name(text: str) -> str:
    """A person's name in any script, 2 to 100 characters (one is enough where a letter is a word).

    Raises FieldError `name_missing`, `name_too_short`, `name_too_long` or `name_characters`.
    """
    name = _SUFFIX_COMMA.sub("", clean(text).translate(_NAME_LOOKALIKES))
    name = _without_ending(name).strip(' ,;:!"“”')
    if not name:
        raise _name_error("missing", "Please write your name, for example Ana Silva.")
    if len(name) > NAME_MAX:
        raise _name_error("too_long", f"Please keep your name to {NAME_MAX} characters.")
    letters = [char for char in name if char.isalpha()]
    if (
        not letters
        or any(not _fits_a_name(char) for char in name)
        or _WEB_ADDRESS.search(name)
        or not (name[0].isalpha() or name[0] in "'’")
    ):
        raise _name_error(
            "characters",
            "A name has letters, spaces, hyphens and apostrophes only, for example Ana Silva.",
        )
    if len(name) < 2 and unicodedata.category(name) != "Lo":
        raise _name_error("too_short", "Please write your name with at least two letters.")
    if name == name.lower() and " " in name and all(map(_is_latin, letters)):
        name = _capitalised(name)
    return name


def _name_error(kind: str, sentence: str) -> FieldError:
    return FieldError("full_name", f"name_{kind}", sentence)


def _fits_a_name(char: str) -> bool:
    # Joiners are left by `clean` only inside scripts that spell with them.
    return char in _NAME_MARKS or char in "\u200c\u200d" or unicodedata.category(char)[0] in "LM"


def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("LATIN", "MODIFIER", "FEMININE", "MASCULINE"))


def _without_ending(name: str) -> str:
    """Drop what ends a message rather than a name: an emoji, or the full stop of a sentence."""
    end = len(name)
    while end:
        last = name[end - 1]
        if last == ".":
            # Short last words may be abbreviated: "Jr.", "Ana S."
            word = name[name.rfind(" ", 0, end) + 1 : end]
            if len(word) <= 4 or word.count(".") > 1:
                break
        elif unicodedata.category(last) not in ("So", "Sk", "Cn", "Zs") and last not in "!️,":
            break
        end -= 1
    return name[:end]


def _capitalised(name: str) -> str:
    words = name.split(" ")
    return unicodedata.normalize(
        "NFC",
        " ".join(
            word if index and word in _PARTICLES else _capitalised_word(word)
            for index, word in enumerate(words)
        ),
    )


def _capitalised_word(word: str) -> str:
    """o'brien -> O'Brien, anne-marie -> Anne-Marie, j.r. -> J.R., mccartney -> McCartney."""
    parts = _BETWEEN_NAMES.split(word)
    for index, part in enumerate(parts):
        part = _TWO_CAPITALS.sub(lambda m: m[1] + _upper(m[2]), part)
        parts[index] = _upper(part[:1]) + part[1:]
    return "".join(parts)


def _upper(char: str) -> str:
    # Some letters have no single capital ("ß"), and are left alone.
    return char.upper() if len(char.upper()) == 1 else char


# --- e-mail -------------------------------------------------------------------------------------

_SPOKEN_AT = patterns.compile(r" ?[(\[{] ?at ?[)\]}] ?| at ", ignore_case=True)
_SPOKEN_DOT = patterns.compile(r" ?[(\[{] ?dot ?[)\]}] ?| dot ", ignore_case=True)
_IN_BRACKETS = patterns.compile(r"<([^<>@]+@[^<>@]+)>")


def parse_email(text: str) -> str:
    """One e-mail address, domain in lower case, at most 254 characters.

    Raises FieldError `email_missing`, `email_too_long`, `email_no_at`, `email_two_ats`,
    `email_space`, `email_no_domain` or `email_invalid`. Whether the mailbox exists is not asked.
    """
    if len(text) > 4 * EMAIL_MAX:
        raise _email_error("too_long", f"An e-mail address has at most {EMAIL_MAX} characters.")
    address = clean_compatible(text)
    bracketed = _IN_BRACKETS.search(address)
    if bracketed:
        address = bracketed.group(1)
    if "@" not in address:
        address = _SPOKEN_AT.sub("@", address, count=1)
    address = _SPOKEN_DOT.sub(".", address)
    before = None
    while before != address:
        before = address
        address = address.strip(" <>()[]\"“”'‘’`,;:").rstrip(".!?")
        if address[:7].lower() == "mailto:":
            address = address[7:].partition("?")[0]
    if not address:
        raise _email_error("missing", "Please write your e-mail address, like ana@example.org.")
    if "@" not in address:
        raise _email_error(
            "no_at", "An e-mail address has an @ in the middle, like ana@example.org."
        )
    if " " in address:
        raise _email_error(
            "space", "Please write just the e-mail address, without spaces, like ana@example.org."
        )
    domain = address.partition("@")[2]
    if "@" in domain:
        raise _email_error("two_ats", "An e-mail address has only one @, like ana@example.org.")
    if "." not in domain.strip("."):
        raise _email_error(
            "no_domain", "The part after the @ is not complete. It should look like example.org."
        )
    try:
        # The test environment allows the reserved domain ".test"; no DNS is asked.
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except (EmailNotValidError, ValueError) as error:
        raise _email_error(
            "invalid",
            "That does not look like an e-mail address yet. It should look like ana@example.org.",
        ) from error
    if len(checked.normalized) > EMAIL_MAX:
        raise _email_error("too_long", f"An e-mail address has at most {EMAIL_MAX} characters.")
    return checked.normalized


def _email_error(kind: str, sentence: str) -> FieldError:
    return FieldError("email", f"email_{kind}", sentence)


# --- country ------------------------------------------------------------------------------------

_COUNTRY_MAX = 300


def parse_country(text: str) -> str:
    """The ISO 3166-1 alpha-2 code of the country a reply names ("XK" stands for Kosovo).

    Takes names, codes, people ("Irish") and phrases ("I live in Spain"). A lone "no" is an answer
    and not Norway; "NO" is the code. Raises FieldError `country_missing`, `country_several` or
    `country_unknown`.
    """
    reply = clean_compatible(text[: _COUNTRY_MAX + 1]).strip(" .,;:!()[]\"“”'‘’")
    if not countries.fold(reply):
        raise FieldError(
            "country", "country_missing", "Please name the country you live in, for example Spain."
        )
    named = countries.in_reply(reply) if len(text) <= _COUNTRY_MAX else frozenset()
    if len(named) > 1:
        raise FieldError(
            "country",
            "country_several",
            "I read more than one country. Please name only the one you live in.",
        )
    if not named:
        raise FieldError(
            "country",
            "country_unknown",
            "I do not know that country. Please write its name in English, for example Spain.",
        )
    return next(iter(named))


# --- reason -------------------------------------------------------------------------------------

_NO_REASON = frozenset({"no", "none", "no reason", "nothing", "skip", "n/a", "na", "no thanks"})


def parse_reason(text: str) -> str | None:
    """The reason as typed, up to 2,000 characters; None when none was given. Never obligatory.

    Line breaks stay. Markup stays as text: whoever shows it escapes it. Raises FieldError
    `reason_too_long`.
    """
    reason = clean_lines(text)
    if len(reason) > REASON_MAX:
        raise FieldError(
            "reason",
            "reason_too_long",
            f"Please keep the reason to {REASON_MAX:,} characters. A short one is just as good.",
        )
    if reason.casefold().strip(".! ") in _NO_REASON:
        return None
    # Punctuation alone ("-", "...") gives no reason; an emoji may.
    if all(unicodedata.category(char)[0] in "PZMC" for char in reason):
        return None
    return reason
