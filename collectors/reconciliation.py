"""Inventory against OLT: what each has that the other has not, and ONTs that are elsewhere than they should be.

Pure. What could not be read is never taken for absent: it is counted as not checked, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.identifiers import OntName, PonName, SerialNumber
from domain.metric import Metric
from domain.metrics.olt import OLT_REACHABLE
from domain.metrics.ont import ONT_ADMIN, ONT_OPER, ONT_PROVISIONED, ONT_SERIAL
from domain.olt import OltWalk, OntRow
from domain.reading import Reason

_PROOFS: tuple[Metric[Any], ...] = (ONT_OPER, ONT_ADMIN, ONT_PROVISIONED, ONT_SERIAL)
"""Columns that have a row for each configured ONT: one of them, read to its end, proves what is absent."""

_NOTHING_ANSWERED = frozenset({Reason.NOT_READ, Reason.NOT_SUPPORTED, Reason.TIMEOUT, Reason.UNREACHABLE, Reason.ERROR})


class FindingKind(StrEnum):
    """What does not match."""

    UNKNOWN_ONT = "unknown_ont"  # on the OLT, in no inventory
    ABSENT_ONT = "absent_ont"  # in the inventory, not on the OLT
    SERIAL_DIFFERS = "serial_differs"  # another ONT than the one expected, which is nowhere else
    MOVED = "moved"  # the expected ONT, elsewhere on this OLT
    CROSSED = "crossed"  # two ONTs, each where the other should be
    FROM_ANOTHER_OLT = "from_another_olt"  # an ONT that the inventory has on another OLT
    DUPLICATE_ON_OLT = "duplicate_on_olt"  # one serial number configured at several places
    DUPLICATE_IN_INVENTORY = "duplicate_in_inventory"
    DISCOVERED = "discovered"  # heard by the OLT and configured nowhere on it


class Unchecked(StrEnum):
    """Why something could not be compared."""

    ABSENCE_UNPROVED = "absence_unproved"  # no row came, and no column was read to its end
    SERIAL_UNREAD = "serial_unread"  # the row came without its serial number


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where the inventory has a serial number: another OLT, and the place on it."""

    olt: str
    ont: OntName


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that does not match. Its wording is ``kind`` and ``params``."""

    ont: OntName | None
    kind: FindingKind
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NotChecked:
    """One place that could not be compared, and why."""

    ont: OntName
    why: Unchecked
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The comparison of one OLT.

    Attributes:
        matching: Places where the expected ONT is.
        expected: Places of the inventory that were compared.
        seen: ONTs configured on the OLT that were compared.
        without_serial: Places whose ONT is there and of which the inventory expects no serial number.
    """

    olt: str
    matching: int
    expected: int
    seen: int
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    without_serial: int = 0

    @property
    def counts(self) -> Mapping[FindingKind, int]:
        """Findings of each kind that has some."""
        return Counter(finding.kind for finding in self.findings)


def reconcile(
    inventory: Mapping[OntName, SerialNumber | None],
    walk: OltWalk,
    *,
    elsewhere: Mapping[SerialNumber, Elsewhere] | None = None,
    ports: Collection[PonName] | None = None,
) -> Report:
    """Compare an inventory with a walk.

    Args:
        inventory: Each place of this OLT that has a customer, and the serial number expected there, if any.
        walk: What the OLT holds, gaps included.
        elsewhere: Where the inventory has the serial numbers of other OLTs.
        ports: The PON ports to compare; ``None`` for the whole OLT, else what the walk covers.
    """
    wanted = {name: serial for name, serial in inventory.items() if ports is None or name.pon_name in ports}
    rows = {row.name: row for row in walk.onts if ports is None or row.name.pon_name in ports}
    return _Comparison(walk, wanted, rows, elsewhere or {}).report()


