"""A journey's graph: whatever the definition, every step is drawn once, nothing overlaps, and lines lead downwards."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from functions.admin import page as admin_page
from shared.adapters import journey_files
from tests.browser.chromium import EXECUTABLE, Page, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def graph() -> Iterator[Page]:
    """A browser with the module that draws."""

    class Files(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = admin_page.assets().get(self.path.removeprefix("/"))
            text, media_type = known or (
                '<meta name="settings" content=\'{"currency": "EUR", "zone": "UTC"}\'>',
                "text/html",
            )
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with chromium() as page:
        page.open(f"http://localhost:{server.server_port}/")
        page.wait("document.querySelector('meta')")
        page.run("import('/graph.js').then((graph) => { window.drawn = (of) => graph.layout(graph.parts(of)); })")
        yield page
    server.shutdown()
    server.server_close()


def drawn(graph: Page, journey: Any) -> Any:
    """Nodes and lines, as they are laid out."""
    taken = "({id: n.id, kind: n.kind, back: n.back ?? null, x: n.x, y: n.y, wide: n.wide, height: n.height})"
    return graph.run(f"""(() => {{
        const {{nodes, lines, width, height}} = drawn({json.dumps(journey)});
        return {{width, height, nodes: nodes.map((n) => {taken}),
                 lines: lines.map((through) => through.map((n) => [n.x, n.y, n.id ?? null]))}};
    }})()""")


JOURNEYS = {
    **{
        name: journey.model_dump(mode="json", by_alias=True, exclude_none=True)
        for name, journey in journey_files.shipped().items()
    },
    "one step": {"steps": [{"id": "a", "kind": "send"}]},
    "a step that nothing leads to": {
        "steps": [{"id": "a", "kind": "send", "next": "end"}, {"id": "b", "kind": "wait", "for": "1d"}]
    },
    "ways back": {
        "steps": [
            {"id": "a", "kind": "wait", "for": "1d"},
            {"id": "b", "kind": "branch", "ways": [{"when": {}, "next": "a"}, {"when": {}, "next": "b"}], "next": "c"},
            {"id": "c", "kind": "wait", "for": "1d", "next": "a"},
        ]
    },
    "many ways that meet": {
        "steps": [
            {"id": "a", "kind": "split", "ways": [{"weight": n + 1, "next": f"s{n}"} for n in range(8)]},
            *({"id": f"s{n}", "kind": "send", "next": "z" if n % 2 else "end"} for n in range(8)),
            {"id": "z", "kind": "end"},
        ]
    },
    "a goal that jumps ahead": {
        "exits": [{"on": {}, "go_to": "c"}, {"on": {}}],
        "steps": [{"id": name, "kind": "wait", "for": "1d"} for name in "abc"],
    },
}


@pytest.mark.parametrize("name", JOURNEYS)
def test_every_step_is_drawn_once_and_nothing_overlaps(graph: Page, name: str) -> None:
    journey = JOURNEYS[name]
    found = drawn(graph, journey)
    ids = [node["id"] for node in found["nodes"]]
    assert len(ids) == len(set(ids))
    assert {step["id"] for step in journey["steps"]} < set(ids)
    for node in found["nodes"]:
        assert node["wide"] / 2 - 0.01 <= node["x"] <= found["width"] - node["wide"] / 2 + 0.01
        assert node["y"] + node["height"] <= found["height"]
        for other in found["nodes"]:
            apart = abs(node["x"] - other["x"]) >= (node["wide"] + other["wide"]) / 2 - 0.01
            assert node is other or apart or not -node["height"] < node["y"] - other["y"] < other["height"], (
                node,
                other,
            )
    for line in found["lines"]:
        assert [y for _, y, _ in line] == sorted({y for _, y, _ in line})  # downwards only


def test_what_leads_back_says_so_in_words_and_draws_no_circle(graph: Page) -> None:
    found = drawn(graph, JOURNEYS["ways back"])
    assert sorted(node["back"] for node in found["nodes"] if node["back"]) == ["a", "a", "b"]
    assert len(found["nodes"]) == 1 + 3 + 4  # the start, the steps, three ways of the branch and one way back


def test_a_long_journey_is_laid_out_at_once(graph: Page) -> None:
    """60 steps in 200 milliseconds is the aim; a slow machine with much to do takes some more."""
    steps: list[dict[str, Any]] = []
    for n in range(20):
        steps += [
            {"id": f"b{n}", "kind": "branch", "ways": [{"when": {}, "next": f"s{n}"}], "next": f"w{n}"},
            {"id": f"s{n}", "kind": "send"},
            {"id": f"w{n}", "kind": "wait", "for": "1d"},
        ]
    journey = json.dumps({"steps": steps})
    script = f"const begun = performance.now(); drawn({journey}); return performance.now() - begun;"
    assert graph.run(f"(() => {{ {script} }})()") < 1000
