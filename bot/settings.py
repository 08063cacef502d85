"""Settings: frozen, and the only reader of the environment.

Values come from the environment, then from `.env` in the working folder. A missing secret is made
once and kept in the data folder when everything is stored there (the embedded default); with a
database of one's own its absence is an error that names it, because a secret that appears by
itself on one of several machines would lock the others out of what it encrypted.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, cast, get_args

from dotenv import dotenv_values

from bot import patterns

ROOT = Path(__file__).resolve().parent.parent
# Characters of a key that signs sessions; a shorter one could be guessed from a token.
SHORTEST_KEY = 32
Role = Literal["demo", "controller", "helper"]
# In the data folder: mails, where there is no mail server.
MAIL_DIR = "mail"
# The name of an operator, as it stands in the audit log.
OPERATOR = patterns.compile(r"[a-z0-9._-]{1,32}")
_ADDRESS = patterns.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+")
_New = Callable[[], str]
Network = IPv4Network | IPv6Network


class SettingsError(Exception):
    """A setting is missing or cannot be used; the message names it and never shows a secret."""


@dataclass(frozen=True)
class Place:
    """Where the record is, for commands that need no secret: reading this makes none either."""

    database_url: str = field(repr=False)
    log_level: str = "WARNING"
    # Who works at the desk, for the audit log; '' is nobody in particular.
    desk_operator: str = ""
    # Where mails are that were written into files.
    mail_dir: Path = Path("var/mail")

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Place:
        """Read the settings, with arguments and errors as in `Settings.load`."""
        cwd = cwd or Path.cwd()
        read = _Reader(_environment(environ, cwd))
        data_dir = read.folder(cwd)
        return cls(
            read.database(data_dir),
            read.level("LOG_LEVEL"),
            read.operator("DESK_OPERATOR"),
            data_dir / MAIL_DIR,
        )


@dataclass(frozen=True)
class Settings:
    """What can be set. Lengths are in seconds, rates as `<number>/<second|minute|hour>`."""

    data_dir: Path
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    data_keys: str = field(repr=False)
    signing_key: str = field(repr=False)
    # Public keys of those that signed receipts before: `<id>:<base64>`, with commas between them.
    former_signing_keys: str = ""
    # Shared with the pages that sign who has logged in; "" where none does.
    identity_key: str = field(default="", repr=False)
    allowed_origins: frozenset[str] = frozenset()
    rate_limit: str = "30/minute"
    session_rate_limit: str = "60/minute"
    address_rate_limit: str = "600/minute"
    request_rate_limit: str = "1800/minute"
    # Connections at once, and seconds from a request's first byte to its last.
    connections: int = 1000
    address_connections: int = 200
    request_seconds: int = 15
    # redis://, rediss:// or unix://: where several processes share locks and counts; "" is memory.
    redis_url: str = field(default="", repr=False)
    # Proxies whose X-Forwarded-For is believed.
    trusted_proxies: tuple[Network, ...] = ()
    operator_role: Role = "demo"
    operator_name: str = ""
    controller_name: str = "Meta"
    controller_contact: str = ""
    objection_form_url: str = ""
    privacy_policy_url: str = ""
    # smtp:// or smtps://, with user and password where the server wants them; without it mail is
    # written into files.
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    # Days until something is removed, or a hold ends; 0 is never. Conversations count from their
    # last word, contacts from the day their last case was closed, an unverified hold from the last
    # day for an answer.
    conversation_days: int = 30
    contact_days: int = 365
    unverified_hold_days: int = 0
    # Who decides at the desk, where a command does not say it.
    desk_operator: str = ""
    log_level: str = "WARNING"
    session_lifetime: int = 30 * 24 * 3600
    turn_limit: float = 20.0
    action_limit: float = 17.0

    @property
    def mail_dir(self) -> Path:
        """The folder of mails that are written into files."""
        return self.data_dir / MAIL_DIR

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Settings:
        """Read the settings.

        Args:
            environ: variables instead of the process environment and `.env`.
            cwd: the folder that `.env` and relative paths belong to; the working folder.

        Raises:
            SettingsError: a value cannot be used, or a secret is missing where none may be made.
        """
        cwd = cwd or Path.cwd()
        read = _Reader(_environment(environ, cwd))
        data_dir = read.folder(cwd)
        embedded = not read.text("DATABASE_URL")
        made = _Made(data_dir) if embedded else None
        role = read.text("OPERATOR_ROLE") or "demo"
        if role not in get_args(Role):
            raise SettingsError("OPERATOR_ROLE must be 'demo', 'controller' or 'helper'.")
        contact = read.text("CONTROLLER_CONTACT")
        if role == "helper" and not _ADDRESS.fullmatch(contact):
            raise SettingsError(
                "CONTROLLER_CONTACT must be an e-mail address when OPERATOR_ROLE is 'helper': "
                "the objections are sent there."
            )
        smtp, mail_from = read.smtp("SMTP_URL"), read.text("MAIL_FROM")
        if (smtp or mail_from) and not _ADDRESS.fullmatch(mail_from):
            raise SettingsError(
                "MAIL_FROM must be an e-mail address when SMTP_URL is set: mail comes from there."
            )
        secret_key = read.key("SECRET_KEY", made, _new_secret)
        operator = read.text("OPERATOR_NAME")
        controller = read.text("CONTROLLER_NAME") or "Meta"
        return cls(
            data_dir=data_dir,
            database_url=read.database(data_dir),
            secret_key=secret_key,
            data_keys=read.secret("DATA_KEYS", made, _new_data_keys),
            signing_key=read.secret("SIGNING_KEY", made, _new_signing_key),
            former_signing_keys=read.text("FORMER_SIGNING_KEYS"),
            identity_key=read.shared_key("IDENTITY_KEY", secret_key),
            allowed_origins=read.origins("ALLOWED_ORIGINS"),
            rate_limit=read.rate("RATE_LIMIT", "30/minute"),
            session_rate_limit=read.rate("SESSION_RATE_LIMIT", "60/minute"),
            address_rate_limit=read.rate("ADDRESS_RATE_LIMIT", "600/minute"),
            request_rate_limit=read.rate("REQUEST_RATE_LIMIT", "1800/minute"),
            connections=read.number("CONNECTIONS", 1000),
            address_connections=read.number("ADDRESS_CONNECTIONS", 200),
            request_seconds=read.number("REQUEST_SECONDS", 15),
            redis_url=read.redis("REDIS_URL"),
            trusted_proxies=read.networks("TRUSTED_PROXIES"),
            operator_role=cast(Role, role),
            operator_name=operator or (controller if role == "controller" else ""),
            controller_name=controller,
            controller_contact=contact,
            objection_form_url=read.url("OBJECTION_FORM_URL"),
            privacy_policy_url=read.url("PRIVACY_POLICY_URL"),
            smtp_url=smtp,
            mail_from=mail_from,
            conversation_days=read.days("CONVERSATION_DAYS", 30),
            contact_days=read.days("CONTACT_DAYS", 365),
            unverified_hold_days=read.days("UNVERIFIED_HOLD_DAYS", 0),
            desk_operator=read.operator("DESK_OPERATOR"),
            log_level=read.level("LOG_LEVEL"),
        )


def _environment(environ: Mapping[str, str] | None, cwd: Path) -> Mapping[str, str]:
    if environ is not None:
        return environ
    dotenv = {k: v for k, v in dotenv_values(cwd / ".env").items() if v is not None}
    return {**dotenv, **os.environ}


class _Reader:
    """Turns variables into values, each with an error that names its variable."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str:
        return self._environ.get(name, "").strip()

    def folder(self, cwd: Path) -> Path:
        return (cwd / (self.text("DATA_DIR") or "var")).resolve()

    def database(self, data_dir: Path) -> str:
        return self.text("DATABASE_URL") or f"sqlite:///{data_dir / 'objections.db'}"

    def secret(self, name: str, made: _Made | None, new: _New) -> str:
        value = self.text(name)
        if value:
            return value
        if made is None:
            raise SettingsError(f"{name} is missing. It is needed when DATABASE_URL is set.")
        return made.get(name, new)

    def key(self, name: str, made: _Made | None, new: _New) -> str:
        value = self.secret(name, made, new)
        if len(value) < SHORTEST_KEY:
            raise SettingsError(f"{name} must have at least {SHORTEST_KEY} characters.")
        return value

    def shared_key(self, name: str, own: str) -> str:
        """A key that others have too, '' where there is none; never one that is ours alone."""
        value = self.text(name)
        if value and len(value.encode()) < SHORTEST_KEY:
            raise SettingsError(f"{name} must have at least {SHORTEST_KEY} bytes.")
        if value == own:
            raise SettingsError(f"{name} must be another one than SECRET_KEY: pages have it too.")
        return value

    def url(self, name: str) -> str:
        value = self.text(name)
        if value and not value.startswith(("https://", "http://")):
            raise SettingsError(f"{name} must begin with https:// or http://.")
        return value

    def smtp(self, name: str) -> str:
        value = self.text(name)
        if value and not value.startswith(("smtp://", "smtps://")):
            raise SettingsError(f"{name} must begin with smtp:// or smtps://.")
        return value

    def redis(self, name: str) -> str:
        value = self.text(name)
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise SettingsError(f"{name} must begin with redis://, rediss:// or unix://.")
        return value

    def networks(self, name: str) -> tuple[Network, ...]:
        parts = [part.strip() for part in self.text(name).split(",")]
        try:
            return tuple(ip_network(part) for part in parts if part)
        except ValueError:
            raise SettingsError(
                f"{name} lists addresses or networks, like '10.0.0.1, 192.168.0.0/16'."
            ) from None

    def number(self, name: str, default: int) -> int:
        value = self.text(name) or str(default)
        if not (value.isascii() and value.isdigit() and 0 < int(value) < 100_000):
            raise SettingsError(f"{name} must be a number from 1 to 99999.")
        return int(value)

    def days(self, name: str, default: int) -> int:
        value = self.text(name)
        if value and not (value.isascii() and value.isdigit() and int(value) < 100_000):
            raise SettingsError(f"{name} must be a number of days, 0 for never.")
        return int(value) if value else default

    def operator(self, name: str) -> str:
        value = self.text(name)
        if value and not OPERATOR.fullmatch(value):
            raise SettingsError(
                f"{name} must have 1 to 32 characters: small letters, digits, '.', '_' or '-'."
            )
        return value

    def origins(self, name: str) -> frozenset[str]:
        origins = frozenset(part.strip().rstrip("/") for part in self.text(name).split(",") if part)
        if "*" in origins:
            # A wildcard would let any page act with the person's conversation.
            raise SettingsError(f"{name} lists origins one by one; '*' is not accepted.")
        return origins - {""}

    def rate(self, name: str, default: str) -> str:
        value = self.text(name) or default
        if "off" in (value, self.text("RATE_LIMIT")):
            return "off"
        number, _, unit = value.partition("/")
        if not number.isdigit() or int(number) < 1 or unit not in ("second", "minute", "hour"):
            raise SettingsError(f"{name} must be 'off' or like '30/minute'.")
        return value

    def level(self, name: str) -> str:
        value = self.text(name).upper() or "WARNING"
        if value not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise SettingsError(f"{name} must be DEBUG, INFO, WARNING or ERROR.")
        return value


class _Made:
    """Secrets made once, kept in the data folder in a file that only its owner can read."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "secrets.env"

    def get(self, name: str, new: _New) -> str:
        value = self._read().get(name)
        if value:
            return value
        value = new()
        # For its owner alone: the database and mails will be in there, too.
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="ascii") as file:
            file.write(f"{name}={value}\n")
        # Two first starts at once may both append: the first line is the one that counts for both.
        return self._read()[name]

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        lines = self._path.read_text(encoding="ascii").splitlines()
        pairs = [line.partition("=") for line in reversed(lines) if "=" in line]
        return {key: value for key, _, value in pairs}


def _new_secret() -> str:
    return secrets.token_urlsafe(48)


def _new_data_keys() -> str:
    return "k1:" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def _new_signing_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")
