"""What routes depend on runs in the loop: FastAPI sends what is no coroutine to a thread, three hops a request."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute

from api.app import described
from api.routing import Router


def test_no_dependency_and_no_operation_needs_a_thread() -> None:
    looked_at, slow = 0, set()
    for dependant in dependants(described().routes):
        for call in calls(dependant):
            looked_at += 1
            if not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)):
                slow.add(f"{call.__module__}.{call.__qualname__}")
    assert slow == set()
    assert looked_at > 500


def test_a_router_is_asked_only_for_its_own_paths() -> None:
    asked = 0
    for router in routers(described().routes):
        if router._form is not None:
            asked += 1
            assert router._form.match("/somewhere/else") is None
    assert asked > 20


def dependants(of: Any) -> Iterator[Any]:
    """Of each operation, with what the routers that hold it add."""
    for route in of:
        if isinstance(route, APIRoute):
            yield route.dependant
        elif hasattr(route, "effective_route_contexts"):
            yield from (one.dependant for one in route.effective_route_contexts() if hasattr(one, "dependant"))


def routers(of: Any) -> list[Router]:
    found = []
    for route in of:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            found += [*([inner] if isinstance(inner, Router) else []), *routers(inner.routes)]
    return found


def calls(dependant: Any) -> list[Any]:
    here = [] if dependant.call is None else [dependant.call]
    return here + [call for one in dependant.dependencies for call in calls(one)]
