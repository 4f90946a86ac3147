"""What the virtual lab finds out about this computer, and how it keeps what it made."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from tests import volumes
from tests.lab.conftest import FIRST
from tests.lab.test_stick_stories import ended
from tools.environment import ROOT, ToolError
from tools.lab import __main__ as lab
from tools.lab import bedside, machine, needs, stock
from tools.lab.start import (
    GPIO,
    NUMBERS,
    OURS,
    PYTHON,
    Start,
    load_times,
    table,
    units_on,
)
from tools.lab.steps import KEPT, lab_folder, step


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
        needs.need(["qemu-system-aarch64", "mmdebstrap"])


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A computer without anything; its programs would be in the folder."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("BINFMT", "FUSE", "GLIB"):
        monkeypatch.setattr(needs, name, tmp_path / name.lower())
    monkeypatch.setattr(needs, "KEYRING", str(tmp_path / "keyring"))
    monkeypatch.setattr(needs, "DISK_BYTES", 0)
    monkeypatch.setattr(needs, "MEMORY_BYTES", 0)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return tmp_path


def test_all_that_the_lab_needs_is_said_at_once_with_one_command(
    bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lab.main(["needs"]) == 1
    said = capsys.readouterr().err
    (command,) = (line for line in said.splitlines() if line.startswith("It runs: "))
    for package in (
        *("qemu-system-arm", "qemu-user-static", "binfmt-support", "swig", "mmdebstrap"),
        *("fusefat", "exfat-fuse", "exfatprogs", "dosfstools", "nbdkit-plugin-python"),
        *("ninja-build", "libglib2.0-dev", "pkg-config", "debian-archive-keyring"),
    ):
        assert f" {package} " in f"{command} "
    for other in ("-t binfmt_misc", "update-binfmts --enable", "modprobe fuse", "aarch64.sh"):
        assert other in command
    assert "sudo make lab-needs" in said


def test_every_program_that_a_part_of_the_lab_asks_for_is_in_the_list() -> None:
    asked = {*stock.NEEDED, *volumes.LIAR_NEEDS, *volumes.NEEDED["fat"], *volumes.NEEDED["exfat"]}
    assert asked <= set(needs.PACKAGES)


def test_what_is_there_is_not_asked_for_and_then_nothing_is_missing(
    bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bare / "bin").mkdir()
    for name in needs.PACKAGES.keys() - {"swig"}:
        (bare / "bin" / name).touch(0o755)
    for name in ("binfmt/qemu-aarch64", "fuse", "keyring", "cache/liftlight/aarch64/.ready"):
        (bare / name).parent.mkdir(parents=True, exist_ok=True)
        (bare / name).touch()
    assert lab.main(["needs"]) == 1
    assert "apt-get install --yes swig\n" in capsys.readouterr().err
    (bare / "bin/swig").touch(0o755)
    assert lab.main(["needs"]) == 0
    assert "all that it needs" in capsys.readouterr().out


def test_one_command_installs_it_and_then_looks_again(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its apt-get notes what it is told, and makes swig as if it had been installed."""
    (bare / "bin").mkdir()
    for name in ("sh", "touch", "chmod"):
        (bare / "bin" / name).symlink_to(shutil.which(name, path="/usr/bin:/bin") or "")
    apt = bare / "bin/apt-get"
    swig = bare / "bin/swig"
    apt.write_text(f'#!/bin/sh\necho "$@" >> {bare}/told\ntouch {swig}; chmod +x {swig}\n')
    apt.chmod(0o755)
    wanted = [needs.Need("the command swig", ("swig",))]
    monkeypatch.setattr(needs, "missing", lambda: [] if swig.exists() else wanted)
    assert lab.main(["needs", "--install"]) == 0
    assert (bare / "told").read_text() == "update\ninstall --yes swig\n"


