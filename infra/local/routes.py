"""Routes of the two APIs, as API Gateway matches them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote


@dataclass(frozen=True)
class Route:
    """A method and a path with `{parameters}` of one API, the function it leads to, and that which lets in who asks."""

    method: str
    path: str
    function: str
    authorizer: str | None = None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        greedy = re.sub(r"\\{(\w+)\\\+\\}", r"(?P<\1>.+)", re.escape(self.path))
        return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", greedy))

    def order(self) -> tuple[bool, int, str]:
        """Of several that match, API Gateway takes the most specific."""
        return "+}" in self.path, self.path.count("{"), self.path

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The path's parameters, when this route is the request's."""
        if self.method not in ("ANY", method):
            return None
        found = self._pattern.fullmatch(path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None
