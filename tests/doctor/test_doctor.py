"""Stories of `liftlight doctor`, on machines made of a few files."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest

from device.cli import main
from device.coach import Coach, History, cues, events
from device.doctor import checkup, computer, doctor, parts, storage
from device.doctor.checkup import CHECKS, examine, in_words
from device.doctor.machine import Account, Ended, Finding, Machine, Verdict, run_elsewhere
from device.journal import Journal
from device.panel import Pins, patterns
from device.system import SERVICE
from device.vision import models_folder
from tests.conftest import ROOT
from tests.journal_kit import NOON, HandClock


@dataclass
class Bench:
    """A Raspberry Pi 4 in good health, to be broken one part at a time."""

    folder: Path
    missing: dict[str, Exception] = field(default_factory=dict)
    cameras: list[dict[str, str]] = field(default_factory=lambda: [{"Model": "imx708"}])
    throttled: str | None = "throttled=0x0\n"
    held: set[int] = field(default_factory=set)
    chips: dict[int, str] = field(default_factory=lambda: {0: "pinctrl-bcm2711"})
    """Pins that another program has."""
    tried: Ended = field(default_factory=lambda: Ended(0, ""))
    """How the process ended that tried the models."""
    unit: dict[str, str] = field(default_factory=dict)
    """What systemd says of the service; nothing where it is not installed."""
    manager: dict[str, str] = field(default_factory=dict)
    """What systemd says of itself."""
    log: str | None = None
    """What is found in the system's log; nothing for those who may not read it."""

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def machine(self) -> Machine:
        user = Account(self.root.stat().st_uid, frozenset())
        return Machine(
            self.data,
            self.root,
            self._load,
            self._run,
            lambda *_: self.tried,
            lambda name: user,
            self.folder,
        )

    def find(self, name: str) -> Finding:
        """What one check of doctor's own list finds."""
        return examine(name, self.machine)

    def install(self) -> None:
        """Make it what the installer and a restart make of it, from the files that it ships."""
        shipped = ROOT / "firmware_config/files/etc/systemd/system/liftlight.service"
        self.write(f"etc/systemd/system/{SERVICE}", "")
        self.unit = {"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active"}
        for line in shipped.read_text().splitlines():
            key, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                self.unit[key] = f"{self.unit[key]} {value}" if key in self.unit else value
        self.write("opt/liftlight/.active", "")
        self.boot(after_installation=True)
        self.mounts("overlay", "ext4")
        self.write("sys/class/watchdog/watchdog0/state", "active\n")
        self.write("sys/bus/platform/drivers/pinctrl-bcm2835/fe200000.gpio", "")
        self.write("sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs", "N\n")
        # The same kernel starts a Pi 5 as well.
        self.write("sys/module/pinctrl_rp1/parameters/persist_gpio_outputs", "Y\n")

    def boot(self, *, after_installation: bool) -> None:
        installed = (self.root / "opt/liftlight/.active").stat().st_mtime
        booted = installed + (60 if after_installation else -600)
        self.write("proc/stat", f"cpu 1 2 3\nbtime {booted:.0f}\n")

    def mounts(self, root: str, data: str) -> None:
        lines = f"/dev/root / {root} rw 0 0\n/dev/liftlight {self.data} {data} rw,noatime 0 0\n"
        self.write("proc/mounts", lines)

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
        match command:
            case ("vcgencmd", "get_throttled"):
                return self.throttled
            case ("systemctl", "show", "--no-pager"):
                return told(self.manager)
            case ("systemctl", "show", "--no-pager", name):
                return told(self.unit if name == SERVICE else {"ActiveState": "inactive"})
            case ("journalctl", *_):
                return self.log
        raise AssertionError(command)

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
                gpiochip_open=self._open_chip,
                gpiochip_close=lambda _: 0,
                gpio_get_chip_info=lambda chip: [0, 54, f"gpiochip{chip}", self.chips[chip]],
                gpio_get_line_info=lambda _, pin: [0, pin, int(pin in self.held), "", "blinker"],
            )
        return SimpleNamespace()

    def _open_chip(self, number: int) -> int:
        if number not in self.chips:
            raise OSError("can not open gpiochip")
        return number


