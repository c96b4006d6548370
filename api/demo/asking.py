"""Asks for diagnoses over HTTP as the e-SAV front end does, following them by server-sent events."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

FINAL = frozenset({"Terminé", "En échec"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A finished diagnosis, as the API shows it, and the seconds from asking to reading it."""

    result: dict[str, Any]
    seconds: float


async def ask(client: httpx.AsyncClient, id1: str, test: str = "Diagnostic global") -> Asked:
    """Ask, follow the events to the end, read the result."""
    began = time.perf_counter()
    accepted = await client.post(f"/api/v1/accesses/{id1}/diagnostics", json={"test": test})
    accepted.raise_for_status()
    location = accepted.headers["location"]
    async with client.stream("GET", f"{location}/events") as events:
        async for line in events.aiter_lines():
            if line.startswith("data:") and any(f'"{state}"' in line for state in FINAL):
                break
    result = await client.get(location)
    result.raise_for_status()
    return Asked(result.json(), time.perf_counter() - began)
