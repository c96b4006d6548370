"""What a fleet is made of: a few numbers, from options or from a small YAML file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from simulators.plant.errors import DescriptionError
from simulators.plant.strict_yaml import problems_of, read_yaml

MOST_OLTS = 20_000
MOST_ONTS = 16_384  # an FX-8 shelf: 8 boards of 16 ports of 128 ONTs (ONU-ID of 7 bits, ITU-T G.984.3 9.2.3.1)

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class FleetOptions(BaseModel):
    """A fleet.

    Attributes:
        olts: Number of OLTs.
        onts: ONTs of each OLT.
        onts_per_pon: ONTs of a PON port, as long as the shelf has ports left for that.
        vendors: Weight of each vendor in the mix, by the name of its file in `simulators.fleet.vendors`.
        xgs: Share of the OLTs whose boards are XGS-PON; the others are GPON.
        off: Share of the ONTs that their customers have switched off.
        seed: Two fleets of the same options and seed are the same.
        origin: Where the clock of the fleet begins.
        community: SNMP community, to read and to set: invented, of no use anywhere else; so ``cli_username``,
            ``cli_password``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    olts: Annotated[int, Field(ge=1, le=MOST_OLTS)] = 10
    onts: Annotated[int, Field(ge=1, le=MOST_ONTS)] = 256
    onts_per_pon: Annotated[int, Field(ge=1, le=128)] = 32
    vendors: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = {"nokia_isam": 1.0}
    xgs: Share = 0.0
    off: Share = 0.02
    seed: Annotated[int, Field(ge=0)] = 1
    origin: AwareDatetime = datetime(2026, 3, 2, 8, tzinfo=UTC)
    community: Annotated[str, Field(min_length=1, max_length=64)] = "public"
    cli_username: Annotated[str, Field(min_length=1, max_length=64)] = "diag"
    cli_password: Annotated[str, Field(min_length=1, max_length=64)] = "sim-cli"  # noqa: S105 - invented
    rate: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 1.0
    spread: Literal["ports", "addresses"] = "ports"


def load(path: Path) -> FleetOptions:
    """Read a file; raises `DescriptionError` that names every wrong place."""
    try:
        return FleetOptions.model_validate(read_yaml(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DescriptionError(path.name, [str(error)]) from error
    except ValidationError as error:
        raise DescriptionError(path.name, problems_of(error)) from error
