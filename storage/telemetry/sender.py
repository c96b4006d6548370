"""Sends the outbox, oldest first, one request at a time, for as long as it takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from storage.telemetry.errors import TelemetryError, TelemetryServerError
from storage.telemetry.outbox import Outbox

FOR_GOOD = frozenset({400, 413, 422})
"""Answers that sending again cannot change: malformed or conflicting lines, too large, outside retention.

Everything else may end: 401, 403 and 404 when a token or a bucket is put right, 429 and 5xx by themselves."""
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
"""Waits double from one to the other (C): a server that comes back is used within a minute."""
LONGEST_ASKED_S = 600.0
"""What a server may ask for at most (C)."""
IDLE_S = 30.0
"""How often an empty outbox is looked at, for what another process puts there (`python -m storage spool retry`) (C)."""

_log = structlog.get_logger(__name__)


def wait_s(failures: int, asked_s: float | None, first_s: float = FIRST_WAIT_S) -> float:
    """How long to wait after some failures in a row: at most `LONGEST_WAIT_S`, unless the server asks for more."""
    doubled = first_s * 2.0 ** min(failures - 1, 30)
    return max(min(LONGEST_WAIT_S, doubled), min(LONGEST_ASKED_S, asked_s or 0.0))


class Sender:
    """The task that empties an outbox."""

    def __init__(self, outbox: Outbox, write: Callable[[bytes], None], *, first_wait_s: float = FIRST_WAIT_S) -> None:
        self._outbox = outbox
        self._write = write
        self._first_wait_s = first_wait_s
        self._more = asyncio.Event()
        self._closing = asyncio.Event()
        self._empty = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.failures = 0

    def start(self) -> None:
        """Begin, unless it has."""
        if self._task is None and not self._closing.is_set():
            self._task = asyncio.create_task(self._run(), name="telemetry-sender")

    def more(self) -> None:
        """There is something new."""
        self._empty.clear()
        self._more.set()

    async def emptied(self) -> None:
        """Wait until everything was sent or refused; raises what ended the task, should anything."""
        self.more()
        empty = asyncio.create_task(self._empty.wait())
        try:
            await asyncio.wait({empty, self._task} if self._task else {empty}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            empty.cancel()
        if not self._empty.is_set() and self._task is not None and self._task.done():
            self._task.result()

    async def close(self) -> None:
        """Stop after the request under way; the rest stays in the outbox."""
        self._closing.set()
        self._more.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _run(self) -> None:
        while not self._closing.is_set():
            try:
                await self._once()
            except TelemetryError as error:  # the outbox itself: a disk full, a file locked for long
                _log.warning("telemetry.outbox_failed", where=error.where, detail=error.detail)
                await self._pause(wait_s(1, None, self._first_wait_s))
            except Exception:  # noqa: BLE001 - whatever it is, what was acknowledged must go on being sent
                _log.exception("telemetry.sender_failed")
                await self._pause(LONGEST_WAIT_S)

    async def _once(self) -> None:
        self._more.clear()
        request = await asyncio.to_thread(self._outbox.oldest)
        if request is None:
            await asyncio.to_thread(self._outbox.shrink)
            if not self._more.is_set():
                self._empty.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._more.wait(), IDLE_S)
            return
        try:
            await asyncio.to_thread(self._write, request.body)
        except TelemetryServerError as error:
            if error.status in FOR_GOOD:
                _log.error("telemetry.dead_letter", status=error.status, lines=request.lines, detail=error.detail)
                await asyncio.to_thread(self._outbox.refused, request, error.status, error.detail)
                return
            self.failures += 1
            if self.failures == 1:
                _log.warning("telemetry.server_failed", status=error.status, detail=error.detail)
            await self._pause(wait_s(self.failures, error.retry_after_s, self._first_wait_s))
            return
        if self.failures:
            _log.info("telemetry.server_back", failures=self.failures)
            self.failures = 0
        await asyncio.to_thread(self._outbox.sent, request)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
