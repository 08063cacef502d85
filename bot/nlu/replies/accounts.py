"""Accounts in a message: which handle is on which platform, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.nlu.replies.lines import Span
from bot.objections.accounts import OTHER_PLATFORMS, PLATFORM_WORDS, Account, parse_account
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


# Spoken short names that are no slip of the long ones.
_SHORT = {"gram": "instagram", "feis": "facebook"}
# How alike a word has to be to a platform's name that is meant by it.
_ALIKE = 0.6


def platform_of(word: str) -> str | None:
    """`facebook` or `instagram` for any spelling of the two, None for another platform."""
    word = word.lower().strip("@").removesuffix("'s").removesuffix(".com").rpartition(" ")[2]
    known = PLATFORM_WORDS.get(word) or _SHORT.get(word)
    if known or word in OTHER_PLATFORMS:
        return known
    alike = {
        name: SequenceMatcher(None, word[:_LONGEST], name[: max(len(word), 4)]).ratio()
        for name in ("facebook", "instagram")
    }
    best = max(alike, key=alike.__getitem__)
    return best if alike[best] >= _ALIKE and word[:1] == best[0] else None


_LONGEST = 16


def named_accounts(
    message: Message, spans: Sequence[Span], *, is_known: bool = False
) -> list[Named]:
    """The accounts that the spans of a message name, in their order. What no user name can hold is
    none.

    With `is_known` the platform of the first handle is known already, so that a platform between
    it and another handle is the other's.
    """
    return sorted(_named(message, spans, is_known), key=lambda one: one.place)


def _named(message: Message, spans: Sequence[Span], is_known: bool) -> Iterator[Named]:
    items = [
        span
        for span in spans
        if (span.label == "platform" and _has_letters(_text(message, span)))
        or (span.label == "handle" and _may_be_handle(_text(message, span)))
    ]
    for span in spans:
        if span.label == "link":
            yield _of_link(message, span)
    used: set[Span] = set()
    handles = [span for span in items if span.label == "handle"]
    if is_known and len(handles) > 1 and items[0] is handles[0]:
        yield Named(handles[0].first, None, _handle(message, handles[0]), handles[0].role)
        handles, items = handles[1:], items[1:]
    for handle in handles:
        platforms = _platforms_of(handle, items, used)
        used.update(platforms)
        text = _handle(message, handle)
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


def _handle(message: Message, span: Span) -> str:
    return _text(message, span).lower().removeprefix("@").strip(".")


def _may_be_handle(text: str) -> bool:
    return _has_letters(text) and "-" not in text.strip("-")


def _has_letters(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _text(message: Message, span: Span) -> str:
    return message.text[message.tokens[span.first].start : message.tokens[span.last - 1].end]