def told(properties: dict[str, str]) -> str | None:
    """As `systemctl show` prints it: each device that is allowed has a line of its own."""
    lines = "".join(f"{name}={value}\n" for name, value in properties.items())
    return re.sub(r" (?=char-)", "\nDeviceAllow=", lines) or None


@pytest.fixture
def pi(tmp_path: Path) -> Bench:
    return healthy_pi(tmp_path)


def healthy_pi(folder: Path) -> Bench:
    bench = Bench(folder)
    bench.data.mkdir()
    bench.write("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    bench.memory(MemAvailable=700, CmaTotal=256, CmaFree=200)
    bench.write("sys/class/thermal/thermal_zone0/temp", "48312\n")
    bench.write("sys/class/hwmon/hwmon0/name", "cpu_thermal\n")
    bench.write("sys/class/hwmon/hwmon1/name", "rpi_volt\n")
    bench.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n")
    bench.write("sys/class/rtc/rtc0/name", "rtc-ds1307 1-0068\n")
    bench.write("sys/class/rtc/rtc0/since_epoch", f"{NOON:.0f}\n")
    for device in ("watchdog", "gpiochip0", "media0", "dma_heap/linux,cma"):
        bench.write(f"dev/{device}", "")
    bench.manager = {"RuntimeWatchdogUSec": "15s"}
    bench.write("sys/devices/fe20c000.pwm/uevent", "")
    bench.write("sys/class/pwm/pwmchip0/export", "")
    (bench.root / "sys/class/pwm/pwmchip0/device").symlink_to("../../../devices/fe20c000.pwm")
    bench.write("boot/firmware/config.txt", "[all]\ninclude liftlight.txt\n")
    bench.write("boot/firmware/liftlight.txt", "dtoverlay=pwm,pin=18,func=2\n")
    return bench


@pytest.fixture
def device(pi: Bench) -> Bench:
    """The same Pi with LiftLight installed, running."""
    pi.install()
    return pi


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
    findings = {name: pi.find(name) for name in CHECKS}
    ours = {name for name, found in findings.items() if found.verdict is Verdict.NOT_HERE}
    assert ours == {"root", "service", "outputs"}  # Somebody starts it by hand.
    others = {found.verdict for name, found in findings.items() if name not in ours}
    assert others == {Verdict.OK}, findings
    assert "Raspberry Pi 4" in findings["system"].says


def test_on_a_laptop_the_parts_of_a_pi_are_not_here_and_no_problem(laptop: Bench) -> None:
    findings = {name: laptop.find(name) for name in CHECKS}
    not_here = {name for name, found in findings.items() if found.verdict is Verdict.NOT_HERE}
    assert {"camera", "camera memory", "panel", "buzzer", "clock", "data", "power"} <= not_here
    assert all(found.verdict in (Verdict.OK, Verdict.NOT_HERE) for found in findings.values())


def test_a_webcam_serves_at_a_desk(laptop: Bench) -> None:
    laptop.write("dev/video0", "")
    assert "v4l2:/dev/video0" in parts.camera(laptop.machine).says


def test_the_real_machine_is_examined_and_told_in_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = doctor(tmp_path, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line[:1].strip()]) == len(CHECKS) + 1
    assert (code == 0) == (not any(line.startswith("PROBLEM") for line in lines))


def test_a_problem_makes_the_exit_code_1_and_names_its_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.toml").write_text("[panel]\nloud = true\n")
    assert doctor(tmp_path, tmp_path) == 1
    assert "to be put right" in capsys.readouterr().out


def test_a_finding_is_a_line_and_its_cure_another() -> None:
    words = in_words("camera", Finding(Verdict.PROBLEM, "no camera answers", "press it home"))
    assert words == f"PROBLEM   camera         no camera answers\n{'':<25}→ press it home"


