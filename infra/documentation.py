"""What of the docs is made: `make docs` writes it.

The tables of docs/segments.md, docs/journeys.md and docs/templates.md come from the code. Each stands between two
comments, `<!-- made: NAME -->` and `<!-- end -->`; what is around them is written by hand. The decisions get their
numbers: whoever adds one writes `## 2026-11-28: what was decided` at the end, and its number, once given, stays.
docs/openapi.json is the document of the admin's API, made of its routes.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

from functions.admin import openapi
from infra import editing, journey_fields, journey_tables
from shared.adapters import definitions
from shared.domain.conditions import Condition
from shared.domain.conditions.calendar import LocalTime
from shared.domain.conditions.events import LastEvent
from shared.domain.conditions.fields import Described
from shared.domain.conditions.orders import LastOrder
from shared.domain.messages.refusals import SENTENCES
from shared.domain.templates import definition as template_definition
from shared.domain.wording import sentence
from shared.domain.wording.points import rule
from shared.domain.wording.texts import duration, plural

DOCS = Path(__file__).resolve().parents[1] / "docs"
MADE = (DOCS / "segments.md", DOCS / "journeys.md", DOCS / "templates.md")
DECISIONS = DOCS / "decisions.md"
OPENAPI = DOCS / "openapi.json"

MODELS: Mapping[str, type[Described]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(Condition)[0])
}
"""The conditions by their kind, in the order of the language."""

EXAMPLES: tuple[dict[str, Any], ...] = (
    {"kind": "all", "of": [{"kind": "orders"}, {"kind": "consent"}]},
    {"kind": "any", "of": [{"kind": "orders"}, {"kind": "consent"}]},
    {"kind": "not", "of": {"kind": "orders", "within": "90d"}},
    {"kind": "member", "segment": "customers"},
    {"kind": "member", "segment": "customers", "for": "14d"},
    {"kind": "member", "segment": "active_customers", "left": "7d"},
    {"kind": "trait", "trait": "propensity.tea", "is": "at_least", "value": 0.7, "fresh": "30d"},
    {"kind": "list", "list": "vip"},
    {"kind": "consent", "is": "unsubscribed", "within": "30d"},
    {"kind": "first_seen", "before": "60d"},
    {"kind": "sample", "percent": 10, "salt": "spring"},
    {"kind": "near", "latitude": 51.5074, "longitude": -0.1278, "miles": 20},
    {
        "kind": "event",
        "event": "Order Completed",
        "where": [{"property": "category", "value": "espresso"}],
        "at_least": 3,
        "within": "180d",
    },
    {"kind": "event", "event": "Product Viewed", "within": {"from": "-60d", "to": "-30d"}},
    {"kind": "event", "event": "Order Completed", "count": "months", "at_least": 6, "within": "last_6_months"},
    {
        "kind": "event",
        "event": "Product Viewed",
        "count": "same_product_id",
        "at_least": 3,
        "within": "1d",
        "without": {"event": "Order Completed"},
    },
    {
        "kind": "event",
        "event": "Price Dropped",
        "where": [{"property": "drop_percent", "is": "at_least", "value": 20}],
        "within": "3d",
    },
    {"kind": "event", "event": "Points Earned", "sum": "points", "at_least": 500, "within": "365d"},
    {"kind": "first_event", "event": "Order Completed", "within": "30d"},
    {"kind": "last_event", "event": "Page Viewed", "at_least": 14},
    {"kind": "latest", "where": [{"property": "device", "value": "mobile"}]},
    {"kind": "share", "where": [{"property": "device", "value": "mobile"}], "more": 50, "within": "90d"},
    {
        "kind": "sequence",
        "first": {"event": "Checkout Started"},
        "then": {"event": "Page Viewed", "where": [{"property": "path", "is": "prefix", "value": "/help"}]},
        "without": {"event": "Order Completed"},
        "gap": "1h",
        "within": "7d",
    },
    {"kind": "unanswered", "of": {"event": "Email Sent"}, "answers": [{"event": "Email Clicked"}], "at_least": 5},
    {"kind": "cart", "older": "1h", "within": "3d", "where": [{"property": "category", "value": "coffee"}]},
    {"kind": "engagement", "tier": "highly", "topic": "news"},
    {"kind": "orders", "measure": "sum", "at_least": 500, "within": "365d"},
    {"kind": "orders", "within": {"from": "2026-11-27", "to": "2026-12-01"}},
    {
        "kind": "orders",
        "measure": "sum",
        "lines": [{"property": "category", "value": "shoes"}],
        "more": 200,
        "within": "90d",
    },
    {
        "kind": "orders",
        "where": [{"property": "coupon", "is": "prefix", "value": "WELCOME"}],
        "lines": [
            {"property": "product_id", "value": "A1"},
            {"property": "quantity", "is": "at_least", "value": 10},
        ],
    },
    {"kind": "orders", "measure": "refunded_share", "more": 30, "within": "365d"},
    {"kind": "last_order", "at_least": 90, "at_most": 180},
    {"kind": "rank", "by": {"kind": "trait", "trait": "predicted_value"}, "top": 20, "among": "customers"},
    {"kind": "rfm", "score": "monetary", "at_least": 4},
    {"kind": "points", "model": "lead"},
    {"kind": "points", "model": "lead", "at_least": 15, "at_most": 24},
    {"kind": "local_time", "from": "18:00", "to": "21:00", "weekdays": ["fri", "sat"]},
    {"kind": "season", "is": "winter"},
    {"kind": "anniversary", "next": 30},
    {"kind": "age", "at_least": 18, "at_most": 25},
    {"kind": "date", "trait": "predicted_order", "from": "-7d", "to": "3d"},
)
"""One of each kind."""


def tables() -> dict[str, str]:
    """Each table by its name."""
    segments = {segment.id: segment for segment in definitions.shipped()}
    read = TypeAdapter[Any](Condition)
    return {
        **journey_tables.tables(),
        "conditions": _table(
            ("kind", "what it means", "what it needs", "time", "in whose time zone", "flips with time"),
            (
                (
                    f"`{kind}`",
                    " ".join((inspect.getdoc(model) or "").split()),
                    model.needs or "what its conditions need",
                    ", ".join(f"`{name.rstrip('_')}`" for name in _times(model)) or "none",
                    model.zone,
                    model.flips,
                )
                for kind, model in MODELS.items()
            ),
        ),
        "examples": _table(
            ("a condition", "in plain words: somebody who …"),
            ((f"`{json.dumps(example)}`", sentence(segments, read.validate_python(example))) for example in EXAMPLES),
        ),
        "shipped": _table(
            ("segment", "group", "who is in it", "its definition in plain words: somebody who …"),
            ((f"`{each.id}`", each.group, each.sentence, sentence(segments, each.when)) for each in segments.values()),
        ),
        "lead_models": _table(
            ("model", "qualified from", "half-life", "what gives points, and what takes them"),
            (
                (
                    f"`{model.id}`",
                    plural(model.threshold, "point"),
                    "none" if model.half_life is None else duration(model.half_life),
                    "; ".join(rule(each, lambda when: sentence(segments, when)) for each in model.rules),
                )
                for model in definitions.shipped_models()
            ),
        ),
        "refusals": _table(
            ("reason", "what it means"), ((f"`{reason}`", sentence) for reason, sentence in SENTENCES.items())
        ),
        "fields": _table(("part", "fields, and what they are when left out", "what it means"), journey_fields.rows()),
        "blocks": _table(
            ("kind", "fields, and what they are when left out", "what it is"),
            (
                (
                    f"`{block.model_fields['kind'].default}`",
                    ", ".join(journey_fields.fields(block, template_definition.BaseBlock)) or "none",
                    " ".join((inspect.getdoc(block) or "").split()),
                )
                for block in get_args(get_args(template_definition.Block)[0])
            ),
        ),
        "edits": _table(
            ("what is edited", *(f"on day {day}: {place}" for place, day in editing.PLACES.items())), editing.rows()
        ),
    }


def _times(model: type[Described]) -> Iterable[str]:
    """The parameters that are durations or numbers of days."""
    if model in (LastEvent, LastOrder):
        return ("at_least", "at_most")
    names = ("within", "before", "older", "gap", "fresh", "for_", "left", "from_", "to", "next", "last")
    return (name for name in names if name in model.model_fields and model is not LocalTime)


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (heading, ("---",) * len(heading), *rows)
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def written(text: str) -> str:
    """The text with its tables made again."""
    made = tables()
    for name in re.findall(r"^<!-- made: (\w+) -->$", text, re.MULTILINE):
        table, begin, end = made[name], f"<!-- made: {name} -->\n", "<!-- end -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{table}\n{end}{rest.split(end, 1)[1]}"
    return text


def numbered(text: str) -> str:
    """The decisions with a number and a status each; those that have them keep them, but for the later of two that came
    by one number side by side."""
    last = 0

    def heading(found: re.Match[str]) -> str:
        nonlocal last
        last += 1
        status = "" if found[1] else "\n\nStatus: accepted"
        return f"## {last}. {found[2]}{status}"

    return re.sub(r"^## (\d+\. )?(\d{4}-\d\d-\d\d: .*)$", heading, text, flags=re.MULTILINE)


def openapi_document() -> str:
    """The document of the admin's API, as it is committed."""
    return json.dumps(openapi.document(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    OPENAPI.write_text(openapi_document(), encoding="utf-8")
    DECISIONS.write_text(numbered(DECISIONS.read_text(encoding="utf-8")), encoding="utf-8")
    for document in MADE:
        document.write_text(written(document.read_text(encoding="utf-8")), encoding="utf-8")
