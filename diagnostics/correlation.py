"""Who fell silent together with the subject: its PBO, its splitter, its PON, and the other ports of its board.

Only what is known counts. A neighbour whose state is unknown, or was stored before the subject fell, is unknown: it is
never counted as up or down. Dying gasps are set apart: a customer that lost mains says nothing of the fibre.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from diagnostics.logic import Tri
from diagnostics.thresholds import Thresholds
from domain.metric import Readings
from domain.metrics.olt import PON_LAST_CHANGE
from domain.metrics.ont import ONT_LAST_CHANGE
from domain.reading import Quality
from domain.record import record
from domain.snapshot import Neighbour, Neighbours, Snapshot
from domain.states import OntAlarm, Oper

_DEGRADED = frozenset({OntAlarm.SD, OntAlarm.SF})


class Fate(Enum):
    """What became of a neighbour, seen from the fall of the subject."""

    UP = "up"
    TOGETHER = "together"  # down at the same instant
    UNDATED = "undated"  # down, but one of the two instants is unknown
    GASP = "gasp"  # lost mains
    APART = "apart"  # down, at another time
    UNKNOWN = "unknown"


@record
class Group:
    """Neighbours that share a piece of the network with the subject; the subject itself is not counted.

    Attributes:
        dark: Down like the subject: at the same instant, or undated.
        dated: Those of ``dark`` whose instant is known to be the same.
        pbos: PBOs of the dark ones, where the records give them.
        complete: Whether every ONT of the group is listed.
        rx_delta_db: Median drift of the level they receive, from their references; ``None`` when unknown.
        olt_rx_delta_db: Median drift of the level that the OLT receives of them.
        noisy: Those whose upstream shows errors, or that fall again and again.
        noise_known: Those of whose upstream errors something is known, be it by their alarms.
        drifting: Those that receive less than at their references.
    """

    up: int = 0
    dark: int = 0
    dated: int = 0
    gasp: int = 0
    apart: int = 0
    unknown: int = 0
    pbos: frozenset[str] = frozenset()
    complete: bool = True
    rx_delta_db: float | None = None
    olt_rx_delta_db: float | None = None
    noisy: int = 0
    noise_known: int = 0
    drifting: int = 0

    @property
    def size(self) -> int:
        """Every neighbour of the group."""
        return self.up + self.dark + self.gasp + self.apart + self.unknown

    def fell(self, share: float, minimum: int) -> Tri:
        """Whether at least ``minimum`` ONTs and ``share`` of those that were online fell with the subject.

        The subject counts as one of them. Unknown neighbours may be on either side: the answer is unknown when they
        could change it.
        """
        dark = self.dark + 1
        online = dark + self.up + self.unknown
        if dark >= minimum and dark >= share * online:
            return True
        most = dark + self.unknown
        if most < share * online:
            return False
        return None if most >= minimum or not self.complete else False

    def seems_fallen(self, share: float, minimum: int) -> bool:
        """Whether those whose state is known fell with the subject, whatever became of the others."""
        dark = self.dark + 1
        return dark >= minimum and dark >= share * (dark + self.up)

    @property
    def any_up(self) -> Tri:
        """Whether one of them is up."""
        if self.up:
            return True
        return None if self.unknown or not self.complete else False


_NOTHING = Group(complete=False)
_PLACES = tuple((pbo, splitter) for pbo in (True, False) for splitter in (True, False))
"""Whether a neighbour shares the PBO, and the splitter, of the subject."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The neighbourhood of the subject.

    Attributes:
        pbo: Neighbours of the same PBO.
        splitter: Neighbours of the same last splitter, those of the PBO included.
        pon: Every neighbour of the PON port.
        beyond_pbo: Neighbours of the PON outside the PBO.
        beyond_splitter: Neighbours of the PON outside the splitter.
        gasps_together: Neighbours that lost mains about when the subject fell.
        card_ports_down: Other ports of the same board that fell at the same instant as this port.
        card_ports_up: Other ports of the same board that are up.
        other_cards_down: Other boards of the OLT that fell at that instant, all their known ports with them.
        at: When the neighbours were read.
    """

    pbo: Group = _NOTHING
    splitter: Group = _NOTHING
    pon: Group = _NOTHING
    beyond_pbo: Group = _NOTHING
    beyond_splitter: Group = _NOTHING
    gasps_together: int = 0
    card_ports_down: int = 0
    card_ports_up: int = 0
    other_cards_down: int = 0
    at: datetime | None = None


def _fate(neighbour: Neighbour, fell_at: datetime | None, together: timedelta) -> Fate:
    """What became of a neighbour that is not up."""
    if neighbour.oper is None:
        return Fate.UNKNOWN
    if neighbour.alarms is not None and OntAlarm.DG in neighbour.alarms:
        return Fate.GASP
    if fell_at is None or neighbour.last_change is None:
        return Fate.UNDATED
    return Fate.TOGETHER if abs(neighbour.last_change - fell_at) <= together else Fate.APART


class _Tally:
    """Neighbours that hang from the same pieces of the network as the subject, counted as they come."""

    __slots__ = ("apart", "dark", "dated", "gasp", "noise_known", "noisy", "olt_rx", "pbos", "rx", "unknown", "up")

    def __init__(self) -> None:
        self.up = self.dark = self.dated = self.gasp = self.apart = self.unknown = self.noisy = self.noise_known = 0
        self.pbos: set[str] = set()
        self.rx: list[float] = []
        self.olt_rx: list[float] = []

    def add(self, one: Neighbour, fate: Fate) -> None:
        """Count a neighbour."""
        if fate is Fate.UP:
            self.up += 1
        else:
            self._add_other(one, fate)
        if one.rx_delta_db is not None:
            self.rx.append(one.rx_delta_db)
        if one.olt_rx_delta_db is not None:
            self.olt_rx.append(one.olt_rx_delta_db)
        alarms, errors = one.alarms, one.upstream_errors
        if errors is not None or alarms is not None:
            self.noise_known += 1
        if errors or one.unstable or (alarms and not _DEGRADED.isdisjoint(alarms)):
            self.noisy += 1

    def _add_other(self, one: Neighbour, fate: Fate) -> None:
        if fate is Fate.TOGETHER or fate is Fate.UNDATED:
            self.dark += 1
            self.dated += fate is Fate.TOGETHER
            if one.pbo is not None:
                self.pbos.add(one.pbo)
        elif fate is Fate.GASP:
            self.gasp += 1
        elif fate is Fate.APART:
            self.apart += 1
        else:
            self.unknown += 1


def _group(tallies: Iterable[_Tally], complete: bool, drift_db: float) -> Group:
    """The group that some tallies make together."""
    up = dark = dated = gasp = apart = unknown = noisy = noise_known = 0
    pbos: frozenset[str] = frozenset()
    rx: list[float] = []
    olt_rx: list[float] = []
    for one in tallies:
        up, dark, dated, gasp = up + one.up, dark + one.dark, dated + one.dated, gasp + one.gasp
        apart, unknown = apart + one.apart, unknown + one.unknown
        noisy, noise_known = noisy + one.noisy, noise_known + one.noise_known
        pbos |= one.pbos
        rx += one.rx
        olt_rx += one.olt_rx
    drifting = sum(1 for delta in rx if delta <= -drift_db)
    middle, olt_middle = _median(rx), _median(olt_rx)
    return Group(
        up, dark, dated, gasp, apart, unknown, pbos, complete, middle, olt_middle, noisy, noise_known, drifting
    )


def _median(values: list[float]) -> float | None:
    """What the group does on the whole: one bad line among few neighbours does not move it."""
    known = sorted(values)
    half = len(known) // 2
    return None if not known else known[half] if len(known) % 2 else (known[half - 1] + known[half]) / 2


def _is_old(known: Neighbours, now: datetime, thresholds: Thresholds) -> bool:
    limit = thresholds.stored_max_age_s if known.quality is Quality.STORED else thresholds.live_max_age_s
    return known.at is not None and (now - known.at).total_seconds() > limit


def usable(snapshot: Snapshot, thresholds: Thresholds, olt_unreachable: bool) -> bool:
    """Whether the neighbours were read, lately enough, and of an OLT that is not silent since."""
    known = snapshot.neighbours
    hearsay = olt_unreachable and known.quality is Quality.STORED
    return known.reason is None and not hearsay and not _is_old(known, snapshot.at, thresholds)


def crowd_of(snapshot: Snapshot, readings: Readings, thresholds: Thresholds, olt_unreachable: bool) -> Crowd:
    """The neighbourhood of the subject; unknown when it was not read, is too old, or was stored of a silent OLT."""
    known = snapshot.neighbours
    if not usable(snapshot, thresholds, olt_unreachable):
        return Crowd()
    fell_at = readings.value(ONT_LAST_CHANGE)
    together = timedelta(seconds=thresholds.together_s)
    up_is = Fate.UNKNOWN if fell_at is not None and known.at is not None and known.at < fell_at else Fate.UP
    fates = [(n, up_is if n.oper is Oper.UP else _fate(n, fell_at, together)) for n in known.onts]
    pbo, splitter = snapshot.outside.pbo, next(reversed(snapshot.outside.splitters), None)
    boards = _boards(snapshot, readings, together)
    tallies = {key: _Tally() for key in _PLACES}
    for neighbour, fate in fates:
        tallies[neighbour.pbo == pbo, neighbour.splitter == splitter].add(neighbour, fate)

    def group(place: int, shared: bool) -> Group:
        kept = (tally for key, tally in tallies.items() if key[place] is shared)
        return _group(kept, known.complete, thresholds.shared_drift_db)

    return Crowd(
        pbo=_NOTHING if pbo is None else group(0, shared=True),
        splitter=_NOTHING if splitter is None else group(1, shared=True),
        pon=_group(tallies.values(), known.complete, thresholds.shared_drift_db),
        beyond_pbo=_NOTHING if pbo is None else group(0, shared=False),
        beyond_splitter=_NOTHING if splitter is None else group(1, shared=False),
        gasps_together=_gasps(fates, fell_at, thresholds),
        card_ports_down=boards.down,
        card_ports_up=boards.up,
        other_cards_down=boards.others_down,
        at=known.at,
    )


def _gasps(fates: list[tuple[Neighbour, Fate]], fell_at: datetime | None, thresholds: Thresholds) -> int:
    if fell_at is None:
        return 0
    window = timedelta(seconds=thresholds.gasps_together_s)
    return sum(
        1
        for neighbour, fate in fates
        if fate is Fate.GASP and neighbour.last_change is not None and abs(neighbour.last_change - fell_at) <= window
    )


class _Boards(NamedTuple):
    """What became of the other ports and boards when the port of the subject fell."""

    down: int = 0
    up: int = 0
    others_down: int = 0


def _boards(snapshot: Snapshot, readings: Readings, together: timedelta) -> _Boards:
    """Other ports of the subject's board, down with its port or up; other boards whose known ports all fell with it."""
    if snapshot.place is None:
        return _Boards()
    pon = snapshot.place.ont.pon_name
    own = (pon.rack, pon.shelf, pon.slot)
    fell_at = readings.value(PON_LAST_CHANGE) or readings.value(ONT_LAST_CHANGE)
    down = up = 0
    boards: dict[tuple[int, int, int], bool] = {}
    for port in snapshot.neighbours.ports:
        name, changed = port.pon, port.last_change
        fell = (
            port.oper is Oper.DOWN
            and changed is not None
            and fell_at is not None
            and abs(changed - fell_at) <= together
        )
        board = (name.rack, name.shelf, name.slot)
        if board != own:
            boards[board] = boards.get(board, True) and fell
        elif name != pon:
            down += fell
            up += port.oper is Oper.UP
    return _Boards(down, up, sum(boards.values()))
