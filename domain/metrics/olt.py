"""Metrics of the OLT, its boards and its PON ports."""

from __future__ import annotations

from datetime import datetime

from domain.metric import Metric
from domain.states import Admin, DownCause, Oper, PonAlarm

OLT_REACHABLE = Metric("olt.reachable", bool, "OLT joignable")
OLT_DESCR = Metric("olt.descr", str, "Description de l'OLT")
OLT_UPTIME_S = Metric("olt.uptime_s", float, "Durée de fonctionnement de l'OLT", "s")
OLT_SOFTWARE = Metric("olt.software", str, "Version logicielle de l'OLT")

CARD_ADMIN = Metric("card.admin", Admin, "Etat administratif de la carte OLT")
CARD_OPER = Metric("card.oper", Oper, "Etat opérationnel de la carte OLT")
CARD_ERROR = Metric("card.error", str, "Erreur de la carte OLT")
CARD_AVAILABILITY = Metric("card.availability", str, "Disponibilité de la carte OLT")
CARD_TYPE_PLANNED = Metric("card.type_planned", str, "Type prévu de la carte OLT")
CARD_TYPE = Metric("card.type", str, "Modèle de la carte OLT")
CARD_KIND = Metric("card.kind", str, "Type de la carte OLT")
CARD_SERIAL = Metric("card.serial", str, "N° de série de la carte OLT")
CARD_SOFTWARE = Metric("card.software", str, "Version logicielle de la carte OLT")
CARD_CPU_PERCENT = Metric("card.cpu_percent", float, "Charge du processeur de la carte OLT", "%")
CARD_MEMORY_PERCENT = Metric("card.memory_percent", float, "Mémoire utilisée de la carte OLT", "%")
CARD_TEMPERATURE_C = Metric("card.temperature_c", float, "Température de la carte OLT", "°C")
CARD_POWER_W = Metric("card.power_w", float, "Puissance consommée par la carte OLT", "W")

PON_ADMIN = Metric("pon.admin", Admin, "Etat administratif du port PON")
PON_OPER = Metric("pon.oper", Oper, "Etat opérationnel du port PON")
PON_TX_DBM = Metric("pon.tx_power_dbm", float, "Puissance émise par l'OLT", "dBm")
PON_ALARMS = Metric("pon.alarms", tuple[PonAlarm, ...], "Alarmes du port PON")
PON_LASER_ON = Metric("pon.laser_on", bool, "Laser du port PON allumé")
PON_LAST_CHANGE = Metric("pon.last_change", datetime, "Dernier changement d'état du port PON")
PON_LAST_UP = Metric("pon.last_up", datetime, "Dernière mise en service du port PON")
PON_LAST_DOWN = Metric("pon.last_down", datetime, "Dernière perte du port PON")
PON_DOWN_CAUSE = Metric("pon.down_cause", DownCause, "Cause de la dernière perte du port PON")
PON_MODULE_PRESENT = Metric("pon.module_present", bool, "Module optique présent")
PON_ONTS_CONFIGURED = Metric("pon.onts_configured", int, "ONT configurés sur le port PON")
PON_ONTS_ONLINE = Metric("pon.onts_online", int, "ONT en ligne sur le port PON")
PON_RX_DBM = Metric("pon.rx_power_dbm", float, "Puissance reçue par le module du port PON", "dBm")
PON_TEMPERATURE_C = Metric("pon.temperature_c", float, "Température du module du port PON", "°C")
PON_BIAS_MA = Metric("pon.bias_ma", float, "Courant laser du port PON", "mA")
PON_VOLTAGE_V = Metric("pon.voltage_v", float, "Tension du module du port PON", "V")
PON_BYTES_UP = Metric("pon.bytes_up", int, "Octets reçus par le port PON", "o")
PON_BYTES_DOWN = Metric("pon.bytes_down", int, "Octets émis par le port PON", "o")
PON_CRC_ERRORS = Metric("pon.crc_errors", int, "Trames en erreur reçues par le port PON")
PON_FEC_CORRECTED = Metric("pon.fec_corrected", int, "Mots corrigés par la FEC du port PON")
PON_FEC_UNCORRECTED = Metric("pon.fec_uncorrected", int, "Mots non corrigés par la FEC du port PON")
