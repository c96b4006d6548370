"""A signalisation: its states, who may move it between them, and how it counts for the GTR."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TicketState(StrEnum):
    """Where a signalisation stands; the French of the screens."""

    DRAFT = "Brouillon"
    DEPOSITED = "Déposée"
    IN_PROGRESS = "En cours"
    HELD = "Gelée"
    RESTORED = "Rétablie"
    CLOSED = "Clôturée"
    CANCELLED = "Annulée"
    REJECTED = "Rejetée"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self in {TicketState.CLOSED, TicketState.CANCELLED, TicketState.REJECTED}

    @property
    def open(self) -> bool:
        """Whether it is a « signalisation en cours »: deposited, and not over."""
        return self is not TicketState.DRAFT and not self.final


class Request(StrEnum):
    """What a type of signalisation asks for."""

    INCIDENT = "incident"
    PORT25_OPEN = "ouverture du port 25"
    PORT25_CLOSE = "fermeture du port 25"


class Action(StrEnum):
    """What moves a signalisation."""

    DEPOSIT = "deposit"
    TAKE = "take"
    HOLD = "hold"
    RESUME = "resume"
    RESTORE = "restore"
    REOPEN = "reopen"
    CLOSE = "close"
    CANCEL = "cancel"
    REJECT = "reject"


class Side(StrEnum):
    """Whose move it is: the operator that deposited, or the one that repairs."""

    DEPOSITOR = "déposant"
    TREATMENT = "traitement"


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the life cycle.

    Attributes:
        needs_code: Whether a closing code must be given.
    """

    sources: frozenset[TicketState]
    target: TicketState
    sides: frozenset[Side]
    needs_code: bool = False


_S = TicketState
_BOTH = frozenset(Side)
_OURS = frozenset({Side.TREATMENT})
_THEIRS = frozenset({Side.DEPOSITOR})

MOVES: dict[Action, Move] = {
    Action.DEPOSIT: Move(frozenset({_S.DRAFT}), _S.DEPOSITED, _THEIRS),
    Action.TAKE: Move(frozenset({_S.DEPOSITED}), _S.IN_PROGRESS, _OURS),
    Action.HOLD: Move(frozenset({_S.DEPOSITED, _S.IN_PROGRESS}), _S.HELD, _OURS),
    Action.RESUME: Move(frozenset({_S.HELD}), _S.IN_PROGRESS, _OURS),
    Action.RESTORE: Move(frozenset({_S.DEPOSITED, _S.IN_PROGRESS, _S.HELD}), _S.RESTORED, _OURS),
    Action.REOPEN: Move(frozenset({_S.RESTORED}), _S.IN_PROGRESS, _THEIRS),
    Action.CLOSE: Move(frozenset({_S.RESTORED}), _S.CLOSED, _BOTH, needs_code=True),
    Action.CANCEL: Move(frozenset({_S.DRAFT, _S.DEPOSITED, _S.IN_PROGRESS, _S.HELD}), _S.CANCELLED, _THEIRS),
    Action.REJECT: Move(frozenset({_S.DEPOSITED, _S.IN_PROGRESS}), _S.REJECTED, _OURS, needs_code=True),
}
"""::

    Brouillon → Déposée → En cours ⇄ Gelée
                   └──────────┴──────┴→ Rétablie → Clôturée
    (annulée by the depositor, rejetée by the treatment, reopened by the depositor)
"""
