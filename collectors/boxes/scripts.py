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

    values: Mapping[str, str | None] = field(repr=False)
    asked: Mapping[str, int | None]


@dataclass(slots=True)
class _Collected:
    values: dict[str, str | None] = field(repr=False, default_factory=dict)
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


def provision(server: str, texts: Mapping[str, str], key: str, *others: SetParameterValues) -> Script[RpcFault | None]:
    """Give a box its credentials, then ``others`` (when to inform, STUN), all under ``key``; the fault of the former.

    ``server`` is the path of its ManagementServer: only names that it has are set, since some boxes die of others.
    Several sets, since a set is all or nothing: a box that takes no PeriodicInformTime must have its credentials all
    the same.
    """
    answer = yield GetParameterNames(server, next_level=True)
    names = read_names(answer) if isinstance(answer, Envelope) else None
    if isinstance(answer, RpcFault) and answer.code == FAULT_NO_ANSWER:
        return answer
    fault = yield from _set_most({name: text for name, text in texts.items() if names is None or name in names}, key)
    for other in others:
        wanted = {name: text for name, text in other.values.items() if name in (names or ())}
        if wanted and (fault is None or fault.code != FAULT_NO_ANSWER):
            yield SetParameterValues(wanted, other.types, key)
    return fault


def _set_most(values: Mapping[str, str], key: str) -> Script[RpcFault | None]:
    """Set values; those that the box names in its fault are left out of a second try, or none would be set."""
    answer = yield SetParameterValues(values, key=key)
    if not isinstance(answer, RpcFault):
        return None
    rest = {name: value for name, value in values.items() if name not in answer.parameters}
    if not answer.parameters or not rest:
        return answer
    answer = yield SetParameterValues(rest, key=key)
    return answer if isinstance(answer, RpcFault) else None


def read_box(model: DataModel, plans: PlanCache, kind: BoxKind, device: DeviceId, batch: int) -> Script[ReadValues]:
    """Read the vocabulary of one box: what stays by names, then the tables whose rows come and go."""
    plan = plans.of(kind, device)
    if plan is not None:
        names, wholes = model.tables.parted(plan)
        known = yield from _whole(names, batch)
        if isinstance(known, ReadValues):
            if plans.is_own(kind, device) or not model.wants_second_look(known.values):
                return _joined(known, (yield from read_tables(model, wholes, known.values, batch)))
        elif known.code == FAULT_NO_ANSWER:
            return ReadValues({}, dict.fromkeys(plan, FAULT_NO_ANSWER))
        elif known.code != INVALID_PARAMETER_NAME:
            found = yield from get_values(names, batch)
            return _joined(found, (yield from read_tables(model, wholes, found.values, batch)))
    plan = yield from discover(model)
    names, wholes = model.tables.parted(plan)
    found = yield from get_values(names, batch)
    kept = tuple(name for name in names if found.asked.get(name) not in (INVALID_PARAMETER_NAME, FAULT_NO_ANSWER))
    if kept:
        plans.keep(kind, device, (*kept, *wholes))
    return _joined(found, (yield from read_tables(model, wholes, found.values, batch)))


def read_tables(
    model: DataModel, wholes: Sequence[str], values: Mapping[str, str | None], batch: int
) -> Script[ReadValues]:
    """Read tables whose rows come and go: their names first, those worth it, then the values of all of them at once.

    Asking for the values of a whole object would save a request, and kills some boxes, or faults when it is empty.
    A table that the box counts as empty is not asked.
    """
    names: list[str] = []
    asked: dict[str, int | None] = {}
    for whole in wholes:
        if model.tables.counted_empty(whole, values):
            asked[whole] = None
            continue
        answer = yield GetParameterNames(whole, next_level=False)
        if isinstance(answer, RpcFault):
            asked[whole] = answer.code
            if answer.code == FAULT_NO_ANSWER:
                break
        else:
            asked[whole] = None
            names += model.tables.columns_of(whole, read_names(answer))
    found = yield from get_values(names, batch)
    return ReadValues(found.values, asked)


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
