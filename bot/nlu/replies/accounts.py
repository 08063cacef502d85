"""Accounts in a message: which handle is on which platform, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.nlu.replies.lines import Span
from bot.objections.accounts import PLATFORM_WORDS, Account, parse_account
from bot.objections.errors import FieldError
from bot.understanding.scan import Message

__all__ = ["Named", "named_accounts", "platform_of"]

# Words between two platforms that share one handle: "facebook and instagram, debbie.k".
_JOINED = 3


@dataclass(frozen=True)
class Named:
    """An account as a message names it, with one half missing perhaps; `place` is its token.

    `problem` is set for what can only be meant as an account and is none of ours.
    """

    place: int
    platform: str | None
    handle: str | None
    role: str | None
    problem: FieldError | None = None


# What stands for the two at once.
_BOTH = frozenset(("both", "beide", "beides", "ambos", "ambas", "entrambi", "entrambe", "les deux"))


def platform_of(word: str) -> str | None:
    """`facebook` or `instagram` for any spelling of the two, None for another platform."""
    word = word.lower().strip("@").removesuffix("'s").removesuffix(".com").removeprefix("the ")
    return (
        PLATFORM_WORDS.get(word)
        or PLATFORM_WORDS.get(word.rpartition(" ")[2])
        or (
            "instagram"
            if word in ("gram", "el insta")
            else "facebook"
            if word in ("face", "feis")
            else None
        )
    )


def named_accounts(message: Message, spans: Sequence[Span]) -> list[Named]:
    """The accounts that the spans of a message name, in their order."""
    return sorted(_named(message, spans), key=lambda one: one.place)


def _named(message: Message, spans: Sequence[Span]) -> Iterator[Named]:
    items = [span for span in spans if span.label in ("handle", "platform")]
    for span in spans:
        if span.label == "link":
            yield _of_link(message, span)
    used: set[Span] = set()
    handles = [span for span in items if span.label == "handle"]
    for handle in handles:
        platforms = _platforms_of(handle, items, used)
        used.update(platforms)
        text = _text(message, handle).lower().removeprefix("@").strip(".")
        for platform in platforms or (None,):
            role = handle.role or (platform.role if platform else None)
            if platform and _text(message, platform).lower() in _BOTH:
                for both in ("facebook", "instagram"):
                    yield Named(handle.first, both, text, role)
                continue
            site = platform_of(_text(message, platform)) if platform else None
            problem = None if site or not platform else _not_covered(message, platform)
            yield Named(handle.first, site, text, role, problem)
    for platform in items:
        if platform.label == "platform" and platform not in used:
            if _text(message, platform).lower() in _BOTH:
                for site in ("facebook", "instagram"):
                    yield Named(platform.first, site, None, platform.role)
                continue
            site = platform_of(_text(message, platform))
            problem = None if site else _not_covered(message, platform)
            yield Named(platform.first, site, None, platform.role, problem)


def _platforms_of(handle: Span, items: Sequence[Span], used: set[Span]) -> tuple[Span, ...]:
    """The platforms that a handle is on: those before it, or those behind it."""
    place = items.index(handle)
    first_is_platform = items[0].label == "platform"
    before = _run(items[:place][::-1])[::-1]
    after = _run(items[place + 1 :])
    free_before = tuple(one for one in before if one not in used)
    if first_is_platform or (free_before and not after):
        if free_before:
            return _together(free_before, last=True)
        # "instagram ana_b, ana_c": said once for the list
        said = [one for one in items[:place] if one.label == "platform"]
        return tuple(said[-1:])
    if after:
        return _together(after, last=False)
    later = [one for one in items[place + 1 :] if one.label == "platform"]
    said = [one for one in items[:place] if one.label == "platform"]
    return tuple(later[:1] or said[-1:])


def _run(items: Sequence[Span]) -> list[Span]:
    found = []
    for item in items:
        if item.label != "platform":
            break
        found.append(item)
    return found


def _together(platforms: Sequence[Span], *, last: bool) -> tuple[Span, ...]:
    """The nearest platform, with those that are joined to it by a word or two."""
    nearest_first = platforms[::-1] if last else platforms
    kept = [nearest_first[0]]
    for one in nearest_first[1:]:
        apart = abs(one.first - kept[-1].first)
        if apart > _JOINED or one.role != kept[0].role:
            break
        kept.append(one)
    return tuple(sorted(kept, key=lambda span: span.first))


def _of_link(message: Message, span: Span) -> Named:
    try:
        account: Account = parse_account(_text(message, span))
    except FieldError as error:
        platform = error.platform if error.code == "handle_missing" else None
        return Named(span.first, platform, None, span.role, None if platform else error)
    return Named(span.first, account.platform, account.handle, span.role)


def _not_covered(message: Message, span: Span) -> FieldError:
    return FieldError(
        "account",
        "platform_unknown",
        "The notice speaks of Facebook and Instagram, so I can only take an account on one of "
        "these two.",
    )


def _text(message: Message, span: Span) -> str:
    return message.text[message.tokens[span.first].start : message.tokens[span.last - 1].end]
