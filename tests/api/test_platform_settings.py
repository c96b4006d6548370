"""What is probed of the platform comes from the environment; what does not fit is said, without secrets."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.settings import Settings, explain
from domain.platform import ProbeKind

BASE = {"DIAG_ACS_KEY": "k" * 32, "DIAG_RADIUS_SECRET": "r" * 32}


def settings(monkeypatch: pytest.MonkeyPatch, **told: str) -> Settings:
    for name, value in (BASE | {f"DIAG_PLATFORM__{key}": value for key, value in told.items()}).items():
        monkeypatch.setenv(name, value)
    return Settings(_env_file=None)


def test_targets_are_told_by_host_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(
        monkeypatch,
        RADIUS='["192.0.2.1:1812"]',
        RADIUS_SECRET="s3cret-status",
        LNS='["lns1.example.net:22"]',
        RESOLVERS='["192.0.2.53:53", "[2001:db8::53]:53=192.0.2.54"]',
        FLOWS='{"tcp_25": "mx.example.net:25"}',
        RELAY="192.0.2.9:1080",
        RELAY_SECRET="s3cret-relay",
    ).platform
    assert found is not None
    assert [(one.kind, one.name, one.host, one.port, one.address, one.flow) for one in found.targets()] == [
        (ProbeKind.RADIUS, "radius-1", "192.0.2.1", 1812, None, ""),
        (ProbeKind.LNS, "lns-1", "lns1.example.net", 22, None, ""),
        (ProbeKind.RESOLVER, "resolver-1", "192.0.2.53", 53, None, ""),
        (ProbeKind.RESOLVER, "resolver-2", "2001:db8::53", 53, "192.0.2.54", ""),
        (ProbeKind.FLOW, "tcp_25", "mx.example.net", 25, None, "tcp_25"),
    ]
    assert found.relay_place == ("192.0.2.9", 1080)
    assert "s3cret" not in repr(found)
    assert "s3cret" not in repr(found.targets())


def test_without_settings_nothing_is_probed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch).platform is None


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"LNS": '["lns1"]'}, "is not HOST:PORT"),
        ({"RESOLVERS": '["192.0.2.53:70000"]'}, "is not HOST:PORT"),
        ({"FLOWS": '{"smtp": "mx.example.net:25"}'}, "tcp_PORT"),
        ({"RADIUS": '["192.0.2.1:1812"]'}, "radius needs radius_secret"),
        ({"RELAY": "192.0.2.9:1080"}, "relay needs relay_secret"),
        ({"PERIOD_S": "0"}, "greater than or equal to 5"),
    ],
)
def test_what_does_not_fit_is_said(monkeypatch: pytest.MonkeyPatch, told: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError) as error:
        settings(monkeypatch, **told)
    assert why in explain(error.value)
