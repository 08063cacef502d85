"""The database: SQLite in WAL mode for one process, PostgreSQL for several. One code for both."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy.exc
import structlog
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext, make_url
from sqlalchemy.pool import QueuePool
from sqlalchemy.util.queue import Empty

from bot.objections.errors import StorageError

__all__ = [
    "AUDIT_LOCK", "PATIENCE_S", "Conflict", "Database", "lock_until_commit", "waiting_at_most"
]

_log = structlog.get_logger()

# Somebody is waiting for the answer: give up before they do. On SQLite, whoever knows how long they
# wait says so by `waiting_at_most`.
PATIENCE_S = 5
# Moment of `time.monotonic` up to which the present task waits for a file that others write to.
_until: ContextVar[float | None] = ContextVar("until", default=None)
_SERVER: dict[str, Any] = {
    "pool_timeout": PATIENCE_S,
    "connect_args": {"connect_timeout": PATIENCE_S},
}


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Let transactions on SQLite that begin in this block, in this task and its threads, wait so
    long in all for others that write; not longer than a block around this one lets them."""
    until = time.monotonic() + seconds
    around = _until.get()
    token = _until.set(until if around is None else min(until, around))
    try:
        yield
    finally:
        _until.reset(token)


def _patience_s() -> float:
    until = _until.get()
    return PATIENCE_S if until is None else max(0.0, until - time.monotonic())


class _RestingPool(QueuePool):
    """A pool whose idle connections can be closed while others go on.

    To dispose of the pool and make another would leave a connection open that somebody takes at
    that moment: it is given back to the old pool, of which nobody knows any more.

    While others wait for the file they have connections; who gets none waits as long as they do.
    """

    @property
    def _timeout(self) -> float:
        return _patience_s()

    @_timeout.setter
    def _timeout(self, seconds: float) -> None:
        """Not kept: each has their own."""

    def rest(self) -> None:
        """Close the connections that nobody has."""
        with suppress(Empty):
            own: Any = self
            while True:
                record = own._pool.get(False)
                # As SQLAlchemy itself does with one too many.
                try:
                    record.close()
                finally:
                    own._dec_overflow()


# A connection goes from one thread to another, and is never in two at once.
_FILE: dict[str, Any] = {
    "poolclass": _RestingPool,
    "connect_args": {"check_same_thread": False},
}
# Seconds without a use after which the connections to a file are closed.
REST_AFTER_S = 0.25
# Any numbers will do, as long as they differ and every process of this program uses the same.
MIGRATION_LOCK = 0x0B1EC710
AUDIT_LOCK = 0x0B1EC711


class Conflict(StorageError):
    """A constraint refused the write. Nothing was written; the caller may look and try again."""


