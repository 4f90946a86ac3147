"""What keeps the device from starting, or breaks while it runs: shown, kept, and not all night."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device import run
from device.board import Board
from device.clock import ClockReading, ClockSource
from device.coach.cues import Cue, CueKind
from device.coach.events import FaultKind
from device.errors import CameraError, LiftLightError
from device.failing import Failure, kind_of
from device.journal import DiskError, Journal
from device.journal.history import faults_of_last_boot
from device.panel.errors import PanelError
from device.panel.panel import Panel
from device.panel.pins import Pins
from device.supervisors import BOARD_EVERY_S, CALM_S, BoardSupervisor, ClockSupervisor
from device.vision.runtime import ModelError
from tests.journal_kit import HandClock
from tests.virtual import VirtualClock

RTC = ClockSource.RTC
NOON, NIGHT = 1_750_000_000.0 - 3 * 3600, 1_750_000_000.0 + 9 * 3600


class Shown:
    """A panel that remembers its cues."""

    def __init__(self) -> None:
        self.cues: list[Cue] = []

    def show(self, cue: Cue) -> None:
        self.cues.append(cue)


def tell(error: LiftLightError, notes: Path | None, wall: float = NOON) -> Cue:
    panel = Shown()
    Failure(error, VirtualClock(wall=wall), notes).show(panel, 0.0)  # type: ignore[arg-type]
    (cue,) = panel.cues
    return cue


class TestAFaultAtTheStart:
    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (CameraError("gone: plug it in"), FaultKind.CAMERA),
            (DiskError("full: free some space"), FaultKind.DISK),
            (ModelError("damaged: run the installer"), FaultKind.MODEL),
            (PanelError("busy: stop it"), FaultKind.PANEL),
            (LiftLightError("something else"), None),
        ],
    )
    def test_says_which_it_is(self, error: LiftLightError, kind: FaultKind | None) -> None:
        cue = tell(error, None)
        assert (cue.kind, cue.fault, cue.light_only) == (CueKind.FAULT, kind, False)

    def test_is_heard_once_however_often_the_service_is_started_anew(self, tmp_path: Path) -> None:
        heard = [not tell(DiskError("full: free some space"), tmp_path).light_only for _ in "12345"]
        assert heard == [True, False, False, False, False]

    def test_another_one_is_heard_too(self, tmp_path: Path) -> None:
        tell(DiskError("full: free some space"), tmp_path)
        assert not tell(ModelError("damaged: install again"), tmp_path).light_only

    def test_is_not_heard_at_night_but_in_the_morning(self, tmp_path: Path) -> None:
        assert tell(DiskError("full: free some space"), tmp_path, NIGHT).light_only
        assert not tell(DiskError("full: free some space"), tmp_path, NOON).light_only

    def test_is_told_once_too_often_rather_than_never(self, tmp_path: Path) -> None:
        for _ in range(2):
            assert not tell(DiskError("full: free some space"), tmp_path / "gone").light_only

    def test_is_kept_once_with_its_cure(self, tmp_path: Path) -> None:
        path, clock = tmp_path / "journal.db", HandClock()
        for _ in range(3):
            failure = Failure(ModelError("damaged: run the installer again"), clock, tmp_path)
            failure.keep(path)
        with Journal(path, clock) as journal, journal.reading() as connection:
            (kept,) = faults_of_last_boot(connection)
        assert (kept.kind, kept.detail) == ("model", "damaged: run the installer again")

    def test_that_cannot_be_kept_is_shown_all_the_same(self, tmp_path: Path) -> None:
        nowhere = tmp_path / "not" / "there" / "journal.db"
        failure = Failure(CameraError("gone: plug it in"), HandClock(), nowhere.parent)
        failure.keep(nowhere)
        assert kind_of(CameraError("gone")) is FaultKind.CAMERA


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Show failures for a moment only, and give the signals back that the device listens to."""
    show = Failure.show
    monkeypatch.setattr(Failure, "show", lambda self, panel: show(self, panel, 0.05))
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> MockFactory:
    """Give the bedside mock pins, and remember every cue that its panel showed."""
    factory = MockFactory(pin_class=MockPWMPin)

    def open_panel(pins: Pins, clock: HandClock, *, partial: bool = False, **_: object) -> Panel:
        return Panel(pins, clock, factory, partial=partial)

    monkeypatch.setattr(run, "open_gpio_panel", open_panel)
    return factory


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Cue]:
    cues: list[Cue] = []
    show = Panel.show

    def remember(self: Panel, cue: Cue) -> None:
        cues.append(cue)
        show(self, cue)

    monkeypatch.setattr(Panel, "show", remember)
    return cues


def faults_in(data: Path) -> list[str]:
    with (
        Journal(data / "journal.db", HandClock()) as journal,
        journal.reading() as connection,
    ):
        rows = connection.execute("SELECT kind FROM faults ORDER BY id")
        return [kind for (kind,) in rows]


