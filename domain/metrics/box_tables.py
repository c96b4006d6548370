"""Tables of the subscriber box, each one reading: all of its rows, or the reason why there are none."""

from __future__ import annotations

from typing import Any

from domain.box_tables import Host, LanPort, VoiceLine, WifiClient, WifiNeighbour, WifiNetwork, WifiRadio
from domain.metric import Metric

BOX_LAN_PORTS = Metric("box.lan_ports", tuple[LanPort, ...], "Ports LAN de la box")
BOX_WIFI_RADIOS = Metric("box.wifi_radios", tuple[WifiRadio, ...], "Radios Wi-Fi de la box")
BOX_WIFI_NETWORKS = Metric("box.wifi_networks", tuple[WifiNetwork, ...], "Réseaux Wi-Fi de la box")
BOX_WIFI_CLIENTS = Metric("box.wifi_clients", tuple[WifiClient, ...], "Clients Wi-Fi de la box")
BOX_WIFI_NEIGHBOURS = Metric("box.wifi_neighbours", tuple[WifiNeighbour, ...], "Réseaux Wi-Fi voisins de la box")
BOX_HOSTS = Metric("box.hosts", tuple[Host, ...], "Appareils connus de la box")
BOX_VOICE_LINES = Metric("box.voice_lines", tuple[VoiceLine, ...], "Lignes téléphoniques de la box")

TABLES: tuple[Metric[Any], ...] = (
    BOX_LAN_PORTS, BOX_WIFI_RADIOS, BOX_WIFI_NETWORKS, BOX_WIFI_CLIENTS, BOX_HOSTS, BOX_VOICE_LINES,
    BOX_WIFI_NEIGHBOURS,
)  # fmt: skip
"""They name devices of the customer: shown to who looks at the box, and in no diagnosis."""