class Database:
    """One engine and its transactions. Every failure of the database leaves as StorageError."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Open nothing yet: the first use connects.

        With `read_only` nothing can be written, and a file that is not there is not made.

        Raises ValueError for what is no address of a database, and for SQLite without a file,
        which would forget every objection.
        """
        parsed = _parsed(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        if is_sqlite and parsed.database in (None, "", ":memory:"):
            raise ValueError("DATABASE_URL must name a file: SQLite in memory keeps no objection")
        options: dict[str, Any] = {}
        if read_only:
            options = {"objections_read_only": True, "postgresql_readonly": True}
            parsed = _for_reading(parsed) if is_sqlite else parsed
        self.engine: Engine = create_engine(
            parsed,
            future=True,
            # A failed statement is logged without the values it carried.
            hide_parameters=True,
            # A connection that the server has closed meanwhile is replaced, not reported.
            pool_pre_ping=True,
            execution_options=options,
            **(_FILE if is_sqlite else _SERVER),
        )
        self._used_at = time.monotonic()
        if is_sqlite:
            prepare = _prepare_sqlite_for_reading if read_only else _prepare_sqlite
            event.listen(self.engine, "connect", prepare)
            event.listen(self.engine, "connect", _remember_file)
            event.listen(self.engine, "checkout", _refuse_another_file)
            event.listen(self.engine, "checkin", self._used)
            event.listen(self.engine, "handle_error", _use_no_more)
            event.listen(self.engine, "begin", _begin_sqlite)
        # Shares the pool and the listeners; only the option differs.
        self._reading: Engine = self.engine.execution_options(objections_read_only=True)

    def __repr__(self) -> str:
        return f"Database({self.engine.dialect.name})"

    @contextmanager
    def session(self, *, read_only: bool = False) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back on any exception.

        Raises Conflict when a constraint refuses a write, StorageError for every other failure of
        the database, also when committing.
        """
        engine = self._reading if read_only else self.engine
        with self._storage_errors(), engine.begin() as connection:
            yield connection

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema up to date. Safe when several processes start at once.

        Raises StorageError, also when a later version of this program made the database.
        """
        config = Config()
        config.set_main_option("script_location", "bot.objections:migrations")
        with self.migrating() as session:
            config.attributes["connection"] = session
            try:
                command.upgrade(config, revision)
            except CommandError:
                _log.error("database_of_another_version")
                raise StorageError() from None

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """As `session`, for one migration at a time. Raises Conflict where rows point nowhere."""
        with self._storage_errors(), self.engine.connect() as connection:
            is_sqlite = connection.dialect.name == "sqlite"
            if is_sqlite:
                # SQLite alters a table by putting a copy in its place. Dropping the old one is
                # refused while rows point at it, and this switch has no effect inside of a
                # transaction. Source: https://www.sqlite.org/lang_altertable.html
                # Detached, so that nobody gets this connection next.
                connection.detach()
                connection.connection.execute("PRAGMA foreign_keys = OFF")
                changes = connection.connection.total_changes
            with connection.begin():
                lock_until_commit(connection, MIGRATION_LOCK)
                yield connection
                # The check reads every row, and most starts migrate nothing.
                if is_sqlite and connection.connection.total_changes != changes:
                    astray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                    if astray is not None:
                        raise Conflict()

    def ping(self) -> None:
        """Return when the database answers; raise StorageError when it does not."""
        with self.session(read_only=True) as session:
            session.execute(text("SELECT 1"))

    def check(self) -> None:
        """Return when the database answers and was migrated; raise StorageError when not.

        Where a file was put away, SQLite makes an empty one, and that answers too.
        """
        with self.session(read_only=True) as session:
            session.execute(text("SELECT version_num FROM alembic_version")).one()

    def rest(self) -> None:
        """Close the connections to a file that nobody has used for a moment; call it often.

        Opening a file for each transaction takes longer than most transactions. But the last
        connection that is closed moves the write-ahead log into the file, and with the log goes
        what was overwritten or deleted; and a file without connections can be put away and back.
        """
        pool: Any = self.engine.pool
        if self.engine.dialect.name != "sqlite" or pool.checkedout():
            return
        if time.monotonic() - self._used_at > REST_AFTER_S:
            pool.rest()

    def dispose(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()

    def _used(self, connection: sqlite3.Connection | None, record: Any) -> None:
        self._used_at = time.monotonic()

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        # The driver's own errors come through unwrapped from listeners, such as the one that
        # prepares a SQLite connection.
        driver: type[Exception] = self.engine.dialect.dbapi.Error  # type: ignore[attr-defined]
        # `from None`: psycopg2 quotes the failing statement with its values, and a traceback would
        # print that.
        try:
            yield
        except sqlalchemy.exc.IntegrityError:
            raise Conflict() from None
        except (sqlalchemy.exc.SQLAlchemyError, driver) as error:
            sqlstate = getattr(getattr(error, "orig", None), "pgcode", None)
            _log.error("database_failed", error=type(error).__name__, code=sqlstate)
            raise StorageError() from None


def lock_until_commit(session: Connection, lock: int, *, patience_s: int | None = None) -> None:
    """Wait until no other transaction holds `lock`, and hold it to the end of this one.

    `patience_s` is how long to wait here, and for any other lock in the rest of this transaction;
    None waits as long as it takes. Raises sqlalchemy.exc.OperationalError when that was too short,
    which leaves a session as StorageError.
    """
    # SQLite needs no lock: BEGIN IMMEDIATE has already waited until this is the only writer.
    if session.dialect.name != "postgresql":
        return
    if patience_s is not None:
        session.execute(
            text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": f"{patience_s}s"}
        )
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() in ("sqlite", "postgresql"):
            dialect: Any = parsed.get_dialect()
            dialect.dbapi()
            dialect().create_connect_args(parsed)
            return parsed
    except (sqlalchemy.exc.ArgumentError, ImportError, ValueError):
        # Not told further: SQLAlchemy quotes the address, and a password may be in it.
        pass
    raise ValueError("DATABASE_URL must be the address of a SQLite or PostgreSQL database")


def _for_reading(url: URL) -> URL:
    # As a URI, because only there SQLite can be told not to make a file that is absent.
    if "uri" not in url.query:
        url = url.set(database=f"file:{quote(url.database or '')}")
    return url.update_query_dict({"uri": "true", "mode": "ro"})


def _prepare_sqlite_for_reading(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None
    connection.execute(_be_patient())
    # A damaged text is still read, so that somebody can be told where the damage is.
    connection.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")


def _keep_private(path: Path) -> None:
    """Let nobody but their owner read the file and its logs, whatever the folder lets them.

    SQLite gives the logs that it makes what the file has.
    """
    for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        # What is somebody else's, or is gone meanwhile, is not ours to change.
        with suppress(OSError):
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    _keep_private(Path(connection.execute("PRAGMA database_list").fetchone()[2]))
    # The driver would open transactions by itself, late and only before some statements; with
    # that switched off, `_begin_sqlite` decides.
    connection.isolation_level = None
    cursor = connection.cursor()
    # First of all, so that the pragmas below wait for a busy file too.
    cursor.execute(_be_patient())
    # Readers go on reading while one connection writes. `synchronous` stays FULL: what has been
    # confirmed to a person must survive a power cut.
    _switch_to_wal(cursor)
    # SQLite ignores foreign keys unless each connection asks for them.
    cursor.execute("PRAGMA foreign_keys = ON")
    # What is deleted or redacted is overwritten, not only left unlisted.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _remember_file(connection: sqlite3.Connection, record: Any) -> None:
    path = connection.execute("PRAGMA database_list").fetchone()[2]
    record.info["file"] = (path, _identity(path))


def _refuse_another_file(connection: sqlite3.Connection, record: Any, proxy: Any) -> None:
    # What is written into a file that was replaced or removed is written nowhere. SQLAlchemy
    # answers with a new connection.
    path, identity = record.info["file"]
    if _identity(path) != identity:
        raise sqlalchemy.exc.DisconnectionError("the file is another one now")


def _use_no_more(context: ExceptionContext) -> None:
    # What a connection has cached of a file that was damaged may outlive the damage.
    refused = sqlite3.IntegrityError, sqlite3.ProgrammingError
    if not isinstance(context.original_exception, refused):
        context.is_disconnect = True


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    # The file remembers the mode, so only its very first connections switch. Two that switch at
    # once collide, and SQLite fails one of them without honouring busy_timeout.
    give_up_at = time.monotonic() + _patience_s()
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)


def _be_patient() -> str:
    return f"PRAGMA busy_timeout = {round(_patience_s() * 1000)}"


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for another writer: SQLite fails
    # it at once, whatever busy_timeout says. Taking the write lock at the start makes it queue.
    connection.exec_driver_sql(_be_patient())
    read_only = connection.get_execution_options().get("objections_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
