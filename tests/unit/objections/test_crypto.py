"""Personal fields can be read only in their own place and with the right key."""

from __future__ import annotations

import base64

import pytest

from bot.objections.crypto import Keys, Unreadable

FIRST = base64.b64encode(bytes(range(32))).decode()
SECOND = base64.b64encode(bytes(range(100, 132))).decode()
PLACE = {"table": "contact", "row_id": "a" * 32, "column": "email"}


def test_a_sealed_field_opens_in_its_own_place() -> None:
    keys = Keys.parse(f"k1:{FIRST}")
    for text in ("ana@example.org", "", "Zoë Ní Bhriain 李小龍 👩‍🎨"):
        assert keys.open(keys.seal(text, **PLACE), **PLACE) == text


@pytest.mark.parametrize("part", ["table", "row_id", "column"])
def test_a_ciphertext_moved_to_another_place_does_not_open(part: str) -> None:
    keys = Keys.parse(f"k1:{FIRST}")
    sealed = keys.seal("ana@example.org", **PLACE)
    with pytest.raises(Unreadable):
        keys.open(sealed, **{**PLACE, part: "elsewhere"})


def test_the_parts_of_a_place_cannot_be_shifted_into_each_other() -> None:
    keys = Keys.parse(f"k1:{FIRST}")
    sealed = keys.seal("Ana", table="ab", row_id="c", column="d")
    with pytest.raises(Unreadable):
        keys.open(sealed, table="a", row_id="bc", column="d")


def test_changing_any_byte_is_noticed() -> None:
    keys = Keys.parse(f"k1:{FIRST}")
    sealed = keys.seal("ana@example.org", **PLACE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(Unreadable):
            keys.open(bytes(changed), **PLACE)
    for length in range(len(sealed)):
        with pytest.raises(Unreadable):
            keys.open(sealed[:length], **PLACE)


def test_the_same_text_is_never_sealed_alike_twice() -> None:
    keys = Keys.parse(f"k1:{FIRST}")
    assert keys.seal("Ana", **PLACE) != keys.seal("Ana", **PLACE)


def test_after_a_rotation_old_fields_still_open_and_new_ones_use_the_new_key() -> None:
    before = Keys.parse(f"k1:{FIRST}")
    old = before.seal("Ana", **PLACE)
    after = Keys.parse(f"k2:{SECOND}, k1:{FIRST}")
    assert after.current_id == "k2"
    assert after.open(old, **PLACE) == "Ana"
    with pytest.raises(Unreadable):
        before.open(after.seal("Ana", **PLACE), **PLACE)


def test_a_key_under_the_same_name_but_with_other_bytes_opens_nothing() -> None:
    sealed = Keys.parse(f"k1:{FIRST}").seal("Ana", **PLACE)
    with pytest.raises(Unreadable):
        Keys.parse(f"k1:{SECOND}").open(sealed, **PLACE)


def test_an_index_is_the_same_for_the_same_value_and_key_only() -> None:
    keys = Keys.parse(f"k1:{FIRST}")
    index = keys.index("contact.email", "ana@example.org")
    assert index == keys.index("contact.email", "ana@example.org")
    assert index.key_id == "k1"
    assert len(index.digest) == 64
    others = [
        keys.index("contact.email", "ana@example.com"),
        keys.index("account", "ana@example.org"),
        keys.index("contact.email", "ana", "@example.org"),
        Keys.parse(f"k1:{SECOND}").index("contact.email", "ana@example.org"),
    ]
    assert index.digest not in {other.digest for other in others}


def test_indexes_cover_every_key_the_current_one_first() -> None:
    old, new = Keys.parse(f"k1:{FIRST}"), Keys.parse(f"k2:{SECOND},k1:{FIRST}")
    assert new.indexes("account", "ana") == (
        new.index("account", "ana"),
        old.index("account", "ana"),
    )


def test_keys_in_the_url_safe_alphabet_are_the_same_keys() -> None:
    secret = bytes([0xFB, 0xFF] * 16)
    plain = Keys.parse("k1:" + base64.b64encode(secret).decode())
    url_safe = Keys.parse("k1:" + base64.urlsafe_b64encode(secret).decode())
    assert url_safe.open(plain.seal("Ana", **PLACE), **PLACE) == "Ana"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        FIRST,
        f":{FIRST}",
        f"k 1:{FIRST}",
        f"k1:{FIRST},k1:{SECOND}",
        f"k1:{FIRST[:-4]}",
        f"k1:{FIRST}{FIRST}",
        "k1:TopSecretButNotBase64!",
        "k1:TopSecretÄ",
        f"{'k' * 33}:{FIRST}",
    ],
)
def test_bad_keys_are_refused_by_the_name_of_the_setting_without_showing_them(text: str) -> None:
    with pytest.raises(ValueError, match="DATA_KEYS") as caught:
        Keys.parse(text)
    shown = str(caught.value)
    assert FIRST[:8] not in shown
    assert "TopSecret" not in shown
    assert caught.value.__cause__ is None


def test_keys_do_not_show_themselves() -> None:
    keys = Keys.parse(f"k2:{SECOND},k1:{FIRST}")
    assert repr(keys) == "Keys(k2, k1)"


def test_a_field_begins_with_the_key_that_sealed_it() -> None:
    keys = Keys.parse(f"k2:{SECOND},k1:{FIRST}")
    assert keys.ids == ("k2", "k1")
    assert keys.seal("Ana", **PLACE).startswith(keys.header)
    assert not Keys.parse(f"k1:{FIRST}").seal("Ana", **PLACE).startswith(keys.header)
    # Nor with one whose id begins alike.
    assert not Keys.parse(f"k22:{FIRST}").seal("Ana", **PLACE).startswith(keys.header)
    _, wrapped = keys.new_subject("1")
    assert wrapped.startswith(keys.header)
