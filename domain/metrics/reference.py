"""The access's own reference: what it measured when it was commissioned, or its 30-day median."""

from __future__ import annotations

from domain.metric import Metric

REFERENCE_ONT_RX_DBM = Metric("reference.ont_rx_power_dbm", float, "Référence ONT rx", "dBm")
REFERENCE_ONT_TX_DBM = Metric("reference.ont_tx_power_dbm", float, "Référence ONT tx", "dBm")
REFERENCE_OLT_RX_DBM = Metric("reference.olt_rx_power_dbm", float, "Référence OLT rx", "dBm")
REFERENCE_OLT_TX_DBM = Metric("reference.olt_tx_power_dbm", float, "Référence OLT tx", "dBm")
REFERENCE_ONT_BIAS_MA = Metric("reference.ont_bias_ma", float, "Référence du courant laser de l'ONT", "mA")
REFERENCE_OLT_BIAS_MA = Metric("reference.olt_bias_ma", float, "Référence du courant laser du port PON", "mA")
