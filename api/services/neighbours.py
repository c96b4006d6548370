"""The rest of the PON, from a live walk of it or from the last walk kept, joined with the outside-plant records."""

from __future__ import annotations

from collections.abc import Mapping

from domain.access import OutsidePlant
from domain.identifiers import OntName
from domain.metrics.olt import PON_LAST_CHANGE, PON_OPER
from domain.metrics.ont import ONT_ALARMS, ONT_LAST_CHANGE, ONT_OPER
from domain.olt import OltWalk
from domain.reading import Quality, Reason, Source, Via
from domain.snapshot import Neighbour, Neighbours, PortState


def neighbours_of(
    subject: OntName, walk: OltWalk, outside: Mapping[OntName, OutsidePlant], quality: Quality
) -> Neighbours:
    """Who hangs from the same PON as ``subject`` (itself left out), and the other PON ports of the OLT."""
    pon = subject.pon_name
    onts = tuple(
        Neighbour(
            ont=row.name,
            pbo=outside[row.name].pbo if row.name in outside else None,
            splitter=_last(outside[row.name].splitters) if row.name in outside else None,
            oper=row.readings.value(ONT_OPER),
            alarms=row.readings.value(ONT_ALARMS),
            last_change=row.readings.value(ONT_LAST_CHANGE),
            street=outside[row.name].street if row.name in outside else None,
            power_area=outside[row.name].power_area if row.name in outside else None,
        )
        for row in walk.onts
        if row.name.pon_name == pon and row.name != subject
    )
    ports = tuple(
        PortState(row.name, row.readings.value(PON_OPER), row.readings.value(PON_LAST_CHANGE))
        for row in walk.pon_ports
        if row.name != pon
    )
    if not onts and not ports and walk.gaps:
        return Neighbours(reason=walk.gaps[0].reason, complete=False)
    via = Via.SNMP if quality is Quality.LIVE else Via.INVENTORY
    return Neighbours(onts, ports, walk.at, Source(via, "walk"), quality, None, not walk.gaps)


def nothing_known(reason: Reason) -> Neighbours:
    """Neighbours of which nothing is known."""
    return Neighbours(reason=reason, complete=False)


def _last(names: tuple[str, ...]) -> str | None:
    return names[-1] if names else None
