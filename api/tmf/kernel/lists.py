"""Lists: one page of them, how many there are, and where the other pages are (TMF630)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from fastapi import Request

from api.tmf.kernel.http import Json, TmfResponse, answer
from api.tmf.kernel.query import Always, Query, shown

Page = tuple[list[Json], int]
"""The documents of a page, and how many there are in all."""

Fill = Callable[[list[Json]], Awaitable[list[Json]]]
"""Gives documents the attributes that cost a read."""


def one_by_one(get: Callable[[str], Awaitable[Json]]) -> Fill:
    """Reads each again."""

    async def fill(documents: list[Json]) -> list[Json]:
        return [await get(str(one["id"])) for one in documents]

    return fill


async def paged(
    query: Query,
    found: list[Json],
    heavy: frozenset[str] = frozenset(),
    fill: Fill | None = None,
) -> Page:
    """Select, sort and cut a list; attributes that cost a read are given to what is shown only.

    Args:
        query: What is asked for.
        found: The documents, without the attributes of ``heavy``.
        heavy: Attributes that only ``fill`` gives.
        fill: Makes documents whole; ``None``: those found are.
    """
    whole = fill is None or query.touches(heavy)
    if fill is not None and whole:
        found = await fill(found)
    found = query.select(found)
    page = query.page(found)
    if fill is not None and not whole and (query.fields is None or not heavy.isdisjoint(query.fields)):
        page = await fill(page)
    return page, len(found)


def listed(request: Request, query: Query, page: Sequence[Json], total: int, always: Always) -> TmfResponse:
    """The answer of a list: 200 with its counts and ``Link``; 206 where a ``Range`` of items was asked for."""
    headers = {"X-Total-Count": str(total), "X-Result-Count": str(len(page)), "Accept-Ranges": "items"}
    links = ", ".join(f'<{request.url.include_query_params(**at)}>; rel="{name}"' for name, at in _around(query, total))
    if links and not query.ranged:
        headers["Link"] = links
    body = [shown(one, query.fields, always) for one in page]
    if not (query.ranged and page):
        return answer(request, body, headers=headers)
    headers["Content-Range"] = f"items {query.offset}-{query.offset + len(page) - 1}/{total}"
    return answer(request, body, 206, headers)


def _around(query: Query, total: int) -> list[tuple[str, dict[str, int]]]:
    """The pages around one; none where it is the whole list."""
    size, offset = query.limit, query.offset
    if size < 1 or (offset == 0 and total <= size):
        return []
    last = max(0, (total - 1) // size * size)
    found = [("self", offset), ("first", 0)]
    if offset > 0:
        found.append(("prev", max(0, min(offset - size, last))))
    if offset + size < total:
        found.append(("next", offset + size))
    return [(name, {"offset": at, "limit": size}) for name, at in [*found, ("last", last)]]
