"""One way to write a value down, and keys that tell whether it was changed."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.objections.signing import (
    NotSignable,
    PublicKey,
    Signer,
    canonical,
    published,
    read_published,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    TEXT | INTEGERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
SIGNER = Signer(bytes(range(32)))


def shuffled(value: Any, order: random.Random) -> Any:
    """The same value with every object's keys in another order."""
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(one, order) for one in value] if isinstance(value, list) else value


@given(VALUES, st.randoms(use_true_random=False), st.sampled_from([None, 0, 2, "\t"]))
def test_the_order_of_keys_spaces_and_escapes_change_nothing(
    value: Any, order: random.Random, indent: Any
) -> None:
    for ascii_only in (True, False):
        other = json.dumps(shuffled(value, order), indent=indent, ensure_ascii=ascii_only)
        assert canonical(json.loads(other)) == canonical(value)


@given(VALUES)
def test_the_canonical_form_is_json_for_the_same_value(value: Any) -> None:
    assert json.loads(canonical(value)) == value


@given(VALUES, VALUES)
def test_different_values_never_have_the_same_form(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == (one == other)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [-2, "x"]}, '{"a":[-2,"x"],"b":1}'),
        # RFC 8785, sections 3.2.2.2 and 3.2.3, without what is not used here.
        ("\u20ac$\u000f\nA'B\"\\\\\"/", '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        (
            {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7},
            '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
        ),
        ("\x7f\u2028", '"\x7f\u2028"'),
        ({}, "{}"),
    ],
)
def test_the_form_is_that_of_rfc_8785(value: Any, written: str) -> None:
    assert canonical(value) == written.encode("utf-8")


@pytest.mark.parametrize(
    "value", [1.0, None, True, 2**53, "\ud800", {"a": {"b": 0.5}}, {1: "a"}, [b"x"]], ids=repr
)
def test_what_people_write_differently_has_no_form(value: Any) -> None:
    with pytest.raises(NotSignable):
        canonical(value)


def test_what_is_too_deep_has_no_form() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotSignable):
        canonical(deep)


def test_the_signature_is_that_of_rfc_8032() -> None:
    # Section 7.1, test 1.
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signer = Signer(seed)
    assert signer.public.raw.hex() == (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )
    assert base64.b64decode(signer.sign(b"")).hex().startswith("e5564300c360ac729086e2cc806e828a")


def test_a_signature_is_good_for_its_content_and_its_key_only() -> None:
    signature = SIGNER.sign(b"content")
    assert signature == SIGNER.sign(b"content")
    assert SIGNER.public.verifies(b"content", signature)
    assert not SIGNER.public.verifies(b"Content", signature)
    assert not Signer(bytes(32)).public.verifies(b"content", signature)
    # The same bytes spelled otherwise: base64 leaves two bits open at the end.
    assert base64.b64decode(signature[:-3] + "h==") != b""
    for spelled in (signature + "\n", signature.rstrip("="), "", "é", signature[:-4] + "AAAA"):
        assert not SIGNER.public.verifies(b"content", spelled)


@pytest.mark.parametrize("text", ["", "x", "AAAA", base64.b64encode(bytes(33)).decode(), "é"])
def test_a_key_that_cannot_be_used_is_an_error_that_names_the_setting(text: str) -> None:
    with pytest.raises(ValueError, match="SIGNING_KEY"):
        Signer.parse(text)


def test_a_key_may_be_in_either_alphabet_and_is_not_shown() -> None:
    seed = b"\xfb\xff" * 16
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        signer = Signer.parse(encode(seed).decode())
        assert signer.public == Signer(seed).public
    assert repr(Signer(seed)) == f"Signer({Signer(seed).public.id})"


def test_published_keys_can_be_read_again() -> None:
    listed = published([SIGNER.public])
    (one,) = listed["keys"]
    assert set(one) == {"id", "algorithm", "public"}
    assert len(one["id"]) == 16
    assert read_published(json.dumps(listed)) == (SIGNER.public,)
    assert read_published(f" {one['public']}\n") == (SIGNER.public,)


@pytest.mark.parametrize(
    "text",
    ["", "?", "{", "{}", '{"keys": []}', '{"keys": [1]}', "[]", "AAAA", '{"keys": {"a": "b"}}',
     json.dumps({"keys": [{**PublicKey(bytes(32)).as_dict(), "id": "0" * 16}]})],
)
def test_what_is_no_key_is_an_error_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^That is no key: .+\.$"):
        read_published(text)