@pytest.mark.usefixtures("quick")
class TestTheBedside:
    @staticmethod
    def raising(error: LiftLightError) -> Callable[..., object]:
        def fail(*_: object) -> object:
            raise error

        return fail

    @pytest.mark.usefixtures("pins")
    def test_a_damaged_model_is_shown_and_kept_and_the_button_still_switches_off(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[Cue]
    ) -> None:
        damaged = ModelError("the detector is damaged: run the installer again")
        monkeypatch.setattr(run, "open_source", self.raising(damaged))
        threading.Timer(1.0, lambda: signal.raise_signal(signal.SIGTERM)).start()

        assert run.run("picamera2", "gpio", tmp_path) == 0

        assert [cue.fault for cue in shown if cue.kind is CueKind.FAULT] == [FaultKind.MODEL]
        assert faults_in(tmp_path) == ["model"]

    def test_a_pin_that_is_held_is_shown_on_the_others_and_kept(
        self, tmp_path: Path, pins: MockFactory, shown: list[Cue]
    ) -> None:
        held = LED(Pins().ready, pin_factory=pins)
        pins.close = lambda: None

        with pytest.raises(PanelError, match=r"\[pins\] ready"):
            run.run("subject", "gpio", tmp_path)

        assert [cue.fault for cue in shown] == [FaultKind.PANEL]
        assert faults_in(tmp_path) == ["panel"]
        held.close()

    @pytest.mark.usefixtures("pins")
    def test_a_data_folder_that_is_not_there_is_shown_and_nothing_is_begun_elsewhere(
        self, tmp_path: Path, shown: list[Cue]
    ) -> None:
        with pytest.raises(DiskError):
            run.run("subject", "gpio", tmp_path / "data")

        assert [cue.fault for cue in shown] == [FaultKind.DISK]
        assert not (tmp_path / "data").exists()


class TestTheBoard:
    def board(self, root: Path, alarm: int, celsius: float) -> BoardSupervisor:
        self.write(root, alarm, celsius)
        return BoardSupervisor(Board(root))

    @staticmethod
    def write(root: Path, alarm: int, celsius: float) -> None:
        volt = root / "sys/class/hwmon/hwmon1"
        heat = root / "sys/class/thermal/thermal_zone0"
        for folder in (volt, heat):
            folder.mkdir(parents=True, exist_ok=True)
        (volt / "name").write_text("rpi_volt\n")
        (volt / "in0_lcrit_alarm").write_text(f"{alarm}\n")
        (heat / "temp").write_text(f"{1000 * celsius:.0f}\n")

    def test_a_healthy_one_says_nothing(self, tmp_path: Path) -> None:
        assert self.board(tmp_path, 0, 55.0).check(100.0) == []

    def test_a_machine_that_cannot_tell_says_nothing(self, tmp_path: Path) -> None:
        assert BoardSupervisor(Board(tmp_path)).check(100.0) == []

    def test_a_weak_supply_and_a_hot_case_are_named_with_their_cures(self, tmp_path: Path) -> None:
        faults = self.board(tmp_path, 1, 83.0).check(100.0)
        assert [fault.kind for fault in faults] == [FaultKind.POWER, FaultKind.HEAT]
        assert "official supply" in faults[0].detail
        assert "more air" in faults[1].detail

    def test_what_stays_bad_is_told_once(self, tmp_path: Path) -> None:
        board = self.board(tmp_path, 1, 83.0)
        told = [len(board.check(100.0 + n * BOARD_EVERY_S)) for n in range(1000)]
        assert (told[0], sum(told)) == (2, 2)

    def test_what_comes_and_goes_is_told_again_after_an_hour_that_was_well(
        self, tmp_path: Path
    ) -> None:
        board = self.board(tmp_path, 1, 50.0)
        assert len(board.check(100.0)) == 1
        self.write(tmp_path, 0, 50.0)
        assert board.check(200.0) == []
        self.write(tmp_path, 1, 50.0)
        assert board.check(300.0) == []
        self.write(tmp_path, 0, 50.0)
        assert board.check(310.0) == []
        self.write(tmp_path, 1, 50.0)
        assert len(board.check(320.0 + CALM_S)) == 1


class TestTheClock:
    """One reading a minute, by hand."""

    def told(self, *readings: tuple[float, float, ClockSource]) -> list[str]:
        watch = ClockSupervisor()
        taken = (
            watch.reading(ClockReading("boot", monotonic, wall, 0, source))
            for monotonic, wall, source in readings
        )
        return [fault.detail for fault in taken if fault is not None]

    def test_one_that_keeps_pace_is_well(self) -> None:
        assert not self.told((0, NOON, RTC), (60, NOON + 60, RTC), (3660, NOON + 3655, RTC))

    @pytest.mark.parametrize("step", [-3600, 3600])
    def test_one_that_jumps_is_not(self, step: float) -> None:
        (detail,) = self.told((0, NOON, RTC), (60, NOON + 60 + step, RTC))
        assert f"{step:+.0f} s" in detail
        assert "battery" in detail

    def test_a_chip_that_loses_its_time_is_named_once_with_its_cure(self) -> None:
        lost = (60.0, 946_684_800.0, ClockSource.UNTRUSTED)
        (detail,) = self.told((0, NOON, RTC), lost, (120, lost[1] + 60, lost[2]))
        assert "change its battery" in detail
        assert "with a stick" in detail

    def test_a_time_that_becomes_known_is_no_fault(self) -> None:
        assert not self.told((0, 0, ClockSource.UNTRUSTED), (60, NOON, RTC))
