"""How the record answers when it is full: status, the operators' list and filing, from a thousand
to a million objections, on SQLite and PostgreSQL (part of `make bench`).

The databases are filled in bulk, each row as a filing leaves it: sealed fields of the usual length,
hashes, a receipt, an event in the chain, a mail that was sent. Then every size is measured in turn,
round after round, so that a busy moment of the machine falls on all of them.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import lru_cache, partial
from typing import Any, NamedTuple

from sqlalchemy import event, insert, select, text
from sqlalchemy.engine import Connection

from bench.machine import named
from bench.schema import own_schema
from bot.objections import model
from bot.objections.accounts import Account
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.deadlines import due_on
from bot.objections.filing import Filing
from bot.objections.listing import Filter, listed
from bot.objections.notice import NOTICE
from bot.objections.receipts import Issuer
from bot.objections.references import new_reference
from bot.objections.service import ObjectionService
from bot.objections.signing import Signer
from bot.settings import ROOT

SIZES = (1_000, 10_000, 100_000, 1_000_000)
RESULTS = ROOT / "bench" / "results"
_ROUNDS, _CALLS = 12, 25
_BATCH = 20_000
# How many people's sealed fields there are; they are given to more, for sealing takes longest.
_SEALED = 500
_KEYS = Keys([("k1", bytes(range(32)))])
_ISSUER = Issuer(Signer(bytes(range(32))), role="demo", operator="", controller="Meta")
_COUNTRIES = ("IE", "PT", "DE", "FR", None)
_NOW = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)

Rows = dict[Any, list[dict[str, Any]]]


@dataclass
class Full:
    """A database of one kind and size, and what is asked of it."""

    kind: str
    size: int
    database: Database
    references: list[str] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.service = ObjectionService(self.database, _KEYS, _ISSUER)


def main() -> None:
    """Fill, measure, print a table; the figures go to `bench/results/record.json`."""
    with contextlib.ExitStack() as stack:
        full = [
            stack.enter_context(filled(kind, size))
            for kind in ("sqlite", "postgresql")
            for size in SIZES
        ]
        for _ in range(_ROUNDS):
            for one in full:
                measure(one)
        plans = {one.kind: plans_of(one) for one in full if one.size == SIZES[-1]}
    report(full, plans)


@contextlib.contextmanager
def filled(kind: str, size: int) -> Iterator[Full]:
    """A database with `size` objections, gone afterwards."""
    started = time.monotonic()
    with _empty(kind) as url:
        database = Database(url)
        database.migrate()
        one = Full(kind, size, database)
        _fill(one)
        print(f"{kind}: {size:,} objections in {time.monotonic() - started:.0f} s", flush=True)
        yield one
        database.dispose()


@contextlib.contextmanager
def _empty(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(dir=ROOT / "var") as folder:
            yield f"sqlite:///{folder}/record.db"
        return
    with own_schema() as url:
        yield url


def _fill(one: Full) -> None:
    rng = random.Random(one.size)  # noqa: S311
    # The first filing is a real one, and brings the notice.
    one.service.file(_filing(0))
    with one.database.session() as session:
        notice_id = session.execute(select(model.notice.c.id)).scalar_one()
    for start in range(1, one.size, _BATCH):
        rows: Rows = {}
        for position in range(start, min(start + _BATCH, one.size)):
            # The real filing's event is the first.
            _add(rows, rng, position, notice_id, position + 1)
        one.references += rng.sample([row["reference"] for row in rows[model.objection]], 100)
        with one.database.session() as session:
            for table, values in rows.items():
                _write(session, table, values)
    if one.kind == "postgresql":
        with one.database.session() as session:
            session.execute(text("ANALYZE"))


class _Sealed(NamedTuple):
    key: bytes
    name: bytes
    email: bytes
    handle: bytes


@lru_cache(maxsize=_SEALED)
def _sealed(number: int) -> _Sealed:
    """What is sealed of one of a few hundred people: nothing that is asked here opens it."""
    contact_id = model.new_id()
    subject, wrapped = _KEYS.new_subject(contact_id)

    def seal(what: str) -> bytes:
        return subject.seal(what, table="contact", row_id=contact_id, column="email")

    email, handle = f"person{number}@example.org", f"person{number}"
    return _Sealed(wrapped, seal("Ana Maria Silva"), seal(email), seal(handle))


def _id(rng: random.Random) -> str:
    """An id like `model.new_id`, made without asking the system for each."""
    return f"{rng.getrandbits(128):032x}"


def _add(
    rows: Rows, rng: random.Random, position: int, notice_id: str, number: int
) -> None:
    """The rows of one objection, of any day in the last two years."""
    at = _NOW - timedelta(minutes=rng.randrange(60 * 24 * 700))
    new_id = partial(_id, rng)
    objection_id, contact_id, center_id, account_id = (new_id() for _ in range(4))
    country = rng.choice(_COUNTRIES)
    # Most were handled long ago; what is open is of the last weeks.
    is_open = at > _NOW - timedelta(days=40)
    status = rng.choice(("received", "in_review")) if is_open else rng.choice(("upheld", "handled"))
    sealed = _sealed(position % _SEALED)

    def add(table: Any, **values: Any) -> None:
        rows.setdefault(table, []).append(values)

    add(
        model.account, id=account_id, platform="instagram", kind=None,
        handle_index=f"{rng.getrandbits(256):064x}", handle_key_id="k1", created_at=at,
    )
    add(model.account_center, id=center_id, created_at=at)
    add(
        model.center_link, id=new_id(), account_center_id=center_id, account_id=account_id,
        source="self-declared", linked_from=at, linked_to=None,
    )
    add(
        model.contact, id=contact_id, wrapped_key=sealed.key, full_name=sealed.name,
        email=sealed.email, email_index=f"{rng.getrandbits(256):064x}", email_key_id="k1",
        created_at=at,
    )
    add(
        model.objection, id=objection_id, reference=new_reference(), batch_id=new_id(),
        batch_position=0, received_at=at, due_on=due_on(at, country), channel="chat",
        language="en", country=country, reason=None, case_status=status,
        verified_at=at if rng.random() < 0.7 else None, taken_by=None,
        closed_at=at + timedelta(days=20) if status == "handled" else None, notice_id=notice_id,
        notice_display_id=None, account_center_id=center_id, contact_id=contact_id,
        idempotency_key=f"bench-{position}",
    )
    covered_id = new_id()
    add(
        model.objection_account, id=covered_id, objection_id=objection_id, account_id=account_id,
        position=0, handle=sealed.handle,
        basis="named", exclusion_state="hold" if is_open else "excluded", active=True,
    )
    add(
        model.receipt, id=new_id(), objection_id=objection_id,
        content=rng.randbytes(2400), signature="0" * 88, key_id="0" * 16, created_at=at,
    )
    verification_id = new_id()
    add(
        model.verification, id=verification_id, contact_id=contact_id, purpose="confirm",
        new_email=None, requested_at=at, code_index=None, sent_at=at, expires_at=at, attempts=0,
        used_at=None,
    )
    add(
        model.outbox, id=new_id(), kind="code", contact_id=contact_id,
        objection_id=objection_id, verification_id=verification_id, decision_id=None,
        created_at=at, attempts=1, next_at=at, sent_at=at, failed_at=None, problem=None,
    )
    payload = {
        "accounts": 1, "batch_id": new_id(), "notice_sha256": NOTICE.sha256,
        "notice_version": NOTICE.version, "position": 0,
    }
    moment = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    # No true chain: nobody verifies it here, and a filing reads its last link alone.
    add(
        model.audit_event, number=number, at=moment, actor="person", action="objection_filed",
        objection_id=objection_id, payload=json.dumps(payload, sort_keys=True),
        previous=f"{rng.getrandbits(256):064x}", hash=f"{rng.getrandbits(256):064x}",
    )


def _write(session: Connection, table: Any, values: list[dict[str, Any]]) -> None:
    if session.dialect.name == "sqlite":
        session.execute(insert(table), values)
        return
    columns = list(values[0])
    lines = io.StringIO()
    for row in values:
        lines.write("\t".join(_as_text(row[name]) for name in columns) + "\n")
    lines.seek(0)
    listed = ", ".join(f'"{name}"' for name in columns)
    cursor = session.connection.cursor()
    cursor.copy_expert(f"COPY {table.name} ({listed}) FROM STDIN", lines)


def _as_text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bytes):
        return r"\\x" + value.hex()
    return str(value)


def _filing(position: int) -> Filing:
    return Filing(
        full_name="Ana Maria Silva",
        email=f"new{position}@example.org",
        account=Account("instagram", f"new.{position}"),
        country="PT",
        idempotency_key=uuid.uuid4().hex,
    )


def _tasks(one: Full) -> dict[str, Callable[[], object]]:
    made = iter(range(10**9))
    offset = sum(map(len, one.times.values()))
    return {
        "status": lambda: one.service.status(random.choice(one.references)),  # noqa: S311
        "list": lambda: listed(one.database, Filter(_NOW.date()), 50),
        "overdue": lambda: listed(one.database, Filter(_NOW.date(), overdue=True), 50),
        "file": lambda: one.service.file(_filing(offset + 1 + next(made))),
    }


def measure(one: Full) -> None:
    """One round of every task on one database."""
    for name, task in _tasks(one).items():
        task()  # what the others left in the caches is not this one's
        for _ in range(_CALLS):
            started = time.perf_counter()
            task()
            one.times.setdefault(name, []).append(time.perf_counter() - started)


def plans_of(one: Full) -> dict[str, list[str]]:
    """How the database finds the rows of each reading statement."""
    plans: dict[str, list[str]] = {}
    for name, task in _tasks(one).items():
        said: list[tuple[str, Any]] = []

        def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            if statement.lstrip().startswith(("SELECT", "UPDATE")):
                said.append((statement, parameters))  # noqa: B023

        event.listen(one.database.engine, "before_cursor_execute", note)
        try:
            task()
        finally:
            event.remove(one.database.engine, "before_cursor_execute", note)
        word = "EXPLAIN QUERY PLAN " if one.kind == "sqlite" else "EXPLAIN "
        with one.database.engine.connect() as connection:
            lines = []
            for statement, parameters in said:
                if "pg_advisory" in statement or "set_config" in statement:
                    continue
                found = connection.exec_driver_sql(word + statement, parameters).all()
                lines += [str(row[-1]).strip() for row in found]
        plans[name] = list(dict.fromkeys(lines))
    return plans


def report(full: list[Full], plans: dict[str, dict[str, list[str]]]) -> None:
    """Print the medians and how often the smallest; keep them and the plans."""
    results: dict[str, Any] = {"machine": named(), "milliseconds": {}, "ratio": {}}
    for kind in dict.fromkeys(one.kind for one in full):
        sizes = [one for one in full if one.kind == kind]
        for name in sizes[0].times:
            medians = {one.size: statistics.median(one.times[name]) * 1000 for one in sizes}
            smallest = medians[SIZES[0]]
            results["milliseconds"].setdefault(kind, {})[name] = {
                str(size): round(value, 3) for size, value in medians.items()
            }
            ratio = round(medians[sizes[-1].size] / smallest, 2)
            results["ratio"].setdefault(kind, {})[name] = ratio
            shown = "  ".join(f"{size:>9,}: {value:6.2f} ms" for size, value in medians.items())
            print(f"{kind:<10}  {name:<8}  {shown}   x{ratio}")
    results["plans"] = plans
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "record.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
