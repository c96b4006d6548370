"""What surrounds a test: works, téléactions, what the customer sees and says."""

from __future__ import annotations

from datetime import datetime

from domain.metric import Metric

PLANNED_WORKS = Metric("context.planned_works", bool, "Travaux programmés en cours")
PM_JOB_AT = Metric("context.pm_job_at", datetime, "Dernière opération au point de mutualisation")
TELEACTION_AT = Metric("context.teleaction_at", datetime, "Dernière téléaction")
TELEACTION = Metric("context.teleaction", str, "Nature de la dernière téléaction")
SYMPTOM = Metric("context.symptom", str, "Symptôme signalé")
LEDS = Metric("context.leds", dict[str, str], "Voyants relevés chez le client")
MAINS_CHECKED = Metric("context.mains_checked", bool, "Courant vérifié à la prise de l'ONT")
"""True: the customer found that the socket is live; false: that it is not."""
