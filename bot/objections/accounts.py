"""Accounts on Facebook and Instagram, and the links that lead to them.

As in `fields`, the text may be hostile, and nothing but FieldError is raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from bot import patterns
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
_INSTAGRAM_HANDLE = patterns.compile(r"[a-z0-9_](?:\.?[a-z0-9_])*")
_FACEBOOK_HANDLE = patterns.compile(r"[a-z0-9][a-z0-9.]{1,48}[a-z0-9]")
_HOSTS: dict[str, Platform] = {
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "fb.me": "facebook",
    "fb.watch": "facebook",
    "m.me": "facebook",
    "instagram.com": "instagram",
    "instagr.am": "instagram",
}
_SUBDOMAIN = patterns.compile(r"^(?:www|m|web|mbasic|touch|mobile|[a-z]{2}-[a-z]{2})\.")
_SCHEME = patterns.compile(r"^[a-z]{2,8}://", ignore_case=True)
_LINK = patterns.compile(r"([^/?#]*)([^?#]*)(?:\?([^#]*))?")
_AFTER_HOST = patterns.compile(r"[/?#]")
_PORT = patterns.compile(r":\d+$")
_PROFILE_ID = patterns.compile(r"(?:^|&)id=(\d{3,50})(?:&|$)")
_LAST_NUMBER = patterns.compile(r"(?:^|-)(\d{3,50})$")
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
            raise _account_error(
                "account_missing",
                "Please give your Facebook or Instagram username, or a link to the profile.",
            )
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


def parse_account(text: str) -> Account:
    """The one account that a link names, or a platform and a handle ("instagram ana.s").

    Raises FieldError: `account_missing`, `handle_missing` (with `.platform`), `platform_missing`
    (with `.handle`), `platform_unknown`, `post_link`, `account_several` or `account_invalid`.
    """
    words = clean_compatible(text[:_ACCOUNT_TEXT_MAX]).strip("<>().,\"' ").split()
    platforms = {PLATFORM_WORDS[word.lower()] for word in words if word.lower() in PLATFORM_WORDS}
    others = [word for word in words if word.lower() not in PLATFORM_WORDS]
    if any(word.lower().strip(":") in OTHER_PLATFORMS for word in others):
        raise _platform_unknown()
    if len(others) > 1 or len(platforms) > 1:
        raise _account_error(
            "account_several", "I read more than one account. Please name one of them first."
        )
    found = _from_link(others[0]) if others and is_link(others[0]) else None
    if isinstance(found, Account):
        return found
    platform: Platform | None = found or next(iter(platforms), None)
    if platform is None:
        if not others:
            raise _account_error(
                "account_missing",
                "Please give your Facebook or Instagram username, or a link to the profile.",
            )
        raise _account_error(
            "platform_missing",
            "Is that account on Facebook or on Instagram?",
            handle=others[0].lower().lstrip("@"),
        )
    if found or not others:
        raise _account_error(
            "handle_missing",
            f"What is your username on {_TITLES[platform]}? A link to the profile works too.",
            platform=platform,
        )
    return account_of(platform, others[0])


def is_link(chunk: str) -> bool:
    """Whether a word is a web address."""
    if "." not in chunk and "/" not in chunk:
        return False
    host = _AFTER_HOST.split(chunk.lower().lstrip("(["), 1)[0]
    return (
        "://" in chunk
        or host.startswith("www.")
        or ("." in host and "/" in chunk and "@" not in host)
        or _SUBDOMAIN.sub("", host) in _HOSTS
    )


def _from_link(link: str) -> Account | Platform:
    """The account behind a profile link, or the platform alone for a link to its front page."""
    rest = _SCHEME.sub("", link)
    match = _LINK.match(rest)
    host, path, query = (
        (match.group(1), match.group(2), match.group(3) or "") if match else ("",) * 3
    )
    host = _SUBDOMAIN.sub("", _PORT.sub("", host.lower()).rstrip("."))
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
        number = _PROFILE_ID.search(query)
        if number is None:
            raise _post_link()
        return account_of(platform, number.group(1))
    if platform == "facebook" and first in ("people", "pages", "p"):
        # Facebook writes these with a name before the number: people/Ana-Silva/1000…, p/Ana-1000…
        number = _LAST_NUMBER.search(more[-1] if more else "")
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