def test_a_long_finding_goes_on_below_itself_and_its_command_stays_whole() -> None:
    says = "the camera is there, but somebody else holds it, and nobody says who that may be"
    cure = "see who it is: sudo fuser /dev/video0"
    lines = in_words("camera", Finding(Verdict.PROBLEM, says, cure)).splitlines()
    assert max(map(len, lines)) <= 80
    assert {line[:24].strip() for line in lines[1:]} == {""}
    assert " ".join(" ".join(lines).split()) == f"PROBLEM camera {says} → {cure}"


def test_for_programs_the_findings_are_one_json_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.toml").write_text("[panel]\nloud = true\n")
    assert doctor(tmp_path, tmp_path, as_json=True) == 1
    said = json.loads(capsys.readouterr().out)
    assert [check["name"] for check in said["checks"]] == list(CHECKS)
    (broken,) = (check for check in said["checks"] if check["verdict"] == "problem")
    assert said["problems"] == 1
    assert broken["name"] == "settings"
    assert "loud" in broken["says"]


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


@pytest.mark.parametrize("told_by", ["the kernel", "systemd"])
def test_a_watchdog_that_nobody_armed(pi: Bench, told_by: str) -> None:
    assert computer.watchdog(pi.machine) == Finding(Verdict.OK, "armed")
    if told_by == "the kernel":
        pi.write("sys/class/watchdog/watchdog0/state", "inactive\n")
    else:
        pi.manager = {"RuntimeWatchdogUSec": "0"}
    found = computer.watchdog(pi.machine)
    assert found.verdict is Verdict.NOTE
    assert "RuntimeWatchdogSec" in found.cure
    pi.install()
    pi.write("sys/class/watchdog/watchdog0/state", "inactive\n")
    assert "installer" in computer.watchdog(pi.machine).cure


def test_a_numpy_that_others_were_not_built_for(pi: Bench) -> None:
    pi.missing["simplejpeg"] = ValueError("numpy.dtype size changed")
    is_problem(computer.numpy(pi.machine), "another numpy", "remove numpy from LiftLight's")
    pi.missing["simplejpeg"] = ImportError("no module named simplejpeg")
    is_problem(computer.numpy(pi.machine), "no module named simplejpeg", "installer")
    pi.missing["numpy"] = ImportError("libopenblas.so.0")
    is_problem(computer.numpy(pi.machine), "libopenblas", "installer")


def test_a_numpy_that_hides_the_systems_own(pi: Bench) -> None:
    def load(name: str) -> Any:
        return SimpleNamespace(__version__="2.1.0", __file__="/opt/liftlight/numpy/__init__.py")

    machine = Machine(pi.data, pi.root, load)
    assert computer.numpy(machine).verdict is Verdict.NOTE


def test_the_models_are_tried_in_a_process_of_their_own(pi: Bench) -> None:
    assert computer.models(Machine(pi.data, pi.root)).verdict is Verdict.OK


def test_doctor_itself_loads_no_library_that_may_be_broken() -> None:
    loaded = "import sys, device.doctor; sys.exit(bool({'numpy', 'cv2'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, timeout=60, check=True)


