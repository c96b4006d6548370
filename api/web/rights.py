"""Rights as the pages show them, by family: a name and a sentence, in English; the catalogue has the French."""

from __future__ import annotations

from dataclasses import dataclass

from domain.principal import Right


@dataclass(frozen=True, slots=True)
class ShownRight:
    """One right: ``name`` and ``help`` are ids of the catalogue."""

    right: Right
    name: str
    help: str


FAMILIES: tuple[tuple[str, tuple[ShownRight, ...]], ...] = (
    (
        "After-sales",
        (
            ShownRight(Right.TEST, "e-SAV Test", "Test an access and read its results"),
            ShownRight(Right.SIGNALISATION, "e-SAV Signalisation", "Deposit a signalisation and follow it"),
            ShownRight(Right.FORCING, "Forcing", "Deposit on an access whose diagnosis is OK"),
            ShownRight(Right.PORT25, "Port 25", "Ask for port 25 to be opened or closed"),
        ),
    ),
    (
        "Level 2",
        (
            ShownRight(Right.TELEACTION, "Téléactions", "Act on a box or an ONT"),
            ShownRight(Right.EXPERT, "Expert", "Read and write any parameter of a box"),
            ShownRight(Right.ONT_SECRETS, "ONT secrets", "See the passwords of ONTs"),
        ),
    ),
    (
        "Network and inventory",
        (
            ShownRight(Right.INVENTORY, "Inventory", "Write accesses, OLTs and outside plant"),
            ShownRight(Right.NOC, "NOC", "See the network: OLTs, telemetry, incidents"),
            ShownRight(Right.TREATMENT, "Treatment of signalisations", "Take, hold and close signalisations"),
        ),
    ),
    ("Administration", (ShownRight(Right.ADMINISTRATOR, "Administrator", "Manage accounts and webhooks"),)),
)

SHOWN = {shown.right: shown for _, group in FAMILIES for shown in group}


def in_order(rights: frozenset[Right]) -> list[ShownRight]:
    """The rights, in the order of the families."""
    return [shown for right, shown in SHOWN.items() if right in rights]
