"""What a téléaction declares: everything that its users, its guards and its runner need to know of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.access import TestName
from domain.box_actions import BoxAction, BoxResult
from domain.errors import InvalidValueError
from domain.olt_actions import ActionKind, OltAction, OltResult
from domain.principal import Right
from domain.secret import MASK
from domain.session_actions import SessionResult
from domain.states import Policy
from domain.teleaction import Effect, LineState, TargetKind, Value
from domain.teleaction_ports import FirmwareFile, Happening

Parameters = Mapping[str, Value]
Tree = Mapping[str, str | None]


class Reversibility(StrEnum):
    """Whether it can be taken back."""

    NOTHING = "nothing"  # it changes nothing, or only what it restarts
    REVERSIBLE = "reversible"  # the contrary téléaction takes it back
    IRREVERSIBLE = "irreversible"  # what it erases is gone


class Blast(StrEnum):
    """Whom it disturbs while it lasts."""

    NOBODY = "nobody"
    DEVICE = "device"  # one device or one service of the customer
    CUSTOMER = "customer"  # the whole access
    PON = "pon"  # every customer of the port


class FieldKind(StrEnum):
    """What a parameter is."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105 - a kind, not a value


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter.

    Attributes:
        label: Message identifier of its label.
        choices: Accepted values of a choice.
        least: Smallest integer, or fewest characters.
        most: Largest integer, or most characters.
        pattern: Form of a text.
        optional: Whether it may be left out.
    """

    name: str
    kind: FieldKind
    label: str
    choices: tuple[str, ...] = ()
    least: int = 1
    most: int = 64
    pattern: str = r"[^\x00-\x1f\x7f]*"
    optional: bool = False

    def parse(self, value: Value) -> Value:
        """The value as it is taken; raises `InvalidValueError`."""
        shown: Value = MASK if self.kind is FieldKind.SECRET else value
        if self.kind is FieldKind.BOOLEAN:
            if isinstance(value, bool):
                return value
            raise InvalidValueError(self.name, shown, "true or false")
        if self.kind is FieldKind.INTEGER:
            if isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most:
                return value
            raise InvalidValueError(self.name, shown, "an integer within the bounds of the catalogue")
        if self.kind is FieldKind.CHOICE:
            if value in self.choices:
                return value
            raise InvalidValueError(self.name, shown, "one of the choices of the catalogue")
        if not isinstance(value, str) or not self.least <= len(value) <= self.most:
            raise InvalidValueError(self.name, shown, "a text of a length within the bounds of the catalogue")
        if re.fullmatch(self.pattern, value) is None:
            raise InvalidValueError(self.name, shown, "a text of the form of the catalogue")
        return value


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an action is made from.

    Attributes:
        parameters: As given.
        tree: Parameters read from the box just before, names as the box speaks them.
        firmwares: The firmware files that fit the box.
    """

    parameters: Parameters = field(repr=False)
    tree: Tree = field(default_factory=dict)
    firmwares: Sequence[FirmwareFile] = ()


class UnfitError(Exception):
    """The target has not what the action needs; ``text`` is a message identifier."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class BoxWork:
    """An action on a box: what to read of it before and after, and what to ask of it."""

    make: Callable[[Wanted], BoxAction]
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OltWork:
    """An action on the OLT about an ONT, its user port or its PON port."""

    kind: ActionKind
    make: Callable[[Parameters], OltAction]


@dataclass(frozen=True, slots=True)
class SessionWork:
    """Closing the PPP session at its NAS, or filtering port 25 on it.

    Attributes:
        port25: The policy to apply; ``None`` closes the session.
    """

    port25: Policy | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What the effect is told from.

    Attributes:
        parameters: As given.
        acting_at: When it was about to be sent.
        now: The present instant.
        before: The line test before, with what was read of the target.
        after: The one after; ``None`` when it was never sent.
        result: What the box, the OLT or the NAS said, or what settling found.
        heard: The expected event, when it was heard.
        settling: Whether the result was lost and is looked for.
        grace_s: Seconds after which an action that shows no trace was not carried out.
        sets: Parameters of a box that the action sets, with their values; secrets among them are never shown.
    """

    parameters: Parameters = field(repr=False)
    acting_at: datetime
    now: datetime
    before: LineState
    after: LineState
    result: BoxResult | OltResult | SessionResult | None
    heard: datetime | None
    settling: bool
    grace_s: float
    sets: Mapping[str, str] = field(repr=False, default_factory=dict)

    @property
    def overdue(self) -> bool:
        """Whether it would show by now, had it been carried out."""
        return (self.now - self.acting_at).total_seconds() > self.grace_s


@dataclass(frozen=True, slots=True)
class Spec:
    """One téléaction of the catalogue. Texts are message identifiers.

    Attributes:
        name: Stable name: that of its file.
        label: What it is called.
        target: What it acts on.
        right: The right that it takes.
        work: How it is carried out.
        effect: How its effect is told.
        reversibility: Whether it can be taken back.
        blast: Whom it disturbs.
        cooldown_s: Seconds between two on the same target.
        expected_s: How long it takes usually.
        deadline_s: How long its result and its event are waited for.
        fields: Its parameters.
        test: The line test before and after.
        expects: Events that prove it; the first heard ends the wait.
        preconditions: Names of the guards that apply (`teleactions.guards`).
        confirmations: 0; 1: asked for explicitly; 2: by a second account.
    """

    name: str
    label: str
    target: TargetKind
    right: Right
    work: BoxWork | OltWork | SessionWork
    effect: Callable[[Case], Effect]
    reversibility: Reversibility
    blast: Blast
    cooldown_s: int
    expected_s: int
    deadline_s: int
    fields: tuple[Field, ...] = ()
    test: TestName = TestName.BOX
    expects: frozenset[Happening] = frozenset()
    preconditions: tuple[str, ...] = ()
    confirmations: int = 0

    def parse(self, given: Parameters) -> dict[str, Value]:
        """The parameters, checked; raises `InvalidValueError` that names the one at fault."""
        known = {one.name: one for one in self.fields}
        for name in given:
            if name not in known:
                raise InvalidValueError(name, "…", "a parameter of this téléaction")
        found: dict[str, Value] = {}
        for one in self.fields:
            if one.name in given:
                found[one.name] = one.parse(given[one.name])
            elif not one.optional:
                raise InvalidValueError(one.name, "", "a parameter that must be given")
        return found

    def shown(self, parameters: Parameters) -> dict[str, Value]:
        """The parameters with secrets masked."""
        secret = {one.name for one in self.fields if one.kind is FieldKind.SECRET}
        return {name: MASK if name in secret else value for name, value in parameters.items()}
