"""Each téléaction declares everything, and its words are French."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from api.i18n import catalogue as french
from api.schemas.teleactions import BLAST, REVERSIBILITY
from domain.clock import PARIS
from domain.errors import InvalidValueError
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions.catalogue import catalogue
from teleactions.guards import GUARD_LABELS, GUARDS, guards_of
from teleactions.spec import BoxWork, FieldKind, Reversibility, Spec
from teleactions.window import Window

FOLDER = Path(__file__).resolve().parents[2] / "teleactions"
SPECS = list(catalogue().values())


def test_the_catalogue_is_the_folder() -> None:
    files = {path.stem for path in (FOLDER / "catalogue").glob("*.py")} - {"__init__"}
    assert set(catalogue()) == files
    assert len(files) >= 20


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_teleaction_declares_what_it_takes_and_what_it_costs(spec: Spec) -> None:
    words = french("fr")
    assert spec.label in words
    assert all(field.label in words for field in spec.fields)
    assert 0 < spec.expected_s <= spec.deadline_s
    assert set(spec.preconditions) <= set(GUARDS)
    assert all(GUARD_LABELS[name] in words for name in guards_of(spec))
    assert BLAST[spec.blast] in words
    assert REVERSIBILITY[spec.reversibility] in words
    if spec.reversibility is Reversibility.IRREVERSIBLE:
        assert spec.confirmations >= 1
    if spec.target is TargetKind.PON:
        assert (spec.right, spec.confirmations) == (Right.NOC, 2)


def test_parameters_of_any_name_take_the_right_of_an_expert() -> None:
    free = {spec.name for spec in SPECS if spec.right is Right.EXPERT}
    assert free == {"box_parameters_read", "box_parameters_write"}


def test_every_sentence_of_guards_effects_and_trees_has_its_french() -> None:
    words = french("fr")
    files = [*FOLDER.glob("*.py"), *(FOLDER / "catalogue").glob("*.py")]
    calls = r'(?:Sentence|done|nothing|failed|unknown|UnfitError)\(\s*"([^"]+)"'
    texts = {text for file in files for text in re.findall(calls, file.read_text("utf-8"))}
    assert len(texts) > 40
    assert sorted(texts - set(words)) == []


@pytest.mark.parametrize(
    ("action", "given", "field"),
    [
        ("box_wifi_channel", {"radio": 1}, "channel"),
        ("box_wifi_channel", {"radio": 1, "channel": 1, "more": 1}, "more"),
        ("box_wifi_channel", {"radio": True, "channel": 1}, "radio"),
        ("box_wifi_radio", {"radio": 1, "on": "yes"}, "on"),
        ("box_wifi_network", {"network": 1, "key": "short"}, "key"),
        ("box_ping", {"host": "a;reboot"}, "host"),
        ("box_speed_test", {"direction": "sideways", "url": "http://x/"}, "direction"),
        ("box_parameters_read", {"name": "Devices.X"}, "name"),
    ],
)
def test_a_wrong_parameter_is_named(action: str, given: dict[str, str | int | bool], field: str) -> None:
    with pytest.raises(InvalidValueError) as error:
        catalogue()[action].parse(given)
    assert error.value.field == field


def test_a_secret_never_shows_in_an_error() -> None:
    with pytest.raises(InvalidValueError) as error:
        catalogue()["box_wifi_network"].parse({"network": 1, "key": "mon-mot\x00"})
    assert "mon-mot" not in str(error.value)
    secret = [f for spec in SPECS for f in spec.fields if f.kind is FieldKind.SECRET]
    assert len(secret) >= 2


def test_only_work_on_boxes_reads_their_parameters() -> None:
    assert all(isinstance(spec.work, BoxWork) == (spec.target is TargetKind.BOX) for spec in SPECS)


def test_the_window_may_pass_midnight() -> None:
    window = Window.parse("22:00-06:00")
    night = datetime.combine(datetime(2019, 5, 9, tzinfo=UTC).date(), time(23), PARIS)
    assert window.contains(night)
    assert window.contains(night + timedelta(hours=6))
    noon = night + timedelta(hours=13)
    assert not window.contains(noon)
    assert window.opens(noon) == night + timedelta(days=1) - timedelta(hours=1)
    with pytest.raises(InvalidValueError):
        Window.parse("all night")
