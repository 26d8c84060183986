"""Operators: what each role may do. A person has it by a group of the user pool, a script by its key.

Each role may do all that those before it may.
"""

from __future__ import annotations

import re
from enum import IntEnum


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
