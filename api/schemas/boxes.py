"""The record of a box, each value with its instant and its source, and its tables."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from api.schemas.diagnostics import SourceOut
from api.services.box_secrets import CURRENT, FORMER, OTHER, UNKNOWN, BoxSecrets
from api.services.boxes import BoxActivity, BoxRecord
from collectors.boxes.settings import AuthMode
from domain.metric import Metric
from domain.metrics.box_tables import TABLES
from domain.reading import Quality, Reading, Reason


class BoxValueOut(BaseModel):
    """One value: ``value`` or ``reason``, never both."""

    metric: str
    label: str
    unit: str
    value: bool | float | datetime | list[str] | str | None
    reason: Reason | None
    at: datetime | None
    source: str
    quality: Quality

    @classmethod
    def of(cls, metric: Metric[Any], reading: Reading[Any]) -> Self:
        """The value of a metric."""
        return cls(
            metric=metric.key,
            label=metric.label_fr,
            unit=metric.unit,
            value=_plain(reading.value),
            reason=reading.reason,
            at=reading.at,
            source=str(reading.source),
            quality=reading.quality,
        )


class BoxTableOut(BaseModel):
    """One table: its rows as objects, or the reason why there are none. What a box does not tell is ``null``."""

    metric: str
    label: str
    rows: list[dict[str, Any]] | None
    reason: Reason | None
    at: datetime | None
    source: str

    @classmethod
    def of(cls, metric: Metric[Any], reading: Reading[Any]) -> Self:
        """The rows of a table."""
        rows = None
        if reading.value is not None:
            rows = [{f.name: _plain(getattr(row, f.name)) for f in dataclasses.fields(row)} for row in reading.value]
        return cls(
            metric=metric.key,
            label=metric.label_fr,
            rows=rows,
            reason=reading.reason,
            at=reading.at,
            source=str(reading.source),
        )


class BoxOut(BaseModel):
    """What is known of the box of an access."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access": "F00000015",
                    "oui": "D8D775",
                    "serial": "LK19063DP431094",
                    "activity": "INACTIF",
                    "secured": True,
                    "open_until": None,
                    "values": [
                        {
                            "metric": "box.firmware",
                            "label": "Version du Firmware",
                            "unit": "",
                            "value": "9.29.65_F5350_Box",
                            "reason": None,
                            "at": "2019-05-09T08:29:00Z",
                            "source": "cwmp:InternetGatewayDevice.DeviceInfo.SoftwareVersion",
                            "quality": "stored",
                        }
                    ],
                    "tables": [],
                    "live": None,
                }
            ]
        }
    )

    access: str
    oui: str
    serial: str
    activity: BoxActivity | None
    secured: bool
    open_until: datetime | None
    values: list[BoxValueOut]
    tables: list[BoxTableOut]
    live: SourceOut | None

    @classmethod
    def of(cls, record: BoxRecord) -> Self:
        """The record, in the order in which metrics are declared."""
        readings = record.readings
        secret = {metric for metric in readings if metric.secret}
        return cls(
            access=str(record.access.id1),
            oui=record.device.oui,
            serial=record.device.serial,
            activity=record.activity,
            secured=record.secured,
            open_until=record.open_until,
            values=[
                BoxValueOut.of(metric, readings[metric])
                for metric in sorted(readings, key=lambda item: item.key)
                if metric not in TABLES and metric not in secret
            ],
            tables=[BoxTableOut.of(table, readings[table]) for table in TABLES if table in readings],
            live=None if record.report is None else SourceOut.model_validate(record.report, from_attributes=True),
        )


class BoxSecretCountOut(BaseModel):
    """Boxes that last came with one shared secret."""

    secret: Literal["current", "former", "other", "unknown"]
    boxes: int
    unproved: int


class BoxSecretsOut(BaseModel):
    """How boxes prove who they are, and how many keep which shared secret. The secrets themselves are never told."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mode": "required",
                    "former_until": "2019-06-01T00:00:00Z",
                    "former_accepted": True,
                    "counts": [
                        {"secret": "current", "boxes": 1204, "unproved": 3},
                        {"secret": "former", "boxes": 38, "unproved": 2},
                        {"secret": "other", "boxes": 0, "unproved": 0},
                        {"secret": "unknown", "boxes": 8759, "unproved": 0},
                    ],
                }
            ]
        }
    )

    mode: AuthMode
    former_until: datetime | None
    former_accepted: bool | None
    counts: list[BoxSecretCountOut]

    @classmethod
    def of(cls, found: BoxSecrets) -> Self:
        """The counts, every kind of secret among them."""
        counts = found.counts
        return cls(
            mode=found.mode,
            former_until=found.former_until,
            former_accepted=found.former_good,
            counts=[
                BoxSecretCountOut(secret=name, boxes=counts.boxes[name], unproved=counts.unproved[name])
                for name in (CURRENT, FORMER, OTHER, UNKNOWN)
            ],
        )


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [str(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | datetime) else str(value)
