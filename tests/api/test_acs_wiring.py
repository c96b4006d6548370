"""The ACS as the service's settings choose it: ports, authentication, counters, an operator's GenieACS."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr, ValidationError

from api.bootstrap import running
from api.clock import WallTime
from api.settings import Settings, explain
from collectors.boxes.genieacs import GenieAcs
from domain.access import Access
from domain.identifiers import DeviceId, Id1
from domain.principal import Principal, Right
from storage.operators import Operator
from tests.certificates import issue
from tests.collectors.boxes_support import DEVICE, IGD, envelope, inform_xml
from tests.storage.samples import put_access

INFORM = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "9.29.65_F5350_Box"}, "0 BOOTSTRAP"))
SHARED = "first contact of the tests"
FORMER = {"acs_bootstrap_former_until": "2019-06-01T00:00:00Z"}


def changed(folder: Path, **options: object) -> Settings:
    return Settings.model_validate(Settings.ephemeral(folder).model_dump() | options)


async def test_a_secured_service_serves_boxes_over_tls_and_knows_them(tmp_path: Path) -> None:
    issue(tmp_path, "ca", "ca")
    issue(tmp_path, "acs", "localhost", "ca")
    settings = changed(
        tmp_path,
        acs_auth="required",
        acs_bootstrap_secret=SecretStr(SHARED),
        acs_tls_port=0,
        acs_tls_cert=tmp_path / "acs.pem",
        acs_tls_key=tmp_path / "acs.key",
        acs_boxes_ca=tmp_path / "ca.pem",
        acs_inform_interval_s=900,
    )
    trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    trust.check_hostname = False
    async with running(settings, WallTime()) as service:
        who = Principal("A", "support", frozenset(Right))
        await service.records.operators.put(Operator("A", "A"))
        await put_access(
            service.records, who, Access("A", Id1("F00000015"), None, "MB FTTH", "FTTHMB1P", None, box=DEVICE)
        )
        async with httpx.AsyncClient(trust_env=False, verify=trust) as http:
            url = f"https://127.0.0.1:{service.acs.tls_port}/"
            assert (await http.post(url, content=INFORM)).status_code == 401
            assert (
                await http.post(url, content=INFORM, auth=httpx.BasicAuth("bootstrap", "guessed"))
            ).status_code == 401
            good = httpx.BasicAuth("bootstrap", SHARED)
            assert "InformResponse" in (await http.post(url, content=INFORM, auth=good)).text
            assert "GetParameterNames" in (await http.post(url)).text
            names = "".join(
                f"<ParameterInfoStruct><Name>{IGD}ManagementServer.{name}</Name></ParameterInfoStruct>"
                for name in ("Username", "Password", "PeriodicInformInterval", "PeriodicInformTime")
            )
            told = f"<c:GetParameterNamesResponse><ParameterList>{names}</ParameterList></c:GetParameterNamesResponse>"
            credentials = (await http.post(url, content=envelope(told))).text
            answer = envelope("<c:SetParameterValuesResponse><Status>0</Status></c:SetParameterValuesResponse>")
            schedule = (await http.post(url, content=answer)).text
        metrics = generate_latest(service.registry).decode()
    assert f'<Value xsi:type="xsd:string">{DEVICE}</Value>' in credentials
    assert '<Value xsi:type="xsd:unsignedInt">900</Value>' in schedule
    assert "ConnectionRequestUsername" not in credentials  # this box has no such name
    assert "jf_acs_informs 3.0" in metrics
    assert "jf_acs_unauthenticated 2.0" in metrics


async def test_an_operator_s_genieacs_takes_the_place_of_the_embedded_acs(tmp_path: Path) -> None:
    async with running(changed(tmp_path, genieacs_url="http://127.0.0.1:7557"), WallTime()) as service:
        assert isinstance(service.acs.gateway, GenieAcs)
        assert service.acs.actions is service.acs.gateway
    async with running(Settings.ephemeral(tmp_path / "other"), WallTime()) as service:
        assert service.acs.actions is service.acs.app.actions


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"acs_auth": "bootstrap"}, "DIAG_ACS_BOOTSTRAP_SECRET"),
        ({"acs_auth": "required"}, "DIAG_ACS_BOXES_CA"),
        ({"acs_auth": "required", "acs_bootstrap_secret": "changeme"}, "placeholder"),
        ({"acs_bootstrap_secret": "new", "acs_bootstrap_former_secret": "old"}, "DIAG_ACS_BOOTSTRAP_FORMER_UNTIL"),
        ({"acs_bootstrap_former_until": "2019-06-01T00:00:00Z"}, "DIAG_ACS_BOOTSTRAP_FORMER_SECRET"),
        ({**FORMER, "acs_bootstrap_former_secret": "old"}, "DIAG_ACS_BOOTSTRAP_SECRET"),
        ({**FORMER, "acs_bootstrap_secret": "same", "acs_bootstrap_former_secret": "same"}, "nothing was changed"),
        ({"acs_bootstrap_former_until": "2019-06-01T00:00:00"}, "DIAG_ACS_BOOTSTRAP_FORMER_UNTIL"),
        ({"acs_tls_cert": "acs.pem"}, "DIAG_ACS_TLS_KEY"),
        ({"acs_boxes_ca": "ca.pem"}, "DIAG_ACS_TLS_CERT"),
        ({"acs_auth": "maybe"}, "DIAG_ACS_AUTH"),
        ({"genieacs_url": "mongodb://x"}, "DIAG_GENIEACS_URL"),
    ],
)
def test_half_a_setting_of_the_acs_is_refused_at_start(tmp_path: Path, options: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        changed(tmp_path, **options)
    assert told in explain(wrong.value)


def test_every_box_informs_at_an_instant_of_its_own() -> None:
    from collectors.boxes.schedule import phase

    boxes = [DeviceId("D8D775", f"LK{n:06d}") for n in range(2000)]
    by_minute = [0] * 60
    for box in boxes:
        by_minute[int(phase(box).timestamp()) % 3600 // 60] += 1
    assert phase(boxes[0]) == phase(boxes[0])
    assert max(by_minute) < 70  # 33 a minute if all were even: 6 standard deviations
