"""Read what a person typed into one field: one pure function per field.

Every `parse_<field>` takes raw text, also hostile text, and returns the normalised value or raises
FieldError with a sentence that says what would be right. Nothing else is raised, and parsing a
parsed value gives the same value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from bot.objections import countries
from bot.objections.countries import country_name
from bot.objections.errors import FieldError

__all__ = [
    "Account",
    "Platform",
    "country_name",
    "parse_account",
    "parse_accounts",
    "parse_country",
    "parse_email",
    "parse_full_name",
    "parse_reason",
]

NAME_MAX = 100
EMAIL_MAX = 254
REASON_MAX = 2000

# --- cleaning -----------------------------------------------------------------------------------
# Removed everywhere: control characters, lone surrogates, and invisible format characters such as
# bidi overrides and zero-width spaces, which can make a stored value look like another one.

_JOINERS = "\u200c\u200d"
# Arabic, Persian and the Indic scripts spell some names with a joiner between two letters.
_IDLE_JOINER = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]+|[\u200c\u200d]+(?![\u0600-\u0dff])")


def clean(text: str) -> str:
    """One line of text in NFC, with single spaces and nothing invisible."""
    text = unicodedata.normalize("NFC", _visible(text))
    return " ".join(_IDLE_JOINER.sub("", text).split())


def clean_compatible(text: str) -> str:
    """As `clean`, in NFKC: "＠" becomes "@". For e-mail addresses, handles and codes."""
    return clean(unicodedata.normalize("NFKC", _visible(text)))


def clean_lines(text: str) -> str:
    """As `clean`, line by line, with at most one empty line between paragraphs.

    Joiners stay, because emoji are put together with them.
    """
    text = unicodedata.normalize("NFC", _visible(text.replace("\r\n", "\n").replace("\r", "\n")))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _visible(text: str) -> str:
    return "".join(
        char
        for char in text
        if char.isspace()
        or char in _JOINERS
        or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
    )


# --- full name ----------------------------------------------------------------------------------

_NAME_MARKS = frozenset(" -'’.·")
_NAME_LOOKALIKES = str.maketrans({"‐": "-", "‑": "-", "–": "-", "`": "'", "´": "'", "‘": "'"})
_SUFFIX_COMMA = re.compile(r",(?= (?:jr|sr|ii|iii|iv)\b)", re.IGNORECASE)
_WEB_ADDRESS = re.compile(
    r"\bwww\.|[^\W\d_]{2,}\.(?:com|org|net|info)\b|(?-i:[^\W\d_]{2,}\.[a-z]{2,})", re.IGNORECASE
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
    while name and (unicodedata.category(name[-1]) in ("So", "Sk", "Cn", "Zs") or name[-1] in "!️"):
        name = name[:-1]
    words = name.split(" ")
    # Short last words may be abbreviated: "Jr.", "Ana S."
    if name.endswith(".") and len(words[-1]) > 4 and words[-1].count(".") == 1:
        name = name[:-1]
    return name


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
    parts = re.split(r"([-.·])", word)
    for index, part in enumerate(parts):
        part = re.sub(r"^(\w['’]|mc(?=\w{4}))(\w)", lambda m: m[1] + _upper(m[2]), part)
        parts[index] = _upper(part[:1]) + part[1:]
    return "".join(parts)


def _upper(char: str) -> str:
    # Some letters have no single capital ("ß"), and are left alone.
    return char.upper() if len(char.upper()) == 1 else char


# --- e-mail -------------------------------------------------------------------------------------

_SPOKEN_AT = re.compile(r" ?[(\[{] ?at ?[)\]}] ?| at ", re.IGNORECASE)
_SPOKEN_DOT = re.compile(r" ?[(\[{] ?dot ?[)\]}] ?| dot ", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"<([^<>@]+@[^<>@]+)>")


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
    local, _, domain = address.partition("@")
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


# --- accounts -----------------------------------------------------------------------------------

Platform = Literal["facebook", "instagram"]

ACCOUNTS_MAX = 20
_ACCOUNT_TEXT_MAX = 4000

_TITLES: dict[Platform, str] = {"facebook": "Facebook", "instagram": "Instagram"}
_FACEBOOK_WORDS = "facebook fb facebok facbook faceboook facebbok"
_INSTAGRAM_WORDS = "instagram insta ig instgram instagramm instragram"
PLATFORM_WORDS: dict[str, Platform] = {}
PLATFORM_WORDS.update((word, "facebook") for word in _FACEBOOK_WORDS.split())
PLATFORM_WORDS.update((word, "instagram") for word in _INSTAGRAM_WORDS.split())
_INSTAGRAM_HANDLE = re.compile(r"[a-z0-9_](?:\.?[a-z0-9_])*")
_FACEBOOK_HANDLE = re.compile(r"[a-z0-9][a-z0-9.]{1,48}[a-z0-9]")
_HOSTS: dict[str, Platform] = {
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "fb.me": "facebook",
    "fb.watch": "facebook",
    "m.me": "facebook",
    "instagram.com": "instagram",
    "instagr.am": "instagram",
}
_SUBDOMAIN = re.compile(r"^(?:www|m|web|mbasic|touch|mobile|[a-z]{2}-[a-z]{2})\.")
_OTHER_PLATFORMS = frozenset(
    "tiktok threads whatsapp twitter snapchat youtube linkedin messenger telegram reddit pinterest "
    "bluesky mastodon discord signal wechat tumblr oculus quest x".split()
)
_OTHER_HOSTS = frozenset(
    "tiktok.com threads.net threads.com wa.me whatsapp.com twitter.com x.com snapchat.com "
    "youtube.com youtu.be linkedin.com t.me reddit.com pinterest.com bsky.app".split()
)
# First parts of a path that are the platform's own pages, so never a username.
_NOT_PROFILES = frozenset(
    "p reel reels tv stories story explore accounts direct s share about legal posts photo photos "
    "photo.php photo_id watch video videos story.php permalink.php permalink groups events media "
    "marketplace hashtag notes login login.php help settings home.php search gaming ads".split()
)
_PROFILE_TABS = frozenset(
    "about friends photos videos reels followers following tagged community mentions saved "
    "channel feed igtv".split()
)
_FILLER = frozenset(
    "my mine is are was account accounts profile profiles page pages username usernames handle "
    "handles name user id the a an it it's its called under at for on in from of to i am im i'm "
    "use have i've got has me hi hello hey please sure yes yeah ok okay well actually so no not "
    "too both same one ones this that that's these those here there thanks thank you as with "
    "link links url just only don't do dont or but main other another second also meta e.g wait "
    "sorry which who name's they're we our".split()
)
_AND = frozenset(("and", "&", "+", "plus", "und"))


@dataclass(frozen=True)
class Account:
    """One account. Build it with `parse_account` or `from_dict`, which check the handle."""

    platform: Platform
    handle: str

    @property
    def label(self) -> str:
        """For people: "ana.s on Instagram"."""
        return f"{self.handle} on {_TITLES[self.platform]}"

    @property
    def key(self) -> tuple[Platform, str]:
        """What makes two accounts the same one: Facebook does not count full stops."""
        dotless = self.platform == "facebook"
        return self.platform, self.handle.replace(".", "") if dotless else self.handle

    def as_dict(self) -> dict[str, str]:
        return {"platform": self.platform, "handle": self.handle}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Account:
        """Raises FieldError for anything that `as_dict` would not have written."""
        platform, handle = data.get("platform"), data.get("handle")
        if not isinstance(platform, str) or not isinstance(handle, str):
            raise _nothing_found([])
        return account_of(_platform(platform), handle)


def account_of(platform: Platform, handle: str) -> Account:
    """The account with this bare handle. Raises FieldError `account_invalid`."""
    handle = clean_compatible(handle[:200]).lower().removeprefix("@")
    if platform == "instagram":
        sound = len(handle) <= 30 and _INSTAGRAM_HANDLE.fullmatch(handle)
        rule = "letters, digits, full stops and underscores, at most 30 of them"
    else:
        sound = _FACEBOOK_HANDLE.fullmatch(handle)
        rule = "letters, digits and full stops, at least 3 of them"
    if not sound:
        raise _account_error(
            "account_invalid",
            f"That is not a username yet. On {_TITLES[platform]} it has {rule}. "
            "A link to the profile works too.",
        )
    return Account(platform, handle)


def parse_account(text: str, platform: str | None = None) -> Account:
    """The one account that a link, a handle or a sentence names.

    `platform` counts when the text names none. Raises FieldError: `account_missing`,
    `handle_missing` (with `.platform`), `platform_missing` (with `.handle`), `platform_unknown`,
    `post_link`, `account_several` or `account_invalid`.
    """
    accounts = parse_accounts(text, platform)
    if len(accounts) > 1:
        raise _account_error(
            "account_several", "I read more than one account. Please name one of them first."
        )
    return accounts[0]


def parse_accounts(text: str, platform: str | None = None) -> tuple[Account, ...]:
    """All accounts named in free text, without repeats, at most 20.

    One platform said once holds for its whole list ("instagram ana_b, ana_c"). Raises FieldError
    as `parse_account` does, and `accounts_too_many`; a list with one bad entry raises, so that no
    account is left out unseen.
    """
    accounts, errors = scan_accounts(text, platform)
    if errors:
        raise errors[0]
    if len(accounts) > ACCOUNTS_MAX:
        raise _account_error(
            "accounts_too_many", f"Please name at most {ACCOUNTS_MAX} accounts at once."
        )
    return accounts


def scan_accounts(
    text: str, platform: str | None = None
) -> tuple[tuple[Account, ...], tuple[FieldError, ...]]:
    """As `parse_accounts`, with what was understood beside what was not; never both empty."""
    default = None if platform is None else _platform(platform)
    if len(text) > _ACCOUNT_TEXT_MAX:
        return (), (_account_error("account_invalid", "Please write only the account names."),)
    segments, errors = _segments(text)
    accounts: dict[tuple[Platform, str], Account] = {}
    for index, segment in enumerate(segments):
        try:
            for account in segment.accounts or _resolved(segments, index, default):
                accounts.setdefault(account.key, account)
        except FieldError as error:
            errors.append(error)
    if not accounts and not errors:
        errors.append(_nothing_found(segments))
    return tuple(accounts.values()), tuple(errors)


@dataclass
class _Segment:
    """One entry of a list of accounts, as far as it was read."""

    joined: bool = False  # stands after "and"
    pure: bool = True  # nothing but platforms and handles
    prefix: bool = False  # the platform came before the handle
    equals: bool = False  # says "is" or "called"
    other: bool = False  # names a platform that is not covered
    platforms: list[Platform] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    handles: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def candidates(self) -> list[str]:
        """What is marked as a handle ("@ana", "ana.s"), else whatever words there are."""
        return self.handles or self.words


def _segments(text: str) -> tuple[list[_Segment], list[FieldError]]:
    segments = [_Segment()]
    errors: list[FieldError] = []
    for token in _tokens(text):
        segment = segments[-1]
        word = token.lower().removesuffix("'s")
        taken = bool(segment.candidates or segment.accounts)
        if word in (",", *_AND):
            segments.append(_Segment(joined=word != ","))
        elif word in PLATFORM_WORDS:
            if taken and segment.platforms:
                segments.append(segment := _Segment())
                taken = False
            segment.platforms.append(PLATFORM_WORDS[word])
            segment.prefix = not taken
        elif "/" in token or word.partition("?")[0] in _HOSTS:
            try:
                found = _from_link(token)
            except FieldError as error:
                errors.append(error)
                continue
            if isinstance(found, Account):
                segment.accounts.append(found)
            else:
                segment.platforms.append(found)
                segment.prefix = not taken
        elif word in _OTHER_PLATFORMS or word in _OTHER_HOSTS:
            segment.other = True
        elif word in _FILLER or not any(char.isalnum() for char in word):
            segment.pure = False
            segment.equals |= word in ("is", "are", "called")
        else:
            if taken and segment.platforms and not segment.prefix and _is_marked(token):
                segments.append(segment := _Segment())
            handle, _, host = token.lower().partition("@") if "@" in token[1:] else (token, "", "")
            if host in PLATFORM_WORDS:
                segment.platforms.append(PLATFORM_WORDS[host])
                segment.handles.append(handle)
            elif _is_marked(token):
                segment.handles.append(token.lower())
            elif not (word.isdigit() and len(word) < 5):
                segment.words.append(token.lower())
    return segments, errors


def _tokens(text: str) -> list[str]:
    text = clean_compatible(re.sub(r"[\r\n\u2028]+", " , ", text)).replace("’", "'")
    tokens: list[str] = []
    for chunk in re.split(r"\s|([,;])", text):
        if not chunk:
            continue
        chunk = chunk.strip("<>\"“”'`!").rstrip(".:?)")
        if _looks_like_link(chunk):
            tokens.append(chunk.lstrip("(["))
            continue
        for part in re.split(r"[:=/()\[\]|]|([;,&+])", chunk):
            if part:
                tokens.append("," if part == ";" else part.strip("'\"!").rstrip(".?") or ".")
    return tokens


def _looks_like_link(chunk: str) -> bool:
    host = re.split(r"[/?#]", chunk.lower().lstrip("(["), maxsplit=1)[0]
    return (
        "://" in chunk
        or host.startswith("www.")
        or ("." in host and "/" in chunk and "@" not in host)
        or _SUBDOMAIN.sub("", host) in _HOSTS
    )


def _is_marked(token: str) -> bool:
    """Whether a word can only be a handle: "@ana", "ana.s", "ana_b", "ana77", a long number."""
    if token.startswith("@"):
        return True
    if token.isdigit():
        return len(token) >= 5
    return (
        "@" in token
        or re.search(r"[a-z0-9][._][a-z0-9]|_|[a-z]\d|\d[a-z]", token.lower()) is not None
    )


def _resolved(segments: list[_Segment], index: int, default: Platform | None) -> list[Account]:
    """The accounts of one entry, with the platform taken from its neighbours where it has none."""
    segment = segments[index]
    if segment.other and not segment.platforms:
        raise _platform_unknown()
    candidates = segment.candidates
    if not candidates:
        return []
    if len(segment.words) > 1 and not segment.handles:
        # Words beside a list ("the one with the dog") are talk; alone they were meant as an answer.
        if not segment.platforms and any(s.handles or s.accounts for s in segments):
            return []
        raise _account_error(
            "account_invalid",
            "Please give the username or a link to the profile, for example ana.silva.",
        )
    aside = not (segment.handles or segment.platforms or segment.pure or segment.equals)
    if aside and any(s.handles or s.accounts for s in segments):
        return []
    platforms = segment.platforms + _shared_with(segments, index)
    if not platforms:
        inherited = _inherited(segments, index) or default
        if inherited is None:
            handle = candidates[0].lstrip("@")
            if not (_INSTAGRAM_HANDLE.fullmatch(handle) or _FACEBOOK_HANDLE.fullmatch(handle)):
                raise _account_error(
                    "account_invalid",
                    "That is not a username on Facebook or Instagram. "
                    "A link to the profile works too.",
                )
            raise _account_error(
                "platform_missing",
                "Is that account on Facebook or on Instagram?",
                handle=handle,
            )
        platforms = [inherited]
    return [account_of(platform, handle) for handle in candidates for platform in platforms]


def _shared_with(segments: list[_Segment], index: int) -> list[Platform]:
    """Platforms of a bare neighbour: "facebook and instagram ana.s" means both."""
    segment = segments[index]
    if not segment.platforms:
        return []
    if segment.prefix and segment.joined and index:
        neighbour = segments[index - 1]
    elif not segment.prefix and index + 1 < len(segments) and segments[index + 1].joined:
        neighbour = segments[index + 1]
    else:
        return []
    bare = neighbour.pure and not neighbour.candidates and not neighbour.accounts
    return neighbour.platforms if bare else []


def _inherited(segments: list[_Segment], index: int) -> Platform | None:
    for later in segments[index + 1 :]:
        if later.platforms:
            # "ana_b, ana_c on instagram": the platform comes at the end of the list.
            if not later.prefix:
                return later.platforms[0]
            break
    for earlier in reversed(segments[:index]):
        if earlier.platforms:
            return earlier.platforms[-1]
        if earlier.accounts:
            return earlier.accounts[-1].platform
    return None


def _nothing_found(segments: list[_Segment]) -> FieldError:
    platforms = [platform for segment in segments for platform in segment.platforms]
    if len(set(platforms)) == 1:
        return _account_error(
            "handle_missing",
            f"What is your username on {_TITLES[platforms[0]]}? A link to the profile works too.",
            platform=platforms[0],
        )
    return _account_error(
        "account_missing",
        "Please give your Facebook or Instagram username, or a link to the profile.",
    )


def _from_link(link: str) -> Account | Platform:
    """The account behind a profile link, or the platform alone for a link to its front page."""
    rest = re.sub(r"^[a-z]{2,8}://", "", link, flags=re.IGNORECASE)
    match = re.match(r"([^/?#]*)([^?#]*)(?:\?([^#]*))?", rest)
    host, path, query = (
        (match.group(1), match.group(2), match.group(3) or "") if match else ("",) * 3
    )
    host = _SUBDOMAIN.sub("", re.sub(r":\d+$", "", host.lower()).rstrip("."))
    if host in _OTHER_HOSTS:
        raise _platform_unknown()
    if host not in _HOSTS:
        raise _account_error(
            "account_invalid",
            "That link does not go to Facebook or Instagram. Please send your username there.",
        )
    platform = _HOSTS[host]
    parts = [unquote(part, errors="replace").lower() for part in path.split("/") if part]
    if host == "fb.watch" and parts:
        raise _post_link()
    if not parts:
        return platform
    first, more = parts[0], parts[1:]
    if platform == "facebook" and first == "profile.php":
        number = re.search(r"(?:^|&)id=(\d{3,50})(?:&|$)", query)
        if number is None:
            raise _post_link()
        return account_of(platform, number.group(1))
    if platform == "facebook" and first in ("people", "pages", "p"):
        # Facebook writes these with a name before the number: people/Ana-Silva/1000…, p/Ana-1000…
        number = re.search(r"(?:^|-)(\d{3,50})$", more[-1] if more else "")
        if number is None:
            raise _post_link()
        return account_of(platform, number.group(1))
    if first in ("pg", "_u") and more:
        first, more = more[0], more[1:]
    if first in _NOT_PROFILES or len(more) > 1 or (more and more[0] not in _PROFILE_TABS):
        raise _post_link()
    return account_of(platform, first)


def _platform(word: str) -> Platform:
    platform = PLATFORM_WORDS.get(clean_compatible(word[:50]).lower())
    if platform is None:
        raise _platform_unknown()
    return platform


def _platform_unknown() -> FieldError:
    return _account_error(
        "platform_unknown",
        "The notice speaks of Facebook and Instagram, so I can only take an account on one of "
        "these two.",
    )


def _post_link() -> FieldError:
    return _account_error(
        "post_link",
        "That link goes to a post or another page. Please send the link to the profile itself, "
        "or the username.",
    )


def _account_error(
    code: str, sentence: str, *, handle: str | None = None, platform: str | None = None
) -> FieldError:
    return FieldError("account", code, sentence, handle=handle, platform=platform)
