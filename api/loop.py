"""The event loop of the service: uvloop, which halves the cost of a socket call."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on uvloop. What the imports made stays: the collector need not walk it again.

    It may go at the end: what is frozen outlives the interpreter, and native modules (DuckDB) report it as leaked.
    """
    gc.freeze()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main)
    finally:
        gc.unfreeze()