@dataclass(slots=True)
class _Comparison:
    walk: OltWalk
    wanted: dict[OntName, SerialNumber | None]
    rows: dict[OntName, OntRow]
    elsewhere: Mapping[SerialNumber, Elsewhere]
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)
    matching: int = 0
    without_serial: int = 0

    def report(self) -> Report:
        seen = {name: row.readings.value(ONT_SERIAL) for name, row in self.rows.items()}
        homes, places = _by_serial(self.wanted), _by_serial(seen)
        self._duplicates(homes, FindingKind.DUPLICATE_IN_INVENTORY)
        self._duplicates(places, FindingKind.DUPLICATE_ON_OLT)
        told = self._moves(homes, places)
        proof = _absence_proved(self.walk)
        for name in sorted({*self.wanted, *self.rows}):
            if name not in self.rows:
                self._no_row(name, told, proof)
            else:
                self._row(name, seen[name], told)
        self._discovered(homes)
        ordered = sorted(self.findings, key=lambda f: (f.ont is None, f.ont or OntName(0, 0, 0, 0, 0), f.kind))
        return Report(
            self.walk.olt,
            self.matching,
            len(self.wanted),
            len(self.rows),
            tuple(ordered),
            tuple(sorted(self.not_checked, key=lambda one: one.ont)),
            self.without_serial,
        )

    def _duplicates(self, places: Mapping[SerialNumber, list[OntName]], kind: FindingKind) -> None:
        for serial, names in places.items():
            if len(names) > 1:
                self._find(kind, names[0], serial=serial, places=", ".join(map(str, names)))

    def _moves(
        self, homes: Mapping[SerialNumber, list[OntName]], places: Mapping[SerialNumber, list[OntName]]
    ) -> set[OntName]:
        """Find ONTs that are elsewhere; returns the places whose story is told by that."""
        moved: dict[OntName, OntName] = {}
        for serial, there in places.items():
            home = homes.get(serial, [])
            if len(home) == len(there) == 1 and home != there:
                moved[home[0]] = there[0]
        told: set[OntName] = set()
        for home_name, there_name in sorted(moved.items()):
            told |= {home_name, there_name}
            own = self.wanted[home_name]
            if moved.get(there_name) != home_name:
                self._find(FindingKind.MOVED, home_name, serial=own, found=there_name)
            elif home_name < there_name:
                other = self.wanted[there_name]
                self._find(FindingKind.CROSSED, home_name, serial=own, found=there_name, other_serial=other)
        return told

    def _no_row(self, name: OntName, told: set[OntName], proof: bool) -> None:
        if name in told:
            return
        if proof:
            self._find(FindingKind.ABSENT_ONT, name, serial=self.wanted[name])
        else:
            self.not_checked.append(NotChecked(name, Unchecked.ABSENCE_UNPROVED, _first_gap(self.walk)))

    def _row(self, name: OntName, serial: SerialNumber | None, told: set[OntName]) -> None:
        if serial is None:
            reason = self.rows[name].readings[ONT_SERIAL].reason
            self.not_checked.append(NotChecked(name, Unchecked.SERIAL_UNREAD, reason))
            if name not in self.wanted:
                self._find(FindingKind.UNKNOWN_ONT, name)
        elif name in self.wanted and self.wanted[name] is None:
            self.without_serial += 1
        elif self.wanted.get(name) == serial:
            self.matching += 1
        elif serial in self.elsewhere:
            home = self.elsewhere[serial]
            self._find(FindingKind.FROM_ANOTHER_OLT, name, serial=serial, other_olt=home.olt, home=home.ont)
        elif name in self.wanted and (name not in told or serial not in self.wanted.values()):
            self._find(FindingKind.SERIAL_DIFFERS, name, expected=self.wanted[name], serial=serial)
        elif name not in self.wanted and name not in told:
            self._find(FindingKind.UNKNOWN_ONT, name, serial=serial)

    def _discovered(self, homes: Mapping[SerialNumber, list[OntName]]) -> None:
        for row in self.walk.discovered:
            serial = row.readings.value(ONT_SERIAL)
            home = homes.get(serial, []) if serial is not None else []
            place = row.pon if row.pon is not None else "?"
            self._find(FindingKind.DISCOVERED, home[0] if home else None, serial=serial, pon=place)

    def _find(self, kind: FindingKind, ont: OntName | None, **params: object) -> None:
        said = tuple((key, str(value)) for key, value in params.items() if value is not None)
        self.findings.append(Finding(ont, kind, said))


def _by_serial(serials: Mapping[OntName, SerialNumber | None]) -> dict[SerialNumber, list[OntName]]:
    found: dict[SerialNumber, list[OntName]] = {}
    for name, serial in sorted(serials.items(), key=lambda item: item[0]):
        if serial is not None:
            found.setdefault(serial, []).append(name)
    return found


_WHOLE_TABLES = frozenset({"olt", "ont", "pon.name"})
"""Gaps that may hide any ONT: the OLT, the list of a port on the command line, the names that rows are told by."""


def _absence_proved(walk: OltWalk) -> bool:
    """Whether an ONT without row is absent for certain: some column of ONTs was read to its end."""
    cut = {gap.table for gap in walk.gaps}
    if not _WHOLE_TABLES.isdisjoint(cut) or not walk.readings.value(OLT_REACHABLE):
        return False
    if not walk.onts:  # an OLT without ONT: believed when the rest of it answered, and nothing was cut short
        return not cut and bool(walk.cards or walk.pon_ports)
    return any(_read_to_its_end(metric, walk.onts, cut) for metric in _PROOFS)


def _read_to_its_end(metric: Metric[Any], rows: Iterable[OntRow], cut: set[str]) -> bool:
    return metric.key not in cut and all(row.readings[metric].reason not in _NOTHING_ANSWERED for row in rows)


def _first_gap(walk: OltWalk) -> Reason | None:
    return next((gap.reason for gap in walk.gaps), None)
