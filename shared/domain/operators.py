"""Operators: what each role may do, the keys of scripts, and the log of who has changed what. A person has a role by a
group of the user pool, a script by its key.

Each role may do all that those before it may.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.events import Instant


class Role(IntEnum):
    VIEWER = 1
    """Sees everything, people's data included, and changes nothing."""
    EDITOR = 2
    """Writes drafts and what goes to nobody by itself; imports, exports and merges contacts."""
    SENDER = 3
    """Decides what goes to people: publishes, sends, starts, stops, and lets email go again where it was held."""
    OWNER = 4
    """Ends what cannot be brought back, such as a contact's data, and says who may come in: people, roles, keys."""

    @property
    def word(self) -> str:
        return self.name.lower()


WORDS = {role.word: role for role in Role}


def role_of(groups: str) -> Role | None:
    """The highest role among the groups that a token names, however API Gateway has put them into one text
    (`owner,editor`, `[owner editor]`). None: nobody has given one yet."""
    return max((WORDS[each] for each in re.split(r"[\s,\[\]]+", groups) if each in WORDS), default=None)


def refusal(has: Role | None, takes: Role) -> str | None:
    """Why somebody of that role may not do what takes another; None: they may."""
    if has is not None and has >= takes:
        return None
    yours = f"you are {article(has)}" if has is not None else "you have no role yet"
    return f"this takes the role {takes.word}, and {yours}: an owner can give it to you"


def article(role: Role) -> str:
    return f"an {role.word}" if role.word[0] in "aeiou" else f"a {role.word}"


# ── keys of scripts ──


PREFIX = "beckon"
KEY_NAME = r"[a-z][a-z0-9-]{0,39}"
_KEY = re.compile(rf"{PREFIX}_({KEY_NAME})_([A-Za-z0-9_-]{{43}})")


class Key(BaseModel):
    """What a script comes in with. Its secret is known to nobody here."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(pattern=rf"^{KEY_NAME}$")
    role: str
    made: Instant
    by: str
    expires: Instant | None = None
    used: int | None = None
    """The newest day (since 1970, UTC) on which it was."""
    revoked: Instant | None = None

    def opens(self, t: Instant) -> bool:
        return self.revoked is None and (self.expires is None or t < self.expires)


def written(name: str, secret: str) -> str:
    """The key as it is shown once: with a beginning by which scanners of secrets find one that was published."""
    return f"{PREFIX}_{name}_{secret}"


def read(text: str) -> tuple[str, str] | None:
    """The name and the secret in what an Authorization header says; None: it is no key."""
    found = _KEY.fullmatch(text.removeprefix("Bearer ").strip())
    return (found[1], found[2]) if found is not None else None


def hashed(secret: str) -> str:
    """How a secret is kept. It is 32 random bytes, which nobody guesses, however fast the hash is: what makes a hash
    of a password slow, and salts it, would only slow down each request."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_its(secret: str, hash_: str) -> bool:
    return hmac.compare_digest(hashed(secret), hash_)


# ── who may sign in ──


class Operator(BaseModel):
    """A person who may sign in. `role` None: nobody has given them one, so they may do nothing."""

    model_config = ConfigDict(frozen=True)

    id: str
    email: str
    role: Role | None
    invited: bool
    """They have not signed in yet."""
    disabled: bool
    """Somebody has shut them out in the pool itself."""
    since: Instant


def leaves_no_owner(everybody: Sequence[Operator], id_: str, role: Role | None) -> bool:
    """Whether nobody would be an owner any more, if the one of that id had this role (None: were gone). Who has not
    signed in yet, or may not, cannot be relied on."""
    if role is Role.OWNER:
        return False
    others = [each for each in everybody if each.id != id_]
    was = next((each for each in everybody if each.id == id_), None)
    counted = [each for each in others if each.role is Role.OWNER and not each.invited and not each.disabled]
    return was is not None and was.role is Role.OWNER and not counted


# ── who has changed what ──


class Change(BaseModel):
    """A line of the audit log: who, what, when. Of people it has ids, and nothing else."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: Instant
    by: str
    """The subject of an operator's token, or `key:` and the name of a key."""
    action: str
    """The route: `PUT /segments/{segment}/draft`."""
    of: dict[str, str] = {}
    """What it was done to: `{"segment": "vip"}`."""
    before: str | None = None
    """The etag of the form that was changed, where it was named."""
    after: str | None = None
    """The etag of the form that came of it."""
    state: Literal["begun", "done", "failed"] = "begun"
    """`begun`, and nothing after it: it was cut off, and may have been done or not. `failed`: perhaps in part."""


_ID = re.compile(r"[\w.:#-]{1,200}", re.ASCII)


def safe(ids: Mapping[str, Any]) -> dict[str, str]:
    """Of what a request is about, what is an id: what somebody has put there instead may be an address."""
    told = {name: str(value) for name, value in ids.items() if isinstance(value, str | int)}
    return {name: value if _ID.fullmatch(value) else "?" for name, value in told.items()}
