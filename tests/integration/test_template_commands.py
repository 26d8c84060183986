"""`beckon template`, as a developer calls it, against the local run over HTTP."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from infra.local import gateway
from infra.local.__main__ import main
from infra.local.client import console
from infra.local.screens import site
from tests.integration.shop import Shop


def test_a_template_is_shown_changed_looked_at_tried_and_published(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shop = Shop()
    server = gateway.serve(shop.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(console, "_width", 200)

    def beckon(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["beckon", "--port", str(server.server_port), "template", *arguments])
        try:
            code = main()
        except SystemExit as error:
            code = error.code
        said = capsys.readouterr()
        assert (code or 0) == (1 if "[wrong]" in arguments else 0), said
        return said.out + said.err

    try:
        assert "as shipped" in beckon("list")
        file = tmp_path / "welcome.yaml"
        file.write_text(beckon("show", "welcome"), encoding="utf-8")
        assert "Nothing keeps it from being published" in beckon("check", str(file))
        file.write_text(file.read_text(encoding="utf-8").replace("name: Welcome", "name: Welcome, ours"))
        html = tmp_path / "welcome.html"
        beckon("preview", str(file), "--nothing", "--html", str(html))
        assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
        assert "[Test]" in beckon("test", str(file), "--to", "me@shop.example.com")
        assert "kept as a draft" in beckon("draft", str(file))
        assert "Version 1 of welcome is sent" in beckon("publish", "welcome", "--why", "ours")
        assert "ours" in beckon("versions", "welcome")
        assert "Welcome, ours" in beckon("show", "welcome")
        beckon("take-back", "welcome")
        assert "as shipped" in beckon("list")
    finally:
        server.shutdown()
        server.server_close()
