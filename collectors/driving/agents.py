"""An OLT of the inventory as SNMP addresses it."""

from __future__ import annotations

from collectors.snmp.usm.user import Authentication, Privacy, UsmUser
from collectors.snmp.values import Agent
from domain.olt import OltTarget, SnmpUser
from domain.secret import Secret


def agent_of(olt: OltTarget) -> Agent:
    """Where the OLT's agent listens, and what it takes."""
    return Agent(olt.host, olt.port, olt.community, None if olt.user is None else usm_user(olt.user))


def credentials_of(olt: OltTarget) -> Secret | UsmUser:
    """What the OLT's agent takes: its user (v3), else its community (v2c)."""
    return olt.community if olt.user is None else usm_user(olt.user)


def usm_user(user: SnmpUser) -> UsmUser:
    """The user of the inventory, as USM has it."""
    return UsmUser(
        user.name,
        None if user.auth is None else Authentication[user.auth.name],
        user.auth_key,
        None if user.privacy is None else Privacy[user.privacy.name],
        user.privacy_key,
    )
