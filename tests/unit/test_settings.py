"""Settings are read once, checked, and never show a secret."""

from __future__ import annotations

import dataclasses
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.objections.crypto import Keys
from bot.objections.signing import Signer
from bot.settings import Place, Settings, SettingsError

OWN_DATABASE = {"DATABASE_URL": "postgresql+psycopg2://db/bot"}
SECRETS = {"SECRET_KEY": "a secret of 32 characters or more", "DATA_KEYS": "k1:a key",
           "SIGNING_KEY": "a signing key"}


def load(cwd: Path, **environ: str) -> Settings:
    return Settings.load(environ, cwd)


def test_with_nothing_set_everything_has_a_value_and_it_is_a_demo(tmp_path: Path) -> None:
    settings = load(tmp_path)

    assert settings.operator_role == "demo"
    assert settings.controller_name == "Meta"
    assert settings.data_dir == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'objections.db'}"
    assert settings.allowed_origins == frozenset()
    assert (settings.rate_limit, settings.session_rate_limit) == ("30/minute", "60/minute")
    # Whoever shares an address with a few hundred people has to be borne.
    assert settings.address_rate_limit == "600/minute"
    assert settings.request_rate_limit == "1800/minute"
    assert settings.log_level == "WARNING"
    assert (settings.objection_form_url, settings.privacy_policy_url) == ("", "")


def test_a_turn_outlives_its_actions(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.action_limit < settings.turn_limit


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.operator_role = "controller"  # type: ignore[misc]


def test_missing_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    first, second = load(tmp_path), load(tmp_path)

    assert first == second
    assert len(first.secret_key) >= 43
    assert Keys.parse(first.data_keys)
    assert Signer.parse(first.signing_key)


def test_made_secrets_differ_from_place_to_place(tmp_path: Path) -> None:
    here, there = load(tmp_path / "here"), load(tmp_path / "there")
    assert here.secret_key != there.secret_key
    assert here.data_keys != there.data_keys
    assert here.signing_key != there.signing_key


def test_only_the_owner_can_read_made_secrets(tmp_path: Path) -> None:
    load(tmp_path)
    mode = (tmp_path / "var" / "secrets.env").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_two_first_starts_at_once_agree_on_the_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: load(tmp_path), range(16)))
    assert len({(one.secret_key, one.data_keys, one.signing_key) for one in loaded}) == 1


def test_a_given_secret_is_used_and_nothing_is_made(tmp_path: Path) -> None:
    settings = load(tmp_path, **SECRETS)
    given = (settings.secret_key, settings.data_keys, settings.signing_key)
    assert given == tuple(SECRETS.values())
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATA_KEYS", "SIGNING_KEY"])
@pytest.mark.parametrize("empty", [{}, {"SECRET_KEY": "", "DATA_KEYS": " "}])
def test_with_a_database_of_ones_own_a_missing_secret_is_named(
    tmp_path: Path, missing: str, empty: dict[str, str]
) -> None:
    given = {name: value for name, value in SECRETS.items() if name != missing}
    with pytest.raises(SettingsError, match=missing):
        load(tmp_path, **{**OWN_DATABASE, **empty, **given})
    assert list(tmp_path.iterdir()) == []


def test_pages_may_sign_who_has_logged_in_only_where_a_key_is_set(tmp_path: Path) -> None:
    assert load(tmp_path).identity_key == ""
    key = "é" * 16
    assert load(tmp_path, IDENTITY_KEY=key).identity_key == key
    assert key not in repr(load(tmp_path, IDENTITY_KEY=key))


@pytest.mark.parametrize("key", ["thirty-one characters, too short"[:31], SECRETS["SECRET_KEY"]])
def test_the_key_of_pages_is_long_and_not_the_one_that_signs_sessions(
    tmp_path: Path, key: str
) -> None:
    with pytest.raises(SettingsError, match="IDENTITY_KEY") as error:
        load(tmp_path, SECRET_KEY=SECRETS["SECRET_KEY"], IDENTITY_KEY=key)
    assert key not in str(error.value)


def test_no_secret_is_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, DATABASE_URL="postgresql://bot:pass-word@db/bot", **SECRETS)
    shown = repr(settings) + str(settings)
    for secret in ("a secret", "a key", "a signing key", "pass-word"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("OPERATOR_ROLE", "platform"),
        ("OPERATOR_ROLE", "Demo"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://a.example, *"),
        ("RATE_LIMIT", "many"),
        ("RATE_LIMIT", "0/minute"),
        ("RATE_LIMIT", "-3/minute"),
        ("RATE_LIMIT", "3/day"),
        ("RATE_LIMIT", "3"),
        ("SESSION_RATE_LIMIT", "3/fortnight"),
        ("LOG_LEVEL", "LOUD"),
        ("OBJECTION_FORM_URL", "javascript:alert(1)"),
        ("OBJECTION_FORM_URL", "example.org/form"),
        ("PRIVACY_POLICY_URL", "ftp://example.org"),
    ],
)
def test_a_value_that_cannot_be_used_is_an_error_that_names_it(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=name) as error:
        load(tmp_path, **{name: value})
    assert "\n" not in str(error.value)


