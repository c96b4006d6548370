"""Téléactions: what was asked of a box, an ONT or a port, by whom and why, where it stands, and what it changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from domain.errors import DiagnosticsError, InvalidValueError
from domain.identifiers import Id1, Text
from domain.metric import Readings
from domain.reading import Reason
from domain.secret import MASK

Value = str | int | bool
_NUMBER = re.compile(r"[0-9]{6}-[0-9]{4}-[0-9]{7}")


@dataclass(frozen=True, slots=True, order=True)
class ActionNumber(Text):
    """Number of a téléaction, in the form of the diagnoses': ``190509-1029-2879560``."""

    FORM: ClassVar[str] = r"^[0-9]{6}-[0-9]{4}-[0-9]{7}$"

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it; raises `InvalidValueError`."""
        if _NUMBER.fullmatch(text) is None:
            raise InvalidValueError("number", text, "a number such as 190509-1029-2879560")
        return cls(text)

    @property
    def key(self) -> str:
        """CommandKey or ParameterKey that goes to a box (32 characters at most)."""
        return f"ta-{self.value}"

    def __str__(self) -> str:
        return self.value


class TargetKind(StrEnum):
    """What a téléaction acts on."""

    BOX = "box"
    SESSION = "session"
    ONT = "ont"
    UNI = "uni"
    PON = "pon"


class ActionState(StrEnum):
    """Where a téléaction stands."""

    ASKED = "demandée"
    RUNNING = "en cours"
    DONE = "faite"
    NO_EFFECT = "sans effet"
    REFUSED = "refusée"
    FAILED = "échouée"
    UNKNOWN = "inconnue"
    UNPROVED = "sans preuve"  # nothing told, and nothing is looked for any more: it may have taken effect or not
    CANCELLED = "annulée"

    @property
    def final(self) -> bool:
        """Whether nothing follows."""
        return self not in (ActionState.ASKED, ActionState.RUNNING, ActionState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for users: an English message identifier with ``{fields}``; catalogues have its French."""

    text: str
    fields: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a téléaction changed.

    Attributes:
        state: `DONE`, `NO_EFFECT`, `FAILED`, `UNKNOWN` while nothing tells, `UNPROVED` once nothing will.
        said: The effect in words.
        healthy: Whether the line is at least as well as before; a campaign stops at the first one that is not.
        data: What a test or a read gave, ready for JSON; never a secret.
    """

    state: ActionState
    said: Sentence
    healthy: bool = True
    data: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineState:
    """A line test before or after a téléaction: its verdict and what it read."""

    at: datetime
    result: str
    family: str
    readings: Readings
    values: Mapping[str, str | None] = field(repr=False, default_factory=dict)

    def shown(self) -> dict[str, str | None]:
        """What goes to the audit: readings and values of the target as text, secrets masked, reasons in brackets."""
        read = {
            metric.key: f"[{reading.reason}]" if not reading.known else str(reading.value)
            for metric, reading in self.readings.values.items()
            if not metric.secret and reading.reason is not Reason.NOT_READ
        }
        values = {name: masked_value(name, value) for name, value in self.values.items()}
        return {"result": self.result, "family": self.family, "at": self.at.isoformat(), **read, **values}


_SECRET_NAMES = re.compile(r"password|passphrase|presharedkey|wepkey|secret|username", re.IGNORECASE)


def masked_value(name: str, value: str | None) -> str | None:
    """The value of a box parameter as it may be shown: passwords, keys and identifiers are masked by their name."""
    return MASK if value and _SECRET_NAMES.search(name) else value


@dataclass(frozen=True, slots=True)
class Target:
    """What a téléaction acts on: ``name`` locks it, ``pon`` is the port it hangs from (``OLT/PON-…``)."""

    kind: TargetKind
    name: str
    pon: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class NewTeleaction:
    """What is asked.

    Attributes:
        parameters: As given, secrets included: kept with the job until it ends, and nowhere else.
        shown: The same with secrets masked.
        reason: Why, in the words of who asks.
        origin: From where: address and interface.
        run_at: Not before; ``None`` until another account confirms it.
        expires_at: Waits no longer than this; ``None``: for ever.
        campaign: The campaign that it is part of.
    """

    id1: Id1 | None
    action: str
    target: Target
    parameters: Mapping[str, Value]
    shown: Mapping[str, Value]
    reason: str
    origin: str
    at: datetime
    run_at: datetime | None
    expires_at: datetime | None = None
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """Why one whose effect stays unknown is ended by hand, and from where: address and interface."""

    reason: str
    origin: str


@dataclass(frozen=True, slots=True, repr=False)
class Job:
    """A téléaction to carry out, as its worker holds it.

    Attributes:
        acting_at: When it was about to be sent; from then on it is never sent again.
        before: What was read before, once it was about to be sent.
        state: Of its record.
        tries: How often it was taken.
    """

    number: ActionNumber
    operator_id: str
    account: str
    id1: Id1 | None
    action: str
    target: Target
    parameters: Mapping[str, Value]
    asked_at: datetime
    state: ActionState
    acting_at: datetime | None = None
    before: LineState | None = None
    expires_at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class TeleactionRecord:
    """A téléaction as its readers see it; secrets are masked."""

    operator_id: str
    number: ActionNumber
    id1: Id1 | None
    action: str
    target: Target
    account: str
    reason: str
    origin: str
    parameters: Mapping[str, Value]
    state: ActionState
    asked_at: datetime
    updated_at: datetime
    run_at: datetime | None = None
    acting_at: datetime | None = None
    before: Mapping[str, str | None] = field(default_factory=dict)
    after: Mapping[str, str | None] = field(default_factory=dict)
    effect: Effect | None = None
    campaign: str = ""
    confirmed_by: str = ""
    audit_seq: int = 0
    audit_hash: str = ""


class RefusedError(DiagnosticsError):
    """Preconditions are not met: each says which, and why."""

    def __init__(self, action: str, refusals: Mapping[str, Sentence]) -> None:
        self.action = action
        self.refusals = dict(refusals)
        super().__init__(f"{action}: {', '.join(refusals)}")
