"""Accept a box that its customer reset: for a time, it may come again with the secret of first contacts.

Nothing is sent to the box. Once it has come, it is given another secret of its own, and the window is closed.
"""

from __future__ import annotations

from domain.box_actions import Readmit
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions.effects import readmitted
from teleactions.spec import Blast, BoxWork, Reversibility, Spec

SPEC = Spec(
    name="box_readmit",
    label="Accept the box again after a factory reset",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(lambda _: Readmit()),
    effect=readmitted,
    reversibility=Reversibility.IRREVERSIBLE,
    blast=Blast.NOBODY,
    cooldown_s=60,
    expected_s=10,
    deadline_s=30,
    confirmations=1,
)
