"""The lake made again from the Contacts table, whatever has become of its files.

A pass collects all contacts' rows under `anew/pass=<name>/`, where no query looks, and then puts them in the place of
what was there, partition by partition. From before it begins to read until it is done it holds the lake's claim: so the
files that were there at its beginning have nothing that it does not find, and nobody merges them with newer ones, which
may. What the stream writes meanwhile stays. Each step can be done again.
"""

from __future__ import annotations

from collections.abc import Iterable
from tempfile import TemporaryDirectory

from shared.adapters import lake, lake_merge
from shared.adapters.clients import client
from shared.adapters.environment import environment
from shared.adapters.lake import PREFIX, LakeSettings, Refused
from shared.adapters.lake_merge import Claim
from shared.domain.events import HOUR, Instant
from shared.domain.lake_rows import PARTITIONS, Row

COLLECTED = "anew"
HELD_FOR = 12 * HOUR
"""By then a pass is through the largest shop, or it has failed, and the night may go on."""
LAST_STEP = HOUR // 4
"""As long as a Lambda lives: with less of its time left, a pass begins no step."""


class LakeInUseError(Exception):
    """A merge is at work, or another pass; the first is over within a quarter of an hour."""


class LostLakeError(Exception):
    """The pass has taken longer than HELD_FOR, and does not hold the lake any more: start another."""


def begin(name: str, now: Instant) -> None:
    """Has the pass hold the lake. LakeInUseError."""
    held = lake_merge.claimed()
    if held is not None and held[0].rebuilt_by == name:
        return
    if not lake_merge.finish(now):
        raise LakeInUseError
    keys = list(lake_merge.sizes(f"{PREFIX}/{PARTITIONS[0]}="))
    if lake_merge.take(Claim(until=now + HELD_FOR, keys=keys, rebuilt_by=name)) is None:
        raise LakeInUseError


def collect(rows: Iterable[Row], name: str, page: str, now: Instant, refused: Refused) -> None:
    """Keeps a page of rows. Keeping it again takes the place of what was kept before. LostLakeError."""
    _held(name, now)
    lake.write(rows, page, refused, prefix=f"{COLLECTED}/pass={name}")


def places(name: str, now: Instant, after: str) -> list[str]:
    """The partitions that come after one, of all that had files and that are to have some. LostLakeError."""
    claim, _ = _held(name, now)
    collected = f"{COLLECTED}/pass={name}/"
    found = {key.removeprefix(f"{PREFIX}/").rpartition("/")[0] for key in claim.keys}
    found |= {key.removeprefix(collected).rpartition("/")[0] for key in lake_merge.sizes(collected)}
    return sorted(place for place in found if place > after)


def put_in_place(name: str, place: str, now: Instant) -> None:
    """Puts what was collected of a partition in the place of the files that were there when the pass began. Those that
    came since are merged with it, because they have some of the same events. LostLakeError."""
    claim, _ = _held(name, now)
    there = lake_merge.sizes(f"{PREFIX}/{place}/")
    before = set(claim.keys)
    since = {key: size for key, size in there.items() if key not in before}
    collected = lake_merge.sizes(f"{COLLECTED}/pass={name}/{place}/")
    made: list[str] = []
    for keys in lake_merge.groups(collected | since, least=1) if collected else ():
        made.append(f"{PREFIX}/{place}/rebuilt-{lake_merge.made_of(keys)}.parquet")
        with TemporaryDirectory() as directory:
            lake_merge.download(keys, directory)
            content = lake_merge.merged(directory).read_bytes()
        client("s3").put_object(Bucket=environment(LakeSettings).lake_bucket, Key=made[-1], Body=content)
    gone = there if collected else before.intersection(there)
    lake_merge.delete([key for key in gone if key not in made])


def end(name: str, now: Instant) -> None:
    """Gives the lake back. What was collected goes by itself (the bucket's lifecycle)."""
    _, etag = _held(name, now)
    lake_merge.release(etag)


def _held(name: str, now: Instant) -> tuple[Claim, str]:
    held = lake_merge.claimed()
    if held is None or held[0].rebuilt_by != name or held[0].until - LAST_STEP < now:
        raise LostLakeError
    return held
