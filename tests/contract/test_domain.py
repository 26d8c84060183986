"""The domain decides, and looks at nothing: no clock, no environment, no network, no chance."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

DOMAIN = Path(__file__).resolve().parents[2] / "shared" / "domain"
STANDARD = (
    "__future__",
    "abc",
    "base64",
    "binascii",
    "bisect",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "heapq",
)
STANDARD += ("enum", "functools", "hashlib", "hmac", "html", "itertools", "json", "math", "re", "typing", "unicodedata")
STANDARD += ("csv", "email.utils", "ipaddress", "statistics", "types", "urllib.parse", "xml", "zlib", "zoneinfo")
ALLOWED = (*STANDARD, "pydantic", "shared.domain")
"""What gives the same for the same. (`datetime` has a clock as well: `banned-api` in pyproject.toml sees to that.)"""
ELSEWHERE = ("os", "time", "random", "uuid", "rich", "boto3", "urllib.request", "shared.adapters")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: a relative import"
            yield node.module or ""


def is_allowed(module: str) -> bool:
    return any(module == allowed or module.startswith(f"{allowed}.") for allowed in ALLOWED)


@pytest.mark.parametrize("path", sorted(DOMAIN.rglob("*.py")), ids=lambda path: str(path.relative_to(DOMAIN)))
def test_the_domain_imports_nothing_but_what_gives_the_same_for_the_same(path: Path) -> None:
    assert [module for module in imported(path) if not is_allowed(module)] == []


@pytest.mark.parametrize("module", ELSEWHERE)
def test_what_looks_elsewhere_is_not_allowed(module: str) -> None:
    assert not is_allowed(module)
