"""The Internet platform behind the accesses, and the flows tested through one of them."""

from __future__ import annotations

from domain.metric import Metric
from domain.states import Flow, Policy

PLATFORM_DNS_OK = Metric("platform.dns_ok", bool, "Résolveurs DNS de la plateforme")
PLATFORM_RADIUS_OK = Metric("platform.radius_ok", bool, "Serveurs RADIUS de la plateforme")
PLATFORM_LNS_OK = Metric("platform.lns_ok", bool, "LNS de la plateforme")
PLATFORM_INTERNET_OK = Metric("platform.internet_ok", bool, "Accès de la plateforme à Internet")
RADIUS_REJECT_PERCENT = Metric("platform.radius_reject_percent", float, "Abonnés refusés par RADIUS", "%")
RADIUS_TIMEOUT_PERCENT = Metric("platform.radius_timeout_percent", float, "Demandes RADIUS sans réponse", "%")
PLATFORM_AFFECTED = Metric("platform.affected_accesses", int, "Accès touchés sur la plateforme")
NEIGHBOUR_SESSIONS_OK = Metric("platform.neighbour_sessions_ok", bool, "Sessions Internet des accès voisins")
FLOWS = Metric("platform.flows", dict[str, Flow], "Flux testés")
PORT_25 = Metric("platform.port_25_policy", Policy, "Politique du port 25")
