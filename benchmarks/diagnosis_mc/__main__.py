"""``python -m benchmarks.diagnosis_mc``: draws judged in process and over the real protocols, and the speed.

``--one SEED`` plays one draw and prints what was wrong and how the engine reasons.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

from api.logs import configure
from api.loop import run
from benchmarks.diagnosis_mc.draws import draw, every_kind
from benchmarks.diagnosis_mc.judging import Judged, Summary, judge, summary
from benchmarks.diagnosis_mc.picture import confusion
from benchmarks.diagnosis_mc.reader import snapshot_of
from benchmarks.diagnosis_mc.real import RealJudged, play
from benchmarks.diagnosis_mc.scene import stage
from benchmarks.diagnosis_mc.speed import per_second
from benchmarks.diagnosis_mc.truth import truth_of
from diagnostics.__main__ import load
from diagnostics.explain.tree import explain
from diagnostics.ruleset import Ruleset

_SHOWN = 40
_SNAPSHOTS = 200  # for the speed: enough to hold every kind


@cache
def _ruleset() -> Ruleset:
    return load()


def _judged(seed: int, kinds: tuple[str, ...]) -> Judged:
    return judge(seed, _ruleset(), kinds)


def drawn(seed: int, draws: int, jobs: int, kinds: tuple[str, ...] = ()) -> list[Judged]:
    """So many draws from a seed on."""
    seeds = range(seed, seed + draws)
    if jobs == 1:
        return [_judged(one, kinds) for one in seeds]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(partial(_judged, kinds=kinds), seeds, chunksize=8))


def told(judged: Sequence[Judged], found: Summary) -> Iterator[str]:
    """What many draws come to, as text."""
    yield f"{found.draws} draws in process; excluded by the oracle {found.excluded:.1%} (goal ≤ 15 %)"
    yield f"  family           {found.family:.2%} (goal 99 %)"
    yield f"  prelocalisation  {found.place:.2%} (goal 98 %)"
    yield f"  scope            {found.scope:.2%}"
    yield f"  visits to a customer for a collective fault  {len(found.collective_visits)} (goal 0)"
    yield f"  other visits to the wrong place              {len(found.wrong_visits) - len(found.collective_visits)}"
    yield f"  verdicts that no evidence supports, among those excluded  {len(found.guesses)}"
    yield f"  expected calibration error  {found.calibration_error:.3f} (goal ≤ 0.05)"
    yield from (f"    confidence {mean:.2f}  right {right:.2f}  of {count}" for count, mean, right in found.calibration)
    yield "  what is wrong → what is said (decided draws)"
    for (wrong, said), count in sorted(found.matrix.items()):
        yield f"    {'  ' if wrong is said else '! '}{wrong.value:<20} {said.value:<20} {count}"
    yield from _classes("wrong, by class (--one SEED explains)", [o for o in judged if o.decides and not o.place_right])
    yield from _classes("sent to the wrong place", found.wrong_visits)
    yield from _classes("excluded", [one for one in judged if not one.decides], rivals=True)


def _classes(title: str, judged: Sequence[Judged], *, rivals: bool = False) -> Iterator[str]:
    if not judged:
        return
    yield f"  {title}"
    seeds: dict[str, list[int]] = {}
    for one in judged:
        what = "+".join(one.kinds) or "nothing"
        then = f"like {', '.join(one.rivals[:2])}" if rivals else f"{one.rule} {one.said.family}/{one.said.place}"
        seeds.setdefault(f"{one.vendor:<15} {what} → {then}", []).append(one.seed)
    for name, found in sorted(seeds.items(), key=lambda item: -len(item[1]))[:_SHOWN]:
        yield f"    {len(found):3}  {name}  {found[:4]}"


def told_real(judged: Sequence[RealJudged]) -> Iterator[str]:
    """What the draws over the real protocols come to."""
    right, placed = (sum(getattr(one, name) for one in judged) for name in ("right", "placed"))
    yield f"{len(judged)} draws over SNMP, CLI, CWMP and RADIUS: family {right / len(judged):.2%}, "
    yield f"  prelocalisation {placed / len(judged):.2%}"
    wrong = Counter((one.vendor, one.kind, one.rule, one.family) for one in judged if not one.placed)
    yield from (f"    {count}  {' '.join(what)}" for what, count in wrong.most_common())


def one(seed: int, kinds: tuple[str, ...]) -> Iterator[str]:
    """One draw: what was wrong, what was withheld, and the reasoning."""
    found = draw(seed, kinds)
    scene = stage(found, found.orders)
    snapshot = snapshot_of(scene)
    truth = truth_of(scene)
    yield f"{found.vendor} {found.subject}, withheld: {', '.join(sorted(gap.value for gap in found.gaps)) or 'nothing'}"
    yield from (f"  fault {order.kind} on {order.target} for {order.age_s:g} s" for order in found.orders)
    yield f"  right: {', '.join(f'{v.family}/{v.place}/{v.scope}' for v in truth.right)}; visit {truth.visit}"
    judged = judge(seed, _ruleset(), kinds)
    yield f"  the evidence {'decides' if judged.decides else 'fits as well: ' + ', '.join(judged.rivals)}"
    yield from explain(snapshot, _ruleset()).lines()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis_mc")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--draws", type=int, default=3000)
    parser.add_argument("--real", type=int, default=300, help="draws over the real protocols")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kind", action="append", default=[], choices=every_kind(), help="what alone may break")
    parser.add_argument("--one", type=int, help="play one draw and explain")
    parser.add_argument("--picture", type=Path, help="write the confusion matrix there (SVG)")
    return parser.parse_args()


def main() -> None:
    """Draw, judge and print."""
    options, kinds = _options(), ()
    kinds = tuple(options.kind)
    configure(logging.CRITICAL)
    if options.one is not None:
        print("\n".join(one(options.one, kinds)))
        return
    if options.draws:
        judged = drawn(options.seed, options.draws, options.jobs, kinds)
        found = summary(judged)
        print("\n".join(told(judged, found)), flush=True)
        if options.picture is not None:
            caption = f"{found.decided} draws that the evidence decides, of {found.draws}: family {found.family:.1%}"
            options.picture.write_text(confusion(found.matrix, caption), "utf-8")
    scenes = (draw(seed, kinds) for seed in range(options.seed, options.seed + _SNAPSHOTS))
    ready = [snapshot_of(stage(found, found.orders)) for found in scenes]
    print(f"{per_second(ready, _ruleset()):,.0f} diagnoses a second of one core (goal 3,000)", flush=True)
    if options.real:
        print("\n".join(told_real(run(play(options.seed, options.real)))))


if __name__ == "__main__":
    main()
