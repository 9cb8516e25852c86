"""One HTTP exchange that ends when its time is over, whatever the peer does with its bytes.

requests limits the silence between two bytes, not the whole: a peer that sends a byte now and then could hold the
worker for ever. Here a timer shuts the socket down, so that the reader wakes.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError

_CHUNK = 64 * 1024


class Line:
    """A session for one exchange. Use as a context manager; leaving it closes everything it opened."""

    def __init__(self, within: timedelta) -> None:
        self._seconds = within.total_seconds()
        self._sockets: list[socket.socket] = []
        self._over = False
        self._timer = threading.Timer(self._seconds, self._end)
        self._timer.daemon = True
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc: the wires file alone says where results go
        adapter = _Adapter(self)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._session.close()

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, most: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body; the body is cut one byte after `most`. Follows no redirect.

        Raises requests.RequestException for anything less than a whole answer in time.
        """
        with self._session.post(
            url, data=body, headers=dict(headers), timeout=self._seconds, allow_redirects=False, stream=True
        ) as answer:
            kept = bytearray()
            for chunk in answer.iter_content(_CHUNK):
                kept += chunk
                if len(kept) > most:
                    break
            if self._over:  # a shut socket reads as an end; without an announced length it would look whole
                raise requests.ConnectionError("The time was over before the answer was.")
            return answer.status_code, answer.headers, bytes(kept[: most + 1])

    def opened(self, connected: socket.socket) -> None:
        self._sockets.append(connected)
        if self._over:
            self._end()

    def _end(self) -> None:
        self._over = True
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def was_never_open(why: requests.ConnectionError) -> bool:
        """True when no connection came about, so that nothing can have arrived."""
        inner = why.args[0] if why.args else None
        reason = inner.reason if isinstance(inner, MaxRetryError) else inner
        return isinstance(reason, NewConnectionError)


class _Adapter(HTTPAdapter):
    """Hands every socket that is opened to the line, which can then shut it."""

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **named: Any) -> None:
        super().init_poolmanager(*args, **named)
        line = self._line

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                line.opened(self.sock)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                line.opened(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
