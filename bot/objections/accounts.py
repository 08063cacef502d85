"""Read accounts on Facebook and Instagram: links, handles, and lists of them in free text.

As in `fields`, the text may be hostile, and nothing but FieldError is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from bot.objections import words
from bot.objections.clean import clean_compatible
from bot.objections.errors import FieldError

__all__ = [
    "ACCOUNTS_MAX",
    "OTHER_HOSTS",
    "OTHER_PLATFORMS",
    "PLATFORM_WORDS",
    "Account",
    "Platform",
    "account_of",
    "is_link",
    "parse_account",
    "parse_accounts",
    "scan_accounts",
]

Platform = Literal["facebook", "instagram"]

ACCOUNTS_MAX = 20
_ACCOUNT_TEXT_MAX = 4000

_TITLES: dict[Platform, str] = {"facebook": "Facebook", "instagram": "Instagram"}


def _with_slips(word: str) -> Iterator[str]:
    """A word, and what fingers make of it: a letter left out or doubled, two that changed places.
    People rarely get the first letter wrong."""
    yield word
    for i in range(1, len(word)):
        yield word[:i] + word[i + 1 :]
        yield word[:i] + word[i] + word[i:]
        yield word[:i] + word[i : i + 2][::-1] + word[i + 2 :]


_OTHER_WORDS: dict[str, Platform] = {
    "fb": "facebook", "facebbok": "facebook", "insta": "instagram", "ig": "instagram",
    "instragram": "instagram",
}
PLATFORM_WORDS: dict[str, Platform] = {
    **{word: platform for platform in _TITLES for word in _with_slips(platform)}, **_OTHER_WORDS
}
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
OTHER_PLATFORMS = frozenset(
    "tiktok threads whatsapp twitter snapchat youtube linkedin messenger telegram reddit pinterest "
    "bluesky mastodon discord signal wechat tumblr oculus quest x".split()
)
OTHER_HOSTS = frozenset(
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
_KIN = frozenset(
    "wife husband boyfriend girlfriend partner mother father mum mom dad parent sister brother son "
    "daughter kid child friend cousin aunt uncle grandma grandpa grandmother grandfather boss "
    "colleague neighbour neighbor flatmate roommate ex her his their".split()
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
    talk: bool = False  # has everyday words
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
        elif word in OTHER_PLATFORMS or word in OTHER_HOSTS:
            segment.other = True
        elif word in _FILLER or _is_common(token) or not any(char.isalnum() for char in word):
            segment.pure = False
            segment.talk |= _is_common(token)
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
        if is_link(chunk):
            tokens.append(chunk.lstrip("(["))
            continue
        for part in re.split(r"[:=/()\[\]|]|([;,&+])", chunk):
            if part:
                tokens.append("," if part == ";" else part.strip("'\"!").rstrip(".?") or ".")
    return tokens


def _is_common(token: str) -> bool:
    """Whether it is an everyday word ("old", "business", "wife") and not written as a handle."""
    word = token.lower().removesuffix("'s")
    return not _is_marked(token) and (word in words.COMMON - words.ALSO_NAMES or word in _KIN)


def names_somebody_else(text: str) -> bool:
    """Whether it speaks of another person's account: "my wife has instagram sue_lee"."""
    said = [word.removesuffix("'s") for word in _tokens(text.lower())]
    return any(word in _KIN or word.removesuffix("s") in _KIN for word in said)


def is_link(chunk: str) -> bool:
    """Whether a word is a web address."""
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
    if segment.talk and not segment.handles and not segment.equals:
        # "I closed facebook last summer, never looked back": among everyday words another one is
        # no handle, and beside the platform only a rare word is.
        candidates = [
            word for word in candidates if segment.platforms and word not in words.ALSO_NAMES
        ]
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
            # "ana_b, ana_c on instagram", "ana_b, that's on insta": the platform comes at the end.
            if not later.prefix or not (later.candidates or later.accounts):
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
    if host in OTHER_HOSTS:
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
