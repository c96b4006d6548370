"""The event loop of the service: uvloop, which halves the cost of a socket call."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")

_THRESHOLDS = (2_000, 10, 1_000_000)
"""What lives long is not looked at again while walks of OLTs are built, of which most is: `api.wiring.tidying` does it.

Measured beside 200 agents: 23 such looks in 20 s, 2.9 s in all, 0.21 s at most, during which nothing is answered.
"""
_SWITCH_S = 0.0002
"""C: how long the loop or a thread keeps the interpreter from who asks for it; a question in a thread asks 15 times."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on uvloop. What the imports made stays: the collector need not walk it again.

    It may go at the end: what is frozen outlives the interpreter, and native modules (DuckDB) report it as leaked.
    """
    before = gc.get_threshold(), sys.getswitchinterval()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    sys.setswitchinterval(_SWITCH_S)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main)
    finally:
        gc.unfreeze()
        gc.set_threshold(*before[0])
        sys.setswitchinterval(before[1])
