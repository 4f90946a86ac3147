"""What is installed on the device on top of Raspberry Pi OS, and what must never be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT
from tools.lock import FIRMWARE, SYSTEMS, System

systems = pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)


def locked(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", path.read_text(encoding="utf-8"), re.M))


def device_lock(system: System) -> Path:
    return FIRMWARE / f"requirements-{system.name}.lock"


@systems
def test_the_systems_own_packages_are_never_replaced(system: System) -> None:
    names = locked(device_lock(system)).keys()
    assert not names & system.packages.keys()
    assert not [name for name in names if "numpy" in name or "opencv" in name]


@systems
def test_every_package_is_one_wheel_and_no_other(system: System) -> None:
    text = device_lock(system).read_text(encoding="utf-8")
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}$", text, re.M)) == len(
        locked(device_lock(system))
    )


@systems
def test_all_that_liftlight_needs_is_locked_or_the_systems(system: System) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    there = {**locked(device_lock(system)), **system.packages}
    for line in project["dependencies"]:
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate({"python_version": system.python}):
            assert need.specifier.contains(there[need.name]), need.name


@systems
def test_the_device_runs_the_networks_on_what_the_desk_tested_them_on(system: System) -> None:
    desk = locked(ROOT / f"requirements-{system.python}.lock")
    device = locked(device_lock(system))
    assert device == {name: desk[name] for name in device}


def test_what_is_not_locked_comes_from_apt() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["device"]
    needs = {Requirement(line).name: Requirement(line) for line in lines}
    script = (FIRMWARE / "install.sh").read_text(encoding="utf-8")
    listed = re.search(r"^packages=\(\n(.*?)^\)", script, re.M | re.S)
    assert listed is not None
    apt = dict((*name.split("="), "")[:2] for name in listed[1].split())
    on_top = {name for system in SYSTEMS for name in locked(device_lock(system))}
    for name in needs.keys() - on_top:
        package = f"python3-{name.removeprefix('python-').removesuffix('-python-headless')}"
        assert package in apt, name
        if apt[package]:
            assert needs[name].specifier.contains(apt[package])
