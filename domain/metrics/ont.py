"""Metrics of the ONT and of its user-side Ethernet port (UNI)."""

from __future__ import annotations

from datetime import datetime

from domain.identifiers import Firmware, SerialNumber
from domain.metric import Metric
from domain.states import (
    Admin,
    DownCause,
    Duplex,
    EthernetRate,
    Negotiation,
    OntAlarm,
    OntPhase,
    Oper,
    Ranging,
    Registration,
)

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
ONT_PHASE = Metric("ont.phase", OntPhase, "Phase d'activation de l'ONT")
ONT_LAST_UP = Metric("ont.last_up", datetime, "Dernière mise en ligne de l'ONT")
ONT_LAST_DOWN = Metric("ont.last_down", datetime, "Dernière perte de l'ONT")
ONT_LAST_DYING_GASP = Metric("ont.last_dying_gasp", datetime, "Dernière coupure d'alimentation de l'ONT")
ONT_DOWN_CAUSE = Metric("ont.down_cause", DownCause, "Cause de la dernière perte de l'ONT")
ONT_CONFIG_STATE = Metric("ont.config_state", str, "Etat de configuration de l'ONT")
ONT_MATCH_STATE = Metric("ont.match_state", str, "Conformité de l'ONT à son profil")
ONT_SERIAL_SEEN = Metric("ont.serial_seen", SerialNumber, "N° de série vu par l'OLT")
ONT_LOID = Metric("ont.loid", str, "LOID de l'ONT configuré dans l'OLT", secret=True)
ONT_NAME = Metric("ont.name", str, "Nom de l'ONT dans l'OLT")
ONT_DESCRIPTION = Metric("ont.description", str, "Description de l'ONT dans l'OLT")
ONT_LINE_PROFILE = Metric("ont.line_profile", str, "Profil de ligne de l'ONT")
ONT_SERVICE_PROFILE = Metric("ont.service_profile", str, "Profil de service de l'ONT")
ONT_VENDOR = Metric("ont.vendor", str, "Constructeur de l'ONT")
ONT_HARDWARE = Metric("ont.hardware", str, "Version matérielle de l'ONT")
ONT_TEMPERATURE_C = Metric("ont.temperature_c", float, "Température du module de l'ONT", "°C")
ONT_BIAS_MA = Metric("ont.bias_ma", float, "Courant laser de l'ONT", "mA")
ONT_VOLTAGE_V = Metric("ont.voltage_v", float, "Tension du module de l'ONT", "V")
ONT_BYTES_UP = Metric("ont.bytes_up", int, "Octets montants de l'ONT", "o")
ONT_BYTES_DOWN = Metric("ont.bytes_down", int, "Octets descendants de l'ONT", "o")
ONT_PACKETS_UP = Metric("ont.packets_up", int, "Trames montantes de l'ONT")
ONT_PACKETS_DOWN = Metric("ont.packets_down", int, "Trames descendantes de l'ONT")
ONT_BIP_UP = Metric("ont.bip_up", int, "Erreurs BIP montantes de l'ONT")
ONT_BIP_DOWN = Metric("ont.bip_down", int, "Erreurs BIP descendantes de l'ONT")
ONT_FEC_CORRECTED = Metric("ont.fec_corrected", int, "Mots corrigés par la FEC de l'ONT")
ONT_FEC_UNCORRECTED = Metric("ont.fec_uncorrected", int, "Mots non corrigés par la FEC de l'ONT")
ONT_HEC_ERRORS = Metric("ont.hec_errors", int, "Erreurs HEC de l'ONT")
ONT_BER_EXPONENT_UP = Metric("ont.ber_exponent_up", int, "Exposant du taux d'erreurs montant")
ONT_COUNTER_INTERVAL_S = Metric("ont.counter_interval_s", float, "Durée de comptage des erreurs", "s")
ONT_FLAPS_24H = Metric("ont.flaps_24h", int, "Coupures de l'ONT en 24 h")
ONT_CAUSES_24H = Metric("ont.causes_24h", dict[DownCause, int], "Causes des coupures de l'ONT en 24 h")
ONT_PASSWORD_OK = Metric("ont.password_ok", bool, "Password ONT présenté conforme")
ONT_REGISTRATION = Metric("ont.registration", Registration, "Dernier enregistrement de l'ONT")
ONT_OMCI_OK = Metric("ont.omci_ok", bool, "Canal de gestion OMCI de l'ONT")
ONT_STRANGERS = Metric("ont.strangers", tuple[SerialNumber, ...], "ONT inconnus apparus sur le même port PON")
"""Serial numbers heard on the subject's PON port and configured nowhere, since its ONT left."""
ONT_ELSEWHERE = Metric("ont.elsewhere", str, "Autre port PON où l'ONT a été découvert")

UNI_ADMIN = Metric("uni.admin", Admin, "Etat administratif du port de l'ONT")
UNI_SPEED_MBPS = Metric("uni.speed_mbps", int, "Débit du lien ONT-box", "Mbit/s")
UNI_DUPLEX = Metric("uni.duplex", Duplex, "Duplex du lien ONT-box")
UNI_OPER = Metric("uni.oper", Oper, "Lien ONT-box")
UNI_NEGOTIATION = Metric("uni.negotiation", Negotiation, "Type de négociation")
UNI_RATE = Metric("uni.rate", EthernetRate, "Etat de la négociation")
