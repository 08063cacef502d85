"""An address is the connection's, unless a proxy that is trusted says otherwise."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from bot.runtime.proxies import counted_as, sender

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "found"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        # Nobody asked this one.
        ("203.0.113.5", "198.51.100.7", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        # What a client claims itself stands on the left.
        ("10.0.0.1", "192.0.2.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "192.0.2.1, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("10.0.0.1", "10.1.1.1,10.2.2.2", "10.1.1.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("fd00::1", "198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("", "198.51.100.7", ""),
    ],
)
def test_whose_request_it_is(peer: str, forwarded_for: str, found: str) -> None:
    assert sender(peer, forwarded_for, TRUSTED) == found


def test_without_a_trusted_proxy_the_header_counts_for_nothing() -> None:
    assert sender("10.0.0.1", "198.51.100.7", ()) == "10.0.0.1"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("a socket", "a socket"),
    ],
)
def test_a_household_is_counted_as_one(address: str, name: str) -> None:
    assert counted_as(address) == name
