"""Coupon codes: pools, and what is left of each. Routes of the admin's API."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import ValidationError

from functions.admin.rest import Paging, Request, answer, by_id, logger, no_form, page_of, route
from functions.admin.shapes import emails as shapes
from shared.adapters import coupons
from shared.adapters.clock import now
from shared.domain.coupons import MAX_CODES, Pool, spelled
from shared.domain.events import Instant, Json
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError


@route("GET", "/coupons", role=Role.VIEWER, gives=shapes.Pools, query=Paging)
def list_pools(request: Request) -> Json:
    """All pools, by their ids, each with what is left of it."""
    return page_of(request, "pools", coupons.pools(), lambda each: by_id(each[0].id), lambda each: told(*each))


@route("GET", "/coupons/{pool}", role=Role.VIEWER, gives=shapes.PoolTold)
def show_pool(request: Request, pool: str) -> Json:
    return told(*_pool(pool))


@route(
    "PUT",
    "/coupons/{pool}",
    role=Role.EDITOR,
    makes=True,
    takes=shapes.PoolChanged,
    gives=shapes.PoolTold,
)
def save_pool(request: Request, pool: str) -> Json:
    """Makes a pool, or changes the form that `If-Match` names by its etag: `code` (one that all get; without it each
    contact gets their own), `days`, `low`. Its codes stay."""
    body = request.json()
    unknown = body.keys() - {"code", "days", "low"}
    if unknown:
        raise RefusedError("invalid_pool", "a pool has a code (or a list of them), days and low", min(unknown))
    try:
        made = Pool.model_validate({**body, "id": pool}, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        said = {
            "id": "a pool is called as a template writes it: small letters, digits and _, such as win_back",
            "code": "a code is up to 64 letters, digits, and - _ . between them",
            "days": "days is a whole number from 1 to 3,650",
            "low": "low is a whole number up to 100,000",
        }
        field = str(first["loc"][0])
        raise RefusedError("invalid_pool", said.get(field, "it is not right"), field) from None
    held = coupons.pool(pool)
    if held is not None and held[0] == made:  # it says what is there already: nothing of anybody's can be lost
        return told(*held)
    if held is not None and request.if_match is None:
        raise no_form()
    if request.if_match != (etag(held[0]) if held is not None else None):
        raise changed_meanwhile()
    try:
        coupons.save(made, held[0] if held is not None else None)
    except coupons.ChangedMeanwhileError:
        raise changed_meanwhile() from None
    logger.info("coupon pool saved", pool=pool, operator=request.operator)
    return told(*_pool(pool))


@route("POST", "/coupons/{pool}/codes", role=Role.EDITOR, takes=shapes.Codes, gives=shapes.CodesAdded, status=201)
def add_codes(request: Request, pool: str) -> Json:
    """`{"codes": [...]}`: adds codes to the pool, at most MAX_CODES at once; none of them, where one is no code. Which
    were there already, or were given, in whatever letters, are not `added`."""
    found, _ = _pool(pool)
    if found.code is not None:
        raise RefusedError("one_code", "all get the same code of this pool: it needs no list", "codes", 409)
    codes = request.json().get("codes")
    if not isinstance(codes, list) or not codes or len(codes) > MAX_CODES:
        raise RefusedError("invalid_codes", f"codes is a list of 1 to {MAX_CODES:,} codes", "codes")
    good, bad = spelled(codes)
    if bad:
        told_ = f"{len(bad):,} are no codes: a code is up to 64 letters, digits, and - _ . between them"
        raise RefusedError("invalid_codes", told_, "codes")
    added = coupons.add(pool, good)
    logger.info("coupon codes added", pool=pool, codes=added, operator=request.operator)
    return answer(201, {**told(*_pool(pool)), "added": added})


def given_to(contact: str) -> Json:
    """The codes that a contact was given."""
    return list[Json](coupons.given_to(contact))


def _pool(id_: str) -> tuple[Pool, Instant | None]:
    found = coupons.pool(id_)
    if found is None:
        raise RefusedError("not_found", "there is no such pool", status=404)
    return found


def told(pool: Pool, dry_since: Instant | None) -> dict[str, Json]:
    """`left` (null of a pool with one code for all); `given`, which is the sum of `redeemed`, `expired` and `open`: up
    to MOST_COUNTED, or more, and then these three are null."""
    left = coupons.left(pool.id) if pool.code is None else None
    numbers: dict[str, Any] = {"left": left, **coupons.counts(pool.id, now())._asdict()}
    about = {"counted_up_to": coupons.MOST_COUNTED, "dry_since": dry_since, "etag": etag(pool)}
    return {**pool.model_dump(), **numbers, **about}


def etag(pool: Pool) -> str:
    """Of what is written of the pool; its codes are no part of it."""
    return f'"pool-{hashlib.sha256(pool.model_dump_json().encode()).hexdigest()[:16]}"'


def changed_meanwhile() -> RefusedError:
    said = "somebody else has made or changed it meanwhile: look at their version and bring your changes into it"
    return RefusedError("changed_meanwhile", said, "If-Match", 412)
