"""What the chat channel serves, as an OpenAPI document.

`tests/contract/test_openapi.py` compares its paths with the routes, and what is served with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.runtime.conversation import MAX_TEXT
from bot.runtime.http_errors import ERRORS

__all__ = ["BUTTON_ID", "MAX_BODY", "MESSAGE_ID", "document"]

MAX_BODY = 8 * 1024
MESSAGE_ID = r"[A-Za-z0-9_-]{8,64}"
BUTTON_ID = r"[A-Za-z0-9_.-]{1,80}"

_TEXT = {"type": "string"}
_NOTHING = {"type": "null"}
_COUNT = {"type": "integer", "minimum": 1}
_MOMENT = {"type": "string", "format": "date-time"}
# Of whatever is asked in a wrong way.
_ANY = ("malformed", "foreign_origin", "too_slow", "too_large", "too_many")
_POSTED = (*_ANY, "not_json")
_RETRY = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
}
_LOGIN = {"WWW-Authenticate": {"description": "How to say who asks.", "schema": _TEXT}}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object of these properties and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _named(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _whole(pattern: str) -> dict[str, str]:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _answer(description: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": description, **({"content": content} if content else {})}


def _errors(codes: Iterable[str]) -> dict[str, Any]:
    """The responses of these errors, by status: an error is a status, a code and a sentence."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(ERRORS[code][0], []).append(code)
    found = {}
    for status, of_status in by_status.items():
        schema = _object({"error": {"type": "string", "enum": of_status}, "message": _TEXT})
        answer = _answer(" ".join(ERRORS[code][1] for code in of_status), _json(schema))
        if status in (429, 503):
            answer["headers"] = _RETRY
        elif status == 401:
            answer["headers"] = _LOGIN
        found[str(status)] = answer
    return found


