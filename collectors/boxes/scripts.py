"""What is done in a session, as plain generators: each yields a request and is sent its answer. No I/O here.

A whole GetParameterValues fails with 9005 when one name is unknown (TR-069 A.3.2.2), so names are discovered by object
first, kept by model and firmware, discovered again when a box refuses them, and halved as the last resort.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from collectors.boxes.envelope import Envelope
from collectors.boxes.mapping import INVALID_PARAMETER_NAME, DataModel
from collectors.boxes.requests import GetParameterNames, GetParameterValues, Rpc, SetParameterValues
from collectors.boxes.rpc import FAULT_NO_ANSWER, Answer, RpcFault, read_names, read_values
from domain.identifiers import DeviceId

T = TypeVar("T")
Script = Generator[Rpc, Answer, T]

_PLANS_KEPT = 1_000  # models × firmwares of a large park
_OWN_PLANS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class BoxKind:
    """Boxes that should have the same names: same maker, class, firmware and data model."""

    oui: str
    product_class: str
    firmware: str
    root: str


@dataclass(frozen=True, slots=True)
class ReadValues:
    """What a read brought: the values, and the names asked with the fault code of those refused."""

    values: Mapping[str, str | None]
    asked: Mapping[str, int | None]


@dataclass(slots=True)
class _Collected:
    values: dict[str, str | None] = field(default_factory=dict)
    asked: dict[str, int | None] = field(default_factory=dict)


class PlanCache:
    """The names to ask, by kind of box, and by box where one differs from its kind. The oldest are forgotten."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[BoxKind, tuple[str, ...]] = OrderedDict()
        self._own: OrderedDict[DeviceId, tuple[BoxKind, tuple[str, ...]]] = OrderedDict()

    def of(self, kind: BoxKind, device: DeviceId) -> tuple[str, ...] | None:
        """The names for that box, ``None`` when nobody asked yet."""
        own = self._own.get(device)
        return own[1] if own is not None and own[0] == kind else self._kinds.get(kind)

    def is_own(self, kind: BoxKind, device: DeviceId) -> bool:
        """Whether that very box told its names."""
        own = self._own.get(device)
        return own is not None and own[0] == kind

    def keep(self, kind: BoxKind, device: DeviceId, names: tuple[str, ...]) -> None:
        """Keep what a box told, for it and for its kind."""
        self._kinds[kind] = names
        self._kinds.move_to_end(kind)
        self._own[device] = (kind, names)
        self._own.move_to_end(device)
        while len(self._kinds) > _PLANS_KEPT:
            self._kinds.popitem(last=False)
        while len(self._own) > _OWN_PLANS_KEPT:
            self._own.popitem(last=False)

    def forget(self, device: DeviceId) -> None:
        """Forget what a box told of itself, after a factory reset."""
        self._own.pop(device, None)


def provision(texts: Mapping[str, str], schedule: SetParameterValues) -> Script[RpcFault | None]:
    """Give a box its credentials, and when to inform; the fault when it refuses the former.

    Apart, since a set is all or nothing: a box that takes no PeriodicInformTime must have its credentials all the same.
    """
    answer = yield SetParameterValues(texts)
    fault = answer if isinstance(answer, RpcFault) else None
    if fault is None or fault.code != FAULT_NO_ANSWER:
        yield schedule
    return fault


def read_box(model: DataModel, plans: PlanCache, kind: BoxKind, device: DeviceId, batch: int) -> Script[ReadValues]:
    """Read the vocabulary of one box.

    Objects asked whole (final dot) come after the names: one that is empty is refused by some boxes, which says
    nothing of the names.
    """
    plan = plans.of(kind, device)
    if plan is not None:
        names, wholes = _parted(plan)
        known = yield from _whole(names, batch)
        if isinstance(known, ReadValues):
            if plans.is_own(kind, device) or not model.wants_second_look(known.values):
                return _joined(known, (yield from get_values(wholes, batch)))
        elif known.code == FAULT_NO_ANSWER:
            return ReadValues({}, dict.fromkeys(plan, FAULT_NO_ANSWER))
        elif known.code != INVALID_PARAMETER_NAME:
            return (yield from get_values(plan, batch))
    plan = yield from discover(model)
    names, wholes = _parted(plan)
    found = yield from get_values(names, batch)
    found = _joined(found, (yield from get_values(wholes, batch)))
    gone = {name for name in plan if found.asked.get(name) in (INVALID_PARAMETER_NAME, FAULT_NO_ANSWER)}
    kept = tuple(name for name in plan if name not in gone or model.tables.may_be_empty(name))
    if gone.issuperset(names) and names:
        return found
    plans.keep(kind, device, kept)
    return found


def _parted(plan: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = tuple(name for name in plan if not name.endswith("."))
    return names, tuple(name for name in plan if name.endswith("."))


def _joined(one: ReadValues, other: ReadValues) -> ReadValues:
    return ReadValues({**one.values, **other.values}, {**one.asked, **other.asked})


def discover(model: DataModel) -> Script[tuple[str, ...]]:
    """The names worth asking of a box, object by object: the whole tree can be megabytes."""
    plan: list[str] = []
    for item in model.file.objects:
        answer = yield GetParameterNames(model.root + item.path, item.next_level)
        if isinstance(answer, Envelope):
            plan += model.plan(read_names(answer))
        elif answer.code != INVALID_PARAMETER_NAME:
            plan += model.blind_plan(item.path)
    return tuple(dict.fromkeys(plan))


def _whole(names: Sequence[str], batch: int) -> Script[ReadValues | RpcFault]:
    """Read names that should all exist; the fault when the box refuses one."""
    found = _Collected()
    for start in range(0, len(names), batch):
        part = tuple(names[start : start + batch])
        answer = yield GetParameterValues(part)
        if isinstance(answer, RpcFault):
            return answer
        _take(found, part, answer)
    return ReadValues(found.values, found.asked)


def get_values(names: Sequence[str], batch: int) -> Script[ReadValues]:
    """Read names some of which the box may refuse: a refused batch is halved down to the guilty name."""
    found = _Collected()
    waiting = deque(tuple(names[start : start + batch]) for start in range(0, len(names), batch))
    while waiting:
        part = waiting.popleft()
        answer = yield GetParameterValues(part)
        if isinstance(answer, Envelope):
            _take(found, part, answer)
        elif len(part) == 1 or answer.code == FAULT_NO_ANSWER:
            found.asked.update(dict.fromkeys(part, answer.code))
        else:
            middle = len(part) // 2
            waiting.extendleft((part[middle:], part[:middle]))
    return ReadValues(found.values, found.asked)


def _take(found: _Collected, asked: Sequence[str], answer: Envelope) -> None:
    found.values.update(read_values(answer))
    found.asked.update(dict.fromkeys(asked))
