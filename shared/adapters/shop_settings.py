"""The shop's settings, in the Definitions table: an item `settings` a version, none of which is ever overwritten.

A Lambda takes what is saved for `CACHE_TTL` as it has read it. A shop that has saved nothing has the defaults.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.adapters.clock import now
from shared.adapters.definitions_table import CACHE_TTL, Newest, Version, compressed, put_new, versions
from shared.adapters.drafts import Draft, Drafts
from shared.domain.events import Instant
from shared.domain.settings import Holdout, SavedSettings, ShopSettings

ID = "settings"

_saved = Newest(ID, SavedSettings.model_validate_json, SavedSettings)


def settings() -> ShopSettings:
    """The settings, as they stood at most `CACHE_TTL` ago."""
    return held().settings


def held() -> SavedSettings:
    """The version that `settings` are of."""
    return _saved.read(CACHE_TTL)


def saved() -> SavedSettings:
    """The newest version, read now."""
    return _saved.read(0)


def save(changed: ShopSettings, instead_of: int, by: str) -> SavedSettings:
    """Saves the version after the one of that number. PublishedMeanwhileError: there is one already. TooLargeError."""
    made = SavedSettings(number=instead_of + 1, settings=changed, at=now(), by=by)
    put_new(Version(ID, made.number, compressed("settings", made.model_dump_json(by_alias=True).encode())))
    return _saved.read(0)


def all_saved(before: int | None = None) -> Iterator[SavedSettings]:
    """All versions, or those before one, newest first; read one by one as far as they are asked for."""
    for _, body in versions(ID, before):
        yield SavedSettings.model_validate_json(body)


# ── the draft ──

_DRAFT = "shop"
_drafts: Drafts[int] = Drafts("settings_drafts", int)


def draft() -> Draft[int] | None:
    """What somebody is writing: its `form` is the number of the version that it was begun from."""
    return _drafts.all().get(_DRAFT)


def keep_draft(text: str, of: int, instead_of: int | None, by: str) -> Draft[int]:
    """In the place of the draft of that number. PublishedMeanwhileError: there is another. TooLargeError."""
    return _drafts.put(_DRAFT, of, text, instead_of=instead_of, by=by)


def drop_draft(number: int) -> None:
    """If it is still that one."""
    _drafts.drop(_DRAFT, number)


def holdout_since(holdout: Holdout) -> Instant:
    """When the newest settings first had a holdout of this name and share: what was drawn otherwise is not compared."""
    since = now()
    for each in all_saved():
        held_ = each.settings.holdout
        if held_ is None or (held_.name, held_.share) != (holdout.name, holdout.share):
            break
        since = each.at
    return since


def forget() -> None:
    """Forgets what was read, so that it is read again."""
    _saved.forget()
