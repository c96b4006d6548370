"""What surrounds a line over days: the weather, and the mean levels of the ONTs that share its PBO and its PON."""

from __future__ import annotations

from domain.metric import Metric

AIR_TEMPERATURE_C = Metric("weather.temperature_c", float, "Température extérieure", "°C")
RAIN_MM = Metric("weather.rain_mm", float, "Pluie", "mm")
PBO_MEAN_RX_DBM = Metric("surroundings.pbo_mean_rx_dbm", float, "Moyenne des ONT rx du PBO", "dBm")
PON_MEAN_RX_DBM = Metric("surroundings.pon_mean_rx_dbm", float, "Moyenne des ONT rx du port PON", "dBm")
