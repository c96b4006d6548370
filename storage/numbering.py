"""Numbers of diagnoses: the instant of sending in Europe/Paris, then 7 drawn digits.

Drawn, not counted: a sequence would tell each operator how much the others test. Two equal numbers need two draws of
the same 7 digits within a minute; the table's key refuses the second, which is drawn again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from domain.clock import PARIS
from domain.identifiers import DiagnosisNumber

SEQUENCES = 10_000_000

Draw = Callable[[], int]


def draw_sequence() -> int:
    """A number of 7 digits at most."""
    return secrets.randbelow(SEQUENCES)


def diagnosis_number(sent_at: datetime, sequence: int) -> DiagnosisNumber:
    """``190509-1029-2879560`` for 2019-05-09 08:29 UTC and 2879560."""
    return DiagnosisNumber(f"{sent_at.astimezone(PARIS):%y%m%d-%H%M}-{sequence % SEQUENCES:07d}")
