from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.vendors.nokia_isam.subslocid import command, parse
from domain.reading import Reason
from tests.collectors.olt_kit import GOLDEN


def document(*parameters: str, index: str = "1/1/5/10/19", head: str = "") -> str:
    inner = "\n".join(parameters)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<configuration-data>\n<hierarchy name="ont" type="static">\n'
        f'<instance>\n<res-id name="ont-idx">{index}</res-id>\n{inner}\n</instance>\n'
        "</hierarchy>\n</configuration-data>"
    )


def parameter(value: str, name: str = "subslocid") -> str:
    return f'<parameter name="{name}" short-name="{name}" type="Gpon::SubsLocId">{value}</parameter>'


def session(text: str) -> str:
    return f"info configure equipment ont interface 1/1/5/10/19 detail xml\n{text}\ntyp:isadmin>#"


GOOD = document(parameter("HWTC:0172629D", "sernum"), parameter("0848525835"), parameter("up", "admin-state"))


def test_the_command_names_the_ont() -> None:
    assert command(GOLDEN) == "info configure equipment ont interface 1/1/5/10/19 detail xml"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GOOD, "0848525835"),
        (document(parameter('"0848525835"')), "0848525835"),
        (document(parameter("&quot;0848525835&quot;")), "0848525835"),
        (document(parameter("WILDCARD")), Reason.NO_READING),
        (document(parameter("")), Reason.NO_READING),
        (document(), Reason.NO_READING),
        (document(parameter("with space")), Reason.MALFORMED),
        (document(parameter("x" * 40)), Reason.MALFORMED),
        (document(parameter("1"), parameter("2")), Reason.NO_READING),
        (document(parameter("0848525835"), index="1/1/5/10/20"), Reason.MALFORMED),
        (document(parameter("<b>0848525835</b>")), Reason.NO_READING),
        (GOOD + GOOD, Reason.MALFORMED),
        (GOOD.replace("</parameter>", "", 1), Reason.MALFORMED),
        ("Error : instance does not exist", Reason.ERROR),
        ("   ^\ninvalid token", Reason.ERROR),
        ("", Reason.MALFORMED),
        (GOOD[: len(GOOD) // 2], Reason.MALFORMED),
        ("<?xml " + "x" * (1 << 19) + "</a>", Reason.MALFORMED),
    ],
)
def test_an_answer_gives_the_password_or_the_reason(text: str, found: str | Reason) -> None:
    assert parse(session(text), GOLDEN) == found


def test_an_alarm_printed_between_two_elements_does_no_harm() -> None:
    alarm = "\n2019-05-09 10:29:31 major alarm occurred for ont 1/1/5/10/3 : loss of signal\n<instance>"
    assert parse(session(GOOD.replace("\n<instance>", alarm)), GOLDEN) == "0848525835"


def test_an_alarm_printed_inside_the_value_is_refused() -> None:
    torn = GOOD.replace("08485", "084\nmajor alarm occurred\n85")
    assert parse(session(torn), GOLDEN) is Reason.MALFORMED


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>\n',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n',
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n',
    ],
)
def test_document_types_and_entities_are_refused(head: str) -> None:
    assert parse(session(document(parameter("&x;"), head=head)), GOLDEN) is Reason.MALFORMED
    assert parse(session(document(parameter("0848525835"), head=head)), GOLDEN) is Reason.MALFORMED


@given(st.text(max_size=300), st.integers(0, len(GOOD)))
def test_any_garbage_gives_the_password_or_a_reason(noise: str, at: int) -> None:
    found = parse(session(GOOD[:at] + noise + GOOD[at:]), GOLDEN)
    assert isinstance(found, (str, Reason))
