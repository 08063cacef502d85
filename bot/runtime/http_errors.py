"""The errors of the HTTP contract: a status, a code and a plain sentence each."""

from __future__ import annotations

from sanic.response import HTTPResponse, json

ERRORS: dict[str, tuple[int, str]] = {
    "malformed": (400, "That request could not be read."),
    "unknown_button": (400, "That button is no longer there. Please write your answer instead."),
    "unauthorized": (401, "This conversation has ended. Please start a new one."),
    "foreign_origin": (403, "This page may not use this chat."),
    "not_found": (404, "There is nothing at this address."),
    "method_not_allowed": (405, "This address does not take that kind of request."),
    "too_slow": (408, "That took too long to arrive. Please send it again."),
    "too_large": (413, "That is too much at once. Please send less."),
    "not_json": (415, "Please send JSON."),
    "text_refused": (422, "Please write a message of 1 to 1,000 characters."),
    "too_many": (429, "That was a lot at once. Please wait a moment."),
    "busy": (503, "There is a lot to do right now. Please try again in a moment."),
    "failed": (503, "Something went wrong here. Please send that again in a moment."),
    "not_ready": (503, "The chat is not ready yet. Please try again in a moment."),
}


class ChatError(Exception):
    """An answer that is an error of the contract.

    Args:
        code: a key of `ERRORS`.
        sentence: instead of the usual one.
        retry_after: seconds, for the header of that name.
    """

    def __init__(self, code: str, sentence: str | None = None, retry_after: int | None = None):
        super().__init__(code)
        self.code = code
        self.status, usual = ERRORS[code]
        self.sentence = sentence or usual
        self.retry_after = retry_after

    def as_dict(self) -> dict[str, str]:
        """The JSON object of the contract."""
        return {"error": self.code, "message": self.sentence}

    def response(self) -> HTTPResponse:
        """The HTTP response of the contract."""
        headers = {"Cache-Control": "no-store"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return json(self.as_dict(), status=self.status, headers=headers)
