"""Rows of téléactions as domain values."""

from __future__ import annotations

import json
from typing import Any

from domain.identifiers import Id1
from domain.teleaction import ActionNumber, ActionState, Effect, Sentence, Target, TargetKind, TeleactionRecord
from storage.tables import TeleactionRow


def record_of(row: TeleactionRow) -> TeleactionRecord:
    """A row as its readers see it."""
    return TeleactionRecord(
        operator_id=row.operator_id,
        number=ActionNumber(row.number),
        id1=None if row.id1 is None else Id1(row.id1),
        action=row.action,
        target=Target(TargetKind(row.kind), row.target, row.pon),
        account=row.account,
        reason=row.reason,
        origin=row.origin,
        parameters=json.loads(row.parameters),
        state=ActionState(row.state),
        asked_at=row.asked_at,
        updated_at=row.updated_at,
        run_at=row.run_at,
        acting_at=row.acting_at,
        before=json.loads(row.before or "{}"),
        after=json.loads(row.after or "{}"),
        effect=load_effect(row.effect),
        campaign=row.campaign,
        confirmed_by=row.confirmed_by,
        audit_seq=row.audit_seq,
        audit_hash=row.audit_hash,
    )


def ended_body(row: TeleactionRow, effect: Effect) -> dict[str, Any]:
    """What the trail keeps of one that has ended: all that was asked, what was read before, and its effect."""
    return {
        "account": row.account,
        "confirmed_by": row.confirmed_by,
        "action": row.action,
        "access": row.id1,
        "target": row.target,
        "parameters": json.loads(row.parameters),
        "reason": row.reason,
        "origin": row.origin,
        "campaign": row.campaign,
        "acting_at": None if row.acting_at is None else row.acting_at.isoformat(),
        "before": json.loads(row.before or "{}"),
        "effect": effect_body(effect),
    }


def effect_body(effect: Effect) -> dict[str, Any]:
    """An effect, ready for JSON."""
    return {
        "state": effect.state.value,
        "text": effect.said.text,
        "fields": dict(effect.said.fields),
        "healthy": effect.healthy,
        "data": dict(effect.data),
    }


def dump_effect(effect: Effect) -> str:
    """An effect as text."""
    return json.dumps(effect_body(effect), ensure_ascii=False, sort_keys=True)


def load_effect(text: str | None) -> Effect | None:
    """The effect of `dump_effect`."""
    if text is None:
        return None
    found = json.loads(text)
    said = Sentence(found["text"], found["fields"])
    return Effect(ActionState(found["state"]), said, found["healthy"], found["data"])
