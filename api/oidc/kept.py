"""What a provider said, kept for a while; when it says nothing more, what it said last, and no crowd at its door."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from api.oidc.errors import SignInError

T = TypeVar("T")

AGAIN_S = 5.0
"""C: after a failure nobody waits for the same failure again before that."""


class Kept(Generic[T]):
    """One answer. Asked for by one at a time; the others wait for the same."""

    def __init__(self, ask: Callable[[], Awaitable[T]], life_s: float, monotonic: Callable[[], float]) -> None:
        self._ask = ask
        self._life_s = life_s
        self._monotonic = monotonic
        self._asking = asyncio.Lock()
        self._value: tuple[float, T] | None = None
        self._failure: tuple[float, SignInError] | None = None

    async def get(self) -> T:
        """The answer; raises `SignInError` when there has never been one."""
        async with self._asking:
            if self._value is not None and self._age(self._value) < self._life_s:
                return self._value[1]
            try:
                return await self._asked()
            except SignInError:
                if self._value is None:
                    raise
                return self._value[1]

    async def anew(self, at_most_every_s: float) -> T:
        """The answer of now, unless it was asked for a moment ago; raises `SignInError`."""
        async with self._asking:
            if self._value is not None and self._age(self._value) < at_most_every_s:
                return self._value[1]
            return await self._asked()

    async def _asked(self) -> T:
        if self._failure is not None and self._age(self._failure) < AGAIN_S:
            raise self._failure[1].again()
        try:
            found = await self._ask()
        except SignInError as error:
            self._failure = self._monotonic(), error
            raise
        self._value, self._failure = (self._monotonic(), found), None
        return found

    def _age(self, kept: tuple[float, object]) -> float:
        return self._monotonic() - kept[0]
