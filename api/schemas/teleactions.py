"""Téléactions as the API shows them. Sentences are in the reader's language; secrets are masked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.i18n import Language, translate
from api.schemas.asked import actions
from api.schemas.sent import Flag, Given
from api.services.teleactions import Check, When
from domain.teleaction import ActionState, Sentence, TargetKind, TeleactionRecord
from teleactions.catalogue import spec_of
from teleactions.guards import GUARD_LABELS, guards_of
from teleactions.spec import Blast, FieldKind, Reversibility, Spec


def said(sentence: Sentence, language: Language) -> str:
    """A sentence in the reader's language."""
    return translate(language, sentence.text, **sentence.fields)


class FieldOut(BaseModel):
    """One parameter of a téléaction."""

    name: str
    kind: FieldKind
    label: str
    choices: list[str]
    least: int
    most: int
    optional: bool


class SpecOut(BaseModel):
    """One téléaction of the catalogue."""

    name: str
    label: str
    target: TargetKind
    right: str
    reversibility: Reversibility
    reversibility_label: str
    blast_radius: Blast
    blast_radius_label: str
    cooldown_s: int
    expected_s: int
    deadline_s: int
    expected_events: list[str]
    test: str
    confirmations: int
    preconditions: list[str]
    fields: list[FieldOut]

    @classmethod
    def of(cls, spec: Spec, language: Language) -> Self:
        """As declared, in the reader's language."""
        return cls(
            name=spec.name,
            label=translate(language, spec.label),
            target=spec.target,
            right=spec.right.value,
            reversibility=spec.reversibility,
            reversibility_label=translate(language, REVERSIBILITY[spec.reversibility]),
            blast_radius=spec.blast,
            blast_radius_label=translate(language, BLAST[spec.blast]),
            cooldown_s=spec.cooldown_s,
            expected_s=spec.expected_s,
            deadline_s=spec.deadline_s,
            expected_events=sorted(spec.expects),
            test=spec.test.value,
            confirmations=spec.confirmations,
            preconditions=[translate(language, GUARD_LABELS[name]) for name in guards_of(spec)],
            fields=[
                FieldOut(
                    name=one.name,
                    kind=one.kind,
                    label=translate(language, one.label),
                    choices=list(one.choices),
                    least=one.least,
                    most=one.most,
                    optional=one.optional,
                )
                for one in spec.fields
            ],
        )


REVERSIBILITY = {
    Reversibility.NOTHING: "Changes nothing that lasts",
    Reversibility.REVERSIBLE: "Can be taken back",
    Reversibility.IRREVERSIBLE: "Cannot be taken back",
}
BLAST = {
    Blast.NOBODY: "Disturbs nobody",
    Blast.DEVICE: "Disturbs some of the customer's devices",
    Blast.CUSTOMER: "Cuts the customer for a while",
    Blast.PON: "Cuts every customer of the PON port",
}


class TeleactionIn(BaseModel):
    """What is asked."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=actions({"action": "box_reboot", "reason": "Client sans Internet, box figée"}),
    )

    action: Annotated[str, Field(max_length=40, description="Name in the catalogue")]
    parameters: dict[str, Given] = Field(default_factory=dict)
    reason: Annotated[str, Field(min_length=3, max_length=500, description="Why, for the audit trail")]
    when: When = When.NOW
    confirm: Annotated[Flag, Field(description="Confirms a téléaction that cannot be taken back")] = False
    dry_run: Annotated[Flag, Field(description="Checks the preconditions without doing anything")] = False


class ClosingIn(BaseModel):
    """Why a téléaction whose effect stays unknown is ended."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "box remplacée, le client a de nouveau Internet"}]}
    )

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=3, max_length=500),
        Field(description="Why, for the audit trail"),
    ]


class CheckOut(BaseModel):
    """One precondition."""

    name: str
    label: str
    holds: bool
    why: str | None

    @classmethod
    def of(cls, check: Check, language: Language) -> Self:
        """In the reader's language."""
        label = GUARD_LABELS.get(check.name, "The target is free")
        why = None if check.refusal is None else said(check.refusal, language)
        return cls(name=check.name, label=translate(language, label), holds=check.refusal is None, why=why)


class DryRunOut(BaseModel):
    """Whether it could be done now."""

    dry_run: Literal[True] = True
    action: str
    possible: bool
    checks: list[CheckOut]


class EffectOut(BaseModel):
    """What it changed."""

    text: str
    healthy: bool
    data: dict[str, str | None]


class TeleactionOut(BaseModel):
    """A téléaction: what was asked, by whom and why, where it stands, what it changed."""

    number: str
    access: str | None
    action: str
    label: str
    target: TargetKind
    target_name: str
    parameters: dict[str, Any]
    account: str
    confirmed_by: str
    reason: str
    origin: str
    state: ActionState
    final: bool
    cancellable: bool
    closable: bool
    asked_at: datetime
    updated_at: datetime
    run_at: datetime | None
    acting_at: datetime | None
    before: dict[str, str | None]
    after: dict[str, str | None]
    effect: EffectOut | None
    campaign: str | None
    audit: dict[str, int | str]

    @classmethod
    def of(cls, record: TeleactionRecord, language: Language) -> Self:
        """As the reader sees it."""
        effect = record.effect
        return cls(
            number=str(record.number),
            access=None if record.id1 is None else str(record.id1),
            action=record.action,
            label=translate(language, spec_of(record.action).label),
            target=record.target.kind,
            target_name=record.target.name,
            parameters=dict(record.parameters),
            account=record.account,
            confirmed_by=record.confirmed_by,
            reason=record.reason,
            origin=record.origin,
            state=record.state,
            final=record.state.final,
            cancellable=record.state is ActionState.ASKED,
            closable=record.state is ActionState.UNKNOWN,
            asked_at=record.asked_at,
            updated_at=record.updated_at,
            run_at=record.run_at,
            acting_at=record.acting_at,
            before=dict(record.before),
            after=dict(record.after),
            effect=None
            if effect is None
            else EffectOut(text=said(effect.said, language), healthy=effect.healthy, data=dict(effect.data)),
            campaign=record.campaign or None,
            audit={"seq": record.audit_seq, "hash": record.audit_hash},
        )
