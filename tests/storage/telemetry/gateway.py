"""InfluxDB 2's paths in front of InfluxDB 1.6.7 (which lacks ``/api/v2/write``), failing when a test asks for it."""

from __future__ import annotations

import gzip
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx

CUT = 0
"""Instead of a status: close the connection without answering."""
CUT_AFTER = -1
"""Write, then close without answering: the client cannot know that it was kept."""


@dataclass
class Gateway:
    """Attributes: its URL, the server and database behind, statuses of the next writes, status of all writes.

    Without a server behind, lines are only kept in memory.
    """

    behind: str
    database: str
    url: str = ""
    answers: deque[int] = field(default_factory=deque)
    always: int | None = None
    tokens: set[str] = field(default_factory=set)
    writes: int = 0
    lines: set[bytes] = field(default_factory=set)

    @classmethod
    @contextmanager
    def running(cls, behind: str, database: str) -> Iterator[Gateway]:
        gateway = cls(behind, database)

        class Handler(_Handler):
            owner = gateway

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield gateway
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    owner: Gateway

    def do_GET(self) -> None:
        answer = httpx.get(self.owner.behind + self.path, trust_env=False, timeout=30)
        self._say(answer.status_code, answer.content)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        assert parts.path == "/api/v2/write"
        assert asked == {"org": "org", "bucket": self.owner.database, "precision": "us"}
        assert self.headers["Content-Encoding"] == "gzip"
        self.owner.tokens.add(self.headers["Authorization"])
        self.owner.writes += 1
        status = self.owner.answers.popleft() if self.owner.answers else self.owner.always
        if status == CUT:
            self.close_connection = True
            return
        if status is not None and status > 0:
            self._say(status, b'{"code":"invalid","message":"asked by a test"}')
            return
        if not self.owner.behind:
            self.owner.lines.update(gzip.decompress(body).splitlines())
            self._say(204, b"")
            return
        answer = httpx.post(
            f"{self.owner.behind}/write",
            params={"db": self.owner.database, "precision": "u"},
            content=gzip.decompress(body),
            trust_env=False,
            timeout=30,
        )
        if status == CUT_AFTER:
            self.close_connection = True
            return
        self._say(answer.status_code, answer.content)

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        return
