"""The shipped networks and their cards are what `tools.build_models` makes."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys

import pytest

from device.vision import LANDMARKS, LIFT, describe, models_folder
from tools.build_models.sources import LIFT_NETWORK, LOCK, SOURCES, Source, facts
from tools.documents import replaced
from tools.environment import ROOT, made


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_card_tells_the_truth_about_its_file(source: Source) -> None:
    card = (models_folder() / f"{source.name}.md").read_text(encoding="utf-8")
    assert card == replaced(card, "facts", facts(source, models_folder()))
    promised = describe(source.name, models_folder())
    assert list(promised.outputs) == [output.name for output in source.outputs]


def test_the_card_shows_landmarks_as_near_to_the_float_network_as_promised() -> None:
    card = (models_folder() / f"{LANDMARKS}.md").read_text()
    crops = re.search(r"^(\d+) face crops", card, re.MULTILINE)
    mean = re.search(r"^\| all 468 landmarks \| ([\d.]+) \|", card, re.MULTILINE)
    assert crops
    assert int(crops[1]) >= 100
    assert mean
    assert float(mean[1]) <= 0.5


def test_the_card_of_our_own_network_tells_the_truth_about_its_file() -> None:
    card = (models_folder() / f"{LIFT}.md").read_text(encoding="utf-8")
    promised = describe(LIFT, models_folder())
    content = promised.path.read_bytes()
    assert f"`{promised.path.name}`, {len(content)} bytes" in card
    assert hashlib.sha256(content).hexdigest() == promised.sha256
    assert f"`{promised.sha256}`" in card
    (output,) = LIFT_NETWORK.outputs
    assert promised.input_shape == LIFT_NETWORK.input_shape
    assert promised.outputs == {output.name: output.shape}


def test_the_int8_network_is_as_right_as_the_float_one_about_people_it_was_not_taught_on() -> None:
    card = (models_folder() / f"{LIFT}.md").read_text(encoding="utf-8")
    for name in ("lift_left", "lift_right", "lift_far", "sides"):
        found = re.search(rf"^\| `{name}` \| ([\d.]+) \| ([\d.]+) \|", card, re.MULTILINE)
        assert found
        exact, small = map(float, found.groups())
        assert small >= exact - 0.02


def test_building_again_gives_the_same_bytes() -> None:
    if made("quantizer", LOCK) is None:
        pytest.skip("no quantizer here: run `python -m tools.build_models --check` once")
    check = [sys.executable, "-m", "tools.build_models", "--check"]
    ran = subprocess.run(check, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
