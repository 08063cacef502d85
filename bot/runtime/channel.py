"""The chat channel: the HTTP contract, on Sanic.

Neither Rasa's HTTP API nor its REST channel is exposed. A client cannot choose the conversation id
(it is signed), the intent (typed text is text, a button is an id that was offered) or metadata.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Protocol

import structlog
from sanic import Blueprint, Request, Sanic
from sanic.exceptions import (
    InvalidUsage,
    MethodNotSupported,
    NotFound,
    PayloadTooLarge,
    RequestTimeout,
    SanicException,
    ServiceUnavailable,
)
from sanic.response import BaseHTTPResponse, HTTPResponse, empty, json

from bot import patterns
from bot.objections.errors import StorageError
from bot.runtime.conversation import Conversations, TextRefused, TurnFailed, UnknownButton
from bot.runtime.gate import Busy
from bot.runtime.http_errors import ChatError
from bot.runtime.identity import Identities, Identity, IdentityRefused, acting_for
from bot.runtime.limits import Limits, LimitUnknown, RateLimit
from bot.runtime.openapi import BUTTON_ID, MESSAGE_ID, document
from bot.runtime.proxies import Networks, counted_as, sender
from bot.runtime.store import Ended
from bot.runtime.tokens import BadToken, Session, Tokens
from bot.runtime.turns import Turn

log = structlog.get_logger()

_MESSAGE_ID = patterns.compile(MESSAGE_ID)
_BUTTON_ID = patterns.compile(BUTTON_ID)
NOT_TAKEN_OVER = "Your login could not be taken over. You can use this chat without it."
_NO_STORE = {"Cache-Control": "no-store"}
_FILES = {"json": "application/json", "pdf": "application/pdf"}

Handler = Callable[[Request], Awaitable[BaseHTTPResponse | None]]


class Service(Protocol):
    """What the channel asks of the application."""

    @property
    def conversations(self) -> Conversations | None:
        """None until the model is loaded."""

    async def receipt(self, reference: str, kind: str) -> bytes | None:
        """The file of a receipt, `kind` "json" or "pdf"; None when there is none.

        Raises StorageError when the record cannot be read.
        """

    async def ready(self) -> Mapping[str, bool]:
        """What has to hold for the chat to work, each with whether it does."""


def blueprint(
    service: Service,
    tokens: Tokens,
    identities: Identities,
    limits: Limits,
    allowed_origins: frozenset[str],
    trusted_proxies: Sequence[Networks] = (),
) -> Blueprint:
    """The routes of the contract under `/chat` and `/health`, and the contract itself.

    Args:
        service: the application.
        tokens: of the sessions.
        identities: reads who has logged in to the page around the chat.
        limits: how often somebody may do what.
        allowed_origins: pages that may use the chat.
        trusted_proxies: whose X-Forwarded-For is believed.
    """
    routes = Blueprint("chat")

    async def slow_down(limit: RateLimit, who: str) -> None:
        try:
            wait = await limit.wait_for(who)
        except LimitUnknown as error:
            raise ChatError("failed", retry_after=2) from error
        if wait:
            raise ChatError("too_many", retry_after=wait)

    async def slow_down_address(limit: RateLimit, request: Request) -> None:
        await slow_down(limit, address_of(request, trusted_proxies))

    def conversations() -> Conversations:
        if service.conversations is None:
            raise ChatError("not_ready", retry_after=2)
        return service.conversations

    def session_of(request: Request) -> Session:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise ChatError("unauthorized")
        try:
            return tokens.session(token.strip())
        except BadToken as error:
            raise ChatError("unauthorized") from error

    async def read_in(request: Request) -> str:
        """The conversation that a request reads or deletes, which is counted."""
        conversation = session_of(request).conversation
        await slow_down(limits.reads, conversation)
        await slow_down_address(limits.address, request)
        return conversation

    def identity_in(body: dict[str, Any]) -> Identity | None:
        if body.get("identity") is None:
            return None
        try:
            return identities.read(body["identity"])
        except IdentityRefused as refusal:
            # For whoever runs this: a page signs with another key, or its clock is wrong.
            log.warning("identity_refused", code=refusal.why)
            raise ChatError("unauthorized", NOT_TAKEN_OVER) from refusal

    @routes.post("/chat/session")
    async def new_session(request: Request) -> HTTPResponse:
        body = _json_object(request)
        await slow_down_address(limits.sessions, request)
        conversations()
        token, expires = tokens.new(identity_in(body))
        body = {"session": token, "expires_at": expires.isoformat(timespec="seconds")}
        return json(body, status=201, headers=_NO_STORE)

    @routes.post("/chat/messages")
    async def new_message(request: Request) -> BaseHTTPResponse | None:
        session = session_of(request)
        conversation = session.conversation
        message_id, text, button = _message(_json_object(request))
        await slow_down(limits.messages, conversation)
        await slow_down_address(limits.address, request)
        chat = conversations()

        async def turn() -> Turn:
            try:
                with acting_for(session.identity):
                    if button is not None:
                        return await chat.press(conversation, message_id, button)
                    return await chat.say(conversation, message_id, text or "")
            except TextRefused as error:
                raise ChatError("text_refused", error.sentence) from error
            except UnknownButton as error:
                raise ChatError("unknown_button") from error
            except Busy as error:
                raise ChatError("busy", retry_after=error.retry_after) from error
            except TurnFailed as error:
                raise ChatError("failed", retry_after=2) from error

        if "text/event-stream" in request.headers.get("accept", ""):
            await _stream(request, turn)
            return None
        answer = (await turn()).answer
        return json({"messages": [message.as_dict() for message in answer]}, headers=_NO_STORE)

    @routes.get("/chat/history")
    async def get_history(request: Request) -> HTTPResponse:
        conversation = await read_in(request)
        try:
            messages = await conversations().history(conversation)
        except TurnFailed as error:
            raise ChatError("failed", retry_after=2) from error
        return json({"messages": messages}, headers=_NO_STORE)

    @routes.get("/chat/receipts/<name>")
    async def get_receipt(request: Request, name: str) -> HTTPResponse:
        conversation = await read_in(request)
        reference, _, kind = name.rpartition(".")
        try:
            # The conversation is asked first: for what was not filed in it the record is never
            # looked at, so that a number of somebody else's and an invented one are the same.
            if kind not in _FILES or reference not in await conversations().filed(conversation):
                raise ChatError("not_found")
            file = await service.receipt(reference, kind)
        except (TurnFailed, StorageError) as error:
            raise ChatError("failed", retry_after=2) from error
        if file is None:
            raise ChatError("not_found")
        headers = {
            **_NO_STORE,
            "Content-Disposition": f'attachment; filename="receipt-{name}"',
        }
        return HTTPResponse(file, content_type=_FILES[kind], headers=headers)

    @routes.delete("/chat/session")
    async def delete_session(request: Request) -> HTTPResponse:
        conversation = await read_in(request)
        try:
            await conversations().forget(conversation)
        except TurnFailed as error:
            raise ChatError("failed", retry_after=2) from error
        return empty()

    @routes.get("/health/live")
    async def live(request: Request) -> HTTPResponse:
        return json({"live": True}, headers=_NO_STORE)

    @routes.get("/health/ready")
    async def ready(request: Request) -> HTTPResponse:
        checks = await service.ready()
        status = 200 if all(checks.values()) else 503
        return json({"ready": status == 200, **checks}, status=status, headers=_NO_STORE)

    contract = document(version("objection-bot"))

    @routes.get("/openapi.json")
    async def openapi(request: Request) -> HTTPResponse:
        return json(contract, headers={"Cache-Control": "no-cache"})

    async def preflight(request: Request) -> HTTPResponse:
        return empty()

    # One by one: a path that is known for another method never reaches a route with a wildcard.
    for path in ("session", "messages", "history"):
        routes.add_route(preflight, f"/chat/{path}", ["OPTIONS"], name=f"preflight_{path}")

    @routes.options("/chat/receipts/<name>")
    async def preflight_receipts(request: Request, name: str) -> HTTPResponse:
        return empty()

    @routes.on_request
    async def check_origin(request: Request) -> None:
        if not _origin_allowed(request, allowed_origins):
            raise ChatError("foreign_origin")

    return routes


def address_of(request: Request, trusted: Sequence[Networks]) -> str:
    """The address that a request is counted under."""
    forwarded = ",".join(request.headers.getall("x-forwarded-for", []))
    # What cannot be read as a request does not know its connection.
    connection = request.conn_info or request.stream.protocol.conn_info
    return counted_as(sender(connection.client_ip, forwarded, trusted))


def add_limit_of_requests(
    app: Sanic, limit: RateLimit, trusted: Sequence[Networks]
) -> None:
    """Let each address ask only so often, whatever it asks for, pages and health included."""

    @app.on_request
    async def slow_down(request: Request) -> HTTPResponse | None:
        wait = await limit.wait_for(address_of(request, trusted))
        # Not raised: while it answers an error, Sanic 21.12 answers no second one.
        return ChatError("too_many", retry_after=wait).response() if wait else None


def add_cors(app: Sanic, allowed_origins: frozenset[str]) -> None:
    """Let the listed origins, and no others, read the answers. Never with credentials: the token
    travels in a header that a foreign page does not have."""

    @app.on_response
    async def cors(request: Request, response: BaseHTTPResponse) -> None:
        origin = request.headers.get("origin", "") if request is not None else ""
        if origin in allowed_origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
            response.headers["Access-Control-Expose-Headers"] = "retry-after"
            response.headers["Access-Control-Max-Age"] = "600"
            response.headers["Vary"] = "Origin"


def add_error_answers(app: Sanic) -> None:
    """Answer every error as the contract says, whatever raised it."""

    codes: list[tuple[type[Exception], str]] = [
        (PayloadTooLarge, "too_large"),
        (NotFound, "not_found"),
        (MethodNotSupported, "method_not_allowed"),
        (InvalidUsage, "malformed"),
        (RequestTimeout, "too_slow"),
        (Ended, "unauthorized"),
    ]

    @app.exception(Exception)
    async def answer(request: Request, error: Exception) -> HTTPResponse:
        if isinstance(error, ChatError):
            return error.response()
        for kind, code in codes:
            if isinstance(error, kind):
                refusal = ChatError(code).response()
                # Sanic's own, such as the methods that an address does take.
                refusal.headers.update(getattr(error, "headers", {}))
                return refusal
        if isinstance(error, SanicException) and error.status_code < 500:
            return ChatError("malformed").response()
        if isinstance(error, ServiceUnavailable):
            # Sanic's own word for a client that has left, or that took too long to read.
            log.info("request_left")
        else:
            log.error("request_failed", exc_info=error)
        return ChatError("failed", retry_after=2).response()


async def _stream(request: Request, turn: Callable[[], Awaitable[Turn]]) -> None:
    """The answer as server-sent events; `done` always comes last, also after an error."""
    problem: ChatError | None = None
    try:
        answer = (await turn()).answer
    except ChatError as error:
        if error.code != "failed":
            # What the client did wrong, and that nothing was begun, have their own status; only
            # trouble on the way is an event.
            raise
        answer, problem = [], error
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = await request.respond(headers=headers, content_type="text/event-stream")
    for message in answer:
        await response.send(_event("message", message.as_dict()))
    if problem is not None:
        await response.send(_event("error", problem.as_dict()))
    await response.send(_event("done", {}))
    await response.eof()


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {jsonlib.dumps(data, ensure_ascii=False)}\n\n"


def _json_object(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ChatError("not_json")
    try:
        body = jsonlib.loads(request.body or b"null")
    except (ValueError, RecursionError) as error:
        raise ChatError("malformed") from error
    if not isinstance(body, dict):
        raise ChatError("malformed")
    return body


def _message(body: dict[str, Any]) -> tuple[str, str | None, str | None]:
    """The id and the text or button of a posted message; exactly one of the two."""
    message_id, text, button = body.get("id"), body.get("text"), body.get("button")
    if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
        raise ChatError("malformed", "The message needs an 'id' of 8 to 64 letters and digits.")
    if isinstance(button, str) and text is None and _BUTTON_ID.fullmatch(button):
        return message_id, None, button
    if isinstance(text, str) and button is None:
        return message_id, text, None
    raise ChatError("malformed", "The message needs either a 'text' or a 'button'.")


def _origin_allowed(request: Request, allowed: frozenset[str]) -> bool:
    """Whether a request may come from the page it says it comes from.

    Without an `Origin` header it is no page's request. A page of this server is allowed always.
    """
    origin = request.headers.get("origin")
    if origin is None or origin in allowed:
        return True
    return origin.partition("://")[2] == request.headers.get("host")
