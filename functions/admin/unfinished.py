"""What somebody is writing in an editor of the page: its text is kept as a draft as they left it, right or not. What is
wrong with it is told, and keeps it from being published or sent."""

from __future__ import annotations

import json

from functions.admin.rest import Request
from shared.domain.refusals import RefusedError
from shared.domain.sources.payload import Payload, clean, read

MAX_TEXT = 100_000  # characters


def text_in(request: Request, field: str = "text") -> str | None:
    """The text in that field of the body; None: it has another form of the thing. RefusedError."""
    if field not in request.json():
        return None
    text = json.loads(request.body)[field]
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise RefusedError("invalid_text", f"it must be a text of at most {MAX_TEXT:,} characters", field)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RefusedError("invalid_text", "there is half a character in it", field) from None
    return text


def object_in(text: str, *, lines: bool = False) -> Payload:
    """The JSON object in a text; `lines`: line breaks in its texts stay. RefusedError: there is none."""
    told = read(text.encode())
    if not lines:
        return told
    whole: Payload = clean(json.loads(text), lines=True)
    return whole