def test_an_install_that_fails_is_said_in_one_line(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (bare / "bin").mkdir()
    (bare / "bin/sh").symlink_to(shutil.which("sh", path="/usr/bin:/bin") or "")
    monkeypatch.setattr(needs, "missing", lambda: [needs.Need("luck", command="false_start")])
    assert lab.main(["needs", "--install"]) == 1
    assert "lab: this failed: false_start" in capsys.readouterr().err


def test_what_no_command_can_help_is_for_the_person(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(needs, "DISK_BYTES", 1 << 60)
    monkeypatch.setattr(needs, "MEMORY_BYTES", 1 << 60)
    said = needs.in_words(needs.missing())
    assert "sudo make lab" in said
    assert "GB of disk" in said
    assert "GB of memory" in said
    assert said.endswith("The rest is for you to see to.")


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


class _Slow:
    """A machine whose disk takes a few questions until the row is there; or never."""

    def __init__(self, questions: float) -> None:
        self._left = questions

    def sh(self, script: str) -> str:
        self._left -= 1
        return "[]" if self._left > 0 else '[["stopped"]]'


def test_a_story_waits_for_a_row_and_not_for_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = cast(machine.Machine, _Slow(3))
    bedside.wait_for_rows(slow, "SELECT ending FROM sessions", [["stopped"]])
    monkeypatch.setattr(bedside, "ROWS_WITHIN_S", 0.2)
    never = cast(machine.Machine, _Slow(float("inf")))
    with pytest.raises(machine.MachineError, match="still answers"):
        bedside.wait_for_rows(never, "SELECT ending FROM sessions", [["stopped"]])


def test_a_story_waits_for_what_a_stick_said_though_it_was_heard_too_early(tmp_path: Path) -> None:
    """The journal that is heard ends at once, and the one that is looked up answers the third time.

    So it was on a machine that was busy with other things.
    """
    (tmp_path / "journalctl").write_text(
        f"""#!/bin/sh
cd {tmp_path}
case "$*" in *-f*) exit 1;; esac
echo >> asked
[ $(wc -l < asked) -lt 3 ] || echo "failed the stick holds no FAT32 or exFAT (ext4)"
"""
    )
    for name, does in (("systemctl", "exit 0"), ("sleep", "exit 0")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
    for name in ("journalctl", "systemctl", "sleep"):
        (tmp_path / name).chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-c", ended()], check=True, env=path, timeout=60, capture_output=True)
    assert (tmp_path / "asked").read_text() == "\n" * 3


CHAIN = """The time when unit became active or started is printed after the "@" character.
The time the unit took to start is printed after the "+" character.

liftlight.service +4.250s
└─liftlight-panel-off.service @9.125s +2.500s
  └─data.mount @9.000s +100ms
    └─dev-liftlight.device @8.750s
      └─-.mount @1.000s
"""
"""As systemd-analyze prints it."""


def a_start(**other: float) -> Start:
    times = {"free": 9.0, "panel_off": 2.5, "process": 11.75, "panel": 14.0,
             "ready": 16.0, **other}  # fmt: skip
    return Start(
        **times,
        before_panel={PYTHON: 0.5, OURS: 0.25},
        after_panel={NUMBERS: 0.75},
        chain=CHAIN,
        blame="",
    )


def test_a_start_says_what_liftlight_waited_for() -> None:
    assert units_on(CHAIN)[:3] == [
        "liftlight.service", "liftlight-panel-off.service", "data.mount",
    ]  # fmt: skip


def test_the_steps_of_a_start_are_all_of_it() -> None:
    rows = [line.split("|")[1:-1] for line in table(a_start()).splitlines() if line[:2] == "| "]
    seconds = {name.strip(): value.strip(" *") for name, value in rows[1:]}
    total = seconds.pop("**in all**")
    steps = [value for name, value in seconds.items() if "modules" not in name and value[0] != "-"]
    assert sum(float(value.split()[0]) for value in steps) == float(total.split()[0]) == 7.0
    assert seconds["the panel made dark by a process of its own"] == "2.50 s"


def test_two_starts_stand_side_by_side() -> None:
    shorter = a_start(panel_off=0.0, process=9.25, panel=11.5, ready=13.5)
    assert "| **in all** | **7.00 s** | **4.50 s** |" in table(shorter, a_start())


def test_what_loads_is_counted_for_its_maker() -> None:
    said = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       100 |        100 |   device.errors\n"
        "import time:       250 |        350 | device.cli\n"
        "import time:        40 |         40 |     gpiozero.pins\n"
        "import time:         7 |          7 | argparse\n"
    )
    assert load_times(said) == pytest.approx({OURS: 350e-6, GPIO: 40e-6, PYTHON: 7e-6})


def test_figures_that_are_none_are_refused_before_a_machine_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.json").write_text("{}")
    assert lab.main(["start", "--before", str(tmp_path / "other.json")]) == 1
    assert "holds no figures of a start" in capsys.readouterr().err