def test_origins_are_listed_with_commas(tmp_path: Path) -> None:
    settings = load(tmp_path, ALLOWED_ORIGINS=" https://a.example/ ,https://b.example:8443,, ")
    assert settings.allowed_origins == {"https://a.example", "https://b.example:8443"}


@pytest.mark.parametrize(
    ("given", "turns", "sessions"),
    [
        ({"RATE_LIMIT": "off"}, "off", "off"),
        ({"RATE_LIMIT": "5/second"}, "5/second", "60/minute"),
        ({"SESSION_RATE_LIMIT": "off"}, "30/minute", "off"),
        ({"SESSION_RATE_LIMIT": "2/hour"}, "30/minute", "2/hour"),
    ],
)
def test_limits_can_be_set_and_switched_off(
    tmp_path: Path, given: dict[str, str], turns: str, sessions: str
) -> None:
    settings = load(tmp_path, **given)
    assert (settings.rate_limit, settings.session_rate_limit) == (turns, sessions)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"OPERATOR_ROLE": "controller"}, "Meta"),
        ({"OPERATOR_ROLE": "controller", "CONTROLLER_NAME": "Example"}, "Example"),
        ({"OPERATOR_ROLE": "controller", "OPERATOR_NAME": "Example Ireland"}, "Example Ireland"),
        ({"OPERATOR_NAME": "A Library"}, "A Library"),
        ({}, ""),
    ],
)
def test_a_controller_runs_the_chat_itself_unless_it_says_who_does(
    tmp_path: Path, given: dict[str, str], name: str
) -> None:
    assert load(tmp_path, **given).operator_name == name


def test_the_environment_comes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("CONTROLLER_NAME=File\nOPERATOR_NAME=File\n", "utf-8")
    monkeypatch.setenv("CONTROLLER_NAME", "Environment")
    monkeypatch.delenv("OPERATOR_NAME", raising=False)
    settings = Settings.load(cwd=tmp_path)

    assert (settings.controller_name, settings.operator_name) == ("Environment", "File")


def test_the_data_folder_may_be_anywhere(tmp_path: Path) -> None:
    assert load(tmp_path, DATA_DIR="data").data_dir == tmp_path / "data"
    elsewhere = tmp_path / "elsewhere"
    assert load(tmp_path / "here", DATA_DIR=str(elsewhere)).data_dir == elsewhere


def test_a_level_may_be_written_small(tmp_path: Path) -> None:
    assert load(tmp_path, LOG_LEVEL="debug").log_level == "DEBUG"


def test_the_place_of_the_record_is_known_without_secrets_and_nothing_is_made(
    tmp_path: Path,
) -> None:
    assert Place.load(OWN_DATABASE, tmp_path).database_url == OWN_DATABASE["DATABASE_URL"]
    place = Place.load({"LOG_LEVEL": "error"}, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert place.database_url == load(tmp_path).database_url
    assert place.log_level == "ERROR"


def test_the_place_of_the_record_does_not_show_a_password(tmp_path: Path) -> None:
    assert "secret" not in repr(Place.load({"DATABASE_URL": "postgresql://a:secret@db/b"}))
    with pytest.raises(SettingsError, match="LOG_LEVEL"):
        Place.load({"LOG_LEVEL": "LOUD"}, tmp_path)


@pytest.mark.parametrize("url", ["redis://cache:6379/1", "rediss://:word@cache", "unix:///run/r"])
def test_redis_is_named_by_its_address(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, REDIS_URL=url).redis_url == url


@pytest.mark.parametrize("url", ["cache:6379", "http://cache"])
def test_an_address_that_is_none_of_redis_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL"):
        load(tmp_path, REDIS_URL=url)


def test_a_password_in_the_address_of_redis_is_not_shown(tmp_path: Path) -> None:
    assert "pepper" not in repr(load(tmp_path, REDIS_URL="redis://:pepper@cache"))


def test_proxies_are_listed_as_addresses_or_networks(tmp_path: Path) -> None:
    proxies = load(tmp_path, TRUSTED_PROXIES="10.0.0.1, 192.168.0.0/16,fd00::/8").trusted_proxies
    assert [str(proxy) for proxy in proxies] == ["10.0.0.1/32", "192.168.0.0/16", "fd00::/8"]
    assert load(tmp_path).trusted_proxies == ()


@pytest.mark.parametrize("value", ["proxy", "10.0.0.1/8", "*", "10.0.0.0/33"])
def test_what_is_no_proxy_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        load(tmp_path, TRUSTED_PROXIES=value)
