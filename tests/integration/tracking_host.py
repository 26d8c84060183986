"""The ingest handler behind a small HTTP server, for SDKs as published to be pointed at."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.integration.ingest_stack import Answer, IngestStack

LOST = 500  # the first answer is lost on the way; by then everything is stored


@dataclass
class TrackingHost:
    """The handler as a website's tracking host. The next `lose` answers do not get through."""

    ingest: IngestStack
    url: str
    lose: int = 0
    paths: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of the requests that are no preflights. Names are in lower case."""

    @property
    def host(self) -> str:
        return self.url.partition("//")[2]


@contextmanager
def tracking_host(ingest: IngestStack, tls: ssl.SSLContext | None = None) -> Iterator[TrackingHost]:
    lock = threading.Lock()

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                answer = ingest.request("POST", self.path, body, dict(self.headers.items()))
                host.paths.append(self.path)
                host.statuses.append(answer.status)
                host.headers.append({name.lower(): value for name, value in self.headers.items()})
                host.lose -= 1
                status = LOST if host.lose >= 0 else answer.status
            self._write(answer, status)

        def do_OPTIONS(self) -> None:
            with lock:
                answer = ingest.request("OPTIONS", self.path, b"", dict(self.headers.items()))
            self._write(answer, answer.status)

        def _write(self, answer: Answer, status: int) -> None:
            self.send_response(status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.text.encode())))
            self.end_headers()
            self.wfile.write(answer.text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Keeps the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Requests) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "http" if tls is None else "https"
        host = TrackingHost(ingest, f"{scheme}://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield host
        server.shutdown()
