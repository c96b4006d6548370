"""The neighbours of a scenario, which counts them without naming them: they become as many ONTs without identity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from diagnostics.scenarios import words
from diagnostics.scenarios.words import Observations
from domain.identifiers import OntName, PonName
from domain.reading import Quality, Reason, Source, Via
from domain.snapshot import Neighbour, Neighbours, PortState
from domain.states import OntAlarm, Oper

SUBJECT = OntName(1, 1, 5, 10, 19)
PBO = "PBO"
SPLITTER = "C1-1"
_OTHER_PBO, _OTHER_SPLITTER = "PBO-{}", "C1-2"
_AT_ONCE = timedelta(minutes=2)
_LONG_AGO = timedelta(days=10)


def neighbours_of(seen: Observations, at: datetime, *, silent: bool) -> Neighbours:
    """The neighbours, those of the subject's PBO first."""
    told = seen.get("neighbours")
    if not isinstance(told, dict) or (told.get("pon_total") is None and told.get("online") is None):
        return Neighbours(reason=Reason.TIMEOUT if silent else Reason.NOT_READ, complete=False)
    measured = _read_at(seen, told, at)
    fell_at = words.instant(seen.get("last_down_at"))
    onts = tuple(_dealt(told, list(_states(told, at, fell_at))))
    ports = _ports(told, fell_at or at)
    quality = Quality.STORED if silent else Quality.LIVE
    known = Neighbours(tuple(_shared(told, onts)), ports, measured, Source(Via.SNMP, "scenario"), quality)
    return replace(known, complete=told.get("complete") is not False)


def _read_at(seen: Observations, told: Observations, at: datetime) -> datetime:
    """When the neighbours were read: an instant or an age, theirs or beside them; else now."""
    for where, prefix in ((told, r"(?<!offline)_at$|^as_of$|^at$"), (seen, r"^neighbours?_.*(_at|_as_of)$")):
        if (found := words.first_instant(words.like(where, prefix))) is not None:
            return found
    age = words.number(words.like(told, r"age(_s)?$")) or words.number(words.like(seen, r"^neighbours?_.*age(_s)?$"))
    return (words.ago(age, at) if age is not None else None) or at


def _states(told: Observations, at: datetime, fell_at: datetime | None) -> Iterator[Neighbour]:
    """Neighbours by state. The dates given are of those that fell together: the dying gasps when they are the most.

    Where they fell over some time, none of them has a date, unless the subject fell outside of it: they then have the
    nearest.
    """
    los, gasps, other = (words.count(told.get(f"offline_{kind}")) for kind in ("los", "dying_gasp", "other"))
    first, last = words.instant(told.get("first_offline_at")), words.instant(told.get("last_offline_at"))
    fell = first or last
    spread = first is not None and last is not None and last - first > _AT_ONCE
    gasped = fell if gasps > los + other else None
    darkened = _apart(first, last, fell_at) if spread and gasped is None else fell
    name = OntName(1, 1, 5, 10, 100)
    total = words.count(told.get("pon_total"))
    kinds = [
        *[(Oper.DOWN, (OntAlarm.LOS,), darkened)] * los,
        *[(Oper.UP, (), at - _LONG_AGO)] * words.count(told.get("online")),
        *[(Oper.DOWN, (OntAlarm.DG,), gasped)] * gasps,
        *[(Oper.DOWN, (), darkened)] * other,
    ]
    for oper, alarms, when in kinds:
        yield Neighbour(name, None, None, oper, alarms, when)
    for _ in range(total - len(kinds)):
        yield Neighbour(name, None, None, None)


def _apart(first: datetime | None, last: datetime | None, fell_at: datetime | None) -> datetime | None:
    """Of falls between two instants, the one nearest to the subject's; ``None`` where any may be its own."""
    if first is None or last is None or fell_at is None or first <= fell_at <= last:
        return None
    return last if last < fell_at else first


def _dealt(told: Observations, left: list[Neighbour]) -> Iterator[Neighbour]:
    """Deal the states out to the subject's PBO, to its splitter and to the rest, by the counts of the scenario."""
    pbo_up, pbo_down, pbo_told = _counts(told, "pbo")
    up, down, splitter_told = _counts(told, "splitter")
    near = _take(left, pbo_up, pbo_down)
    shared = _take(left, up - pbo_up, down - pbo_down)
    placed: list[tuple[Neighbour, str | None, str | None]] = [(n, PBO, SPLITTER) for n in near]
    placed += [(n, _OTHER_PBO.format("S"), SPLITTER) for n in shared]
    rest = _OTHER_SPLITTER if splitter_told else None
    placed += [(n, _OTHER_PBO.format(i // 6) if pbo_told else None, rest) for i, n in enumerate(left)]
    for number, (neighbour, pbo, splitter) in enumerate(placed):
        yield replace(neighbour, ont=OntName(1, 1, 5, 10, 100 + number), pbo=pbo, splitter=splitter)


def _counts(told: Observations, group: str) -> tuple[int, int, bool]:
    """How many of a group are up and down, and whether the scenario tells."""
    up, down = (words.like(told, rf"same_.*{group}.*_{state}$") for state in ("online", "offline"))
    return words.count(up), words.count(down), up is not None or down is not None


def _take(left: list[Neighbour], up: int, down: int) -> list[Neighbour]:
    """Take so many ONTs that are up and that are down; those in the dark first."""
    taken = []
    for wanted, number in ((Oper.UP, up), (Oper.DOWN, down)):
        chosen = [n for n in left if n.oper is wanted][: max(0, number)]
        taken += chosen
        for item in chosen:
            left.remove(item)
    return taken


def _shared(told: Observations, onts: tuple[Neighbour, ...]) -> Iterator[Neighbour]:
    """The drifts, errors and falls that the scenario tells of the PON, or of the PBO alone."""
    rx, olt_rx = (words.number(told.get(f"mean_delta_{end}_rx_db")) for end in ("ont", "olt"))
    near_rx = words.number(words.like(told, r"pbo.*delta.*ont_rx"))
    near_olt_rx = words.number(words.like(told, r"pbo.*delta.*olt_rx"))
    errors, unstable = _how_many(told, r"err|bip|fec|sdi|sfi"), _how_many(told, r"flap|unstable|bounc")
    live = [n.ont for n in onts if n.oper is Oper.UP]
    for item in onts:
        place = live.index(item.ont) if item.ont in live else None
        near = item.pbo == PBO
        yield replace(
            item,
            rx_delta_db=None if place is None else near_rx if near and near_rx is not None else rx,
            olt_rx_delta_db=None if place is None else near_olt_rx if near and near_olt_rx is not None else olt_rx,
            upstream_errors=None if errors is None or place is None else place < errors,
            unstable=None if unstable is None or place is None else place < unstable,
        )


def _how_many(told: Observations, pattern: str) -> int | None:
    value = words.like(told, pattern)
    if isinstance(value, bool):
        return words.count(told.get("online")) if value else 0
    found = words.number(value)
    if found is None:
        return None
    return round(found * words.count(told.get("online"))) if 0 < found < 1 else int(found)


def _ports(told: Observations, fell: datetime) -> tuple[PortState, ...]:
    """The other ports of the board that fell, and one port of each other board that did."""
    down = words.count(told.get("other_pon_ports_down_on_card"))
    cards = words.count(words.like(told, r"other_cards.*down"))
    ports = [PonName(1, 1, 5, index + 1 if index < 9 else index + 2) for index in range(down)]
    ports += [PonName(1, 1, 6 + index, 1) for index in range(cards)]
    return tuple(PortState(port, Oper.DOWN, fell) for port in ports)
