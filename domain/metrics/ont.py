"""Metrics of the ONT and of its user-side Ethernet port (UNI)."""

from __future__ import annotations

from datetime import datetime

from domain.identifiers import Firmware, SerialNumber
from domain.metric import Metric
from domain.states import Admin, EthernetRate, Negotiation, OntAlarm, Oper, Ranging

ONT_PROVISIONED = Metric("ont.provisioned", bool, "ONT provisionné")
ONT_ADMIN = Metric("ont.admin", Admin, "Etat administratif de l'ONT")
ONT_OPER = Metric("ont.oper", Oper, "Etat opérationnel de l'ONT")
ONT_LAST_CHANGE = Metric("ont.last_change", datetime, "Dernier changement d'état de l'ONT")
ONT_SERIAL = Metric("ont.serial", SerialNumber, "N° de série configuré dans l'OLT")
ONT_PASSWORD = Metric("ont.password", str, "Password ONT configuré dans l'OLT", secret=True)
ONT_EQUIPMENT_ID = Metric("ont.equipment_id", str, "Modèle de l'ONT")
ONT_FIRMWARE_ACTIVE = Metric("ont.firmware_active", Firmware, "Firmware actif")
ONT_FIRMWARE_STANDBY = Metric("ont.firmware_standby", Firmware, "Firmware en attente")
ONT_FIRMWARE_PLANNED = Metric("ont.firmware_planned", Firmware, "Firmware planifié")
ONT_ALARMS = Metric("ont.alarms", tuple[OntAlarm, ...], "Alarmes de l'ONT")
ONT_RANGING = Metric("ont.ranging", Ranging, "Ranging de l'ONT")
ONT_DISTANCE_M = Metric("ont.distance_m", float, "Distance de l'ONT", "m")
ONT_RX_DBM = Metric("ont.rx_power_dbm", float, "Puissance reçue par l'ONT", "dBm")
ONT_TX_DBM = Metric("ont.tx_power_dbm", float, "Puissance émise par l'ONT", "dBm")
OLT_RX_DBM = Metric("ont.olt_rx_power_dbm", float, "Puissance reçue par l'OLT", "dBm")
ONT_ERRORS_UP = Metric("ont.errors_up", int, "Taux d'erreurs montant")
ONT_ERRORS_DOWN = Metric("ont.errors_down", int, "Taux d'erreurs descendant")

UNI_OPER = Metric("uni.oper", Oper, "Lien ONT-box")
UNI_NEGOTIATION = Metric("uni.negotiation", Negotiation, "Type de négociation")
UNI_RATE = Metric("uni.rate", EthernetRate, "Etat de la négociation")
