"""Orders to the platform about port 25 of an access: asked with a signalisation, done by a téléaction or a team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.identifiers import Id1
from domain.ticket import Action


class OrderState(StrEnum):
    """Where an order stands."""

    ASKED = "demandée"
    DONE = "faite"
    CANCELLED = "annulée"


FOLLOWS: dict[Action, OrderState] = {
    Action.RESTORE: OrderState.DONE,
    Action.REOPEN: OrderState.ASKED,
    Action.CANCEL: OrderState.CANCELLED,
    Action.REJECT: OrderState.CANCELLED,
}
"""What a move of the signalisation makes of its order; other moves leave it as it is."""


@dataclass(frozen=True, slots=True)
class Port25Order:
    """One order.

    Attributes:
        operator_id: Operator of the access.
        number: Of the signalisation that carries it.
        opens: Whether it opens the port; it closes it otherwise.
        teleaction: Number of the téléaction that carries it out; ``None`` while the platform's team has to.
    """

    operator_id: str
    number: str
    id1: Id1
    opens: bool
    state: OrderState
    asked_by: str
    asked_at: datetime
    done_by: str | None = None
    done_at: datetime | None = None
    teleaction: str | None = None

    @property
    def action(self) -> str:
        """Name of that téléaction in the catalogue."""
        return "port25_open" if self.opens else "port25_close"
