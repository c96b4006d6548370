"""How a campaign goes on: a pure decision from where its accesses stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from domain.campaign import Member, MemberOutcome, Pace


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now.

    Attributes:
        ask: Accesses whose téléaction is to be asked for.
        stop: Why it stops; empty: it goes on.
        done: Whether every access has ended.
    """

    ask: tuple[Member, ...] = ()
    stop: str = ""
    done: bool = False


def next_step(pace: Pace, members: Sequence[Member]) -> Step:
    """The next step. A wave begins when the one before has ended and is healthy enough."""
    for wave in sorted({member.wave for member in members}):
        mine = [member for member in members if member.wave == wave]
        stop = _stop(pace, wave, mine)
        if stop:
            return Step(stop=stop)
        if not all(member.outcome.ended for member in mine):
            return Step(ask=_room(pace, mine))
    return Step(done=True)


def _stop(pace: Pace, wave: int, mine: Sequence[Member]) -> str:
    """One unhealthy canary stops it; in a wave, more than its share. Told as soon as it is certain."""
    unhealthy = sum(member.outcome is MemberOutcome.UNHEALTHY for member in mine)
    if wave == 0 and unhealthy:
        return f"canary: {unhealthy}/{len(mine)}"
    if wave == 0 and all(member.outcome is MemberOutcome.REFUSED for member in mine):
        return f"canary: 0/{len(mine)}"  # nothing was tried: nothing speaks for going on
    if unhealthy > pace.most_unhealthy * len(mine):
        return f"wave {wave}: {unhealthy}/{len(mine)}"
    return ""


def _room(pace: Pace, mine: Sequence[Member]) -> tuple[Member, ...]:
    """As many accesses as may be acted on at once, by OLT and in all."""
    busy = Counter(member.olt for member in mine if member.outcome is MemberOutcome.ASKED)
    free = pace.at_once - sum(busy.values())
    chosen: list[Member] = []
    for member in mine:
        if len(chosen) >= free:
            break
        if member.outcome is MemberOutcome.WAITING and busy[member.olt] < pace.per_olt:
            busy[member.olt] += 1
            chosen.append(member)
    return tuple(chosen)
