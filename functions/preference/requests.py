"""A request for one of our pages."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs

from shared.adapters.tokens import Token


class Request(NamedTuple):
    """A request with a good token: `text` is the token as it stands in the URL, `id` the request's own; `answer`, to a
    mail's question, and whether it is to be confirmed; `network`: the address that it came from, where the shop keeps
    it."""

    token: Token
    text: str
    id: str
    body: str
    answer: str = ""
    confirm: bool = False
    network: str | None = None

    @property
    def preferences(self) -> str:
        """The preference page, from beside it: whatever stands before in the path, it works."""
        return f"../preferences/{self.text}"

    @property
    def form(self) -> dict[str, list[str]]:
        """What was sent by the page's form; nothing where it is none."""
        try:
            return parse_qs(self.body, keep_blank_values=True, max_num_fields=500)
        except ValueError:
            return {}

    def one(self, name: str) -> str:
        """A field of it; empty when it is not there."""
        return self.form.get(name, [""])[0].strip()
