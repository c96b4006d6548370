"""Waiting for what a plant has sent to have arrived: a jump of the clock in between would date it."""

from __future__ import annotations

import asyncio

from api.demo.running import Demo

_ROUNDS = 6  # commands to the plant: both loops come round several times, and a datagram crosses in one


async def heard(demo: Demo) -> None:
    """Return when the last traps, accounting and log lines of the plant are here, and the latter kept."""
    log, accounting = demo.service.radius.authlog.stats, demo.service.radius.accounting.stats
    async with asyncio.timeout(20):
        for _ in range(_ROUNDS):
            await demo.plant.control.call("faults")
        while log.kept + log.ignored + log.malformed + log.dropped < log.received:
            await demo.plant.control.call("faults")
        while accounting.answered < accounting.kept:
            await demo.plant.control.call("faults")
