"""Counters of an OLT's ONTs: bytes that customers move, and errors, as `simulators.plant.traffic` counts them.

A rate stands from one change to the next; what has passed is added when it changes, or is asked for. Instants are
microseconds since 1970.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.fleet.physics import Reals, busy_seconds
from simulators.fleet.topology import Ints, Topology
from simulators.plant.traffic import BIP_A_S, IDLE_UP_BIT_S

PACE_US = 10 * 1_000_000  # C: how often an OLT brings its counters up to date


class ErrorRates(NamedTuple):
    """Errors a bit of each ONT: behind FEC upstream and downstream, and before FEC downstream where there is FEC."""

    up: Reals
    down: Reals
    pre_fec: Reals


class Errors(NamedTuple):
    """Of each ONT: BIP errors upstream and downstream, codewords that FEC has put right, and those it could not."""

    up: Ints
    down: Ints
    corrected: Ints
    lost: Ints


class Counters:
    """Everything that is counted since the OLT's start."""

    def __init__(self, topology: Topology, begin_us: int, booted_us: int) -> None:
        onts = len(topology.slot)
        self._topology = topology
        self._at_us = begin_us
        self._busy_at_s = busy_seconds(begin_us)
        self._busy_s = np.full(onts, self._busy_at_s - busy_seconds(booted_us))
        self._serving = np.ones(onts, np.bool_)
        self._errors = np.zeros((4, onts))
        self._rates = np.zeros((4, onts))

    def change(self, at_us: int, rates: ErrorRates, serving: NDArray[np.bool_]) -> None:
        """From that instant on, errors come at those rates, and traffic passes where ``serving``."""
        if at_us > self._at_us:
            busy_s = busy_seconds(at_us)
            self._errors += (at_us - self._at_us) / 1e6 * self._rates
            self._busy_s = self._busy_s + (busy_s - self._busy_at_s) * self._serving
            self._at_us, self._busy_at_s = at_us, busy_s
        self._serving = serving
        self._rates = self._a_second(rates)

    def errors(self, now_us: int) -> Errors:
        """As the OLT counts them."""
        passed_s = max(now_us // PACE_US * PACE_US - self._at_us, 0) / 1e6
        return Errors(*(self._errors + passed_s * self._rates).astype(np.int64))

    def traffic(self, now_us: int) -> tuple[Ints, Ints]:
        """Bytes upstream and downstream of each ONT."""
        passed_s = max(busy_seconds(now_us // PACE_US * PACE_US) - self._busy_at_s, 0.0)
        busy_s = self._busy_s + passed_s * self._serving
        t = self._topology
        return (busy_s * t.up_bytes_s).astype(np.int64), (busy_s * t.down_bytes_s).astype(np.int64)

    def _a_second(self, rates: ErrorRates) -> Reals:
        """Downstream every ONT reads the whole line; upstream the errors are those of its own bursts."""
        light, found = self._topology.generation.light, np.zeros_like(self._errors)
        found[0] = np.minimum(rates.up * (self._topology.up_bytes_s * 8.0 + IDLE_UP_BIT_S), BIP_A_S)
        if light.counts_bip:
            found[1] = np.minimum(rates.down * light.down_bit_s, BIP_A_S)
        if rates.pre_fec.any():
            bits = 8 * light.codeword_octets
            lost = np.minimum(rates.down * bits / (light.corrects + 1), 1.0) * (rates.pre_fec > 0)
            hit = 1.0 - np.exp(-rates.pre_fec * bits)
            found[2] = np.maximum(hit - lost, 0.0) * light.down_bit_s / bits
            found[3] = lost * light.down_bit_s / bits
        return found