_BUTTON = _object({"id": _whole(BUTTON_ID), "title": _TEXT})
_SAID = {
    "id": _TEXT,
    "text": _TEXT,
    "topic": {"type": ["string", "null"]},
    "asks": {"type": ["string", "null"]},
    "buttons": _list(_named("Button")),
}
_SAID_AT_TIMES = {
    "input": _object({"type": _TEXT, "autocomplete": _TEXT}, {"inputmode": _TEXT}),
    "progress": _object({"step": _COUNT, "of": _COUNT}),
    "back": _named("Button"),
    "card": _list(
        _object({"field": _TEXT, "title": _TEXT, "value": _TEXT, "change": _named("Button")})
    ),
    "problem": {"const": True},
    "download": _object({"url": _TEXT, "title": _TEXT}),
}
_SCHEMAS = {
    "Button": _BUTTON,
    "BotMessage": _object(_SAID, _SAID_AT_TIMES),
    "Turn": {
        "oneOf": [
            _object({"from": {"const": "person"}, "id": _TEXT, "text": _TEXT, "at": _MOMENT}),
            _object({"from": {"const": "bot"}, **_SAID, "at": _MOMENT}, _SAID_AT_TIMES),
        ]
    },
    "Message": {
        "description": "A text or a button. Other members are left alone.",
        "oneOf": [
            {
                "type": "object",
                "properties": {
                    "id": _whole(MESSAGE_ID),
                    "text": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT},
                    "button": _NOTHING,
                },
                "required": ["id", "text"],
            },
            {
                "type": "object",
                "properties": {
                    "id": _whole(MESSAGE_ID), "button": _whole(BUTTON_ID), "text": _NOTHING,
                },
                "required": ["id", "button"],
            },
        ],
    },
    "Readiness": _object(
        {"ready": {"type": "boolean"}, "model": {"type": "boolean"},
         "database": {"type": "boolean"}},
        {"redis": {"type": "boolean"}},
    ),
    "PublicKey": _object({"id": _TEXT, "algorithm": {"const": "Ed25519"}, "public": _TEXT}),
}
_EVENT = {
    "description": "One event. Its data is JSON: a message, an error, or with `done`, which comes "
    "last, an empty object.",
    **_object({
        "event": {"enum": ["message", "error", "done"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    }),
}
_FILE = {"type": "string", "contentMediaType": "application/pdf"}


def _paths() -> dict[str, Any]:
    in_session: list[dict[str, list[str]]] = [{"session": []}]
    turn = _json(_object({"messages": _list(_named("BotMessage"))}))
    turn["text/event-stream"] = {"schema": _EVENT}
    identity = {"description": "A JSON Web Token of the page.", "type": ["string", "null"]}
    return {
        "/chat/session": {
            "post": {
                "summary": "Begin a conversation",
                "requestBody": {
                    "required": True,
                    "content": _json({"type": "object", "properties": {"identity": identity}}),
                },
                "responses": {
                    "201": _answer(
                        "Begun.", _json(_object({"session": _TEXT, "expires_at": _MOMENT}))
                    ),
                    **_errors((*_POSTED, "unauthorized", "failed", "not_ready")),
                },
            },
            "delete": {
                "summary": "Delete the conversation; what was filed in it stays",
                "security": in_session,
                "responses": {
                    "204": _answer("Deleted."),
                    **_errors((*_ANY, "unauthorized", "failed", "not_ready")),
                },
            },
        },
        "/chat/messages": {
            "post": {
                "summary": "Say something, or press a button; the same id gives the same answer",
                "security": in_session,
                "requestBody": {"required": True, "content": _json(_named("Message"))},
                "responses": {
                    "200": _answer("What the bot says.", turn),
                    **_errors((
                        *_POSTED, "unknown_button", "unauthorized", "text_refused", "busy",
                        "failed", "not_ready",
                    )),
                },
            },
        },
        "/chat/history": {
            "get": {
                "summary": "All that was said in the conversation",
                "security": in_session,
                "responses": {
                    "200": _answer(
                        "Said so far.", _json(_object({"messages": _list(_named("Turn"))}))
                    ),
                    **_errors((*_ANY, "unauthorized", "failed", "not_ready")),
                },
            },
        },
        "/chat/receipts/{name}": {
            "get": {
                "summary": "A receipt of what was filed in the conversation",
                "security": in_session,
                "parameters": [
                    {
                        "name": "name", "in": "path", "required": True,
                        "schema": {"type": "string", "minLength": 1},
                        "description": "The number of the objection with `.pdf` or `.json`.",
                    }
                ],
                "responses": {
                    "200": _answer(
                        "The receipt.",
                        {
                            **_json(
                                _object({"receipt": {"type": "object"}, "key": _TEXT,
                                         "signature": _TEXT})
                            ),
                            "application/pdf": {"schema": _FILE},
                        },
                    ),
                    **_errors((*_ANY, "unauthorized", "not_found", "failed", "not_ready")),
                },
            },
        },
        "/health/live": {
            "get": {
                "summary": "Whether the process lives",
                "responses": {
                    "200": _answer("It does.", _json(_object({"live": {"const": True}}))),
                    **_errors(_ANY),
                },
            },
        },
        "/health/ready": {
            "get": {
                "summary": "Whether the chat works",
                "responses": {
                    "200": _answer("It does.", _json(_named("Readiness"))),
                    "503": _answer("It does not.", _json(_named("Readiness"))),
                    **_errors(_ANY),
                },
            },
        },
        "/receipt-key.json": {
            "get": {
                "summary": "The keys that receipts are checked with",
                "responses": {
                    "200": _answer(
                        "The keys.", _json(_object({"keys": _list(_named("PublicKey"))}))
                    ),
                    **_errors(("malformed", "too_slow", "too_large", "too_many")),
                },
            },
        },
        "/openapi.json": {
            "get": {
                "summary": "This document",
                "responses": {
                    "200": _answer("It.", _json({"type": "object"})),
                    **_errors(_ANY),
                },
            },
        },
    }


def document(version: str) -> dict[str, Any]:
    """The document, as `/openapi.json` has it; `version` is that of the package."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "objection-bot",
            "version": version,
            "description": f"A request has at most {MAX_BODY} bytes of body.",
        },
        "servers": [{"url": "/"}],
        "paths": _paths(),
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {
                "session": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The `session` that `POST /chat/session` gave.",
                }
            },
        },
    }
