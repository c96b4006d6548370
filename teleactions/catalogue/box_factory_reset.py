"""Factory settings: the customer's own settings are lost. Proof: the box announces a first contact."""

from __future__ import annotations

from domain.box_actions import FactoryReset
from domain.principal import Right
from domain.teleaction import TargetKind
from domain.teleaction_ports import Happening
from teleactions.effects import factory_settings
from teleactions.spec import Blast, BoxWork, Reversibility, Spec

SPEC = Spec(
    name="box_factory_reset",
    label="Restore the factory settings of the box",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(lambda _: FactoryReset()),
    effect=factory_settings,
    reversibility=Reversibility.IRREVERSIBLE,
    blast=Blast.CUSTOMER,
    cooldown_s=1800,
    expected_s=180,
    deadline_s=420,
    expects=frozenset({Happening.SESSION_STARTED}),
    confirmations=1,
)
