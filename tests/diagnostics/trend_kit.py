"""An OLT of some ONTs with thirty days of levels, for the tests of the scan."""

from __future__ import annotations

import numpy as np

from diagnostics.thresholds import Thresholds
from diagnostics.trends.fleet import Around, days_of
from diagnostics.trends.scan import Scan, scan
from domain.access import OpticalClass
from domain.identifiers import OntName, PonName
from domain.metrics.olt import PON_BIAS_MA, PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_BIAS_MA, ONT_RX_DBM, ONT_TX_DBM
from domain.telemetry import pack, pack_pon
from domain.trend import Trend
from tests.diagnostics.build import rules

T = rules().thresholds
DAYS = 30
DAY = np.arange(float(DAYS))
FIRST = 20_000
PON = PonName(1, 1, 5, 10)


class Olt:
    """An OLT whose levels stand still until a test moves them."""

    def __init__(
        self, onts: int = 12, pbo_of: int = 4, pons: int = 1, classes: OpticalClass = OpticalClass.B_PLUS
    ) -> None:
        self.limits = T.limits(classes)
        self.names = [OntName(1, 1, 5, 10 + pon, 1 + ont) for pon in range(pons) for ont in range(onts)]
        count = len(self.names)
        self.rx = np.full((count, DAYS), -19.0) - np.arange(count)[:, None] * 0.1
        self.olt_rx = self.rx - 1.0
        self.ont_tx = np.full((count, DAYS), 2.3)
        self.ont_bias = np.full((count, DAYS), 12.0)
        self.port_tx = np.full((pons, DAYS), 3.4)
        self.port_bias = np.full((pons, DAYS), 20.0)
        self.pbos: list[str | None] = [f"PBO-{place // pbo_of}" for place in range(count)]
        self.splitters: list[str | None] = [None] * count

    def scan(self, t: Thresholds = T) -> Scan:
        ports = sorted({name.pon_name for name in self.names})
        keys = np.array([pack(name) for name in self.names] + [pack_pon(port) for port in ports])
        rows = (
            (ONT_RX_DBM, self.rx, None), (OLT_RX_DBM, self.olt_rx, None), (ONT_TX_DBM, self.ont_tx, None),
            (ONT_BIAS_MA, self.ont_bias, None), (PON_TX_DBM, None, self.port_tx), (PON_BIAS_MA, None, self.port_bias),
        )  # fmt: skip
        order = np.argsort(keys)
        medians = {}
        for metric, onts, own in rows:
            top = np.full((len(self.names), DAYS), np.nan) if onts is None else onts
            low = np.full((len(ports), DAYS), np.nan) if own is None else own
            medians[metric] = np.concatenate([top, low])[order]
        around = Around.of(self.pbos, self.splitters, [self.limits] * len(self.names))
        return scan(days_of("OLT-1", FIRST, keys[order], medians, t), around, t)

    def trends(self, t: Thresholds = T) -> list[Trend]:
        return list(self.scan(t).trends)


def fall(total: float, start: int = 0) -> np.ndarray:
    """A steady fall that reaches ``total`` dB on the last day."""
    return -total * np.clip((DAY - start) / (DAYS - 1 - start), 0, 1)
