"""Dead letters: what could not be processed, looked at, replayed and dismissed."""

from __future__ import annotations

from dataclasses import asdict

from functions.admin.rest import Request, answer, logger, route
from functions.admin.shapes import operations as shapes
from shared.adapters import dead_letters
from shared.domain.events import Json
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError


@route("GET", "/dead-letters", role=Role.VIEWER, gives=shapes.DeadLetters)
def list_dead_letters(request: Request) -> Json:
    listed = []
    for name, url in dead_letters.queues().items():
        depth = dead_letters.depth(url)
        shown = [asdict(letter) for letter in dead_letters.peek(url)] if depth else []
        replayable = dead_letters.replayable(name)
        listed.append({"queue": name, "depth": depth, "replayable": replayable, "messages": shown})
    return {"queues": listed}


@route("POST", "/dead-letters/{queue}/replay", role=Role.SENDER, gives=shapes.Replayed, status=202)
def replay(request: Request, queue: str) -> Json:
    if queue not in dead_letters.queues():
        raise RefusedError("not_found", "there is no such queue", "queue", 404)
    try:
        items = dead_letters.replay(queue)
    except dead_letters.NotReplayableError as error:
        raise RefusedError("not_replayable", str(error), "queue", 409) from error
    logger.info("dead letters replayed", queue=queue, operator=request.operator)
    told: dict[str, Json] = {"queue": queue, "status": "replaying"}
    return answer(202, told if items is None else {**told, "items": items})


@route("POST", "/dead-letters/{queue}/dismiss", role=Role.OWNER, gives=shapes.Dismissed)
def dismiss(request: Request, queue: str) -> Json:
    """Throws away what is on a dead-letter queue: it can be replayed no more."""
    if queue not in dead_letters.queues():
        raise RefusedError("not_found", "there is no such queue", "queue", 404)
    dismissed = dead_letters.dismiss(queue)
    logger.info("dead letters dismissed", queue=queue, messages=dismissed, operator=request.operator)
    return {"queue": queue, "dismissed": dismissed}
