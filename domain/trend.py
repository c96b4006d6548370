"""What moves slowly on a network: drifts, steps, cycles and falls that come back, each with its cause and its limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.identifiers import OntName, PonName
from domain.verdict import Scope


class TrendKind(StrEnum):
    """How it moves."""

    DRIFT = "drift"
    STEP = "step"
    CYCLE = "cycle"
    FLAPPING = "flapping"


class TrendCause(StrEnum):
    """What makes it move."""

    OLT_SFP = "olt_sfp"  # the module of the port sends less
    OLT_RECEIVER = "olt_receiver"  # the module of the port hears less
    FEEDER = "feeder"  # the fibre that the whole port shares
    SPLITTER = "splitter"  # what the outputs of one splitter share
    PBO = "pbo"  # what one PBO shares: moisture, strain
    ONT_LASER = "ont_laser"
    LINE = "line"  # the drop, its connectors
    BEND = "bend"  # strain: more loss at the longer wavelength
    MOISTURE = "moisture"  # with the rain
    LIGHT = "light"  # falls by loss of light
    POWER = "power"  # falls by loss of power
    HABIT = "habit"  # switched off every day at the same hour
    UNKNOWN = "unknown"


class Unmeasured(StrEnum):
    """Why nothing can be said of an ONT."""

    TOO_FEW_DAYS = "too_few_days"
    NO_READING = "no_reading"  # the equipment gives its sentinel
    NOT_SUPPORTED = "not_supported"
    OFFLINE = "offline"
    IMPLAUSIBLE = "implausible"  # values that no receiver gives
    NOT_READ = "not_read"  # nothing was ever kept


@dataclass(frozen=True, slots=True)
class TrendFact:
    """One fact that a trend rests on.

    Attributes:
        code: Its name: the sentence stands in the catalogues.
        numbers: What fills the sentence, each in the unit that the sentence names.
    """

    code: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trend:
    """One thing that moves: of an ONT, or of all that hang from one PBO, one splitter or one PON port.

    Attributes:
        olt: Name of the OLT.
        pon: Its PON port.
        ont: The ONT; ``None`` where several share it.
        place: Reference of the PBO or splitter that shares it; ``None`` otherwise.
        onts: How many ONTs it touches.
        since: When it began; for a step, the day of it.
        slope_db_day: Loss that it adds a day; ``None`` where it does not drift.
        change_db: Loss that it has added so far, or the swing of a cycle; ``None`` for falls.
        days_left: Days until the first level leaves its class at this slope; ``None`` where nothing tells.
        confidence: 0 to 1.
        facts: What it rests on.
    """

    olt: str
    scope: Scope
    pon: PonName
    ont: OntName | None
    place: str | None
    onts: int
    kind: TrendKind
    cause: TrendCause
    since: datetime | None
    slope_db_day: float | None
    change_db: float | None
    days_left: float | None
    confidence: float
    facts: tuple[TrendFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """An ONT whose trend cannot be measured, and why; ``days`` is how many days have a value."""

    olt: str
    ont: OntName
    reason: Unmeasured
    days: int
