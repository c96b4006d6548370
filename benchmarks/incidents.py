"""``python -m benchmarks.incidents [--onts N]``: collective incidents over a fleet's latest state, on one core.

A fleet of OLTs of 16,384 ONTs, 2 % down for causes of their own, with cut PBOs, splitters, feeders, dead boards,
an OLT without mains and an area without power; then the same fleet a period later, half of it repaired. Nothing is
asserted: figures go to docs/performance.md with the command.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter
from dataclasses import replace

import numpy as np

from diagnostics.__main__ import load
from diagnostics.incidents.fleet import DARK, GASP, UP, Fleet
from diagnostics.incidents.follow import Run, advance
from domain.incident import Ancestor
from domain.incidents import Incident

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_NOW = 1_557_390_540 * _SECOND
_SIZES = {Ancestor.PBO: 8, Ancestor.SPLITTER: 16, Ancestor.PON: 64, Ancestor.CARD: 1_024, Ancestor.OLT: 16_384}
_FAULTS = {Ancestor.PBO: 200, Ancestor.SPLITTER: 60, Ancestor.PON: 40, Ancestor.CARD: 2, Ancestor.OLT: 1}


def fleet(onts: int, draw: np.random.Generator) -> Fleet:
    """A broken fleet."""
    row = np.arange(onts)
    state = np.full(onts, UP, dtype=np.int8)
    changed = _NOW - draw.integers(_DAY, 60 * _DAY, onts)
    lone = draw.random(onts) < 0.02
    state[lone] = np.where(draw.random(int(lone.sum())) < 0.5, DARK, GASP)
    changed[lone] = _NOW - draw.integers(0, 2 * _DAY, int(lone.sum()))
    nodes = {ancestor: (row // size).astype(np.int32) for ancestor, size in _SIZES.items()}

    def fall(rows: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], kind: int, spread_s: int) -> None:
        mine = rows & (state == UP)
        state[mine] = kind
        changed[mine] = _NOW - draw.integers(300, 7_200) * _SECOND + draw.integers(0, spread_s * _SECOND, mine.sum())

    for ancestor, count in _FAULTS.items():
        there = int(nodes[ancestor].max()) + 1
        for node in draw.choice(there, min(count, max(1, there // 2)), replace=False):
            fall(nodes[ancestor] == node, DARK, 4)
    area = int(draw.integers(0, int(nodes[Ancestor.PON].max()) + 1))
    fall((nodes[Ancestor.PON] >= area) & (nodes[Ancestor.PON] < area + 12), GASP, 50)
    names = {a: [f"{a.value} {n}" for n in range(int(column.max()) + 1)] for a, column in nodes.items()}
    read = np.full(onts, _NOW - 30 * _SECOND)
    return Fleet(_NOW, names[Ancestor.OLT], row.astype(np.int64), state, changed, read, nodes, names)


def repaired(before: Fleet, known: tuple[Incident, ...]) -> Fleet:
    """The same fleet a period later, with every other incident over."""
    state, changed, now = before.state.copy(), before.changed.copy(), before.now + 300 * _SECOND
    for one in known[::2]:
        rows = np.concatenate(list(one.members.values()))
        state[rows], changed[rows] = UP, now - 60 * _SECOND
    return replace(before, now=now, state=state, changed=changed, read=before.read + 300 * _SECOND)


def _timed(known: tuple[Incident, ...], seen: Fleet) -> tuple[Run, float]:
    began = time.process_time()
    return advance(known, seen, load().thresholds), time.process_time() - began


def main() -> None:
    """Run twice and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.incidents")
    parser.add_argument("--onts", type=int, default=1_000_000)
    options = parser.parse_args()
    first = fleet(options.onts, np.random.default_rng(19))
    run, seconds = _timed((), first)
    kinds = ", ".join(f"{count} {a.value}" for a, count in sorted(Counter(one.ancestor for one in run.open).items()))
    print(f"{options.onts:,} ONTs, first run: {seconds:.2f} s of CPU (goal 10 s), {len(run.open)} incidents: {kinds}")
    later, seconds = _timed(run.open, repaired(first, run.open))
    told = ", ".join(f"{count} {kind.value}" for kind, count in Counter(c.kind for c in later.changes).items())
    print(f"a period later, half repaired: {seconds:.2f} s, {told}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
