"""What the virtual lab finds out about this computer, and how it keeps what it made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.conftest import FIRST
from tools.environment import ROOT, ToolError
from tools.lab import machine
from tools.lab.steps import KEPT, lab_folder, need, step


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    machine.fastest.cache_clear()
    yield
    machine.fastest.cache_clear()


@pytest.fixture
def arm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """An ARM computer with a /dev/kvm, and a QEMU that does what is told here."""
    kvm = tmp_path / "kvm"
    kvm.touch()
    monkeypatch.setattr(machine, "KVM", kvm)
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def qemu(does: str) -> None:
        program = tmp_path / "qemu-system-aarch64"
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)

    return qemu


def test_kvm_that_works_is_used(arm: Callable[[str], None]) -> None:
    arm('read -r _; read -r last; [ "$last" = \'{"execute": "quit"}\' ]')
    assert machine.fastest() == machine.NATIVE


def test_kvm_that_is_there_and_refuses_is_not(
    arm: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    arm("echo 'failed to initialize kvm: Operation not permitted' >&2; exit 1")
    assert machine.fastest() == machine.EMULATED
    assert "emulating, for QEMU says: failed to initialize kvm" in capfd.readouterr().err


def test_kvm_that_hangs_is_given_up(
    arm: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "PROBE_S", 0.2)
    arm("exec sleep 30")
    assert machine.fastest() == machine.EMULATED
    assert "does not answer" in (machine.why_no_kvm() or "")


def test_without_its_device_nothing_is_tried(
    arm: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arm(f"touch {tmp_path}/asked")
    monkeypatch.setattr(machine, "KVM", tmp_path / "none")
    assert "is not there" in (machine.why_no_kvm() or "")
    assert not (tmp_path / "asked").exists()


def test_another_kind_of_computer_emulates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert machine.fastest() == machine.EMULATED


def test_what_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError, match="sudo apt install mmdebstrap qemu-system-arm"):
        need(["qemu-system-aarch64", "mmdebstrap"])


def test_a_step_is_made_once_and_again_when_what_it_is_made_of_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = tmp_path / "source"
    made: list[Path] = []
    for content in ("one", "one", "two", "three", "four", "four"):
        source.write_text(content)
        step("thing", [source], made.append)
    assert len(made) == 4
    assert len(list(lab_folder().glob("thing-*"))) == KEPT + 1


def test_a_step_that_failed_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise ToolError("no room")

    with pytest.raises(ToolError):
        step("thing", ["a"], fail)
    folder = step("thing", ["a"], lambda folder: (folder / "whole").touch())
    assert {one.name for one in folder.iterdir()} == {"whole", ".seconds"}


def test_the_stories_that_come_first_are_there() -> None:
    told = "".join(path.read_text() for path in (ROOT / "tests/lab").glob("test_*.py"))
    for name in FIRST:
        assert f"\ndef {name}(" in told
