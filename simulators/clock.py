"""The plant's clock: wall time made faster, that jumps forward when told, and that another process can follow.

It lives in a small file mapped into memory. The owner writes it; followers only read::

    word 0   magic                     word 3   monotonic instant of the last change, ns
    word 1   sequence (odd: writing)   word 4   rate, millionths
    word 2   plant instant of the last change, µs since 1970

plant time = word 2 + (monotonic − word 3) · rate. CLOCK_MONOTONIC is one for all processes of a machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

_MAGIC = 0x4A46_434C_4F43_4B31  # "JFCLOCK1"
_WORDS = 5
_SIZE = 8 * _WORDS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_POLL_S = 0.05  # C: how late a follower may notice a jump, wall time
_LONGEST_S = 3600.0
_TRIES = 10_000  # a writer holds the file for microseconds; beyond that it died in the middle


class ClockFileError(Exception):
    """The file is no clock, or its owner died while writing it."""


@dataclass(frozen=True, slots=True)
class _Reckoning:
    base_us: int
    anchor_ns: int
    rate_millionths: int

    def at(self, monotonic_ns: int) -> int:
        """Plant instant, µs."""
        return self.base_us + (monotonic_ns - self.anchor_ns) * self.rate_millionths // 1_000_000_000


class SharedClock:
    """A clock for the plant and whoever watches it: `PlantClock`, `domain.clock.Clock` and `domain.ports.Sleeper`.

    Make one with `create` (the owner, which may change it) or `follow` (read-only, from any process).
    """

    def __init__(self, words: memoryview, mapped: mmap.mmap, owner: bool, monotonic_ns: Callable[[], int]) -> None:
        self._words = words
        self._mapped = mapped
        self._owner = owner
        self._monotonic_ns = monotonic_ns
        self._latest_us = 0
        self._waiters: set[asyncio.Event] = set()

    @classmethod
    def create(
        cls, path: Path, origin: datetime, rate: float = 1.0, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> Self:
        """Start a clock at ``origin``; ``rate`` plant seconds pass in one wall second (0: it stands still)."""
        if origin.tzinfo is None:
            raise ValueError("origin must be UTC-aware")
        path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            mapped = mmap.mmap(file.fileno(), _SIZE)
        clock = cls(memoryview(mapped).cast("q"), mapped, True, monotonic_ns)
        clock._write((origin - _EPOCH) // _MICROSECOND, _millionths(rate))
        clock._words[0] = _MAGIC
        return clock

    @classmethod
    def adopt(cls, path: Path, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> Self:
        """Take over the clock of that file from who made it, and own it from now on; raises `ClockFileError`.

        For a watcher that must have the clock before the plant runs: it creates the file and only reads it.
        """
        cls.follow(path, monotonic_ns).close()  # checks that it is a clock
        with path.open("r+b") as file:
            mapped = mmap.mmap(file.fileno(), _SIZE)
        return cls(memoryview(mapped).cast("q"), mapped, True, monotonic_ns)

    @classmethod
    def follow(cls, path: Path, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> Self:
        """Follow the clock of that file, which another process owns; raises `ClockFileError`."""
        try:
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), _SIZE, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise ClockFileError(f"{path}: {error}") from error
        words = memoryview(mapped).cast("q")
        if words[0] != _MAGIC:
            words.release()
            mapped.close()
            raise ClockFileError(f"{path} is not a plant's clock")
        return cls(words, mapped, False, monotonic_ns)

    def now(self) -> datetime:
        """The plant's present instant, UTC-aware. It never goes back."""
        return _EPOCH + timedelta(microseconds=self._now_us())

    @property
    def rate(self) -> float:
        """Plant seconds in one wall second."""
        return self._read().rate_millionths / 1_000_000

    def set_rate(self, rate: float) -> None:
        """Make time pass faster or slower from now on. Owner only."""
        self._rebase(0, _millionths(rate))

    def advance(self, seconds: float) -> None:
        """Jump forward. Owner only."""
        if not 0 <= seconds <= 1e10:
            raise ValueError(f"a clock advances by 0 seconds or more, not {seconds}")
        self._rebase(round(seconds * 1_000_000), None)

    async def sleep_until(self, instant: datetime) -> None:
        """Return once the clock has reached ``instant``, at once when it jumps over it."""
        wanted_us = (instant - _EPOCH) // _MICROSECOND
        woken = asyncio.Event()
        self._waiters.add(woken)
        try:
            while (left_us := wanted_us - self._now_us()) > 0:
                woken.clear()
                rate = self._read().rate_millionths
                wall_s = min(left_us / rate, _LONGEST_S) if rate else _LONGEST_S
                await _wait(woken, wall_s if self._owner else min(wall_s, _POLL_S))
        finally:
            self._waiters.discard(woken)

    async def until(self, instant: datetime) -> None:
        """The same, as `domain.ports.Sleeper` names it."""
        await self.sleep_until(instant)

    def close(self) -> None:
        """Let go of the file. The clock must not be read afterwards."""
        self._words.release()
        self._mapped.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _now_us(self) -> int:
        self._latest_us = max(self._latest_us, self._read().at(self._monotonic_ns()))
        return self._latest_us

    def _read(self) -> _Reckoning:
        for _ in range(_TRIES):
            before = self._words[1]
            reckoning = _Reckoning(self._words[2], self._words[3], self._words[4])
            if before % 2 == 0 and self._words[1] == before:
                return reckoning
            time.sleep(0)  # let the writer finish
        raise ClockFileError("the owner of the clock died while writing it")

    def _rebase(self, jump_us: int, rate_millionths: int | None) -> None:
        if not self._owner:
            raise PermissionError("only the process that created the clock may change it")
        present = self._read()
        now_us = max(self._latest_us, present.at(self._monotonic_ns()))
        self._write(now_us + jump_us, present.rate_millionths if rate_millionths is None else rate_millionths)
        for woken in self._waiters:
            woken.set()

    def _write(self, base_us: int, rate_millionths: int) -> None:
        anchor_ns = self._monotonic_ns()
        self._words[1] += 1
        self._words[2], self._words[3], self._words[4] = base_us, anchor_ns, rate_millionths
        self._words[1] += 1


def _millionths(rate: float) -> int:
    if not 0 <= rate <= 1_000_000:
        raise ValueError(f"a rate is between 0 and 1000000 plant seconds a second, not {rate}")
    return round(rate * 1_000_000)


async def _wait(woken: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()
