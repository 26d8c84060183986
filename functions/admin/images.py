"""The shop's pictures for its emails. Routes of the admin's API."""

from __future__ import annotations

import base64
import binascii

from pydantic import ValidationError

from functions.admin.rest import Paging, Place, Request, answer, logger, page_of, route
from functions.admin.shapes import emails as shapes
from shared.adapters import images
from shared.adapters.clock import now
from shared.domain.events import Json
from shared.domain.images import Image
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError


@route("GET", "/images", role=Role.VIEWER, gives=shapes.Images, query=Paging)
def list_images(request: Request) -> Json:
    """All pictures, the newest first, each with the width at which an email shows it."""
    return page_of(request, "images", images.images().images, place, told, newest_first=True)


@route("POST", "/images", role=Role.EDITOR, takes=shapes.Picture, gives=shapes.Image, status=201)
def add_image(request: Request) -> Json:
    """`{"name": …, "alt": …, "content": …}`: keeps a picture; `content` is the file in base64, `alt` what it shows."""
    body = request.json_with_text("content")
    for field, wanted in (("name", "say how you will find it again"), ("alt", "say in words what the picture shows")):
        if not isinstance(body.get(field), str) or not body[field].strip():
            raise RefusedError("invalid_image", wanted, field)
    try:
        content = base64.b64decode(body.get("content") or "", validate=True)
    except (TypeError, binascii.Error, ValueError):
        raise RefusedError("invalid_image", "send the file’s bytes in base64", "content") from None
    try:
        kept = images.keep(content, body["name"].strip(), body["alt"].strip(), now(), request.operator)
    except images.NoImageError as error:
        raise RefusedError("invalid_image", str(error), "content") from error
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise RefusedError("invalid_image", "it is too long", field) from None
    logger.info("image kept", image=kept.id, operator=request.operator)
    return answer(201, told(kept))


def place(image: Image) -> Place:
    return Place(image.at, image.id)


def told(image: Image) -> dict[str, Json]:
    return {**image.model_dump(), "shown_width": image.shown_width}
