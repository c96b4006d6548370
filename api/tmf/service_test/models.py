"""Documents of TMF653 v4.2."""

from __future__ import annotations

from api.schemas.sent import Flag, Instant, Number
from api.tmf.kernel.models import Characteristic, Document, Part, Period, Ref, Related, creating


class TestMeasure(Part):
    """One row of a result."""

    __test__ = False  # not a pytest class

    metric_name: str | None = None
    metric_description: str | None = None
    metric_href: str | None = None
    unit_of_measure: str | None = None
    accuracy: Number | None = None
    capture_date_time: Instant | None = None
    capture_method: str | None = None
    value: Characteristic | None = None
    rule_violation: list[Part] | None = None


class ServiceTest(Document):
    """A diagnosis, or a téléaction."""

    name: str | None = None
    description: str | None = None
    mode: str | None = None
    state: str | None = None
    start_date_time: Instant | None = None
    end_date_time: Instant | None = None
    valid_for: Period | None = None
    related_service: Ref | None = None
    test_specification: Ref | None = None
    characteristic: list[Characteristic] | None = None
    test_measure: list[TestMeasure] | None = None
    related_party: list[Related] | None = None


class MeasureDefinition(Part):
    """One row that a test gives."""

    name: str | None = None
    metric_name: str | None = None
    metric_description: str | None = None
    metric_href: str | None = None
    unit_of_measure: str | None = None
    value_type: str | None = None
    capture_method: str | None = None
    capture_frequency: str | None = None
    threshold_rule: list[Part] | None = None
    valid_for: Period | None = None


class Specification(Document):
    """What may be asked. ``relatedServiceSpecification`` is a list (v4) or an object (v3): as the client sends it."""

    name: str | None = None
    description: str | None = None
    is_bundle: Flag | None = None
    lifecycle_status: str | None = None
    version: str | None = None
    last_update: Instant | None = None
    valid_for: Period | None = None
    related_service_specification: list[Ref] | Ref | None = None
    service_test_spec_relationship: list[Part] | None = None
    spec_characteristic: list[Part] | None = None
    test_measure_definition: list[MeasureDefinition] | None = None
    related_party: list[Related] | None = None
    attachment: list[Part] | None = None


ServiceTestCreate = creating(
    ServiceTest,
    *("name", "related_service", "test_specification"),
    examples=[
        {
            "name": "Diagnostic avant dépôt",
            "relatedService": {"id": "F00000015"},
            "testSpecification": {"id": "diagnostic-global"},
        }
    ],
)
SpecificationCreate = creating(
    Specification,
    *("name", "related_service_specification"),
    examples=[{"name": "Contrôle après travaux", "relatedServiceSpecification": [{"id": "FTTHMB1P"}]}],
)
