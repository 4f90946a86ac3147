"""Stories of `liftlight doctor`, on machines made of a few files."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.clock import SystemClock
from device.coach.coach import Coach
from device.coach.cues import Cue
from device.coach.events import Fault, FaultKind
from device.coach.history import History
from device.doctor import CHECKS, computer, doctor, in_words, parts, software, storage, tour
from device.doctor.machine import Finding, Machine, Verdict
from device.journal import Journal
from device.panel.panel import Panel
from device.panel.patterns import FAULTS, pattern_of
from device.panel.pins import Pins
from device.settings import Settings
from device.vision.runtime import models_folder
from tests.journal_kit import NOON, HandClock


@dataclass
class Bench:
    """A Raspberry Pi 4 in good health, to be broken one part at a time."""

    folder: Path
    missing: dict[str, Exception] = field(default_factory=dict)
    cameras: list[dict[str, str]] = field(default_factory=lambda: [{"Model": "imx708"}])
    throttled: str | None = "throttled=0x0\n"
    held: set[int] = field(default_factory=set)
    """Pins that another program has."""

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def machine(self) -> Machine:
        return Machine(self.data, self.root, self._load, self._run)

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def memory(self, **lines: int) -> None:
        text = "".join(f"{name}:  {megabytes * 1024} kB\n" for name, megabytes in lines.items())
        self.write("proc/meminfo", text)

    def journal(self) -> Path:
        path = self.data / "journal.db"
        Journal(path, HandClock()).close()
        return path

    def _run(self, command: Sequence[str]) -> str | None:
        assert command == ("vcgencmd", "get_throttled")
        return self.throttled

    def _load(self, name: str) -> Any:
        if name in self.missing:
            raise self.missing[name]
        if name == "numpy":
            where = "/usr/lib/python3/dist-packages/numpy/__init__.py"
            return SimpleNamespace(__version__="1.24.2", __file__=where)
        if name == "picamera2":
            picamera2 = SimpleNamespace(global_camera_info=lambda: self.cameras)
            return SimpleNamespace(Picamera2=picamera2)
        if name == "lgpio":
            return SimpleNamespace(
                gpiochip_open=lambda _: 1,
                gpiochip_close=lambda _: 0,
                gpio_get_line_info=lambda _, pin: [0, pin, int(pin in self.held), "", "blinker"],
            )
        if name == "device.vision.runtime":
            return SimpleNamespace(DETECTOR="detector", LANDMARKS="landmarks", Model=str)
        return SimpleNamespace()


@pytest.fixture
def pi(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    bench.data.mkdir()
    bench.write("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    bench.memory(MemAvailable=700, CmaTotal=256, CmaFree=200)
    bench.write("sys/class/thermal/thermal_zone0/temp", "48312\n")
    bench.write("sys/class/hwmon/hwmon0/name", "cpu_thermal\n")
    bench.write("sys/class/hwmon/hwmon1/name", "rpi_volt\n")
    bench.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n")
    bench.write("sys/class/rtc/rtc0/name", "rtc-ds1307 1-0068\n")
    bench.write("sys/class/rtc/rtc0/since_epoch", f"{NOON:.0f}\n")
    for device in ("watchdog", "gpiochip0"):
        bench.write(f"dev/{device}", "")
    bench.write("sys/devices/fe20c000.pwm/uevent", "")
    bench.write("sys/class/pwm/pwmchip0/export", "")
    (bench.root / "sys/class/pwm/pwmchip0/device").symlink_to("../../../devices/fe20c000.pwm")
    bench.write("boot/firmware/config.txt", "[all]\ninclude liftlight.txt\n")
    bench.write("boot/firmware/liftlight.txt", "dtoverlay=pwm,pin=18,func=2\n")
    return bench


@pytest.fixture
def laptop(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "laptop")
    bench.root.mkdir(parents=True)
    bench.throttled = None
    bench.missing = {name: ImportError(name) for name in ("picamera2", "lgpio", "periphery")}
    return bench


def is_problem(finding: Finding, says: str, cure: str) -> None:
    assert finding.verdict is Verdict.PROBLEM
    assert says in finding.says
    assert cure in finding.cure


def test_a_healthy_pi_has_nothing_to_put_right(pi: Bench) -> None:
    pi.journal()
    findings = {name: check(pi.machine) for name, check in CHECKS.items()}
    assert {finding.verdict for finding in findings.values()} == {Verdict.OK}, findings
    assert "Raspberry Pi 4" in findings["system"].says


def test_on_a_laptop_the_parts_of_a_pi_are_not_here_and_no_problem(laptop: Bench) -> None:
    findings = {name: check(laptop.machine) for name, check in CHECKS.items()}
    not_here = {name for name, found in findings.items() if found.verdict is Verdict.NOT_HERE}
    assert {"camera", "camera memory", "panel", "buzzer", "clock", "data", "power"} <= not_here
    assert all(found.verdict in (Verdict.OK, Verdict.NOT_HERE) for found in findings.values())


def test_a_webcam_serves_at_a_desk(laptop: Bench) -> None:
    laptop.write("dev/video0", "")
    assert "v4l2:/dev/video0" in parts.camera(laptop.machine).says


def test_the_real_machine_is_examined_and_told_in_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = doctor(tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line[:1].strip()]) == len(CHECKS) + 1
    assert (code == 0) == (not any(line.startswith("PROBLEM") for line in lines))


def test_a_problem_makes_the_exit_code_1_and_names_its_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.toml").write_text("[panel]\nloud = true\n")
    assert doctor(tmp_path) == 1
    assert "to be put right" in capsys.readouterr().out


def test_a_finding_is_a_line_and_its_cure_another() -> None:
    words = in_words("camera", Finding(Verdict.PROBLEM, "no camera answers", "press it home"))
    assert words == f"PROBLEM   camera         no camera answers\n{'':<25}→ press it home"


def test_an_old_or_too_new_python(pi: Bench) -> None:
    is_problem(computer.system(pi.machine, (3, 9)), "Python 3.9", "Bookworm or Trixie")
    is_problem(computer.system(pi.machine, (3, 14)), "3.11 to 3.13", "Bookworm or Trixie")


def test_too_little_memory_but_not_while_liftlight_itself_has_it(pi: Bench) -> None:
    pi.memory(MemAvailable=90)
    is_problem(computer.memory(pi.machine), "only 90 MB", "close other programs")
    with Journal(pi.data / "journal.db", HandClock()):
        assert computer.memory(pi.machine).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("millidegrees", "verdict"),
    [("69900", Verdict.OK), ("74000", Verdict.NOTE), ("81000", Verdict.PROBLEM)],
)
def test_heat(pi: Bench, millidegrees: str, verdict: Verdict) -> None:
    pi.write("sys/class/thermal/thermal_zone0/temp", millidegrees)
    assert computer.heat(pi.machine).verdict is verdict


def test_low_voltage_now_and_earlier(pi: Bench) -> None:
    pi.throttled = "throttled=0x50000\n"
    assert "too low since the start" in computer.power(pi.machine).says
    pi.throttled = "throttled=0x40000\n"
    assert "slowed down since the start" in computer.power(pi.machine).says
    pi.throttled = "throttled=0x50005\n"
    is_problem(computer.power(pi.machine), "too low right now", "official supply")
    pi.throttled = None
    pi.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    is_problem(computer.power(pi.machine), "too low right now", "official supply")


def test_no_watchdog(pi: Bench) -> None:
    (pi.root / "dev/watchdog").unlink()
    assert "dtparam=watchdog=on" in computer.watchdog(pi.machine).cure


def test_a_numpy_that_others_were_not_built_for(pi: Bench) -> None:
    pi.missing["simplejpeg"] = ValueError("numpy.dtype size changed")
    is_problem(software.numpy(pi.machine), "another numpy", "remove numpy from LiftLight's")
    pi.missing["simplejpeg"] = ImportError("no module named simplejpeg")
    is_problem(software.numpy(pi.machine), "no module named simplejpeg", "installer")
    pi.missing["numpy"] = ImportError("libopenblas.so.0")
    is_problem(software.numpy(pi.machine), "libopenblas", "installer")


def test_a_numpy_that_hides_the_systems_own(pi: Bench) -> None:
    def load(name: str) -> Any:
        return SimpleNamespace(__version__="2.1.0", __file__="/opt/liftlight/numpy/__init__.py")

    machine = Machine(pi.data, pi.root, load)
    assert software.numpy(machine).verdict is Verdict.NOTE


def test_a_damaged_model_and_a_missing_runtime(
    pi: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "models"
    shutil.copytree(models_folder(), copy)
    monkeypatch.setattr("device.vision.runtime.models_folder", lambda: copy)
    machine = Machine(pi.data, pi.root)
    assert software.models(machine).verdict is Verdict.OK
    detector = copy / "face_detector.tflite"
    detector.write_bytes(detector.read_bytes()[:-1] + b"x")
    is_problem(software.models(machine), "is damaged", "git checkout")
    pi.missing["device.vision.runtime"] = ImportError("no numpy")
    is_problem(software.models(pi.machine), "no numpy", "installer")


def test_settings_that_cannot_be_used(pi: Bench) -> None:
    (pi.data / "settings.toml").write_text("[panel]\nbrightness = 3\n")
    found = software.settings(pi.machine)
    assert found.verdict is Verdict.PROBLEM
    assert "brightness" in found.says
    assert parts.buzzer(pi.machine).verdict is Verdict.NOT_HERE


def test_no_data_folder_on_a_pi(pi: Bench) -> None:
    pi.data.rmdir()
    is_problem(storage.data_folder(pi.machine), "there is no", "labelled LIFTLIGHT")


@pytest.mark.parametrize(("options", "says"), [("ro", "may not be written"), ("rw", " MB free")])
def test_a_data_folder_that_is_read_only_or_nearly_full(pi: Bench, options: str, says: str) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", f"size=1m,{options}", "tmpfs", str(pi.data)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("cannot mount a small disk here: run the tests as root")
    try:
        is_problem(storage.data_folder(pi.machine), says, "card")
    finally:
        subprocess.run(["umount", "--lazy", str(pi.data)], check=True)


def test_a_damaged_journal_before_and_after_it_was_set_aside(pi: Bench) -> None:
    path = pi.journal()
    path.write_bytes(b"x" * 5000)
    is_problem(storage.journal(pi.machine), "not a database", "rests two days")
    pi.journal()
    found = storage.journal(pi.machine)
    assert found.verdict is Verdict.NOTE
    assert "journal-damaged-1.db" in found.says


def test_a_journal_of_a_newer_version(pi: Bench) -> None:
    connection = sqlite3.connect(pi.journal())
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "newer LiftLight" in storage.journal(pi.machine).says


def test_the_faults_of_the_last_start_are_told_with_their_cure(pi: Bench) -> None:
    clock = HandClock()
    path = pi.data / "journal.db"
    with Journal(path, clock) as journal:
        journal.write(Fault(1.0, FaultKind.CAMERA, "no picture for 5 s: press the cable home"))
    assert storage.faults(pi.machine).verdict is Verdict.NOTE
    assert "press the cable home" in storage.faults(pi.machine).cure
    assert "camera (15 Jan, 09:00; the panel counts to 1)" in storage.faults(pi.machine).says
    clock.reboot(60)
    Journal(path, clock).close()
    assert storage.faults(pi.machine).verdict is Verdict.OK


def no_clock(pi: Bench) -> None:
    shutil.rmtree(pi.root / "sys/class/rtc")


def never_set(pi: Bench) -> None:
    pi.write("sys/class/rtc/rtc0/since_epoch", "946684900\n")


def no_battery(pi: Bench) -> None:
    pi.write("sys/class/rtc/rtc0/battery_voltage", "11000\n")


@pytest.mark.parametrize(
    ("trouble", "cure"),
    [(no_clock, "DS3231"), (never_set, "set the time"), (no_battery, "battery in")],
)
def test_a_clock_that_cannot_be_relied_on(
    pi: Bench, trouble: Callable[[Bench], None], cure: str
) -> None:
    trouble(pi)
    found = parts.clock(pi.machine)
    assert found.verdict is Verdict.NOTE
    assert cure in found.cure


def test_no_picamera2_no_camera_and_a_camera_that_fails(pi: Bench) -> None:
    pi.cameras = []
    is_problem(parts.camera(pi.machine), "no camera answers", "ribbon cable")
    pi.missing["picamera2"] = ImportError("No module named 'libcamera'")
    is_problem(parts.camera(pi.machine), "libcamera", "apt install python3-picamera2")
    pi.missing["picamera2"] = ValueError("numpy.dtype size changed")
    is_problem(parts.camera(pi.machine), "dtype size", "numpy above")


def test_the_memory_for_the_camera(pi: Bench) -> None:
    pi.memory(MemAvailable=700, CmaTotal=64, CmaFree=3)
    assert "cma=256M" in parts.camera_memory(pi.machine).cure
    pi.memory(MemAvailable=700)
    is_problem(parts.camera_memory(pi.machine), "none is set apart", "cma=128M")


def test_the_panel_needs_a_chip_a_library_rights_and_a_place_to_write(
    pi: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LG_WD", str(pi.folder / "gone"))
    is_problem(parts.panel(pi.machine), "lgpio cannot write", "LG_WD")
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: False)
        is_problem(parts.panel(pi.machine), "may not use GPIO", "usermod -aG gpio")
        is_problem(parts.buzzer(pi.machine), "may not use the PWM", "usermod -aG gpio")
    pi.missing["lgpio"] = ImportError("no lgpio")
    is_problem(parts.panel(pi.machine), "no lgpio", "apt install python3-lgpio")
    (pi.root / "dev/gpiochip0").unlink()
    is_problem(parts.panel(pi.machine), "shows no GPIO", "own kernel")


def test_the_buzzer_needs_its_pwm_and_the_library_for_it(pi: Bench) -> None:
    pi.missing["periphery"] = ImportError("no periphery")
    is_problem(parts.buzzer(pi.machine), "no periphery", "python3-periphery")
    (pi.root / "sys/class/pwm/pwmchip0/device").unlink()
    assert "dtoverlay=pwm" in parts.buzzer(pi.machine).cure


def test_a_buzzer_on_a_pin_that_the_pwm_is_not_led_to_is_mute(pi: Bench) -> None:
    (pi.data / "settings.toml").write_text("[pins]\nbuzzer = 13\n")
    cure = "add dtoverlay=pwm,pin=13,func=4 at the end of config.txt"
    is_problem(parts.buzzer(pi.machine), "the boot settings lead its PWM to GPIO 18", cure)
    pi.write("boot/firmware/liftlight.txt", "# dtoverlay=pwm,pin=13,func=4\n")
    is_problem(parts.buzzer(pi.machine), "lead its PWM to no pin", cure)


@pytest.mark.parametrize(
    ("config", "buzzer", "heard"),
    [
        ("include liftlight.txt\ndtoverlay=pwm,pin=13,func=4\n", 13, True),
        ("include liftlight.txt\ndtoverlay=pwm,pin=13,func=4\n", 18, False),
        ("include liftlight.txt\ndtoverlay=pwm-2chan\n", 19, True),
        ("include liftlight.txt\ndtoverlay=pwm-2chan,pin=12,func=4\n", 18, False),
        ("dtoverlay=pwm\n", 18, True),
        ("include config.txt\ndtoverlay=pwm,pin=12,func=4\n", 12, True),
    ],
)
def test_where_the_pwm_is_led_is_read_as_the_firmware_reads_it(
    config: str, buzzer: int, heard: bool, pi: Bench
) -> None:
    (pi.data / "settings.toml").write_text(f"[pins]\nbuzzer = {buzzer}\n")
    pi.write("boot/firmware/config.txt", config)
    assert (parts.buzzer(pi.machine).verdict is Verdict.OK) == heard


@pytest.mark.parametrize("kind", [kind for kind, (number, _) in FAULTS.items() if number])
def test_each_fault_is_shown_kept_and_told_with_its_cure(pi: Bench, kind: FaultKind) -> None:
    """From the coach to the panel, the journal and the doctor, whichever it is."""
    clock = HandClock()
    coach = Coach(History())
    coach.clock(clock.reading())
    with Journal(pi.data / "journal.db", clock) as journal:
        for output in coach.fault(Fault(clock.monotonic(), kind, "it broke: mend it")):
            if isinstance(output, Cue):
                assert pattern_of(output).name == f"fault {kind}"
            else:
                assert isinstance(output, Fault)
                journal.write(output)
    found = storage.faults(pi.machine)
    assert f"the latest {kind} " in found.says
    assert f"the panel counts to {FAULTS[kind][0]}" in found.says
    assert found.cure == "it broke: mend it"


class TestThePanelItself:
    def test_a_pin_that_another_program_has_is_named(self, pi: Bench) -> None:
        pi.held = {Pins().ready, Pins().hold_2, 7}
        finding = parts.panel(pi.machine)
        is_problem(finding, "GPIO 27 (ready) by blinker", "stop that program")
        assert "hold_2" in finding.says
        assert "7" not in finding.says.replace("27", "")

    def test_while_the_device_runs_its_pins_are_its_own(self, pi: Bench) -> None:
        pi.held = {Pins().ready}
        with Journal(pi.data / "journal.db", HandClock()):
            assert parts.panel(pi.machine).verdict is Verdict.OK


class TestTheTour:
    """`liftlight doctor --panel` on mock pins, quickly."""

    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tour, "LIT_S", 0.03)
        monkeypatch.setattr(tour, "DARK_S", 0.55)  # No light turns on twice within half a second.
        monkeypatch.setattr(tour, "PRESS_WITHIN_S", 2.0)

    def test_each_part_is_lit_alone_while_its_line_is_there(self) -> None:
        clock, factory = SystemClock(), MockFactory(pin_class=MockPWMPin)
        settings = Settings(pins=Pins(illuminator=26))
        wires = {name: factory.pin(pin) for name, pin in settings.pins.fitted().items()}
        lit: list[tuple[str, set[str]]] = []
        with Panel(settings.pins, clock, factory) as panel:
            tick = panel.tick

            def look() -> None:
                tick()
                on = {name for name, wire in wires.items() if wire.state and name != "button"}
                if lit and on and not lit[-1][1]:
                    lit[-1] = lit[-1][0], on

            panel.tick = look  # type: ignore[method-assign]

            def say(line: str) -> None:
                lit.append((line, set()))
                if line.startswith("now press"):
                    wires["button"].drive_low()

            assert tour.walk(panel, settings, say) == 0
        shown = dict(lit)
        assert shown["camera light and illuminator: lit for 0 s; nothing is being filmed"] == {
            "camera",
            "illuminator",
        }
        for n in range(1, 6):
            assert shown[f"hold bar, light {n} of 5"] == {f"hold_{n}"}
        assert shown["ready (green)"] == {"ready"}
        assert shown["rest (amber)"] == {"rest"}
        everything = {name for name in wires if name not in ("camera", "illuminator", "button")}
        assert shown["all lights, then the buzzer: low, middle, high"] == everything
        assert lit[-1][0] == "the button works; that was all"

    def test_a_button_that_does_nothing_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tour, "PRESS_WITHIN_S", 0.05)
        said: list[str] = []
        with Panel(Pins(), SystemClock(), MockFactory(pin_class=MockPWMPin)) as panel:
            assert tour.walk(panel, Settings(), said.append) == 1
        assert "two wires" in said[-1]

    def test_it_leaves_a_running_device_alone(self, tmp_path: Path) -> None:
        with (
            Journal(tmp_path / "journal.db", HandClock()),
            pytest.raises(tour.PanelInUseError, match="systemctl stop"),
        ):
            tour.tour("gpio", tmp_path)
