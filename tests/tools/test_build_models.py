"""The shipped networks and their cards are what `tools.build_models` makes."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from device.vision import LANDMARKS, describe, models_folder
from tools.build_models.__main__ import LOCK
from tools.build_models.sources import SOURCES, Source, facts
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


def test_building_again_gives_the_same_bytes() -> None:
    if made("quantizer", LOCK) is None:
        pytest.skip("no quantizer here: run `python -m tools.build_models --check` once")
    check = [sys.executable, "-m", "tools.build_models", "--check"]
    ran = subprocess.run(check, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
