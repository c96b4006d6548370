"""What is announced goes into the outbox of whoever asked for it, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Insert, String, bindparam, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.announcement import Announcement
from storage.instants import Instant
from storage.tables import WebhookDeliveryRow, WebhookRow, table_of

GIVE_UP_AFTER = timedelta(hours=24)
"""How long a delivery is tried before it is a dead letter (issue: « retried with back-off for 24 h »)."""
PENDING = "pending"

_HOOKS = table_of(WebhookRow).c


async def announce_in(
    session: AsyncSession, operator_id: str, told: Sequence[Announcement], only: str | None = None
) -> None:
    """Put events in the outbox of each webhook of an operator that wants them, within a transaction.

    ``only``: the one webhook that they are for, whatever it asked for.
    """
    for one in told:
        statement = _OF_ONE if only is not None else _OF_HUBS if one.kind.hub else _OF_ALL
        values = {
            "of": operator_id,
            "only": only,
            "asked": f",{one.kind.value},",
            "event": one.event_id,
            "what": one.kind.value,
            "order": one.lane,
            "instant": one.at,
            "text": one.payload,
            "until": one.at + GIVE_UP_AFTER,
        }
        await session.execute(statement, values)


def _announced(wanted: ColumnElement[bool]) -> Insert:
    """Written once: to build it anew cost twenty times what it takes to run it."""
    columns = {
        "operator_id": _HOOKS.operator_id,
        "webhook_id": _HOOKS.webhook_id,
        "event_id": bindparam("event", type_=String),
        "kind": bindparam("what", type_=String),
        "lane": bindparam("order", type_=String),
        "at": bindparam("instant", type_=Instant),
        "payload": bindparam("text", type_=String),
        "state": literal(PENDING, String),
        "attempts": literal(0),
        "next_at": bindparam("instant", type_=Instant),
        "give_up_at": bindparam("until", type_=Instant),
    }
    hooks = (
        select(*columns.values())
        .where(_HOOKS.operator_id == bindparam("of", type_=String), _HOOKS.disabled_at.is_(None))
        .where(wanted)
    )
    return insert(table_of(WebhookDeliveryRow)).from_select(list(columns), hooks)


_ASKED = _HOOKS.kinds.contains(bindparam("asked", type_=String))
_OF_HUBS = _announced(_ASKED)
_OF_ALL = _announced(or_(_HOOKS.kinds.is_(None), _ASKED))
_OF_ONE = _announced(_HOOKS.webhook_id == bindparam("only", type_=String))
