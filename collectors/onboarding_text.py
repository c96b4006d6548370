"""What onboarding found, in French and as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from collectors import inspection
from collectors.onboarding import Capability, Onboarding
from domain.load import LoadContract
from domain.metric import metric

_V1_FR = "SNMPv1 seulement : ni compteurs de 64 bits, ni cycles par colonnes ; lecture lente"
_GROUPS_FR = {
    "olt": "OLT",
    "boards": "Cartes",
    "pon_optics": "Niveaux des ports PON",
    "pon_state": "Etats des ports PON",
    "pon_counters": "Compteurs des ports PON",
    "ont_firmware": "Firmwares des ONT",
    "ont_optics": "Niveaux des ONT",
    "ont_distance": "Distance des ONT",
    "ont_state": "Etats des ONT",
    "ont_counters": "Compteurs des ONT",
    "ont_identity": "Identité des ONT",
    "uni": "Lien ONT-box",
}


_REFUSALS_FR = {
    "login refused": "identifiants refusés",
    "connection refused": "connexion refusée",
    "no SSH session in time": "pas de session SSH à temps",
    "no prompt in time": "pas d'invite à temps",
    "no answer on the CLI": "pas de réponse à temps",
}


def refusal_fr(refusal: str) -> str:
    """Why a CLI could not be opened, in French where it is one of the usual reasons."""
    return _REFUSALS_FR.get(refusal, refusal)


def as_text(found: Onboarding) -> str:
    """The report for an engineer."""
    measured, contract = found.measured, found.contract
    cli = "non demandée" if found.target.cli is None else refusal_fr(found.cli_refusal) or "ouverte"
    head = (
        f"{found.target.name} : {found.target.vendor}, version {found.software or 'inconnue'} "
        f"(pilote {found.level or 'sans niveau'}), CLI {cli}"
    )
    load = (
        "Contrat de charge proposé\n"
        f"  {contract.pdus_per_s:g} requêtes/s, {contract.window} en cours, "
        f"{contract.varbinds_per_cycle or 'sans limite de'} variables par cycle "
        f"(cycle complet : {found.cycle_s:.1f} s)\n"
        f"  mesuré : aller-retour {measured.round_trip_s * 1000:.1f} ms, "
        f"{measured.service_s * 1000:.2f} ms par requête à {measured.together} ensemble, "
        f"{measured.repeated} répétées, {measured.varbinds} variables lues en {measured.walk_s:.1f} s"
    )
    if found.v1_only:
        head += f"\n{_V1_FR}"
    parts = [head, "Ce que l'OLT donne\n" + "\n".join(map(_line, found.capabilities)), load]
    if found.notes:
        parts.append("Limites connues du pilote\n" + "\n".join(f"  {what} : {why}" for what, why in found.notes))
    return "\n\n".join([*parts, inspection.as_text(found.target, found.walk)])


def as_json(found: Onboarding) -> dict[str, Any]:
    """The report as a JSON-ready object."""
    measured = found.measured
    return {
        "vendor": found.target.vendor,
        "software": found.software,
        "snmp": "v1" if found.v1_only else "v3" if found.target.user is not None else "v2c",
        "cli": None if found.target.cli is None else {"open": not found.cli_refusal, "refusal": found.cli_refusal},
        "capabilities": [
            {
                "group": capability.group,
                "answered": list(capability.answered),
                "empty": {key: reason.value for key, reason in capability.empty.items()},
                "not_given": list(capability.not_given),
            }
            for capability in found.capabilities
        ],
        "driver": {"level": found.level, "missing": [{"what": what, "why": why} for what, why in found.notes]},
        "measured": {
            "round_trip_s": measured.round_trip_s,
            "service_s": measured.service_s,
            "repeated": measured.repeated,
            "varbinds": measured.varbinds,
            "walk_s": measured.walk_s,
            "cycle_s": found.cycle_s,
        },
        "contract": TypeAdapter(LoadContract).dump_python(found.contract, mode="json"),
        "inventory": inspection.as_json(found.target, found.walk),
    }


def _line(capability: Capability) -> str:
    parts = [f"  {_GROUPS_FR[capability.group]} : {len(capability.answered)} avec valeur"]
    if capability.empty:
        empty = (
            f"{metric(key).label_fr} ({inspection.REASONS_FR[reason]})" for key, reason in capability.empty.items()
        )
        parts.append("sans valeur : " + ", ".join(empty))
    if capability.not_given:
        parts.append(f"{len(capability.not_given)} que ce pilote ne donne pas")
    return " ; ".join(parts)
