"""Metrics of the OLT, its boards and its PON ports."""

from __future__ import annotations

from datetime import datetime

from domain.metric import Metric
from domain.states import Admin, Oper

OLT_REACHABLE = Metric("olt.reachable", bool, "OLT joignable")
OLT_DESCR = Metric("olt.descr", str, "Description de l'OLT")
OLT_UPTIME_S = Metric("olt.uptime_s", float, "Durée de fonctionnement de l'OLT", "s")

CARD_ADMIN = Metric("card.admin", Admin, "Etat administratif de la carte OLT")
CARD_OPER = Metric("card.oper", Oper, "Etat opérationnel de la carte OLT")
CARD_ERROR = Metric("card.error", str, "Erreur de la carte OLT")
CARD_AVAILABILITY = Metric("card.availability", str, "Disponibilité de la carte OLT")
CARD_TYPE_PLANNED = Metric("card.type_planned", str, "Type prévu de la carte OLT")
CARD_TYPE = Metric("card.type", str, "Modèle de la carte OLT")
CARD_KIND = Metric("card.kind", str, "Type de la carte OLT")

PON_ADMIN = Metric("pon.admin", Admin, "Etat administratif du port PON")
PON_OPER = Metric("pon.oper", Oper, "Etat opérationnel du port PON")
PON_TX_DBM = Metric("pon.tx_power_dbm", float, "Puissance émise par l'OLT", "dBm")
PON_LASER_ON = Metric("pon.laser_on", bool, "Laser du port PON allumé")
PON_LAST_CHANGE = Metric("pon.last_change", datetime, "Dernier changement d'état du port PON")
