"""How the pages are served: whose address counts behind a proxy, and what a rude caller gets."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace

import pytest
import waitress
from sqlalchemy import text

from reporter.cli import _serving
from tests.web.browsing import Browser
from tests.web.world import SETTINGS


def addresses_of_failures(world, proxies, forwarded):
    browser = Browser(world.app(replace(SETTINGS, proxies=proxies)))
    browser.get("/sign-in")
    browser.post("/sign-in", {"X-Forwarded-For": forwarded}, username="nobody", password="x", next="")
    with world.db.read() as session:
        return list(session.execute(text("SELECT address FROM login_failure")).scalars())


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (0, "198.51.100.7", "127.0.0.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "10.0.0.1, 198.51.100.7", "198.51.100.7"),
        (2, "10.0.0.1, 198.51.100.7, 192.0.2.1", "198.51.100.7"),
    ],
)
def test_only_the_words_of_ones_own_proxies_are_believed(fresh_world, proxies, forwarded, counted):
    assert addresses_of_failures(fresh_world, proxies, forwarded) == [counted]


@pytest.fixture
def port(world):
    """The pages as `reporter web` serves them."""
    server = waitress.create_server(world.app(), host="127.0.0.1", port=0, **_serving(SETTINGS))
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()
    yield server.effective_port
    server.close()
    serving.join(5)


def first_line(port, head, body=b""):
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(head + b"\r\n\r\n" + body)
        return line.recv(200).split(b"\r\n")[0]


def test_a_body_that_is_too_large_is_refused_before_it_is_taken_in(port):
    head = b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000"
    assert b" 413 " in first_line(port, head, b"x" * 1000)


def test_a_header_without_end_is_refused(port):
    assert b" 431 " in first_line(port, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 60_000)


def test_callers_who_say_nothing_keep_nobody_from_the_pages(port):
    silent = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(150)]
    for line in silent:
        line.sendall(b"GET / HTTP/1.1\r\nHost:")
    started = time.monotonic()
    assert b" 200 " in first_line(port, b"GET /sign-in HTTP/1.1\r\nHost: x")
    assert time.monotonic() - started < 5
    for line in silent:
        line.close()
