"""« Mes certificats numériques » through the API: issue, download, list as on the screen, renewal, revocation."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pydantic import SecretStr, ValidationError

from api.certificates.authority import AuthorityError, open_authority
from api.certificates.settings import CertificateSettings
from api.wiring.certificates import parts
from domain.secret import Secret
from tests.api.certificate_kit import (
    DELEGATE,
    ESAV,
    INTRUDER,
    PATH,
    api,
    issued,
    pem_of,
    request_of,
    rsa_key,
    with_mail,
)
from tests.web import golden
from tests.web.world import ADMINISTRATOR, SUPPORT, World, opened


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        yield found


async def test_a_certificate_made_here_is_downloaded_as_often_as_wanted_under_its_password(world: World) -> None:
    made = await issued(world)
    number, password = made["certificate"]["certificate_id"], made["password"]
    async with api(world) as client:
        for _ in range(2):
            answer = await client.get(f"{PATH}/{number}/file")
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/x-pkcs12"
            assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''397480930_eSAV_prod.p12"
            assert answer.headers["cache-control"] == "no-store"
            key, certificate, chain = pkcs12.load_key_and_certificates(answer.content, password.encode())
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            assert certificate is not None
            assert certificate.public_key() == key.public_key()
            assert len(chain) == 1
            certificate.verify_directly_issued_by(chain[0])
        with pytest.raises(ValueError, match="password"):
            pkcs12.load_key_and_certificates(answer.content, b"autre chose")


async def test_what_is_signed_is_for_one_operator_one_environment_and_clients_with_sha2(world: World) -> None:
    made = await issued(world, environment="Hors-Production")
    certificate = await pem_of(world, made["certificate"]["certificate_id"])
    said = {one.oid: one.value for one in certificate.subject}
    assert said == {
        NameOID.ORGANIZATION_NAME: golden.OPERATOR,
        NameOID.ORGANIZATIONAL_UNIT_NAME: "Hors-Production",
        NameOID.COMMON_NAME: "397480930_eSAV_test",
    }
    algorithm = certificate.signature_hash_algorithm
    assert isinstance(algorithm, hashes.SHA384)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, False)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    life = certificate.not_valid_after_utc - golden.NOW
    assert timedelta(days=729) < life <= timedelta(days=730)


async def test_the_password_is_told_once_and_kept_nowhere(
    world: World, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    made = await issued(world)
    chosen = await issued(world, eservice="FCI", password="une phrase de passe 42")
    assert chosen["password"] == "une phrase de passe 42"
    async with api(world) as client:
        text = (await client.get(PATH)).text + (
            await client.get(f"{PATH}/{made['certificate']['certificate_id']}")
        ).text
    kept = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in tmp_path.rglob("*.*")))
    printed = capfd.readouterr()
    for secret in (made["password"], chosen["password"]):
        assert secret not in text + printed.out + printed.err
        assert secret.encode() not in kept


@pytest.mark.parametrize("length", [15, 129])
async def test_a_password_too_short_or_too_long_is_refused_and_not_shown(world: World, length: int) -> None:
    async with api(world) as client:
        answer = await client.post(PATH, json={**ESAV, "password": "x" * length})
    assert answer.status_code == 422, answer.text
    assert [item["field"] for item in answer.json()["errors"]] == ["password"]
    assert "xxxx" not in answer.text


@pytest.mark.parametrize("length", [16, 128])
async def test_a_password_of_16_to_128_characters_is_taken(world: World, length: int) -> None:
    assert (await issued(world, password="x" * length))["password"] == "x" * length


@pytest.mark.parametrize("key", [rsa_key(2048), ec.generate_private_key(ec.SECP384R1())], ids=["rsa", "ec"])
async def test_an_operators_own_request_is_signed_for_the_operator_who_asks(world: World, key: Any) -> None:
    made = await issued(world, csr=request_of(key))
    assert made["password"] is None
    assert made["certificate"]["origin"] == "csr"
    number = made["certificate"]["certificate_id"]
    certificate = await pem_of(world, number)
    assert certificate.public_key() == key.public_key()
    assert certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == golden.OPERATOR
    async with api(world) as client:
        answer = await client.get(f"{PATH}/{number}/file")
        assert answer.headers["content-type"] == "application/x-pem-file"
        assert x509.load_pem_x509_certificate(answer.content) == certificate
        assert "BEGIN CERTIFICATE REQUEST" in (await client.get(f"{PATH}/{number}/csr")).text


@pytest.mark.parametrize(
    "request_",
    [
        "pas une demande",
        request_of(rsa_key(1024)),
        request_of(ec.generate_private_key(ec.SECP224R1())),
        request_of(rsa_key(2048), hashes.SHA224()),
        "-----BEGIN CERTIFICATE REQUEST-----\n",
    ],
    ids=["no request", "short RSA", "small curve", "SHA-224", "cut"],
)
async def test_a_weak_or_broken_request_is_refused(world: World, request_: str) -> None:
    async with api(world) as client:
        answer = await client.post(PATH, json={**ESAV, "csr": request_})
        assert answer.status_code == 422, answer.text
        assert [item["field"] for item in answer.json()["errors"]] == ["csr"]
        assert (await client.get(PATH)).json()["total"] == 0


async def test_a_request_whose_signature_is_not_its_own_is_refused(world: World) -> None:
    good, other = (request_of(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
    lines, others = good.splitlines(), other.splitlines()
    forged = "\n".join([*lines[:-2], others[-2], lines[-1]]) + "\n"
    async with api(world) as client:
        answer = await client.post(PATH, json={**ESAV, "csr": forged})
    assert answer.status_code == 422, answer.text


REQUEST = request_of(ec.generate_private_key(ec.SECP256R1()))
SCREEN = [
    ("e-RDV", "Production", "397480930_eRDV_prod"),
    ("e-SAV", "Production", "397480930_eSAV_prod"),
    ("e-SAV", "Hors-Production", "397480930_eSAV_test"),
    ("FCI", "Production", "397480930_FCI_prod"),
    ("FCI", "Hors-Production", "397480930_FCI_test"),
    ("Grafic", "Production", "397480930_Gra_prod"),
    ("Grafic", "Hors-Production", "397480930_GRA_test"),
    ("TAO", "Production", "397480930_TAO_prod"),
    ("TAO", "Production", "Test certificat à renouveler bientôt"),
]
"""The rows of the screen, in its order; the slip « Prod » is told as what it means."""


async def the_screen(world: World) -> None:
    """The certificates of the screen, made a day apart from the last to the first."""
    for eservice, environment, label in reversed(SCREEN):
        await issued(world, eservice=eservice, environment=environment, label=label, rights=[], csr=REQUEST)
        world.clock.instant += timedelta(days=1)


async def listed(world: World, **parameters: Any) -> list[str]:
    async with api(world) as client:
        answer = await client.get(PATH, params=parameters)
        assert answer.status_code == 200, answer.text
        return [item["label"] for item in answer.json()["items"]]


async def test_the_list_is_that_of_the_screen_with_its_columns_in_both_languages(world: World) -> None:
    await the_screen(world)
    assert await listed(world) == [label for _, _, label in SCREEN]
    async with api(world) as client:
        for language, labels in (
            ("fr", ["Libellé", "eService", "Environnement", "Expire le", "Publié le"]),
            ("en", ["Label", "eService", "Environment", "Expires on", "Published on"]),
        ):
            answer = (await client.get(PATH, headers={"Accept-Language": language})).json()
            assert [column["label"] for column in answer["columns"]] == labels
        assert [(one["eservice"], one["count"]) for one in answer["facet"]] == [
            ("e-RDV", 1), ("e-SAV", 2), ("FCI", 2), ("Grafic", 2), ("TAO", 2),
        ]  # fmt: skip
        paged = (await client.get(PATH, params={"limit": 2, "offset": 3})).json()
        assert paged["total"] == 9
        assert [item["label"] for item in paged["items"]] == [label for _, _, label in SCREEN[3:5]]


async def test_search_takes_keywords_whatever_their_case_and_accents(world: World) -> None:
    await the_screen(world)
    assert await listed(world, q="gra") == ["397480930_Gra_prod", "397480930_GRA_test"]
    assert await listed(world, q="BIENTOT renouveler") == ["Test certificat à renouveler bientôt"]
    assert await listed(world, q="fci hors") == ["397480930_FCI_test"]
    assert await listed(world, q="rien de tel") == []


async def test_the_list_is_filtered_by_e_service_environment_and_state(world: World) -> None:
    await the_screen(world)
    assert await listed(world, eservice="TAO") == ["397480930_TAO_prod", "Test certificat à renouveler bientôt"]
    both = await listed(world, eservice=["e-RDV", "FCI"], environment="Production")
    assert both == ["397480930_eRDV_prod", "397480930_FCI_prod"]
    world.clock.instant = golden.NOW + timedelta(days=731)
    assert await listed(world, state="expired") == ["397480930_TAO_prod", "Test certificat à renouveler bientôt"]
    assert len(await listed(world, state="valid")) == 7
    async with api(world) as client:
        facet = (await client.get(PATH, params={"eservice": "TAO"})).json()["facet"]
        assert sum(one["count"] for one in facet) == 9  # the facet shows what one could choose beside it
        for bad in ({"eservice": "e-mail"}, {"environment": "Prod"}, {"sort": "key"}, {"q": "x" * 101}):
            assert (await client.get(PATH, params=bad)).status_code == 422, bad


@pytest.mark.parametrize("column", ["label", "eservice", "environment", "expires_at", "published_at"])
async def test_the_list_is_sorted_by_every_column_both_ways(world: World, column: str) -> None:
    await the_screen(world)
    async with api(world) as client:
        for order in ("asc", "desc"):
            items = (await client.get(PATH, params={"sort": column, "order": order})).json()["items"]
            values = [item[column] for item in items]
            if column == "label":
                values = [value.lower() for value in values]
            if column == "eservice":
                values = [["e-RDV", "e-SAV", "FCI", "Grafic", "TAO"].index(value) for value in values]
            if column == "environment":
                values = [["Production", "Hors-Production"].index(value) for value in values]
            assert values == sorted(values, reverse=order == "desc"), (column, order)


async def test_the_export_has_the_screens_columns_and_dates(world: World) -> None:
    await the_screen(world)
    async with api(world) as client:
        answer = await client.get("/certificate-exports", params={"eservice": "e-SAV", "sort": "expires_at"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows == [
        ["Libellé", "eService", "Environnement", "Expire le", "Publié le"],
        ["397480930_eSAV_test", "e-SAV", "Hors-Production", "14/05/2021", "15/05/2019"],
        ["397480930_eSAV_prod", "e-SAV", "Production", "15/05/2021", "16/05/2019"],
    ]


async def test_a_renewal_keeps_label_service_and_rights_and_is_done_once(world: World) -> None:
    former = (await issued(world))["certificate"]
    world.clock.instant += timedelta(days=700)
    async with api(world) as client:
        answer = await client.post(f"{PATH}/{former['certificate_id']}/renewal", json={})
        assert answer.status_code == 201, answer.text
        new = answer.json()["certificate"]
        assert new["renews"] == former["certificate_id"]
        same = ("label", "eservice", "environment", "rights")
        assert {key: new[key] for key in same} == {key: former[key] for key in same}
        assert new["serial"] != former["serial"]
        again = await client.post(f"{PATH}/{former['certificate_id']}/renewal", json={})
        assert again.status_code == 409
        assert again.json()["detail"] == "certificat « 397480930_eSAV_prod » : il a déjà été renouvelé"
        assert (await client.get(f"{PATH}/{former['certificate_id']}")).json()["state"] == "valid"
        await client.post(f"{PATH}/{new['certificate_id']}/revocation", json={})
        assert (await client.post(f"{PATH}/{former['certificate_id']}/renewal", json={})).status_code == 201
        await client.post(f"{PATH}/{former['certificate_id']}/revocation", json={})
        assert (await client.post(f"{PATH}/{former['certificate_id']}/renewal", json={})).status_code == 409


async def test_two_renewals_at_the_same_time_make_one(world: World) -> None:
    former = (await issued(world, csr=REQUEST))["certificate"]["certificate_id"]
    async with api(world) as client:
        path = f"{PATH}/{former}/renewal"
        answers = await asyncio.gather(*(client.post(path, json={"csr": REQUEST}) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert (await client.get(PATH)).json()["total"] == 2


async def crl(world: World) -> x509.CertificateRevocationList:
    async with api(world, None) as nobody:
        answer = await nobody.get("/certificate-authority/crl")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pkix-crl"
        found = x509.load_der_x509_crl(answer.content)
        authority = x509.load_pem_x509_certificate((await nobody.get("/certificate-authority")).content)
    assert found.is_signature_valid(authority.public_key())  # type: ignore[arg-type] # it is an EC key
    return found


def number_of(found: x509.CertificateRevocationList) -> int:
    return found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


async def test_a_revocation_stands_in_the_public_list_at_once_and_for_good(world: World) -> None:
    made = (await issued(world))["certificate"]
    other = (await issued(world, eservice="FCI"))["certificate"]
    before = await crl(world)
    assert len(before) == 0
    async with api(world) as client:
        path = f"{PATH}/{made['certificate_id']}/revocation"
        first = (await client.post(path, json={"reason": "keyCompromise"})).json()
        world.clock.instant += timedelta(hours=1)
        second = (await client.post(path, json={"reason": "superseded"})).json()
        assert first == second  # the first one stands
        assert (first["state"], first["reason"], first["revoked_by"]) == ("revoked", "keyCompromise", "admin.un")
        assert (await client.post(path, json={"reason": "vol"})).status_code == 422
    after = await crl(world)
    assert number_of(after) > number_of(before)
    entry = after.get_revoked_certificate_by_serial_number(int(made["serial"], 16))
    assert entry is not None
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise
    assert after.get_revoked_certificate_by_serial_number(int(other["serial"], 16)) is None


async def test_the_list_is_made_anew_at_half_of_its_life_so_that_none_is_ever_too_old(world: World) -> None:
    first = await crl(world)
    assert first.next_update_utc == golden.NOW.replace(microsecond=0) + timedelta(days=7)
    world.clock.instant += timedelta(days=3, hours=11)
    assert number_of(await crl(world)) == number_of(first)
    world.clock.instant += timedelta(hours=1)
    second = await crl(world)
    assert number_of(second) > number_of(first)
    assert second.last_update_utc == world.clock.now().replace(microsecond=0)
    world.clock.instant += timedelta(days=30)
    third = await crl(world)
    assert third.next_update_utc is not None
    assert third.next_update_utc > world.clock.now()


async def test_a_service_that_starts_again_goes_on_counting_its_lists(world: World, tmp_path: Path) -> None:
    first = await crl(world)
    kept = tmp_path / "authority" / "public" / "own.crl.pem"
    for damaged in (False, True):
        if damaged:
            await asyncio.to_thread(kept.write_bytes, b"rien")
            world.clock.instant += timedelta(seconds=5)
        again: Any = parts(world.service.settings, world.clock, world.service.records).service
        found = await again.revocations.current()
        assert found.number > number_of(first)


async def test_nginx_is_given_the_list_in_force_and_the_authority_beside_it(world: World, tmp_path: Path) -> None:
    made = (await issued(world))["certificate"]
    async with api(world) as client:
        await client.post(f"{PATH}/{made['certificate_id']}/revocation", json={})
    public = tmp_path / "authority" / "public"
    found = x509.load_pem_x509_crl((public / "crl.pem").read_bytes())
    assert found.get_revoked_certificate_by_serial_number(int(made["serial"], 16)) is not None
    x509.load_pem_x509_certificate((public / "ca.pem").read_bytes())
    assert [path for path in public.iterdir() if b"PRIVATE" in path.read_bytes()] == []


async def test_the_key_of_the_authority_is_encrypted_at_rest_and_never_shown(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    file = folder / "authority.key.pem"
    assert file.stat().st_mode & 0o077 == 0
    assert file.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    with pytest.raises(TypeError):
        load_pem_private_key(file.read_bytes(), None)
    with pytest.raises(AuthorityError) as raised:
        open_authority(folder, Secret("une autre phrase de passe"), None, golden.NOW)
    assert "une autre phrase" not in str(raised.value)
    settings = world.service.settings.certificates
    assert settings is not None
    assert settings.passphrase is not None
    phrase = settings.passphrase.get_secret_value()
    again = open_authority(folder, Secret(phrase), None, golden.NOW)
    assert (repr(again), phrase in repr(settings)) == ("<Authority>", False)
    (folder / "authority.pem").unlink()
    with pytest.raises(AuthorityError, match="go together"):
        open_authority(folder, Secret(phrase), None, golden.NOW)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"passphrase": SecretStr("x" * 15)}, "16 characters"),
        ({}, "16 characters"),
        ({"authority": "external"}, "EXTERNAL_CA"),
        ({"passphrase": SecretStr("x" * 16), "external_ca": Path("a.pem")}, "go together"),
        ({"passphrase": SecretStr("x" * 16), "trusted_proxies": ["0.0.0.0/0"]}, "no address nor small network"),
        ({"passphrase": SecretStr("x" * 16), "trusted_proxies": ["nginx"]}, "no address nor small network"),
        ({"passphrase": SecretStr("x" * 16), "alert_days": 10}, "alert_days"),
        ({"passphrase": SecretStr("x" * 16), "days": 826}, "825"),
    ],
)
def test_settings_that_are_not_whole_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        CertificateSettings(**given)
    assert said in str(raised.value)
    assert "xxxxxxxx" not in str(raised.value)


async def test_only_administrators_and_those_they_delegate_have_access_and_at_once(world: World) -> None:
    await with_mail(world)
    made = (await issued(world))["certificate"]
    login = f"/certificate-delegates/{DELEGATE.account}"
    one = f"{PATH}/{made['certificate_id']}"
    async with api(world, DELEGATE) as agent, api(world) as boss:
        doors = [PATH, one, f"{one}/file", f"{one}/csr", f"{one}/mails", "/certificate-exports", "/certificate-notices"]
        assert [(await agent.get(door)).status_code for door in doors] == [403] * len(doors)
        assert "« certificats numériques »" in (await agent.get(PATH)).json()["detail"]
        for path, body in ((PATH, ESAV), (f"{one}/renewal", {}), (f"{one}/revocation", {})):
            assert (await agent.post(path, json=body)).status_code == 403
        assert (await boss.put(login)).status_code == 204
        assert (await boss.put(login)).status_code == 204
        assert (await agent.get(PATH)).json()["total"] == 1
        assert (await agent.post(PATH, json={**ESAV, "eservice": "FCI", "rights": []})).status_code == 201
        assert (await agent.get("/certificate-delegates")).status_code == 403  # a delegate does not delegate
        assert (await agent.put("/certificate-delegates/agent.n1")).status_code == 403
        assert [item["login"] for item in (await boss.get("/certificate-delegates")).json()] == [DELEGATE.account]
        assert (await boss.delete(login)).status_code == 204
        assert (await agent.get(PATH)).status_code == 403
        assert (await boss.delete(login)).status_code == 404
        assert (await boss.put("/certificate-delegates/personne")).status_code == 404


async def test_a_personal_token_with_fewer_rights_does_not_carry_the_delegation(world: World) -> None:
    await world.service.certificates.delegate(ADMINISTRATOR, SUPPORT.account)
    async with api(world, SUPPORT) as whole:
        assert (await whole.get(PATH)).status_code == 200
        narrow = (await whole.post("/me/tokens", json={"rights": ["e-SAV Test"]})).json()["token"]
    async with api(world, None, headers={"Authorization": f"Bearer {narrow}"}) as client:
        assert (await client.get(PATH)).status_code == 403


async def test_nobody_gives_a_certificate_rights_that_he_may_not_give(world: World) -> None:
    await world.service.certificates.delegate(ADMINISTRATOR, SUPPORT.account)
    async with api(world) as boss, api(world, SUPPORT) as delegate:
        for right in ("inventaire", "NOC", "traitement des signalisations"):
            assert (await boss.post(PATH, json={**ESAV, "rights": [right]})).status_code == 403
        powerful = (await boss.post(PATH, json={**ESAV, "rights": ["port 25", "e-SAV Test"]})).json()["certificate"]
        assert (await delegate.post(PATH, json={**ESAV, "rights": ["port 25"]})).status_code == 403
        renewed = await delegate.post(f"{PATH}/{powerful['certificate_id']}/renewal", json={})
        assert renewed.status_code == 403
        assert (await delegate.post(PATH, json=ESAV)).status_code == 201


async def test_every_act_is_in_the_audit_trail_and_the_trail_is_whole(world: World) -> None:
    made = (await issued(world))["certificate"]
    async with api(world) as client:
        await client.get(f"{PATH}/{made['certificate_id']}/file")
        await client.post(f"{PATH}/{made['certificate_id']}/revocation", json={"reason": "superseded"})
    entries = await world.service.records.audit.of(golden.OPERATOR, made["certificate_id"])
    assert [entry["what"] for entry in entries] == ["request", "download", "revoke"]
    assert {entry["account"] for entry in entries} == {ADMINISTRATOR.account}
    assert (await world.service.records.audit.verify("")).breaks == ()


async def test_another_operators_certificate_is_as_unknown_as_one_that_does_not_exist(world: World) -> None:
    await with_mail(world)
    made = (await issued(world, label="Le secret de l'autre"))["certificate"]
    number, nothing = made["certificate_id"], "0" * 32
    async with api(world, INTRUDER) as other:
        for path in ("", "/file", "/csr", "/mails"):
            theirs, none = await other.get(f"{PATH}/{number}{path}"), await other.get(f"{PATH}/{nothing}{path}")
            assert (theirs.status_code, none.status_code) == (404, 404)
            assert theirs.text.replace(number, "#") == none.text.replace(nothing, "#")
        for verb in ("renewal", "revocation"):
            assert (await other.post(f"{PATH}/{number}/{verb}", json={})).status_code == 404
        deposit = await other.put(f"{PATH}/{number}/certificate", json={"certificate": "x"})
        assert deposit.status_code == 404
        for parameters in ({}, {"q": "secret"}, {"eservice": "e-SAV"}, {"sort": "expires_at", "order": "desc"}):
            answer = (await other.get(PATH, params=parameters)).json()
            assert (answer["total"], answer["items"], answer["facet"]) == (0, [], [])
            assert len((await other.get("/certificate-exports", params=parameters)).text.splitlines()) == 1
        assert (await other.put(f"/certificate-delegates/{DELEGATE.account}")).status_code == 404
        assert (await other.delete(f"/certificate-delegates/{DELEGATE.account}")).status_code == 404
        assert (await other.get("/certificate-delegates")).json() == []
        changed = await other.put("/certificate-notices", json={"alert_days": 90, "reminder_days": 60})
        assert changed.status_code == 200
    async with api(world) as boss:
        assert (await boss.get("/certificate-notices")).json()["alert_days"] == 30
        assert (await boss.get(f"{PATH}/{number}")).json()["state"] == "valid"
    async with api(world, None) as nobody:
        shown = (await nobody.get("/certificate-authority/crl")).content
        assert b"secret" not in shown
        assert golden.OPERATOR.encode() not in shown
