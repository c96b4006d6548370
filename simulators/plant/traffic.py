"""Counters that live: bytes that customers move, and the errors that bad light or a disturbance makes in them.

A steady rate for each ONT in session, from its rank, weighted by the hour of the day. Errors follow from the error rate
of the moment (ITU-T G.984.3 for BIP-8): nothing is drawn, fractions are kept until they make one.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from domain.identifiers import OntName
from simulators.plant.layout import Layout
from simulators.plant.optics import Generation
from simulators.plant.state import OntState, PlantState

_BASE_DOWN, _STEP_DOWN = 60_000, 7_000  # bytes per second (C)
_BASE_UP, _STEP_UP = 9_000, 800
IDLE_UP_BIT_S = 16_000.0  # C: bursts of an ONT that has nothing to send but PLOAM, OMCI and DBA reports
_NOWHERE = 0.01  # C: what a box still sends when its session leads nowhere
BIP_A_S = 64_000.0  # BIP-8 counts 8 errors a frame of 125 us at most
_QUIETEST_HOUR, _SWING = 3.0, 0.6  # C: 03:00 UTC, and how far from the mean
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S = 86_400.0


class Traffic:
    """Advances the counters of the ONTs."""

    def __init__(self, state: PlantState, layout: Layout, begin: datetime) -> None:
        self._state = state
        self._rates = {
            name: (_BASE_DOWN + _STEP_DOWN * (ont.number % 23), _BASE_UP + _STEP_UP * (ont.number % 19))
            for name, ont in layout.onts.items()
        }
        self._generations = {name: layout.pons[name.pon_name].generation for name in layout.onts}
        self._fractions: dict[tuple[OntName, str], float] = {}
        self._at = begin
        for name, box in state.boxes.items():
            if box.ppp_since is not None:
                self._move(name, _busy_s(begin) - _busy_s(box.ppp_since))

    def advance(self, now: datetime) -> None:
        """Count what has passed since the last call."""
        seconds = (now - self._at).total_seconds()
        if seconds <= 0:
            return
        busy_s = _busy_s(now) - _busy_s(self._at)
        self._at = now
        for name, box in self._state.boxes.items():
            if box.session_id is not None and box.management_up:
                self._move(name, busy_s if box.internet_up else busy_s * _NOWHERE)
        for ont in self._state.onts.values():
            if ont.oper_up and (ont.ber_up or ont.ber_down or ont.pre_fec):
                self._errors(ont, self._generations[ont.name], seconds)

    def _move(self, name: OntName, busy_s: float) -> None:
        ont, (down, up) = self._state.onts[name], self._rates[name]
        ont.bytes_down += int(down * busy_s)
        ont.bytes_up += int(up * busy_s)

    def _errors(self, ont: OntState, generation: Generation, seconds: float) -> None:
        """Downstream every ONT reads the whole line; upstream the errors are those of its own bursts."""
        up_bit_s = self._rates[ont.name][1] * 8.0 + IDLE_UP_BIT_S
        ont.errors_up += self._whole(ont.name, "up", min(ont.ber_up * up_bit_s, BIP_A_S) * seconds)
        if generation.counts_bip:
            down = min(ont.ber_down * generation.down_bit_s, BIP_A_S)
            ont.errors_down += self._whole(ont.name, "down", down * seconds)
        if ont.pre_fec:
            bits = 8 * generation.codeword_octets
            words = generation.down_bit_s / bits * seconds
            lost = min(ont.ber_down * bits / (generation.corrects + 1), 1.0)
            hit = 1.0 - math.exp(-ont.pre_fec * bits)
            ont.fec_lost += self._whole(ont.name, "lost", lost * words)
            ont.fec_corrected += self._whole(ont.name, "corrected", max(hit - lost, 0.0) * words)

    def _whole(self, name: OntName, what: str, amount: float) -> int:
        total = self._fractions.get((name, what), 0.0) + amount
        count = int(total)
        self._fractions[(name, what)] = total - count
        return count


def _busy_s(at: datetime) -> float:
    """Seconds weighted by how busy customers are at each hour: its growth is the traffic's."""
    seconds, turn = (at - _EPOCH) / timedelta(seconds=1), 2 * math.pi / _DAY_S
    return seconds - _SWING / turn * math.sin(turn * (seconds - _QUIETEST_HOUR * 3600))
