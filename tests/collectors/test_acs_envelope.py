"""Envelopes as boxes write them, and as nobody should."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from collectors.boxes import rpc
from collectors.boxes.envelope import Envelope, EnvelopeError, decode, parse
from collectors.boxes.requests import SetParameterValues
from tests.collectors.boxes_support import IGD, NOW, envelope, fault_xml, inform_xml, values_xml
from tests.shared import shared_dir

BODY = envelope(inform_xml({IGD + "DeviceInfo.ProvisioningCode": "caf\u00e9 & co <"[:-2]}, "1 BOOT"))


def _inform(body: bytes, content_type: str = "") -> dict[str, str | None]:
    return dict(rpc.read_inform(parse(body, content_type), NOW).parameters)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (BODY, ""),
        (b"\xef\xbb\xbf" + BODY, "text/xml"),
        (b"\r\n\r\n  " + BODY, "text/xml; charset=utf-8"),
        (BODY + b"\x00\x00", ""),
        (BODY.decode().encode("latin-1"), "text/xml; charset=ISO-8859-1"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>' + BODY.decode().encode("latin-1"), ""),
        (BODY.decode().encode("latin-1"), "text/xml; charset=utf-8"),  # a lie
        (BODY.decode().encode("utf-16"), ""),
        (BODY, "text/xml; charset=zip"),  # not a character set
        (BODY, "text/xml; charset=no-such-thing"),
        (BODY.replace(b"<soap:Header>", b"<soap:Header><!-- a comment --><?pi?>"), ""),
        (BODY.replace(b"co", b"\x01\x02co"), ""),
    ],
)
def test_odd_encodings_give_the_same_inform(body: bytes, content_type: str) -> None:
    assert _inform(body, content_type) == {IGD + "DeviceInfo.ProvisioningCode": "caf\u00e9 & co"}


def test_a_bare_ampersand_is_kept_and_entities_are_not_expanded() -> None:
    name = IGD + "X"
    body = envelope(inform_xml({name: "a&b &amp; c &lt; &unknown; &#233; &#xe9; R&D;"}, "1 BOOT"))
    assert _inform(body) == {name: "a&b & c < &unknown; \u00e9 \u00e9 R&D;"}


def test_undeclared_prefixes_are_read_by_local_name() -> None:
    body = (
        b"<soap-env:Envelope><soap-env:Body><soap-env:Fault><detail><cwmp:Fault><FaultCode> 9005 </FaultCode>"
        b"<FaultString>Invalid parameter name</FaultString></cwmp:Fault></detail></soap-env:Fault></soap-env:Body>"
        b"</soap-env:Envelope>"
    )
    found = parse(body)
    assert found.method == "Fault"
    assert rpc.read_fault(found).code == 9005


def test_the_faults_of_single_parameters_are_read() -> None:
    item = "<ParameterName>A.B</ParameterName><FaultCode>9008</FaultCode><FaultString/>"
    item = f"<SetParameterValuesFault>{item}</SetParameterValuesFault>"
    found = parse(envelope(fault_xml(9003).replace("</c:Fault>", item + "</c:Fault>")))
    assert rpc.read_fault(found).parameters == {"A.B": 9008}


def test_a_value_without_value_is_none_and_an_empty_one_is_empty() -> None:
    found = parse(
        envelope(f"<c:GetParameterValuesResponse>{values_xml({'A': None, 'B': ''})}</c:GetParameterValuesResponse>")
    )
    assert rpc.read_values(found) == {"A": None, "B": ""}


def test_the_real_answer_without_value_is_read() -> None:
    body = (shared_dir() / "cwmp/quirks/gpv_response_missing_value_spa122.xml").read_bytes()
    found = parse(body)
    assert found.method == "GetParameterValuesResponse"
    assert rpc.read_values(found) == {"Device.DeviceInfo.DeviceLog": None}


@pytest.mark.parametrize("namespace", ["urn:dslforum-org:cwmp-1-0", "urn:dslforum-org:cwmp-1-4"])
def test_any_cwmp_namespace_is_kept(namespace: str) -> None:
    assert parse(envelope("<c:Inform/>", namespace)).namespace == namespace


@pytest.mark.parametrize("namespace", ["urn:evil&quot;", "", "urn:dslforum-org:cwmp-1-" + "9" * 99])
def test_another_namespace_is_answered_as_the_first_version(namespace: str) -> None:
    assert parse(envelope("<c:Inform/>", namespace)).namespace == "urn:dslforum-org:cwmp-1-0"


def test_what_we_write_is_escaped() -> None:
    request = SetParameterValues({"A<B": 'p&"w<'})
    root = etree.fromstring(rpc.write("urn:dslforum-org:cwmp-1-2", "<&>", request.body()))
    assert root.findtext(".//Value") == 'p&"w<'
    assert root.findtext(".//Name") == "A<B"
    assert "p&" not in repr(request)


def test_deep_nesting_does_not_crash() -> None:
    body = envelope("<c:Inform>" + "<a>" * 100_000 + "</c:Inform>")
    with pytest.raises(EnvelopeError):
        rpc.read_inform(parse(body), NOW)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_an_envelope_error(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        parse(data)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(BODY) - 1), st.binary(min_size=0, max_size=8), st.integers(0, 40))
def test_a_damaged_inform_is_read_or_refused_but_never_crashes(at: int, noise: bytes, cut: int) -> None:
    damaged = BODY[:at] + noise + BODY[at + cut :]
    try:
        found = parse(damaged)
        assert isinstance(found, Envelope)
        if found.method == "Inform":
            rpc.read_inform(found, NOW)
        rpc.read_fault(found)
        rpc.read_names(found)
    except EnvelopeError:
        pass


@given(st.binary(max_size=200), st.text(max_size=60))
def test_every_body_decodes(data: bytes, content_type: str) -> None:
    assert isinstance(decode(data, content_type), str)
