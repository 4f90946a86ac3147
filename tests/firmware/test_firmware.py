"""Stories of the installer on a machine made of a few files, and of what it installs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.camera import RELEASE_S
from device.cli import main
from device.inbox import READ_TIMEOUT_S
from device.journal import writer
from device.loop import CLOSE_WITHIN_S
from device.panel import Pins, find_channel, pins
from device.startup_faults import KEPT_WITHIN_S
from device.supervisors import FIRST_FRAME_WITHIN_S
from device.system import DATA, ROUNDS, USER
from tests.conftest import ROOT

FIRMWARE = ROOT / "firmware_config"
FILES = FIRMWARE / "files"
CARD = FIRMWARE / "image/image/card.d"
UNITS = FILES / "etc/systemd/system"
SERVICE = UNITS / "liftlight.service"
NO_DATA = UNITS / "liftlight-no-data.service"
FRAGMENT = FILES / "boot/firmware/liftlight.txt"
LARGEST_EXPOSURE = {
    "liftlight.service": 15,
    "liftlight-no-data.service": 15,
    "liftlight-panel-off.service": 15,
    "liftlight-gadget.service": 10,
    "liftlight-stick@.service": 20,  # To mount needs the right to administer.
}
"""systemd's own score of each sandbox, times ten: 0 is closed, 100 is none."""

STOCK_CONFIG = "# For more options\ndtparam=audio=on\n[cm4]\notg_mode=1\n[all]"


