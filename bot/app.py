"""The composition root: the one place that wires Rasa, Sanic, the actions and the channel."""

from __future__ import annotations

import asyncio
import html
import json
import resource
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import structlog
from rasa.core.agent import Agent
from sanic import Sanic
from sanic.request import Request
from sanic.response import BaseHTTPResponse, HTTPResponse, empty

from actions import records
from bot import patterns
from bot.objections import sealed
from bot.objections.crypto import Keys
from bot.objections.db import REST_AFTER_S, Database
from bot.objections.errors import StorageError, UnknownReference
from bot.objections.letters import Letters
from bot.objections.postman import Files, Postman, Smtp, Transport
from bot.objections.service import ObjectionService
from bot.objections.signing import Signer, former_keys, published
from bot.retention import Housekeeping
from bot.runtime import assistant, channel, framing, openapi
from bot.runtime.actions import InProcessActions
from bot.runtime.conversation import Conversations
from bot.runtime.identity import Identities
from bot.runtime.limits import ConnectionLimit, Limits
from bot.runtime.stopping import Connections, ignore_further_signals
from bot.runtime.tokens import Tokens
from bot.runtime.wording import sentences
from bot.settings import Settings

log = structlog.get_logger()

WEB = Path(__file__).parent / "web"
PAGES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/widget.js": ("widget.js", "text/javascript; charset=utf-8"),
    "/widget-panel.js": ("widget-panel.js", "text/javascript; charset=utf-8"),
    **{
        f"/locales/{file.name}": (f"locales/{file.name}", "application/json")
        for file in sorted((WEB / "locales").glob("*.json"))
    },
}
_SIGN = patterns.compile(r"\W")
# Seconds after which a database that says nothing counts as one that is not there.
_SILENCE_S = 5.0
# Seconds that the answers to the last turns may take to reach whoever reads them slowly.
_LAST_WORDS_S = 5.0
# Files and connections that are open besides those of clients: databases, Redis, mail, threads.
_OWN_DESCRIPTORS = 120
Page = Callable[[Request], Awaitable[BaseHTTPResponse]]
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    ),
}


class Application:
    """Everything that runs, as the channel's `Service`.

    Args:
        settings: as loaded.
        model: path of the trained model.
    """

    def __init__(self, settings: Settings, model: Path) -> None:
        self._settings = settings
        self._model = model
        self.database = Database(settings.database_url)
        self.keys = Keys.parse(settings.data_keys)
        self._assistant: assistant.Assistant | None = None
        self._objections: ObjectionService | None = None
        self._postman: Postman | None = None
        self.housekeeping = Housekeeping(self.database, settings)
        self._resting: asyncio.Task[None] | None = None

    @property
    def conversations(self) -> Conversations | None:
        """None until `start` is done."""
        return self._assistant.conversations if self._assistant else None

    @property
    def agent(self) -> Agent:
        """The agent, once started."""
        assert self._assistant is not None
        return self._assistant.agent

    def start(self) -> None:
        """Migrate the database and load the model.

        Raises:
            StorageError, ValueError: the database or the keys cannot be used.
            StartUpError: the assistant is not the configured one.
        """
        settings = self._settings
        # For its owner alone: the database, mails and secrets are in there.
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.database.migrate()
        with self.database.session(read_only=True) as session:
            if not sealed.opens(session, self.keys):
                # Nobody could be answered any more, and what is filed now is sealed otherwise.
                raise ValueError(
                    "DATA_KEYS does not open what is in the database. Without DATA_KEYS, it is in "
                    "secrets.env in DATA_DIR."
                )
        self._objections, verification = records.made(self.database, self.keys, settings)
        records.use(self._objections, verification)
        self._postman = _postman(self.database, self.keys, settings)
        actions = InProcessActions("actions", settings.action_limit)
        self._assistant = assistant.load(settings, self._model, self.database.engine, actions)

    async def begin(self) -> None:
        """Begin what runs beside the conversations, in the running event loop."""
        if self._postman is not None:
            self._postman.start()
        self.housekeeping.start()
        self._resting = asyncio.create_task(self._rest())

    async def come_to_rest(self) -> None:
        """Take no new turns, and finish those in hand."""
        if self._assistant is not None:
            self._assistant.conversations.close()
            await self._assistant.conversations.finish()

    async def stop(self) -> None:
        """Finish the turns and the mail in hand, and close the database."""
        await self.come_to_rest()
        await self.housekeeping.stop()
        if self._postman is not None:
            await self._postman.stop()
        if self._assistant is not None:
            await self._assistant.locks.close()
        if self._resting is not None:
            self._resting.cancel()
        self.database.dispose()

    async def _rest(self) -> None:
        while True:
            await asyncio.sleep(REST_AFTER_S)
            await asyncio.to_thread(self.database.rest)

    async def ready(self) -> Mapping[str, bool]:
        """Whether a model is loaded, the database answers and, where one is used, Redis does."""
        checks = {"model": self._assistant is not None, "database": await self._has_database()}
        if self._settings.redis_url:
            checks["redis"] = self._assistant is not None and await self._assistant.locks.answers()
        return checks

    async def _has_database(self) -> bool:
        try:
            await asyncio.wait_for(asyncio.to_thread(self.database.check), _SILENCE_S)
        except (StorageError, asyncio.TimeoutError):
            return False
        return True

    async def receipt(self, reference: str, kind: str) -> bytes | None:
        """The receipt of an objection as a file, `kind` "json" or "pdf"; None when it has none.

        Raises StorageError when the record cannot be read.
        """
        if self._objections is None:
            return None
        # Beside the event loop: reading waits for the database, and drawing takes its time.
        return await asyncio.to_thread(_receipt, self._objections, reference, kind)


