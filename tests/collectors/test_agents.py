from __future__ import annotations

from dataclasses import replace

import pytest

from collectors.driving.agents import agent_of, credentials_of
from collectors.snmp.usm.user import Authentication, Privacy, UsmUser
from domain.errors import InvalidValueError
from domain.olt import OltTarget, SnmpAuth, SnmpPrivacy, SnmpUser
from domain.secret import Secret

OLT = OltTarget("OI", "O", "nokia_isam", "192.0.2.1", 161, Secret("c"))


def test_an_olt_is_asked_by_its_community_or_by_its_user_which_prevails() -> None:
    assert (agent_of(OLT).community, agent_of(OLT).user, credentials_of(OLT)) == (Secret("c"), None, Secret("c"))
    user = SnmpUser("jf", SnmpAuth.SHA256, Secret("a-long-key"), SnmpPrivacy.AES128, Secret("b-long-key"))
    usm = UsmUser("jf", Authentication.SHA256, Secret("a-long-key"), Privacy.AES128, Secret("b-long-key"))
    by_user = replace(OLT, user=user)
    assert agent_of(by_user).user == credentials_of(by_user) == usm
    assert credentials_of(replace(OLT, user=SnmpUser("jf"))) == UsmUser("jf")


def test_every_protocol_of_the_inventory_is_one_that_we_speak() -> None:
    assert [one.name for one in SnmpAuth] == [one.name for one in Authentication]
    assert [one.name for one in SnmpPrivacy] == [one.name for one in Privacy]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("",), "a name"),
        (("n" * 33,), "a name"),
        (("jf", SnmpAuth.SHA1), "for each protocol"),
        (("jf", None, Secret("a-long-key")), "for each protocol"),
        (("jf", SnmpAuth.SHA1, Secret("short")), "8 characters"),
        (("jf", None, None, SnmpPrivacy.AES128, Secret("b-long-key")), "an authentication"),
    ],
)
def test_a_user_that_usm_would_refuse_is_refused_at_once(arguments: tuple[object, ...], expected: str) -> None:
    with pytest.raises(InvalidValueError, match=expected):
        SnmpUser(*arguments)  # type: ignore[arg-type]  # one wrong thing at a time
