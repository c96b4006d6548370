"""The path of the light to one access, ready to be drawn: what each part should lose, and where too much is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.record import record


class PartKind(StrEnum):
    """A part of the path, from the office to the customer."""

    OLT_PORT = "olt_port"
    FEEDER = "feeder"  # fibre from the OLT to the first splitter
    SPLITTER = "splitter"
    BRANCH = "branch"  # fibre from the first splitter to the PBO
    PBO = "pbo"
    DROP = "drop"  # fibre from the PBO to the outlet
    PTO = "pto"
    ONT = "ont"


class ExcessPlace(StrEnum):
    """Where the loss that should not be there sits."""

    NOWHERE = "nowhere"  # the loss is what it should be
    OLT_PORT = "olt_port"  # the port sends or hears too little
    FEEDER = "feeder"  # all that hangs from the port loses it
    SPLITTER = "splitter"
    PBO = "pbo"  # all that hangs from the PBO loses it
    DROP = "drop"  # this access alone
    BEHIND_SPLITTER = "behind_splitter"  # not the port's; the PBO and the drop cannot be told apart
    ONT = "ont"  # its laser
    UNKNOWN = "unknown"  # too much is lost, nothing tells where
    NOT_MEASURED = "not_measured"


class Basis(StrEnum):
    """What the loss is compared with."""

    REFERENCE = "reference"  # the access's own reference
    EXPECTED = "expected"  # what the parts should lose


@record
class Part:
    """One part of the path.

    Attributes:
        name: Its reference in the inventory; ``None`` where unknown.
        length_m: Fibre of it; ``None`` where unknown, and for what has none.
        ratio: Of a splitter; ``None`` where unknown.
        expected_down_db: What it should lose downstream, its joints included; ``None`` where unknown.
        expected_up_db: The same, upstream.
        suspect: Whether the excess may sit here.
    """

    kind: PartKind
    name: str | None = None
    length_m: float | None = None
    ratio: int | None = None
    expected_down_db: float | None = None
    expected_up_db: float | None = None
    suspect: bool = False


@record
class Direction:
    """One direction of the path; ``None`` is unknown.

    Attributes:
        sent_dbm: Level sent.
        received_dbm: Level received.
        loss_db: Loss measured.
        expected_db: Loss that the parts should have together.
        excess_db: Loss measured less what it is compared with.
        margin_db: Level received above the sensitivity of its class; negative is out of class.
        overload_margin_db: Level received under the overload of its class; negative is out of class.
    """

    sent_dbm: float | None = None
    received_dbm: float | None = None
    loss_db: float | None = None
    expected_db: float | None = None
    excess_db: float | None = None
    margin_db: float | None = None
    overload_margin_db: float | None = None


@dataclass(frozen=True, slots=True)
class OpticalPath:
    """The path of one access.

    Attributes:
        parts: From the OLT to the ONT.
        length_m: Fibre from end to end: of the records, else as ranging tells it; ``None`` where unknown.
        class_loss_db: Least and greatest loss of its class.
        basis: What the excess is counted from; ``None`` where nothing is known to compare with.
        reference_at: When the reference was measured; of medians, the instant of the test.
        reference_source: Where the reference comes from.
        where: Where the excess sits.
    """

    parts: tuple[Part, ...]
    length_m: float | None
    down: Direction
    up: Direction
    class_loss_db: tuple[float, float]
    basis: Basis | None
    reference_at: datetime | None
    reference_source: str | None
    where: ExcessPlace
