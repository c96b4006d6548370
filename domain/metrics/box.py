"""Metrics of the subscriber box, read over CWMP."""

from __future__ import annotations

from datetime import datetime

from domain.identifiers import MacAddress
from domain.metric import Metric
from domain.states import Oper, PppStatus, Reach

BOX_LAST_INFORM = Metric("box.last_inform", datetime, "Dernier Inform de la box")
BOX_INFORM_INTERVAL_S = Metric("box.inform_interval_s", int, "Intervalle d'Inform de la box", "s")
BOX_REACH = Metric("box.reach", Reach, "Réponse de la box à la demande de connexion")
BOX_MODEL = Metric("box.model", str, "Modèle de la box")
BOX_SERIAL = Metric("box.serial", str, "N° de série de la box")
BOX_FIRMWARE = Metric("box.firmware", str, "Version du Firmware")
BOX_HARDWARE = Metric("box.hardware", str, "Version matérielle de la box")
BOX_MAC = Metric("box.mac", MacAddress, "Adresse MAC de la box")
BOX_UPTIME_S = Metric("box.uptime_s", int, "Durée de fonctionnement de la box", "s")
BOX_WAN_LINK = Metric("box.wan_link", Oper, "Lien WAN de la box")
BOX_PPP_STATUS = Metric("box.ppp_status", PppStatus, "Etat de la connexion PPP")
BOX_PPP_LAST_ERROR = Metric("box.ppp_last_error", str, "Dernière erreur PPP")
BOX_WAN_IP = Metric("box.wan_ip", str, "Adresse IP de la box")