def test_a_runtime_for_another_processor_does_not_take_doctor_along(
    pi: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trial_that_dies.py").write_text("import os, signal\nos.kill(os.getpid(), 4)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    machine = Machine(
        pi.data, pi.root, elsewhere=lambda *_: run_elsewhere("trial_that_dies", "run")
    )
    is_problem(computer.models(machine), "SIGILL): it was built for another", "Bookworm")


def test_a_damaged_model_and_a_missing_runtime(
    pi: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = tmp_path / "models"
    shutil.copytree(models_folder(), copy)
    monkeypatch.setattr("device.vision.runtime.models_folder", lambda: copy)
    detector = copy / "face_detector.tflite"
    detector.write_bytes(detector.read_bytes()[:-1] + b"x")
    pi.tried = Ended(computer.try_models(), capsys.readouterr().err.strip())
    is_problem(computer.models(pi.machine), "is damaged", "git checkout")
    pi.tried = Ended(1, "ModuleNotFoundError: No module named 'numpy'")
    is_problem(computer.models(pi.machine), "No module named 'numpy'", "installer")
    pi.tried = Ended(None, "")
    is_problem(computer.models(pi.machine), "no end", "installer")


def test_settings_that_cannot_be_used(pi: Bench) -> None:
    (pi.data / "settings.toml").write_text("[panel]\nbrightness = 3\n")
    found = storage.settings(pi.machine)
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
    assert parts.clock(pi.machine).verdict is Verdict.OK, "what the clock says is another matter"


def test_the_faults_of_the_last_start_are_told_with_their_cure(pi: Bench) -> None:
    clock = HandClock()
    path = pi.data / "journal.db"
    with Journal(path, clock) as journal:
        journal.write(
            events.Fault(1.0, events.FaultKind.CAMERA, "no picture for 5 s: press the cable home")
        )
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


def a_battery_that_is_not_charged(pi: Bench) -> None:
    """A Pi 5 does not charge the battery of its clock unless the boot settings say so."""
    no_battery(pi)
    pi.write("sys/class/rtc/rtc0/charging_voltage", "0\n")


def a_battery_out_of_its_socket(pi: Bench) -> None:
    no_battery(pi)
    pi.write("sys/class/rtc/rtc0/charging_voltage", "3000000\n")


def another_clock(pi: Bench) -> None:
    """Somebody set the time of a DS3231, which is not there any more."""
    clock = HandClock()
    with Journal(pi.data / "journal.db", clock) as journal:
        setting = replace(clock.set_time(NOON), rtc=NOON, rtc_name="rtc-ds1307 1-0068")
        journal.set_time(setting).result(10)
    pi.write("sys/class/rtc/rtc0/name", "rpi-rtc soc:rpi_rtc\n")


@pytest.mark.parametrize(
    ("trouble", "cure"),
    [
        (no_clock, "DS3231"),
        (never_set, "set the time"),
        (no_battery, "battery in"),
        (a_battery_that_is_not_charged, "rtc_bbat_vchg=3000000 at the end of config.txt"),
        (a_battery_out_of_its_socket, "battery in beside the USB-C socket"),
        (another_clock, "push it home"),
    ],
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
    nowhere = replace(pi.machine, here=pi.folder / "gone")
    is_problem(parts.panel(nowhere), "lgpio cannot write", "LG_WD")
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: False)
        is_problem(parts.panel(pi.machine), "may not use GPIO", "usermod -aG gpio")
        is_problem(parts.buzzer(pi.machine), "may not use the PWM", "usermod -aG gpio")
    pi.missing["lgpio"] = ImportError("no lgpio")
    is_problem(parts.panel(pi.machine), "no lgpio", "apt install python3-lgpio")
    (pi.root / "dev/gpiochip0").unlink()
    is_problem(parts.panel(pi.machine), "shows no GPIO", "own kernel")


class TestTheHeadersChip:
    """A Pi 5 has five GPIO chips, and the kernel numbers them as it likes."""

    @pytest.fixture
    def pi5(self, pi: Bench) -> Bench:
        (pi.root / "dev/gpiochip0").unlink()
        pi.chips = dict.fromkeys(range(11, 15), "gpio-brcmstb") | {15: "pinctrl-rp1"}
        for number in pi.chips:
            pi.write(f"dev/gpiochip{number}", "")
        return pi

    def test_is_found_by_its_label_and_named(self, pi5: Bench) -> None:
        found = parts.panel(pi5.machine)
        assert (found.verdict, found.says) == (Verdict.OK, "the header is gpiochip15")

    def test_alone_is_asked_who_holds_a_line(self, pi5: Bench) -> None:
        pi5.held = {Pins().ready}
        is_problem(parts.panel(pi5.machine), f"GPIO {Pins().ready} (ready)", "move the setting")
        del pi5.chips[15]
        is_problem(parts.panel(pi5.machine), "gpiochip15 cannot be opened", "switch off")

    def test_that_may_not_be_opened_is_named(
        self, pi5: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        del pi5.chips[15]
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "gpiochip15")
        is_problem(parts.panel(pi5.machine), "may not open gpiochip15", "usermod -aG gpio")

    def test_is_not_there_under_another_kernel(self, pi5: Bench) -> None:
        pi5.chips[15] = "gpio-mockup"
        is_problem(parts.panel(pi5.machine), "gpiochip15 is 'gpio-mockup'", "own kernel")

    def test_is_not_missed_on_another_computer(self, pi5: Bench) -> None:
        pi5.chips[15] = "gpio-mockup"
        pi5.write("proc/device-tree/model", "A laptop")
        assert parts.panel(pi5.machine).verdict is Verdict.NOT_HERE

    def test_that_does_not_answer_is_named(self, pi5: Bench) -> None:
        lgpio = pi5.machine.load("lgpio")

        def fails(*_: int) -> None:
            raise OSError("bad GPIO number")

        lgpio.gpio_get_line_info = fails
        machine = replace(pi5.machine, load=lambda name: lgpio)
        is_problem(parts.panel(machine), "gpiochip15 does not answer: bad GPIO", "switch off")


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


@pytest.mark.parametrize("kind", [kind for kind, (number, _) in patterns.FAULTS.items() if number])
def test_each_fault_is_shown_kept_and_told_with_its_cure(pi: Bench, kind: events.FaultKind) -> None:
    """From the coach to the panel, the journal and the doctor, whichever it is."""
    clock = HandClock()
    coach = Coach(History())
    coach.clock(clock.reading())
    with Journal(pi.data / "journal.db", clock) as journal:
        for output in coach.fault(events.Fault(clock.monotonic(), kind, "it broke: mend it")):
            if isinstance(output, cues.Cue):
                assert patterns.pattern_of(output).name == f"fault {kind}"
            else:
                assert isinstance(output, events.Fault)
                journal.write(output)
    found = storage.faults(pi.machine)
    assert f"the latest {kind} " in found.says
    assert f"the panel counts to {patterns.FAULTS[kind][0]}" in found.says
    assert found.cure == "it broke: mend it"


class TestOnAnInstalledDevice:
    def test_all_is_well_whether_it_runs_or_not(self, device: Bench) -> None:
        device.journal()
        for state in ("active", "inactive"):
            device.unit["ActiveState"] = state
            findings = {name: device.find(name) for name in CHECKS}
            assert {found.verdict for found in findings.values()} == {Verdict.OK}, findings

    def test_another_user_hears_of_no_trouble_only_of_what_is_not_seen(self) -> None:
        """The data is its own; that it runs, has its pins and its memory, systemd tells."""
        with TemporaryDirectory() as place, somebody_else(Path(place)) as bench:
            bench.held = {Pins().ready}
            findings = {name: bench.find(name) for name in CHECKS}
        not_seen = {name for name, found in findings.items() if found.verdict is Verdict.NOT_SEEN}
        assert not_seen == {"settings", "journal", "faults", "clock"}
        assert str(bench.data) in findings["journal"].says
        others = {name: found for name, found in findings.items() if name not in not_seen}
        assert {found.verdict for found in others.values()} <= {Verdict.OK, Verdict.NOT_HERE}, (
            others
        )

    @pytest.mark.parametrize("command", ["status", "doctor --panel"])
    def test_another_user_is_told_in_a_line_to_ask_with_sudo(
        self, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("LG_WD", "")
        with TemporaryDirectory() as place, somebody_else(Path(place)) as bench:
            assert main([*command.split(), "--data", str(bench.data)]) in (1, 2)
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "sk again with sudo" in said

    def test_what_the_service_may_do_is_asked_not_what_the_caller_may(self, device: Bench) -> None:
        machine = device.machine
        stranger = replace(machine, account=lambda _: Account(os.getuid() + 1, frozenset()))
        is_problem(parts.panel(stranger), "liftlight may not use GPIO", "installer")
        is_problem(parts.buzzer(stranger), "liftlight may not use the PWM", "installer")
        is_problem(parts.camera(stranger), "liftlight may not use the camera", "installer")
        device.data.chmod(0o700)
        is_problem(storage.data_folder(stranger), "by the user liftlight", "chown -R liftlight:")
        group = frozenset({device.root.stat().st_gid})
        member = replace(machine, account=lambda _: Account(os.getuid() + 1, group))
        for file in ("gpiochip0", "media0"):
            (device.root / "dev" / file).chmod(0o660)
        assert parts.panel(member).verdict is Verdict.OK
        is_problem(parts.camera(member), "/dev/dma_heap/*", "installer")

    def test_where_lgpio_may_write_is_the_services_matter(self, device: Bench) -> None:
        nowhere = replace(device.machine, here=device.folder / "gone")
        assert parts.panel(nowhere).verdict is Verdict.OK
        device.unit["Environment"] = "GPIOZERO_PIN_FACTORY=lgpio"
        device.unit["ActiveState"] = "inactive"
        is_problem(parts.panel(device.machine), "LG_WD", "installer")

    @pytest.mark.parametrize(
        ("setting", "value", "says"),
        [
            ("ProcSubset", "pid", "board's revision"),
            ("PrivateDevices", "yes", "hides camera and GPIO"),
            ("DeviceAllow", "char-gpiochip rw char-media rw", "leaves out video4linux, dma_heap"),
            ("ReadWritePaths", "-/data/liftlight", "the buzzer's PWM"),
            ("ReadWritePaths", "-/sys/devices/platform/soc", "leaves out /data/liftlight"),
        ],
    )
    def test_a_sandbox_that_hides_what_it_needs(
        self, device: Bench, setting: str, value: str, says: str
    ) -> None:
        device.unit[setting] = value
        is_problem(device.find("service"), says, "systemctl cat")

    def test_a_service_that_does_not_come_up(self, device: Bench) -> None:
        device.unit |= {"SubState": "auto-restart", "NRestarts": "1"}
        assert device.find("service").verdict is Verdict.OK
        device.unit["NRestarts"] = "40"
        is_problem(device.find("service"), "ends soon", "journalctl -u liftlight")
        (device.root / "opt/liftlight/.active").unlink()
        is_problem(device.find("service"), "did not come to its end", "installer")
        device.unit["UnitFileState"] = "disabled"
        is_problem(device.find("service"), "does not start by itself", "installer")
        device.unit["LoadState"] = "bad-setting"
        is_problem(device.find("service"), "bad-setting", "installer")
        device.unit = {}
        assert device.find("service").verdict is Verdict.NOT_SEEN

    def test_a_root_that_a_pulled_plug_may_damage(self, device: Bench) -> None:
        device.mounts("ext4", "ext4")
        is_problem(device.find("root"), "writable", "auto_initramfs=1")
        device.write("run/liftlight-maintenance", "")
        assert "maintenance" in device.find("root").says
        assert device.find("root").verdict is Verdict.OK

    @pytest.mark.parametrize("kind", ["overlay", "tmpfs"])
    def test_data_that_would_be_forgotten(self, device: Bench, kind: str) -> None:
        device.mounts("overlay", kind)
        is_problem(storage.data_folder(device.machine), "in memory", "tmpfs:recurse=0")

    def test_data_that_is_not_mounted(self, device: Bench) -> None:
        device.data.rmdir()
        is_problem(storage.data_folder(device.machine), "there is no", "labelled LIFTLIGHT")

    def test_lights_that_stay_lit_after_an_end(self, device: Bench) -> None:
        device.write("sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs", "Y\n")
        found = device.find("outputs")
        assert (found.verdict, "strict_gpiod" in found.cure) == (Verdict.NOTE, True)
        device.unit["Wants"] = ""
        is_problem(device.find("outputs"), "a reset left lit", "installer")
        device.unit["ExecStopPost"] = ""
        is_problem(device.find("outputs"), "after LiftLight dies", "installer")

    def test_what_takes_effect_at_the_next_start_is_no_trouble_before_it(
        self, device: Bench
    ) -> None:
        device.boot(after_installation=False)
        device.mounts("ext4", "ext4")
        device.write("sys/class/watchdog/watchdog0/state", "inactive\n")
        device.write("sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs", "Y\n")
        (device.root / "sys/class/pwm/pwmchip0/device").unlink()
        shutil.rmtree(device.root / "sys/class/rtc")
        settings = ("root", "watchdog", "outputs", "buzzer", "clock")
        for name in settings:
            assert device.find(name).verdict in (Verdict.OK, Verdict.NOT_HERE), name
        device.boot(after_installation=True)
        for name in settings:
            assert device.find(name).verdict in (Verdict.NOTE, Verdict.PROBLEM), name

    def test_a_clock_that_was_wrong_at_the_start_does_not_hide_anything(
        self, device: Bench
    ) -> None:
        """Under its overlay root it was started anew, whatever the clock said then."""
        device.boot(after_installation=False)
        device.write("sys/class/watchdog/watchdog0/state", "inactive\n")
        assert device.find("watchdog").verdict is Verdict.NOTE

    def test_a_camera_that_stopped_since_the_start(self, device: Bench) -> None:
        device.log = "ERROR RPI pipeline_base.cpp:1367 Camera frontend has timed out!\n"
        found = parts.camera(device.machine)
        assert found.verdict is Verdict.NOTE
        assert "imx708, but since the start" in found.says
        assert "cable" in found.cure


@contextmanager
def somebody_else(place: Path) -> Iterator[Bench]:
    """An installed device that runs, and this process as a user with no right to its data."""
    if os.geteuid() != 0:
        pytest.skip("cannot be another user here: run the tests as root")
    place.chmod(0o755)
    bench = healthy_pi(place)
    bench.install()
    bench.memory(MemAvailable=90, CmaTotal=256, CmaFree=200)
    with Journal(bench.data / "journal.db", HandClock()):
        bench.data.chmod(0o700)
        os.seteuid(65534)
        try:
            yield bench
        finally:
            os.seteuid(0)


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(machine: Machine) -> Finding:
        raise ZeroDivisionError("by zero")

    def may_not(machine: Machine) -> Finding:
        raise PermissionError(13, "Permission denied", "/data/liftlight")

    monkeypatch.setattr(checkup, "CHECKS", {"first": breaks, "second": may_not})
    assert doctor(tmp_path, tmp_path) == 1
    said = capsys.readouterr().out
    assert "PROBLEM   first          the check itself broke (ZeroDivisionError: by zero)" in said
    assert "not seen  second         this user may not look at /data/liftlight" in said
    monkeypatch.setattr(checkup, "CHECKS", {"second": may_not})
    assert doctor(tmp_path, tmp_path) == 0
    assert "sudo liftlight doctor" in capsys.readouterr().out


def test_the_command_leaves_lgpio_a_folder_that_it_may_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes a file as soon as it is imported, and doctor only reads."""
    seen: list[tuple[Path, Path, Path]] = []

    def asked(data: Path, here: Path, *, as_json: bool) -> int:
        seen.append((data, here, Path(os.environ["LG_WD"]).resolve(strict=True)))
        return 0

    monkeypatch.setattr("device.doctor.doctor", asked)
    monkeypatch.setenv("LG_WD", "")
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--data", "mine"]) == 0
    ((data, here, lgpio),) = seen
    assert (data, here) == (tmp_path / "mine", tmp_path)
    assert lgpio not in (here, data)


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
