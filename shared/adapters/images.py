"""The shop's pictures: in a bucket of their own behind CloudFront, listed in the Definitions table (`images`).

A picture's key is made of its content, and no key ever gets another content: so an email that was sent shows for good
what it showed, and whoever caches it never asks again.
"""

from __future__ import annotations

import hashlib
from io import BytesIO

from shared.adapters.clients import client
from shared.adapters.definitions_table import PublishedMeanwhileError, Version, compressed, put_new, versions
from shared.adapters.environment import Settings, environment
from shared.domain.events import Instant
from shared.domain.images import ENDINGS, Image, Images, problem

ID = "images"
PREFIX = "images"
TRIES = 5


class ImageSettings(Settings):
    images_bucket: str
    images_url: str


class NoImageError(ValueError):
    """What was sent is no picture that an email can show; says why, and what to do."""


def keep(content: bytes, name: str, alt: str, at: Instant, by: str) -> Image:
    """Stores a picture, or gives the one that has the same content, with its new name and alternative text.
    NoImageError, TooLargeError."""
    ending, width, height = _measured(content)
    if (wrong := problem(ending, width, height, len(content))) is not None:
        raise NoImageError(wrong)
    assert ending is not None
    settings = environment(ImageSettings)
    id_ = hashlib.sha256(content).hexdigest()[:32]
    key = f"{PREFIX}/{id_}.{ending}"
    client("s3").put_object(
        Bucket=settings.images_bucket,
        Key=key,
        Body=content,
        ContentType=ENDINGS[ending],
        CacheControl="public, max-age=31536000, immutable",
    )
    image = Image(
        id=id_,
        url=f"{settings.images_url}/{key.removeprefix(f'{PREFIX}/')}",
        name=name,
        alt=alt,
        width=width,
        height=height,
        bytes=len(content),
        at=at,
        by=by,
    )
    for _ in range(TRIES - 1):
        try:
            return _list(image)
        except PublishedMeanwhileError:  # somebody keeps another one in the same moment
            continue
    return _list(image)


def images() -> Images:
    """All that are kept, the newest last."""
    _, body = next(versions(ID), (0, b"{}"))
    return Images.model_validate_json(body)


def _list(image: Image) -> Image:
    held = images()
    others = tuple(each for each in held.images if each.id != image.id)
    made = Images(number=held.number + 1, images=(*others, image))
    put_new(Version(ID, made.number, compressed("pictures", made.model_dump_json().encode())))
    return image


def _measured(content: bytes) -> tuple[str | None, int, int]:
    """A picture's file ending and its pixels; no ending where it is none that we know."""
    import imagesize

    starts = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "gif": b"GIF8"}
    ending = next((each for each, start in starts.items() if content.startswith(start)), None)
    width, height = imagesize.get(BytesIO(content)) if ending else (-1, -1)
    return (ending, int(width), int(height)) if width > 0 else (None, -1, -1)