class Machine:
    """A Raspberry Pi's files below a folder, and the installer run on them."""

    def __init__(self, root: Path, release: str = "bookworm") -> None:
        self.root = root
        self.write("etc/os-release", f'NAME="Debian"\nVERSION_CODENAME={release}\n')
        self.write("boot/firmware/config.txt", STOCK_CONFIG)

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def install(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [FIRMWARE / "install.sh", *options],
            env={"ROOT": str(self.root), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    def files(self) -> dict[str, tuple[bytes, int]]:
        return {
            str(file.relative_to(self.root)): (file.read_bytes(), file.stat().st_mode)
            for file in self.root.rglob("*")
            if file.is_file()
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def units() -> Iterator[Path]:
    return (file for file in UNITS.iterdir() if file.is_file())


def values(file: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", file.read_text(encoding="utf-8"), re.M)


class TestInstaller:
    def test_it_says_what_it_would_do_and_does_nothing(self, machine: Machine) -> None:
        before = machine.files()
        said = machine.install("--dry-run")
        assert said.returncode == 0
        assert "would write /etc/systemd/system/liftlight.service" in said.stdout
        assert machine.files() == before

    def test_every_file_lands_at_its_path(self, machine: Machine) -> None:
        assert machine.install().returncode == 0
        for file in FILES.rglob("*"):
            if file.is_file():
                there = machine.root / file.relative_to(FILES)
                assert there.read_bytes() == file.read_bytes()
                assert there.stat().st_mode & 0o777 == 0o644

    def test_a_second_time_changes_nothing(self, machine: Machine) -> None:
        machine.install()
        once = machine.files()
        again = machine.install()
        assert again.stdout == "Nothing to do: LiftLight is installed.\n"
        assert machine.files() == once

    def test_what_was_interrupted_is_brought_to_its_end(
        self, machine: Machine, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        undisturbed = Machine(tmp_path_factory.mktemp("other"))
        undisturbed.install()
        machine.write("etc/udev", "in the way of a folder")
        assert machine.install().returncode != 0
        (machine.root / "etc/udev").unlink()
        assert machine.install().returncode == 0
        assert machine.files() == undisturbed.files()
        assert "Nothing to do" in machine.install().stdout

    def test_a_changed_file_is_put_right(self, machine: Machine) -> None:
        machine.install()
        whole = machine.files()
        machine.write("etc/systemd/system/liftlight.service", "[Service]\n")
        assert "write /etc/systemd/system/liftlight.service" in machine.install().stdout
        assert machine.files() == whole

    def test_the_boot_configuration_gains_one_block_and_loses_nothing(
        self, machine: Machine
    ) -> None:
        machine.install()
        machine.install()
        config = (machine.root / "boot/firmware/config.txt").read_text()
        assert config.startswith(STOCK_CONFIG + "\n")
        assert config.count("include liftlight.txt") == 1

    def test_uninstalling_leaves_the_machine_as_it_was(self, machine: Machine) -> None:
        machine.write("boot/firmware/config.txt", STOCK_CONFIG + "\n")
        machine.write("etc/systemd/system/other.service", "[Service]\n")
        before = machine.files()
        machine.install()
        assert machine.install("--uninstall").returncode == 0
        assert machine.files() == before
        assert "Nothing to do" in machine.install("--uninstall").stdout

    def test_what_set_the_system_up_delays_no_later_start_until_liftlight_is_gone(
        self, machine: Machine
    ) -> None:
        # Every unit of cloud-init's, and the generator that starts them, look for this file.
        machine.write("etc/cloud/cloud.cfg", "datasource_list: [NoCloud, None]\n")
        disabled = machine.root / "etc/cloud/cloud-init.disabled"
        machine.install()
        assert disabled.exists()
        machine.install("--uninstall")
        assert [file.name for file in disabled.parent.iterdir()] == ["cloud.cfg"]

    def test_a_maintenance_boot_that_was_asked_for_stays_asked_for(self, machine: Machine) -> None:
        machine.install()
        boot = machine.root / "boot/firmware"
        (boot / "overlayroot.off").rename(boot / "overlayroot.conf")
        assert "Nothing to do" in machine.install().stdout
        assert not (boot / "overlayroot.off").exists()

    def test_another_system_is_refused_with_the_cure(self, tmp_path: Path) -> None:
        machine = Machine(tmp_path, "bullseye")
        refused = machine.install()
        assert refused.returncode == 1
        assert refused.stderr == (
            "install.sh: this is bullseye: use Raspberry Pi OS Bookworm or Trixie.\n"
        )
        assert len(machine.files()) == 2

    def test_room_is_made_by_the_next_boot_and_by_no_other(self, machine: Machine) -> None:
        machine.write("boot/firmware/config.txt", STOCK_CONFIG + "\nauto_initramfs=1\n")
        before = machine.files()
        assert "would write" in machine.install("--make-room", "--dry-run").stdout
        assert machine.files() == before
        assert "Restart" in machine.install("--make-room").stdout
        new = {name: mode for name, (_, mode) in machine.files().items() if name not in before}
        assert set(new) == {
            "etc/initramfs-tools/hooks/liftlight-room",
            "etc/initramfs-tools/scripts/local-premount/liftlight-room",
        }
        assert all(mode & 0o111 for mode in new.values())
        machine.install()
        assert not set(new) & set(machine.files())
        assert "Nothing to do" in machine.install().stdout

    def test_without_an_initramfs_no_room_can_be_made(self, machine: Machine) -> None:
        refused = machine.install("--make-room")
        assert refused.returncode == 1
        assert "add the line auto_initramfs=1" in refused.stderr

    def test_a_mistyped_option_is_the_callers_mistake(self, machine: Machine) -> None:
        assert machine.install("--unistall").returncode == 2

    def test_shellcheck_finds_nothing(self) -> None:
        if shutil.which("shellcheck") is None:
            pytest.skip("no shellcheck: apt install shellcheck")
        scripts = [*sorted(FIRMWARE.glob("*.sh")), *sorted((FIRMWARE / "make_room").iterdir())]
        found = subprocess.run(
            ["shellcheck", *scripts],
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stdout


class TestUnits:
    def test_every_unit_that_wants_to_be_enabled_is(self) -> None:
        script = (FIRMWARE / "install.sh").read_text(encoding="utf-8")
        enabled = re.search(r"^units=\((.*?)\)$", script, re.M | re.S)
        assert enabled is not None
        wanting = {unit.name for unit in units() if "[Install]" in unit.read_text(encoding="utf-8")}
        assert set(enabled[1].split()) == wanting

    def test_every_unit_of_ours_that_is_named_exists(self) -> None:
        ours = {unit.name for unit in units()}
        for unit in units():
            named = re.findall(
                r"\b(?:liftlight[a-z-]*|data)\.(?:service|path|mount)\b", unit.read_text()
            )
            assert set(named) <= ours, unit.name

    def test_a_hung_device_is_back_within_fifteen_seconds(self) -> None:
        (pause,) = values(SERVICE, "RestartSec")
        assert pause.endswith("ms")
        gone = int(values(SERVICE, "WatchdogSec")[0]) + int(pause.removesuffix("ms")) / 1000
        # In the emulated machine panel-off and the start took up to 5.7 s.
        assert gone + 5.7 <= 15.0

    def test_the_watchdog_outwaits_a_disk_that_does_not_answer_at_the_end(self) -> None:
        limit = int(values(SERVICE, "WatchdogSec")[0])
        assert limit / ROUNDS + writer.CLOSE_WITHIN_S < limit
        assert limit / ROUNDS + KEPT_WITHIN_S < limit

    def test_a_stop_ends_before_it_is_cut_short_though_camera_and_disk_hang(self) -> None:
        limit = int(values(SERVICE, "TimeoutStopSec")[0])
        camera = max(CLOSE_WITHIN_S, FIRST_FRAME_WITHIN_S)
        assert limit > camera + writer.CLOSE_WITHIN_S
        assert READ_TIMEOUT_S + RELEASE_S < CLOSE_WITHIN_S

    @pytest.mark.parametrize("unit", [SERVICE, NO_DATA], ids=lambda unit: unit.stem)
    def test_a_tone_of_a_killed_process_ends_before_python_is_there(
        self, unit: Path, tmp_path: Path
    ) -> None:
        # Two channels that sound, and a chip of which none is in use.
        enables = [tmp_path / f"pwmchip{n}/pwm{n}/enable" for n in (0, 2)]
        for enable in enables:
            enable.parent.mkdir(parents=True)
            enable.write_text("1\n")
        (tmp_path / "pwmchip1").mkdir()
        shell = values(unit, "ExecStopPost")[0]
        assert shell.startswith("-"), "without hardware PWM there is nothing to end"
        # To systemd $$ is a dollar.
        command = shlex.split(shell[1:].replace("$$", "$").replace("/sys/class/pwm", str(tmp_path)))
        subprocess.run(command, check=True)
        assert [enable.read_text() for enable in enables] == ["0\n", "0\n"]
        for enable in enables:
            shutil.rmtree(enable.parent)
        said = subprocess.run(command, check=True, capture_output=True)
        assert not said.stderr

    def test_data_lives_where_only_the_partition_has_a_folder(self) -> None:
        (where,) = values(UNITS / "data.mount", "Where")
        assert DATA.parent == Path(where)
        assert values(SERVICE, "ExecStart")[0].split()[-1] == str(DATA)
        assert values(SERVICE, "ConditionPathIsMountPoint") == [where]
        assert values(SERVICE, "ConditionPathIsDirectory") == [str(DATA)]
        assert values(SERVICE, "ReadWritePaths")[0] == f"-{DATA}"
        assert str(DATA) in (FIRMWARE / "install.sh").read_text(encoding="utf-8")
        assert values(SERVICE, "User") == [USER]

    def test_a_boot_without_data_is_a_boot(self) -> None:
        # Only LiftLight needs it, so no emergency shell opens.
        for unit in units():
            for key in ("Requires", "BindsTo", "RequiresMountsFor"):
                needed = any("data" in value for value in values(unit, key))
                assert needed == (unit == SERVICE and key == "Requires"), unit.name

    def test_whenever_it_may_not_start_something_shows_the_fault(self) -> None:
        # The bar in |! makes either of them enough.
        for condition in ("ConditionPathIsMountPoint", "ConditionPathIsDirectory"):
            needed = values(SERVICE, condition)
            assert values(NO_DATA, condition) == [f"|!{path}" for path in needed]
        # It begins nothing: its data folder is in memory, and nobody makes it.
        folder = values(NO_DATA, "ExecStart")[0].split()[-1]
        assert folder.startswith(f"/run/{values(NO_DATA, 'RuntimeDirectory')[0]}/")

    @pytest.mark.parametrize("mounted", [True, False])
    @pytest.mark.parametrize("marked", [True, False])
    def test_it_shows_no_more_once_the_data_are_there(
        self, mounted: bool, marked: bool, tmp_path: Path
    ) -> None:
        # systemd asks a unit's conditions before its first start only, and this before each.
        (command,) = values(NO_DATA, "ExecCondition")
        asks = command.removeprefix("/bin/sh -c ").strip("'")
        (tmp_path / ("data/liftlight" if marked else "data")).mkdir(parents=True)
        answers = tmp_path / "mountpoint"
        answers.write_text(f"#!/bin/sh\n{'true' if mounted else 'false'}\n")
        answers.chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", "-c", asks.replace("/data", f"{tmp_path}/data")],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            check=False,
        )
        assert (done.returncode == 0) == (not (mounted and marked)), done.stderr

    def test_power_off_is_asked_for_where_the_path_unit_looks(self) -> None:
        asked = [
            f"/run/{values(unit, 'RuntimeDirectory')[0]}/power-off" for unit in (SERVICE, NO_DATA)
        ]
        assert values(UNITS / "liftlight-power-off.path", "PathExists") == asked
        forget = values(UNITS / "liftlight-power-off.service", "ExecStart")[0]
        assert forget.split()[2:] == asked

    def test_what_is_noted_in_the_run_folder_outlasts_a_restart(self) -> None:
        # How far the last start came, and which fault was heard: it beeps once, not every time.
        for unit in (SERVICE, NO_DATA):
            assert values(unit, "RuntimeDirectoryPreserve") == ["yes"]

    def test_the_panel_is_made_dark_beforehand_only_where_liftlight_does_not_start(self) -> None:
        # Otherwise one Python would wait for another. The bar makes any of them enough.
        panel_off = UNITS / "liftlight-panel-off.service"
        for condition in (
            "ConditionPathIsMountPoint", "ConditionPathIsDirectory", "ConditionPathExists",
        ):  # fmt: skip
            opposite = [f"|!{path}".replace("!!", "") for path in values(SERVICE, condition)]
            assert values(panel_off, condition) == opposite
        assert panel_off.name in values(SERVICE, "Wants")

    def test_lgpio_and_its_files_stay_in_memory(self) -> None:
        for unit in (SERVICE, NO_DATA, UNITS / "liftlight-panel-off.service"):
            folder = values(unit, "WorkingDirectory")[0]
            assert folder == f"/run/{values(unit, 'RuntimeDirectory')[0]}"
            assert {f"LG_WD={folder}", "GPIOZERO_PIN_FACTORY=lgpio"} <= set(
                values(unit, "Environment")
            )

    def test_systemd_accepts_them(self, machine: Machine) -> None:
        analyze = systemd_analyze()
        machine.install()
        for command in ("opt/liftlight/bin/liftlight", "opt/liftlight/bin/python3",
                        "bin/sh", "usr/bin/systemctl", "usr/bin/mount", "usr/bin/udevadm",
                        "usr/bin/mv", "usr/bin/rm", "usr/bin/sync", "usr/bin/touch",
                        "usr/sbin/e2fsck"):  # fmt: skip
            machine.write(command, "#!/bin/sh\n")
            (machine.root / command).chmod(0o755)
        for target in ("sysinit", "multi-user", "shutdown", "local-fs", "basic"):
            machine.write(f"usr/lib/systemd/system/{target}.target", "[Unit]\nDescription=-\n")
        names = sorted(unit.name for unit in units())
        said = subprocess.run(
            [analyze, "verify", f"--root={machine.root}", "--man=no", *names],
            capture_output=True,
            text=True,
            check=False,
        )
        complaints = [line for line in said.stderr.splitlines() if "liftlight" in line]
        assert not complaints, said.stderr

    @pytest.mark.parametrize(("name", "largest_exposure"), LARGEST_EXPOSURE.items())
    def test_the_sandbox_is_tight(self, name: str, largest_exposure: int) -> None:
        command = [systemd_analyze(), "security", "--offline=true", "--no-pager"]
        done = subprocess.run(
            [*command, f"--threshold={largest_exposure}", UNITS / name],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-200:] + done.stderr

    def test_it_has_no_network(self) -> None:
        assert values(SERVICE, "PrivateNetwork") == ["yes"]
        assert values(SERVICE, "IPAddressDeny") == ["any"]


class TestRules:
    DATA = FILES / "etc/udev/rules.d/90-liftlight.rules"

    def test_udev_accepts_them(self) -> None:
        known = shutil.which("udevadm") and subprocess.run(
            ["udevadm", "verify", "--help"], capture_output=True, check=False
        )
        if not known or known.returncode != 0:
            pytest.skip("no udevadm verify: apt install udev, 254 or later")
        done = subprocess.run(
            ["udevadm", "verify", "--resolve-names=never", *sorted(self.DATA.parent.iterdir())],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def test_nothing_on_usb_is_the_data_partition(self) -> None:
        lines = self.DATA.read_text(encoding="utf-8").splitlines()
        away = lines.index('SUBSYSTEMS=="usb", GOTO="liftlight_data_end"')
        named = next(i for i, line in enumerate(lines) if 'SYMLINK+="liftlight"' in line)
        assert away < named < lines.index('LABEL="liftlight_data_end"')

    def test_a_partition_that_appears_late_starts_liftlight(self) -> None:
        rule = next(
            line for line in self.DATA.read_text().splitlines() if 'SYMLINK+="liftlight"' in line
        )
        assert 'TAG+="systemd"' in rule
        assert 'ENV{SYSTEMD_WANTS}+="data.mount"' in rule
        assert "data.mount" in values(SERVICE, "WantedBy")[0].split()

    def test_the_cameras_buffers_belong_to_the_services_group(self) -> None:
        assert 'SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"' in self.DATA.read_text()
        assert "video" in values(SERVICE, "SupplementaryGroups")[0].split()


class TestBoot:
    def test_the_buzzers_pwm_is_on_the_pin_where_the_buzzer_is(self) -> None:
        overlay = re.search(r"^dtoverlay=pwm,pin=(\d+),func=(\d+)$", FRAGMENT.read_text(), re.M)
        assert overlay is not None
        pin, function = int(overlay[1]), int(overlay[2])
        assert pin == Pins().buzzer
        assert function == pins.HARDWARE_PWM[pin]

    @pytest.mark.parametrize(
        "chip",
        [
            "platform/soc/fe20c000.pwm/pwm/pwmchip0",
            "platform/axi/1000120000.pcie/1f00098000.pwm/pwm/pwmchip0",
        ],
    )
    def test_the_sandbox_lets_that_pwm_be_written(self, chip: str, tmp_path: Path) -> None:
        # The kernel's links as on a Pi 4 and on a Pi 5.
        device = tmp_path / "devices" / chip
        device.mkdir(parents=True)
        (device / "device").symlink_to(device.parent.parent)
        sysfs = tmp_path / "class/pwm"
        sysfs.mkdir(parents=True)
        (sysfs / "pwmchip0").symlink_to(device)
        assert find_channel(Pins().buzzer, sysfs) is not None
        allowed = re.findall(r"-/sys/(devices/platform/\w+)", SERVICE.read_text(encoding="utf-8"))
        assert any(f"devices/{chip}".startswith(f"{path}/") for path in allowed)

    def test_what_saves_power_is_there_and_says_where_it_is_described(self) -> None:
        page = (FIRMWARE / "README.md").read_text(encoding="utf-8")
        _, _, part = page.partition("\n## What it draws\n")
        settings = re.findall(r"^\| [^|]+ \| (`.*?`) in `([\w./-]+)` \| (.*) \|$", part, re.M)
        assert len(settings) >= 5
        for lines, name, why in settings:
            (file,) = FILES.rglob(name)
            there = file.read_text(encoding="utf-8").splitlines()
            for line in re.findall(r"`(.*?)`", lines):
                assert line in there, name
            assert "](https://" in why

    def test_a_maintainer_keeps_screen_and_ports_and_can_have_the_radios_back(self) -> None:
        set_lines = re.findall(r"^(\w+=.*)$", FRAGMENT.read_text(encoding="utf-8"), re.M)
        assert not [line for line in set_lines if re.search("hdmi|vc4|usb|uart", line)]
        page = (FILES / "boot/firmware/overlayroot.off").read_text(encoding="utf-8")
        assert "dtoverlay=disable-wifi" in set_lines
        assert "put a # before dtoverlay=disable-wifi" in page

    def test_every_processor_is_slow_with_nothing_to_do_and_fast_when_needed(
        self, tmp_path: Path
    ) -> None:
        if shutil.which("systemd-tmpfiles") is None:
            pytest.skip("no systemd-tmpfiles: apt install systemd")
        governors = [
            tmp_path / f"sys/devices/system/cpu/cpufreq/policy{n}/scaling_governor" for n in (0, 4)
        ]
        create = ["systemd-tmpfiles", "--create", f"--root={tmp_path}"]
        create.append(str(FILES / "etc/tmpfiles.d/liftlight.conf"))
        # A machine without any frequency to choose is none the worse.
        assert subprocess.run(create, capture_output=True, check=True).stderr == b""
        for governor in governors:
            governor.parent.mkdir(parents=True)
            governor.touch()
        subprocess.run(create, check=True)
        assert [governor.read_text().strip() for governor in governors] == ["ondemand"] * 2

    def test_the_second_button_is_on_a_free_pin(self) -> None:
        pin = re.search(r"gpio-shutdown,gpio_pin=(\d+)", FRAGMENT.read_text())
        assert pin is not None
        assert int(pin[1]) not in Pins().fitted().values()
        assert "shutdown button" in pins.TAKEN[int(pin[1])]

    def test_root_is_not_checked_and_so_not_written_at_every_start(self) -> None:
        # As init in the initramfs reads it.
        said = subprocess.run(
            ["sh", "-c", 'fastboot=n; . "$0"; echo "$fastboot"',
             FILES / "usr/share/initramfs-tools/conf.d/liftlight"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        assert said == "y\n"

    def test_the_panel_is_tried_in_a_maintenance_boot(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page = (FIRMWARE / "README.md").read_text(encoding="utf-8")
        (open_door,) = re.findall(r"^ +sudo (mv .*overlayroot.*)$", page, re.M)
        (tried,) = re.findall(r"^\| `sudo (liftlight .*--panel)` \|", page, re.M)
        unit = UNITS / "liftlight-maintenance.service"
        assert open_door.split()[2:] == values(unit, "ConditionPathExists")
        assert (FILES / open_door.split()[1].lstrip("/")).exists()
        # Here there are no pins, and it says so; a wrong argument would be the caller's mistake.
        assert main(shlex.split(tried)[1:]) == 1
        assert "--panel terminal" in capsys.readouterr().err

    def test_the_maintenance_file_is_named_back_as_it_came(self) -> None:
        unit = UNITS / "liftlight-maintenance.service"
        moved = next(line for line in values(unit, "ExecStart") if "/mv " in line).split()[1:]
        assert moved == ["/boot/firmware/overlayroot.conf", "/boot/firmware/overlayroot.off"]
        assert values(unit, "ConditionPathExists") == [moved[0]]
        assert (FILES / moved[1].lstrip("/")).exists()

    def test_what_opens_a_door_starts_only_for_maintenance(self) -> None:
        for door in ("NetworkManager.service", "ssh.service", "ssh.socket",
                     "ssh-hostkeys-generate.service", "avahi-daemon.socket"):  # fmt: skip
            conditions = values(UNITS / f"{door}.d/liftlight.conf", "ConditionPathExists")
            assert conditions == ["/run/liftlight-maintenance"]
        assert values(SERVICE, "ConditionPathExists") == ["!/run/liftlight-maintenance"]


def systemd_analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("no systemd-analyze: apt install systemd")
    return found


class TestImage:
    def test_its_boot_settings_are_there_before_liftlight_includes_its_own(self) -> None:
        layer = (FIRMWARE / "image/layer/liftlight.yaml").read_text(encoding="utf-8")
        needed = re.search(r"^# X-Env-Layer-Requires: (.*)$", layer, re.M)
        assert needed is not None
        assert "rpi-boot-firmware" in needed[1].split(",")

    @pytest.mark.parametrize("name", ["", "IGconf_device_user1pass", "IGconf_device_user1passhash"])
    def test_without_a_way_to_log_in_none_is_made(self, name: str) -> None:
        layer = (FIRMWARE / "image/layer/liftlight.yaml").read_text(encoding="utf-8")
        hook = re.search(r"setup-hooks:\n    - \|\n((?:      .*\n)+)", layer)
        assert hook is not None
        env = {name: "Fo0bar!!"} if name else {}
        done = subprocess.run(["sh", "-c", hook[1]], env=env, capture_output=True, check=False)
        assert (done.returncode == 0) == bool(name)

    def test_the_card_has_the_partitions_that_liftlight_needs(self, tmp_path: Path) -> None:
        if shutil.which("genimage") is None or shutil.which("mcopy") is None:
            pytest.skip("no genimage: apt install genimage mtools dosfstools")
        root, asked = tmp_path / "root", tmp_path / "asked"
        for folder in ("root/boot/firmware", "root/data/liftlight", "root/etc", "asked", "tmp"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (root / "boot/firmware/config.txt").write_text(STOCK_CONFIG)
        size = {"boot": "34M", "root": "16M", "data": "8M"}
        subprocess.run(
            [CARD / "hooks/preimage10-card", root, asked],
            env={
                "PATH": "/usr/bin:/bin",
                "IGconf_image_name": "liftlight",
                "IGconf_image_suffix": "img",
                **{f"IGconf_image_{name}_part_size": value for name, value in size.items()},
            },
            check=True,
        )
        subprocess.run(
            ["genimage", "--config", asked / "genimage.cfg", "--rootpath", root, "--tmppath",
             tmp_path / "tmp/work", "--outputpath", tmp_path / "out", "--inputpath", asked],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            check=True, capture_output=True,
        )  # fmt: skip
        card = tmp_path / "out/liftlight.img"
        table = subprocess.run(
            ["/sbin/sfdisk", "--json", card], check=True, capture_output=True, text=True
        ).stdout
        labels = []
        for place in json.loads(table)["partitiontable"]["partitions"]:
            said = subprocess.run(
                ["/sbin/blkid", "--probe", "--offset", str(place["start"] * 512), card,
                 "-s", "LABEL", "-o", "value"],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            labels.append(said.stdout.strip())
        assert labels == ["bootfs", "rootfs", "LIFTLIGHT"]
        assert "LABEL=bootfs /boot/firmware" in (root / "etc/fstab").read_text()
        data = tmp_path / "out/data.ext4"
        found = subprocess.run(
            ["/sbin/debugfs", "-R", "ls -p /", data], check=True, capture_output=True, text=True
        ).stdout
        assert "/liftlight/" in found
