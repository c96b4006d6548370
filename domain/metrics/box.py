"""Metrics of the subscriber box, read over CWMP."""

from __future__ import annotations

from datetime import datetime

from domain.identifiers import MacAddress
from domain.metric import Metric
from domain.states import BootCause, BoxSecret, Oper, PppStatus, Reach

BOX_LAST_INFORM = Metric("box.last_inform", datetime, "Dernier Inform de la box")
BOX_INFORM_INTERVAL_S = Metric("box.inform_interval_s", int, "Intervalle d'Inform de la box", "s")
BOX_REACH = Metric("box.reach", Reach, "Réponse de la box à la demande de connexion")
BOX_REFUSED_AT = Metric("box.refused_at", datetime, "Dernier contact refusé à la box")
BOX_REFUSED_FROM = Metric("box.refused_from", str, "Adresse du dernier contact refusé")
BOX_REFUSED_SECRET = Metric("box.refused_secret", BoxSecret, "Secret présenté au dernier contact refusé")
BOX_READMITTED_AT = Metric("box.readmitted_at", datetime, "Dernière acceptation de la box avec le secret initial")
BOX_READMITTED_FROM = Metric("box.readmitted_from", str, "Adresse de la box à cette acceptation")
BOX_MODEL = Metric("box.model", str, "Modèle de la box")
BOX_SERIAL = Metric("box.serial", str, "N° de série de la box")
BOX_FIRMWARE = Metric("box.firmware", str, "Version du Firmware")
BOX_HARDWARE = Metric("box.hardware", str, "Version matérielle de la box")
BOX_MAC = Metric("box.mac", MacAddress, "Adresse MAC de la box")
BOX_UPTIME_S = Metric("box.uptime_s", int, "Durée de fonctionnement de la box", "s")
BOX_CPU_PERCENT = Metric("box.cpu_percent", int, "Charge du processeur de la box", "%")
BOX_MEMORY_TOTAL_KB = Metric("box.memory_total_kb", int, "Mémoire de la box", "Ko")
BOX_MEMORY_FREE_KB = Metric("box.memory_free_kb", int, "Mémoire libre de la box", "Ko")
BOX_TEMPERATURE_C = Metric("box.temperature_c", float, "Température de la box", "°C")
BOX_WAN_UPTIME_S = Metric("box.wan_uptime_s", int, "Durée de la connexion de la box", "s")
BOX_OPTICAL_RX_DBM = Metric("box.optical_rx_dbm", float, "Puissance optique reçue par la box", "dBm")
BOX_OPTICAL_TX_DBM = Metric("box.optical_tx_dbm", float, "Puissance optique émise par la box", "dBm")
BOX_WAN_LINK = Metric("box.wan_link", Oper, "Lien WAN de la box")
BOX_PPP_STATUS = Metric("box.ppp_status", PppStatus, "Etat de la connexion PPP")
BOX_PPP_LAST_ERROR = Metric("box.ppp_last_error", str, "Dernière erreur PPP")
BOX_WAN_IP = Metric("box.wan_ip", str, "Adresse IP de la box")
BOX_PING_OK = Metric("box.ping_ok", bool, "Ping au-delà de la plateforme")
BOX_DNS_OK = Metric("box.dns_ok", bool, "Résolution DNS depuis la box")
BOX_DNS_SERVERS = Metric("box.dns_servers", tuple[str, ...], "Serveurs DNS de la box")
BOX_DNS_CUSTOM = Metric("box.dns_custom", bool, "Serveurs DNS choisis par le client")
BOX_PADO_SEEN = Metric("box.pado_seen", bool, "Réponse PADO reçue par la box")
BOX_BOOT_CAUSE = Metric("box.boot_cause", BootCause, "Cause du dernier démarrage de la box")
BOX_BOOTS_24H = Metric("box.boots_24h", int, "Démarrages de la box en 24 h")
"""Those that nobody asked for."""
BOX_WIFI_RSSI_DBM = Metric("box.wifi_rssi_dbm", float, "Niveau Wi-Fi du client le plus faible", "dBm")
BOX_WIFI_BUSY_PERCENT = Metric("box.wifi_busy_percent", float, "Occupation du canal Wi-Fi", "%")
BOX_WIRED_MBPS = Metric("box.wired_mbps", float, "Débit descendant filaire", "Mbit/s")
BOX_WIRED_UP_MBPS = Metric("box.wired_up_mbps", float, "Débit montant filaire", "Mbit/s")
