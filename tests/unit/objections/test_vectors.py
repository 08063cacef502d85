"""Published vectors: signatures, sealing, hashes and the canonical form are what standards say.

Vectors go through our own functions as far as those let a caller choose what the vector fixes.
Where they do not (a nonce is random, a hashed message carries lengths), the vector goes through the
library's call that they make.
"""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwt.algorithms import HMACAlgorithm

from bot.objections.crypto import SubjectKey, Unreadable, _decrypted, _derive
from bot.objections.signing import NotSignable, PublicKey, Signer, canonical
from tests.outside import read

ED25519 = read("wycheproof_ed25519")
AES_GCM = read("wycheproof_aes_256_gcm")
HMAC = read("wycheproof_hmac_sha256")
HKDF = read("wycheproof_hkdf_sha256")
CANONICAL = {vector["name"]: vector for vector in read("rfc8785")}
# Of RFC 8032, section 7.1: seed, public key, message, signature.
RFC_8032 = (
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
)


def octets(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(vector[name]) for name in names]


def test_no_vector_is_missing() -> None:
    counted = [len(vectors) for vectors in (ED25519, AES_GCM, HMAC, HKDF, CANONICAL)]
    assert counted == [210, 66, 31, 17, 5]
    for vectors in (ED25519, AES_GCM, HMAC):
        assert {"valid", "invalid"} <= {vector["result"] for vector in vectors}


@pytest.mark.parametrize("vector", ED25519, ids=lambda vector: str(vector["tcId"]))
def test_signatures_are_checked_as_wycheproof_says(vector: dict[str, Any]) -> None:
    public, message, signature = octets(vector, "pk", "msg", "sig")
    accepted = PublicKey(public).verifies(message, base64.b64encode(signature).decode())
    if vector["result"] == "acceptable":
        return  # both are, as long as nothing is raised: keys of which there is no private half
    assert accepted == (vector["result"] == "valid")


def test_a_signature_is_the_one_of_rfc_8032() -> None:
    seed, public, message, signature = map(bytes.fromhex, RFC_8032)
    signer = Signer(seed)
    assert signer.public.raw == public
    assert base64.b64decode(signer.sign(message)) == signature


@pytest.mark.parametrize("vector", AES_GCM, ids=lambda vector: str(vector["tcId"]))
def test_fields_are_sealed_and_opened_as_wycheproof_says(vector: dict[str, Any]) -> None:
    key, nonce, place, plain, sealed, tag = octets(vector, "key", "iv", "aad", "msg", "ct", "tag")
    cipher = AESGCM(key)
    if vector["result"] == "invalid":
        with pytest.raises(Unreadable):
            _decrypted(cipher, nonce + sealed + tag, place)
        return
    assert _decrypted(cipher, nonce + sealed + tag, place) == plain
    # Ours draws the nonce and makes the place itself, so this half is the library's call.
    assert cipher.encrypt(nonce, plain, place) == sealed + tag


def test_a_field_is_what_aes_gcm_makes_of_its_nonce_text_and_place() -> None:
    secret, text = bytes(range(32)), "Ana Silva"
    made = SubjectKey(secret).seal(text, table="t", row_id="r", column="c")
    header, nonce, rest = made[:1], made[1:13], made[13:]
    place = b"".join(len(part).to_bytes(4, "big") + part for part in (header, b"t", b"r", b"c"))
    assert rest == AESGCM(secret).encrypt(nonce, text.encode(), place)


@pytest.mark.parametrize("vector", HMAC, ids=lambda vector: str(vector["tcId"]))
def test_hashes_and_tokens_are_made_as_wycheproof_says(vector: dict[str, Any]) -> None:
    """By the libraries' calls: what ours hash has lengths in it, and what is signed is a token."""
    key, message, tag = octets(vector, "key", "msg", "tag")
    valid = vector["result"] == "valid"
    assert hmac.compare_digest(hmac.new(key, message, "sha256").digest(), tag) == valid
    assert HMACAlgorithm(HMACAlgorithm.SHA256).verify(message, key, tag) == valid


@pytest.mark.parametrize("vector", HKDF, ids=lambda vector: str(vector["tcId"]))
def test_keys_are_derived_as_wycheproof_says(vector: dict[str, Any]) -> None:
    secret, label, derived = octets(vector, "ikm", "info", "okm")
    # A longer output of HKDF begins with the shorter one: RFC 5869, section 2.3.
    assert _derive(secret, label) == derived[:32]


@pytest.mark.parametrize("name", ["french", "structures", "unicode", "weird"])
def test_the_canonical_form_is_that_of_the_test_data(name: str) -> None:
    vector = CANONICAL[name]
    value = json.loads(vector["input"], parse_float=lambda number: int(float(number)))
    assert canonical(value) == vector["output"].encode("utf-8")


def test_of_the_test_data_no_number_with_a_fraction_and_no_literal_is_signed() -> None:
    value, written = json.loads(CANONICAL["values"]["input"]), CANONICAL["values"]["output"]
    assert f'"escaping":{canonical(value["escaping"]).decode("utf-8")}' in written
    for left_out in (*value["numbers"], *value["literals"]):
        with pytest.raises(NotSignable):
            canonical(left_out)
