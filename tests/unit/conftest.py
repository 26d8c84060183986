"""The domain is pure: no test of it may open a socket."""

import socket

import pytest


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a test of the domain opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
