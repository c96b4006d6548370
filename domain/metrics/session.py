"""Metrics of the PPP session, from RADIUS accounting and from the authentication log."""

from __future__ import annotations

from datetime import datetime

from domain.metric import Metric
from domain.states import AuthResult

SESSION_ACTIVE = Metric("session.active", bool, "Session ouverte")
SESSION_STARTED = Metric("session.started", datetime, "Début de la session")
SESSION_LAST_SEEN = Metric("session.last_seen", datetime, "Dernier signe de la session")
SESSION_STOPPED = Metric("session.stopped", datetime, "Fin de la session")
SESSION_STOP_CAUSE = Metric("session.stop_cause", str, "Cause de fin de la session")
SESSION_IP = Metric("session.ip", str, "Adresse IP de la session")
AUTH_RESULT = Metric("session.auth_result", AuthResult, "Dernière authentification")
AUTH_AT = Metric("session.auth_at", datetime, "Date de la dernière authentification")
AUTH_REASON = Metric("session.auth_reason", str, "Motif de la dernière authentification")
