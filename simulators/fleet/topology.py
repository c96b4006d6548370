"""What is installed below an OLT of the fleet, as arrays: drawn once from the fleet's seed and the OLT's number.

One row an ONT, in the order of slot, PON port and ONT number. Lengths in metres, levels in dBm, losses in dB.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from simulators.fleet.options import FleetOptions
from simulators.fleet.physics import (
    DAY_US,
    GPON_B_PLUS,
    GPON_C_PLUS,
    XGS_N1,
    XGS_N2,
    Generation,
    Reals,
    longest_m,
    mixed,
    splitters_db,
)

Ints = NDArray[np.int64]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
PORTS = 16  # of a board
SHELF_SLOTS = 8
FIRST_BRANCH = 8  # ratio of the first splitter
MOST_NUMBERS = 128  # ONU-ID is 7 bits (ITU-T G.984.3 9.2.3.1); the ISAM counts from 1
_LEAST_BRANCH = 6  # C: customers of a branch of a port that is not full
_PMS_PONS = 4  # C: PON ports of one PM
_N2_SHARE = 0.4  # C: of the XGS-PON OLTs whose ports need no more than N1


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """The network as built.

    Attributes:
        slot: Board of each ONT, from 1; ``pon`` its port on the board and ``ont`` its number, from 0 or 1 by vendor.
        port: Row of its PON port among ``pon_slot`` and ``pon_pon``.
        branch: Output of the first splitter, from 1; ``pbo`` the PBO on that branch, from 1.
        pm: Number of the PM, from 1.
        splitter_db: Loss of both splitters of its path.
        workmanship_db: Loss beyond the typical one, from how it was built.
        tx_dbm: Level it sends at 25 degrees, new.
        error_rx_db: Calibration error of its own figures; ``error_tx_db``, and ``error_olt_db`` of the port's.
        heat_db_c: Change of the loss with outside temperature.
        ageing_db_year: Fall of the level it sends.
        installed_us: Since when.
        model: Row of the vendor's table of models; ``serial`` its 4 octets; ``uni_card`` place of its Ethernet card.
        outdated: Whether its firmware is not the planned one.
        down_bytes_s: What its customer takes on average; ``up_bytes_s`` sends.
    """

    generation: Generation
    slot: Ints
    pon: Ints
    ont: Ints
    port: Ints
    branch: Ints
    pbo: Ints
    pm: Ints
    length_m: Reals
    splitter_db: Reals
    workmanship_db: Reals
    tx_dbm: Reals
    error_rx_db: Reals
    error_tx_db: Reals
    error_olt_db: Reals
    heat_db_c: Reals
    ageing_db_year: Reals
    installed_us: Ints
    model: Ints
    serial: Ints
    outdated: NDArray[np.bool_]
    off: NDArray[np.bool_]
    changed_us: Ints
    down_bytes_s: Reals
    up_bytes_s: Reals
    pon_slot: Ints
    pon_pon: Ints
    pon_tx_dbm: Reals


def draw(options: FleetOptions, number: int, first: int, booted_us: int) -> Topology:
    """The network of OLT ``number``, whose ports and ONTs are counted from ``first`` and that started then."""
    origin_us = (options.origin - EPOCH) // _MICROSECOND
    rng = np.random.default_rng((options.seed, number))
    total = options.onts
    ports = min(-(-total // options.onts_per_pon), SHELF_SLOTS * PORTS)
    share = np.full(ports, total // ports)
    share[: total % ports] += 1
    xgs = bool(rng.random() < options.xgs)
    most = int(share.max())
    generation = _generation(options, number, most, xgs=xgs)
    second = 8 if most <= 64 else 16
    lost = splitters_db((FIRST_BRANCH, second))
    port = np.repeat(np.arange(ports), share)
    branch, pbo = _boxes(rng, share, second)
    pm = port // _PMS_PONS + 1
    feeder = rng.uniform(400.0, 9_000.0, ports // _PMS_PONS + 1)[pm - 1]
    distribution = rng.uniform(80.0, 2_500.0, (ports, FIRST_BRANCH + 1))[port, branch]
    drop = rng.uniform(15.0, 350.0, total)
    busy = rng.lognormal(0.0, 1.0, total)
    return Topology(
        generation=generation,
        slot=port // PORTS + 1,
        pon=port % PORTS + first,
        ont=_numbers(rng, share) + first,
        port=port,
        branch=branch,
        pbo=pbo,
        pm=pm,
        length_m=np.minimum(feeder + distribution + drop, longest_m(generation, lost)),
        splitter_db=np.full(total, lost),
        workmanship_db=rng.gamma(1.2, 0.35, total),
        tx_dbm=rng.uniform(*generation.ont_tx_dbm, total),
        # Metering is within 3 dB at the ONT (ITU-T G.9807.1) and 2 dB at the OLT: well inside it (C).
        error_rx_db=np.clip(rng.normal(0.0, 0.6, total), -2.5, 2.5),
        error_tx_db=np.clip(rng.normal(0.0, 0.4, total), -2.0, 2.0),
        error_olt_db=np.clip(rng.normal(0.0, 0.4, ports), -1.5, 1.5)[port],
        heat_db_c=rng.normal(0.0, 0.006, total),
        ageing_db_year=rng.gamma(2.0, 0.04, total),
        installed_us=origin_us - (rng.uniform(20, 6 * 365, total) * DAY_US).astype(np.int64),
        model=rng.integers(0, 4, total),
        serial=0x0A000000 + (number * options.onts + rng.permutation(total)) * 0x1F3 & 0xFFFFFFFF,
        outdated=rng.random(total) < 0.03,
        off=rng.random(total) < options.off,
        changed_us=origin_us - (rng.uniform(0.01, 0.99, total) * (origin_us - booted_us)).astype(np.int64),
        down_bytes_s=120_000.0 * busy,
        up_bytes_s=14_000.0 * busy,
        pon_slot=np.arange(ports) // PORTS + 1,
        pon_pon=np.arange(ports) % PORTS + first,
        pon_tx_dbm=rng.uniform(*generation.olt_tx_dbm, ports),
    )


def _generation(options: FleetOptions, number: int, most: int, *, xgs: bool) -> Generation:
    """The class that the busiest port needs: a second splitter of 16 takes the greater budget."""
    if not xgs:
        return GPON_B_PLUS if most <= 64 else GPON_C_PLUS
    better = mixed(np.array([number], np.uint64), options.seed + 29)[0] < _N2_SHARE
    return XGS_N2 if most > 64 or better else XGS_N1


def _boxes(rng: np.random.Generator, share: Ints, second: int) -> tuple[Ints, Ints]:
    """Branch and PBO of each ONT: branches of one size, each cut into PBOs of 2 to 12 customers."""
    branches: list[int] = []
    boxes: list[int] = []
    for count in share.tolist():
        room = min(max(-(-count // FIRST_BRANCH), _LEAST_BRANCH), second)
        for first in range(0, count, room):
            sizes = _cut(rng, min(room, count - first))
            branches += [first // room + 1] * sum(sizes)
            for box, size in enumerate(sizes, 1):
                boxes += [box] * size
    return np.array(branches), np.array(boxes)


def _cut(rng: np.random.Generator, count: int) -> list[int]:
    """``count`` as a sum of numbers of 2 to 12 (1 only when there is no other customer on the branch)."""
    sizes: list[int] = []
    while count > 0:
        size = min(int(rng.integers(2, 12)), count)
        size += count - size == 1  # no PBO of one customer beside another
        sizes.append(size)
        count -= size
    return sizes


def _numbers(rng: np.random.Generator, share: Ints) -> Ints:
    """ONT numbers of each port, with gaps where there is room, as on a port that lives."""
    found = []
    for count in share.tolist():
        among = min(MOST_NUMBERS, count + count // 8 + 1)
        found.append(np.sort(rng.permutation(among)[:count]))
    return np.concatenate(found)