def web(application: Application, settings: Settings) -> Sanic:
    """The web server with the chat channel, the widget and the demo page."""
    app = Sanic("objection-bot", configure_logging=False, request_class=framing.FramedRequest)
    app.config.REQUEST_MAX_SIZE = openapi.MAX_BODY
    app.config.REQUEST_TIMEOUT = settings.request_seconds
    # From the last byte of a request's head.
    app.config.RESPONSE_TIMEOUT = settings.request_seconds + settings.turn_limit + 10
    app.config.KEEP_ALIVE_TIMEOUT = 30
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = _LAST_WORDS_S
    app.config.FALLBACK_ERROR_FORMAT = "json"
    limits = Limits.of(
        settings.rate_limit,
        settings.session_rate_limit,
        settings.address_rate_limit,
        settings.request_rate_limit,
        settings.redis_url,
    )
    app.blueprint(
        channel.blueprint(
            application,
            Tokens(settings.secret_key, settings.session_lifetime, application.keys),
            Identities(settings.identity_key),
            limits,
            settings.allowed_origins,
            settings.trusted_proxies,
        )
    )
    channel.add_cors(app, settings.allowed_origins)
    channel.add_error_answers(app)

    @app.on_response
    async def guard(_request: Request, response: BaseHTTPResponse) -> None:
        # Of every answer: one that is opened by itself in a browser is no page that does anything.
        response.headers.update(_SECURITY_HEADERS)

    framing.end_after_chunks(app)
    connections = Connections(app)
    # After those two, which every request has to pass.
    channel.add_limit_of_requests(app, limits.requests, settings.trusted_proxies)
    for path, (name, content_type) in PAGES.items():
        app.add_route(_page(name, content_type, settings), path, name=_SIGN.sub("_", name))

    own = Signer.parse(settings.signing_key).public
    keys = json.dumps(
        published([own, *former_keys(settings.former_signing_keys)]), indent=2
    ) + "\n"

    @app.get("/receipt-key.json")
    async def receipt_key(_request: Request) -> BaseHTTPResponse:
        headers = {
            "Cache-Control": "no-cache",
            # Anybody may check a receipt, from any page.
            "Access-Control-Allow-Origin": "*",
        }
        return HTTPResponse(keys, content_type="application/json", headers=headers)

    @app.get("/favicon.ico")
    async def no_icon(_request: Request) -> BaseHTTPResponse:
        return empty()

    @app.before_server_start
    async def begin(_app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        await application.begin()

    @app.before_server_stop
    async def come_to_rest(_app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        ignore_further_signals(loop)
        connections.end()
        await application.come_to_rest()

    @app.after_server_stop
    async def stop(_app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        await application.stop()
        await limits.close()

    return app


def run(app: Sanic, settings: Settings, listening: socket.socket) -> None:
    """Serve what `web` gave on this socket, until a signal ends it."""
    # Where the system has fewer, those that are needed for answering must be left.
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = settings.connections
    if descriptors != resource.RLIM_INFINITY:
        most = min(most, max(descriptors - _OWN_DESCRIPTORS, descriptors // 2))
    limit = ConnectionLimit(most, settings.address_connections)
    connection = framing.connections_of(
        limit, settings.trusted_proxies, settings.request_seconds
    )
    app.run(sock=listening, protocol=connection, access_log=False, motd=False, debug=False)


def _postman(database: Database, keys: Keys, settings: Settings) -> Postman:
    transport: Transport
    if settings.smtp_url:
        transport = Smtp.parse(settings.smtp_url)
    else:
        transport = Files(settings.mail_dir)
        log.warning("mail_is_written_into_files", folder=str(settings.mail_dir))
    letters = Letters(keys, records.issuer(settings))
    return Postman(database, letters, transport, settings.mail_from or "no-reply@localhost")


def _receipt(objections: ObjectionService, reference: str, kind: str) -> bytes | None:
    try:
        receipt = objections.receipt(reference)
    except UnknownReference:
        return None
    if kind == "json":
        return receipt.file()
    # Here, because its fonts and drawing are needed by nobody who only chats.
    from bot.objections.receipt_pdf import page

    return page(receipt)


def _page(name: str, content_type: str, settings: Settings) -> Page:
    text = (WEB / name).read_text("utf-8")
    headers = {"Cache-Control": "no-cache"}
    if name.endswith(".html"):
        said = sentences(settings)
        for place in ("who_runs", "where_it_goes"):
            text = text.replace(f"{{{place}}}", html.escape(said[place]))
    if name.endswith((".js", ".json")):
        # The widget's second part is a module, which a browser loads from elsewhere only so; and
        # its sentences are fetched from pages of other origins.
        headers["Access-Control-Allow-Origin"] = "*"

    async def page(_request: Request) -> BaseHTTPResponse:
        return HTTPResponse(text, content_type=content_type, headers=headers)

    return page
