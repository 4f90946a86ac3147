"""What keeps the device from starting, or breaks while it runs: shown, kept, and not all night."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device import loop, run, start
from device import startup_faults as failing
from device.cli import main
from device.clock import ClockReading, ClockSource, SystemClock
from device.coach import Coach, cues, events
from device.errors import CameraError, LiftLightError, ModelError
from device.inbox import Inbox, listen
from device.journal import DiskError, Journal, faults_of_last_boot
from device.loop import Loop
from device.panel import Panel, PanelError, PinError, Pins, self_test
from device.panel_off import keep_pins
from device.sample import LiftSample
from device.settings import Settings, SettingsError
from device.startup_faults import Failure, SuddenEndError, flush_deferred_faults
from device.system import RUN_FOLDER, note_start
from tests.journal_kit import HandClock
from tests.virtual import VirtualClock

LONG_S = 30.0
RTC = ClockSource.RTC
NOON, NIGHT = 1_750_000_000.0 - 3 * 3600, 1_750_000_000.0 + 9 * 3600


class Shown:
    """A panel that remembers its cues."""

    def __init__(self) -> None:
        self.cues: list[cues.Cue] = []

    def show(self, cue: cues.Cue) -> None:
        self.cues.append(cue)


def tell(
    error: Exception, notes: Path | None, wall: float = NOON, source: ClockSource = RTC
) -> cues.Cue:
    panel = Shown()
    clock = VirtualClock(source, wall)
    Failure(error, clock, notes).show(panel, 0.0)  # type: ignore[arg-type]
    (cue,) = panel.cues
    return cue


class TestAFaultAtTheStart:
    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (CameraError("gone: plug it in"), events.FaultKind.CAMERA),
            (DiskError("full: free some space"), events.FaultKind.DISK),
            (ModelError("damaged: run the installer"), events.FaultKind.MODEL),
            (PanelError("busy: stop it"), events.FaultKind.PANEL),
            (SettingsError("reps must be between 3 and 10"), events.FaultKind.SETTINGS),
            (PinError("ready = 3 belongs to the clock"), events.FaultKind.SETTINGS),
            (LiftLightError("something else"), events.FaultKind.UNKNOWN),
            (ImportError("No module named cv2"), events.FaultKind.UNKNOWN),
        ],
    )
    def test_says_which_it_is(self, error: Exception, kind: events.FaultKind) -> None:
        cue = tell(error, None)
        assert (cue.kind, cue.fault, cue.light_only) == (cues.CueKind.FAULT, kind, False)

    def test_is_heard_once_however_often_the_service_is_started_anew(self, tmp_path: Path) -> None:
        heard = [not tell(DiskError("full: free some space"), tmp_path).light_only for _ in "12345"]
        assert heard == [True, False, False, False, False]

    def test_another_one_is_heard_too(self, tmp_path: Path) -> None:
        tell(DiskError("full: free some space"), tmp_path)
        assert not tell(ModelError("damaged: install again"), tmp_path).light_only

    def test_is_not_heard_at_night_but_in_the_morning(self, tmp_path: Path) -> None:
        assert tell(DiskError("full: free some space"), tmp_path, NIGHT).light_only
        assert not tell(DiskError("full: free some space"), tmp_path, NOON).light_only

    def test_is_not_heard_while_nobody_knows_the_hour(self, tmp_path: Path) -> None:
        full = DiskError("full: free some space")
        assert tell(full, tmp_path, NOON, ClockSource.UNTRUSTED).light_only
        assert not tell(full, tmp_path).light_only

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

    def test_of_our_own_making_is_kept_with_its_name_and_a_cure(self, tmp_path: Path) -> None:
        path, clock = tmp_path / "journal.db", HandClock()
        Failure(ImportError("No module named cv2"), clock, tmp_path).keep(path)
        with Journal(path, clock) as journal, journal.reading() as connection:
            (kept,) = faults_of_last_boot(connection)
        assert kept.kind == "unknown"
        assert kept.detail.startswith("ImportError: No module named cv2. Run the installer again")

    def test_that_cannot_be_kept_is_kept_once_the_disk_is_back(self, tmp_path: Path) -> None:
        notes, data, clock = tmp_path / "notes", tmp_path / "data", HandClock()
        notes.mkdir()
        for _ in range(3):
            Failure(DiskError("no folder: mount it"), clock, notes).keep(data / "journal.db")
        data.mkdir()
        for _ in range(2):
            with Journal(data / "journal.db", clock) as journal:
                flush_deferred_faults(notes, journal, clock)
        with Journal(data / "journal.db", clock) as journal, journal.reading() as connection:
            (kept,) = faults_of_last_boot(connection)
        assert kept.kind == "disk"
        assert kept.detail == "earlier, when nothing could be kept: no folder: mount it"

    def test_that_is_owed_is_not_forgotten_before_it_is_on_the_disk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = HandClock()
        Failure(DiskError("full"), clock, tmp_path).keep(tmp_path / "data" / "journal.db")
        journal = Journal(tmp_path / "journal.db", clock)
        monkeypatch.setattr(COMMIT, full)
        flush_deferred_faults(tmp_path, journal, clock)
        with pytest.raises(DiskError):
            journal.close()
        assert (tmp_path / "owed-disk").read_text() == "full"

    def test_of_which_the_text_is_no_unicode_is_owed_all_the_same(self, tmp_path: Path) -> None:
        error = OSError("a file named \udcff")
        Failure(error, HandClock(), tmp_path).keep(tmp_path / "gone" / "journal.db")
        assert "a file named \\udcff" in (tmp_path / "owed-unknown").read_text(encoding="utf-8")

    def test_whose_note_was_torn_is_kept_as_far_as_it_goes(self, tmp_path: Path) -> None:
        (tmp_path / "owed-heat").write_bytes("the processor is at 85 °".encode()[:-1])
        with Journal(tmp_path / "journal.db", HandClock()) as journal:
            flush_deferred_faults(tmp_path, journal, HandClock())
        assert faults_in(tmp_path) == ["heat"]
        assert not (tmp_path / "owed-heat").exists()

    def test_waits_for_no_disk_that_hangs(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers = threading.Event()
        monkeypatch.setattr(failing, "KEPT_WITHIN_S", 0.05)
        monkeypatch.setattr(failing, "Journal", lambda *_: answers.wait(LONG_S))
        Failure(ModelError("damaged"), HandClock(), tmp_path).keep(tmp_path / "journal.db")
        assert (tmp_path / "owed-model").read_text() == "damaged"
        answers.set()


COMMIT = "device.journal.rows.checkpoint"
"""What the journal writes first whenever it commits."""


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Give the signals back that the device listens to."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class TestWhileAFaultIsShown:
    """A finger on the button, on mock pins, before the sun is up and after."""

    FAULT = DiskError("full: free some space")

    @pytest.fixture
    def panel(self) -> Iterator[Panel]:
        factory = MockFactory(pin_class=MockPWMPin)
        with Panel(Pins(), SystemClock(), factory) as panel:
            yield panel

    @staticmethod
    def once_heard(panel: Panel, act: Callable[[], None]) -> None:
        """Do something as soon as somebody listens to the panel."""

        def wait() -> None:
            while panel.when_down is None:
                time.sleep(0.001)
            # The signals are listened to just after the button.
            time.sleep(0.05)
            act()

        threading.Thread(target=wait, daemon=True).start()

    @pytest.fixture
    def soon(self, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        """Press the button as soon as somebody listens: down, up, down, ..., so long ago each."""

        def press(*presses: float) -> None:
            def listen_and_hear(panel: Panel, inbox: Inbox) -> None:
                listen(panel, inbox)
                now = time.monotonic()
                for turn, ago in enumerate(presses):
                    edge = panel.when_up if turn % 2 else panel.when_down
                    assert edge is not None
                    edge(now - ago)

            monkeypatch.setattr(failing, "listen", listen_and_hear)

        return press

    def test_holding_it_asks_for_the_power_to_go(
        self, panel: Panel, soon: Callable[..., None]
    ) -> None:
        soon(4.8)
        assert Failure(self.FAULT, SystemClock(), None).show(panel, 0.2)

    def test_letting_go_too_early_does_not(self, panel: Panel, soon: Callable[..., None]) -> None:
        soon(4.8, 0.1)
        assert not Failure(self.FAULT, SystemClock(), None).show(panel, 0.2)

    @pytest.mark.parametrize(
        ("wall", "source", "heard"),
        [(NOON, RTC, True), (NIGHT, RTC, False), (NOON, ClockSource.UNTRUSTED, True)],
    )
    def test_a_press_lets_it_be_heard_again_unless_it_is_night(
        self,
        panel: Panel,
        soon: Callable[..., None],
        shown: list[cues.Cue],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        wall: float,
        source: ClockSource,
        heard: bool,
    ) -> None:
        tell(self.FAULT, tmp_path)
        clock, now = SystemClock(), ClockReading("boot", 0.0, wall, 3600, source)
        monkeypatch.setattr(clock, "reading", lambda: now)
        soon(0.5, 0.4)
        assert not Failure(self.FAULT, clock, tmp_path).show(panel, 0.3)
        assert [not cue.light_only for cue in shown] == [False, heard]

    def test_a_buzzer_that_fails_is_shown_by_light_for_as_long_as_any_fault(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Unplugged:
            def play(self, frequency: float) -> None:
                raise OSError("Input/output error")

            def stop(self) -> None: ...

            def close(self) -> None: ...

        clock, now = SystemClock(), ClockReading("boot", 0.0, NOON, 3600, RTC)
        monkeypatch.setattr(clock, "reading", lambda: now)
        factory = MockFactory(pin_class=MockPWMPin)
        with Panel(Pins(), clock, factory, open_buzzer=lambda *_: Unplugged()) as panel:
            with pytest.raises(PanelError) as failed:
                panel.show(cues.Cue(cues.CueKind.LIFT, 0.0))
            began = time.monotonic()
            assert not Failure(failed.value, clock, None).show(panel, 0.3)
            assert time.monotonic() - began >= 0.3
            lit = {name for name, pin in Pins().fitted().items() if factory.pin(pin).state > 0}
        assert {"hold_2", "hold_4", "rest"} <= lit

    def test_a_thread_that_dies_meanwhile_is_owed_and_the_next_process_has_it_again(
        self, panel: Panel, tmp_path: Path
    ) -> None:
        def fail() -> None:
            raise PanelError("the button does not answer")

        self.once_heard(panel, fail)
        began = time.monotonic()
        assert not Failure(self.FAULT, SystemClock(), tmp_path).show(panel, LONG_S)
        assert time.monotonic() - began < LONG_S
        assert (tmp_path / "owed-panel").read_text() == "the button does not answer"

    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_being_stopped_ends_it_at_once(self, panel: Panel, how: signal.Signals) -> None:
        """By the service manager, by Ctrl-C, or by closing the terminal."""
        signal.signal(how, lambda *_: None)
        self.once_heard(panel, lambda: signal.raise_signal(how))
        began = time.monotonic()
        assert not Failure(self.FAULT, SystemClock(), None).show(panel)
        assert time.monotonic() - began < 5.0

    def test_it_goes_on_under_nohup_when_the_terminal_is_closed(self, panel: Panel) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.once_heard(panel, lambda: signal.raise_signal(signal.SIGHUP))
        began = time.monotonic()
        assert not Failure(self.FAULT, SystemClock(), None).show(panel, 0.5)
        assert time.monotonic() - began >= 0.5


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show failures for a moment only."""
    show = Failure.show
    monkeypatch.setattr(Failure, "show", lambda self, panel: show(self, panel, 0.05))


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the service the run folder that systemd would."""
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setenv(RUN_FOLDER, str(folder))
    return folder


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> MockFactory:
    """Give the bedside mock pins, and remember every cue that its panel showed."""
    factory = MockFactory(pin_class=MockPWMPin)

    def open_panel(pins: Pins, clock: HandClock, *, partial: bool = False, **_: object) -> Panel:
        return Panel(pins, clock, factory, partial=partial)

    monkeypatch.setattr(start, "open_gpio_panel", open_panel)
    return factory


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody stops the service, a second after it began to listen."""

    def and_stop(panel: Panel, inbox: Inbox) -> None:
        listen(panel, inbox)
        threading.Timer(1.0, lambda: signal.raise_signal(signal.SIGTERM)).start()

    monkeypatch.setattr(run, "listen", and_stop)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[cues.Cue]:
    said: list[cues.Cue] = []
    show = Panel.show

    def remember(self: Panel, cue: cues.Cue) -> None:
        said.append(cue)
        show(self, cue)

    monkeypatch.setattr(Panel, "show", remember)
    return said


def faults_in(data: Path) -> list[str]:
    return _column(data, "SELECT kind FROM faults ORDER BY id")


def sessions_in(data: Path) -> list[str]:
    return _column(data, "SELECT ending FROM sessions ORDER BY id")


def _column(data: Path, query: str) -> list[str]:
    with (
        Journal(data / "journal.db", HandClock()) as journal,
        journal.reading() as connection,
    ):
        return [value for (value,) in connection.execute(query)]


def die(last_word: str) -> None:
    """Be a LiftLight that says its last word and is ended by the processor."""
    script = f"import os; from device.system import *; {last_word}; os.kill(os.getpid(), 4)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -4


@pytest.mark.usefixtures("quick")
class TestTheBedside:
    @staticmethod
    def raising(error: Exception) -> Callable[..., object]:
        def fail(*_: object) -> object:
            raise error

        return fail

    @pytest.mark.usefixtures("pins", "stopped")
    def test_a_damaged_model_is_shown_and_kept_and_the_button_still_switches_off(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[cues.Cue]
    ) -> None:
        damaged = ModelError("the detector is damaged: run the installer again")
        monkeypatch.setattr(run, "open_source", self.raising(damaged))
        assert start.start("picamera2", tmp_path) == 0

        assert [cue.fault for cue in shown if cue.kind is cues.CueKind.FAULT] == [
            events.FaultKind.MODEL
        ]
        assert faults_in(tmp_path) == ["model"]

    def test_a_pin_that_is_held_is_shown_on_the_others_and_kept(
        self, tmp_path: Path, pins: MockFactory, shown: list[cues.Cue]
    ) -> None:
        held = LED(Pins().ready, pin_factory=pins)
        pins.close = lambda: None

        with pytest.raises(PanelError, match=r"\[pins\] ready"):
            start.start("subject", tmp_path)

        assert [cue.fault for cue in shown] == [events.FaultKind.PANEL]
        assert faults_in(tmp_path) == ["panel"]
        held.close()

    @pytest.mark.usefixtures("pins")
    def test_a_data_folder_that_is_not_there_is_shown_and_nothing_is_begun_elsewhere(
        self, tmp_path: Path, shown: list[cues.Cue]
    ) -> None:
        with pytest.raises(DiskError):
            start.start("subject", tmp_path / "data")

        assert [cue.fault for cue in shown] == [events.FaultKind.DISK]
        assert not (tmp_path / "data").exists()

    def test_settings_that_cannot_be_read_are_shown_on_the_usual_pins_and_kept(
        self, tmp_path: Path, pins: MockFactory, shown: list[cues.Cue]
    ) -> None:
        (tmp_path / "settings.toml").write_text("[pins]\nready = 99\n")
        pins.close = lambda: None

        with pytest.raises(SettingsError, match="ready"):
            start.start("subject", tmp_path)

        assert [cue.fault for cue in shown] == [events.FaultKind.SETTINGS]
        assert f"GPIO{Pins().ready}" in {pin.name for pin in pins.pins}
        assert faults_in(tmp_path) == ["settings"]

    def test_settings_that_broke_since_the_last_start_are_shown_on_the_pins_it_used(
        self, tmp_path: Path, pins: MockFactory, shown: list[cues.Cue], notes: Path
    ) -> None:
        # What is wired to the usual pin of a light here may be a lamp that wants a transistor.
        keep_pins(replace(Pins(), ready=6), notes)
        (tmp_path / "settings.toml").write_text("[pins")
        pins.close = lambda: None

        with pytest.raises(SettingsError):
            start.start("subject", tmp_path)

        assert [cue.fault for cue in shown] == [events.FaultKind.SETTINGS]
        driven = {pin.name for pin in pins.pins}
        assert "GPIO6" in driven
        assert f"GPIO{Pins().ready}" not in driven

    @pytest.mark.usefixtures("pins")
    def test_a_library_that_is_missing_is_shown_and_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[cues.Cue]
    ) -> None:
        monkeypatch.setitem(sys.modules, "device.run", None)

        with pytest.raises(ImportError):
            start.start("subject", tmp_path)

        assert [cue.fault for cue in shown] == [events.FaultKind.UNKNOWN]
        assert faults_in(tmp_path) == ["unknown"]

    @pytest.mark.usefixtures("pins")
    def test_an_error_that_nobody_thought_of_is_shown_and_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[cues.Cue]
    ) -> None:
        monkeypatch.setattr(run, "open_source", self.raising(ZeroDivisionError("a mistake")))

        with pytest.raises(ZeroDivisionError):
            start.start("subject", tmp_path)

        assert [cue.fault for cue in shown] == [events.FaultKind.UNKNOWN]
        assert faults_in(tmp_path) == ["unknown"]

    @pytest.mark.parametrize("dies", ["the button", "the journal"])
    def test_a_thread_that_dies_is_shown_and_kept_and_loses_no_row(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        pins: MockFactory,
        shown: list[cues.Cue],
        dies: str,
    ) -> None:
        journal = pytest.MonkeyPatch()

        def fail(*_: object) -> None:
            journal.undo()
            raise ZeroDivisionError("a mistake")

        def and_die(panel: Panel, inbox: Inbox) -> None:
            listen(panel, inbox)
            if dies == "the button":
                threading.Timer(0.2, fail).start()
                return
            journal.setattr(COMMIT, fail)

        monkeypatch.setattr(run, "listen", and_die)
        pins.close = lambda: None

        with pytest.raises(ZeroDivisionError):
            start.start("subject", tmp_path)

        assert shown[-1].fault is events.FaultKind.UNKNOWN
        monkeypatch.undo()
        assert faults_in(tmp_path) == ["unknown"]

    @pytest.mark.parametrize("fails", ["__init__", "reading"])
    @pytest.mark.usefixtures("pins")
    def test_a_clock_that_fails_is_shown_and_the_button_still_switches_off(
        self,
        tmp_path: Path,
        notes: Path,
        monkeypatch: pytest.MonkeyPatch,
        shown: list[cues.Cue],
        fails: str,
    ) -> None:
        nonsense = OverflowError("timestamp out of range")
        monkeypatch.setattr(SystemClock, fails, self.raising(nonsense))
        remember = Panel.show

        def hold(self: Panel, cue: cues.Cue) -> None:
            remember(self, cue)
            assert self.when_down is not None
            self.when_down(time.monotonic() - 4.9)

        monkeypatch.setattr(Panel, "show", hold)

        with pytest.raises(OverflowError):
            start.start("subject", tmp_path)

        assert [(cue.fault, cue.light_only) for cue in shown] == [(events.FaultKind.UNKNOWN, True)]
        assert (notes / "power-off").exists()
        assert "timestamp out of range" in (notes / "owed-unknown").read_text()

    @pytest.mark.usefixtures("pins", "notes")
    def test_a_start_that_the_processor_ended_is_shown_by_the_next_and_then_tried_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[cues.Cue]
    ) -> None:
        die("note_start()")
        monkeypatch.setattr(run, "be_at_the_bedside", lambda *_, **__: False)

        with pytest.raises(SuddenEndError):
            start.start("subject", tmp_path)
        assert start.start("subject", tmp_path) == 0

        assert [cue.fault for cue in shown] == [events.FaultKind.UNKNOWN]
        assert faults_in(tmp_path) == ["unknown"]

    @pytest.mark.usefixtures("pins", "notes", "stopped")
    def test_one_that_was_cut_short_while_it_ran_is_told_of_once_and_life_goes_on(
        self, tmp_path: Path, shown: list[cues.Cue]
    ) -> None:
        for _ in range(2):
            die("note_running()")
            assert start.start("subject", tmp_path) == 0

        assert [cue.kind for cue in shown] == [
            cues.CueKind.READY,
            cues.CueKind.FAULT,
            cues.CueKind.READY,
        ]
        assert faults_in(tmp_path) == ["unknown"]

    @pytest.mark.usefixtures("pins")
    def test_one_that_ended_in_good_order_is_not_told_of(
        self, tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        under_way: list[str] = []

        def look(_: Loop) -> None:
            under_way.append((notes / "under-way").read_text())

        monkeypatch.setattr(Loop, "run", look)
        assert start.start("subject", tmp_path) == 0
        assert under_way == ["running"]
        assert note_start() is None

    def test_a_full_disk_keeps_nobody_from_switching_off(
        self, tmp_path: Path, pins: MockFactory, notes: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def open_coach_and_fill_the_disk(journal: Journal, settings: Settings) -> Coach:
            coach = open_coach(journal, settings)
            monkeypatch.setattr(COMMIT, full)
            return coach

        open_coach, button = run.open_coach, pins.pin(Pins().button)
        monkeypatch.setattr(run, "open_coach", open_coach_and_fill_the_disk)
        remember = Panel.show

        def hold(self: Panel, cue: cues.Cue) -> None:
            remember(self, cue)
            if cue.kind is cues.CueKind.FAULT:
                threading.Timer(0.1, button.drive_low).start()

        monkeypatch.setattr(Panel, "show", hold)

        assert start.start("subject", tmp_path) == 0
        assert (notes / "power-off").exists()

    @pytest.mark.usefixtures("pins")
    def test_a_disk_that_is_gone_keeps_nobody_from_switching_off(
        self, tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Failure, "show", lambda *_: True)
        with pytest.raises(DiskError):
            start.start("subject", tmp_path / "data")
        assert (notes / "power-off").exists()

    @pytest.mark.usefixtures("pins")
    def test_a_light_that_cannot_be_switched_off_keeps_nobody_from_switching_off(
        self, tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(self: Panel) -> None:
            raise PanelError("the panel stopped answering")

        monkeypatch.setattr(run, "be_at_the_bedside", lambda *_: True)
        monkeypatch.setattr(Panel, "close", fail)
        with pytest.raises(PanelError):
            start.start("subject", tmp_path)
        assert (notes / "power-off").exists()

    @pytest.mark.usefixtures("pins", "stopped")
    def test_a_clock_that_lost_its_time_is_shown_and_kept_once_a_boot_however_often_it_starts(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[cues.Cue]
    ) -> None:
        chip, boot = tmp_path / "sys/class/rtc/rtc0", tmp_path / "proc/sys/kernel/random/boot_id"
        for folder in (chip, boot.parent):
            folder.mkdir(parents=True)
        boot.write_text("boot-2\n")
        (chip / "name").write_text("rtc-ds1307 1-0068\n")
        (chip / "since_epoch").write_text("946684800\n")
        monkeypatch.setattr(start, "SystemClock", partial(SystemClock, root=tmp_path))
        with Journal(tmp_path / "journal.db", HandClock()):
            pass  # A boot whose clock was believed.

        for _ in range(2):
            assert start.start("subject", tmp_path) == 0

        told = [cue for cue in shown if cue.kind is cues.CueKind.FAULT]
        assert [(cue.fault, cue.light_only) for cue in told] == [(events.FaultKind.CLOCK, True)]
        assert faults_in(tmp_path) == ["clock"]


class Finger:
    """A finger that has held the button since before the power came on, or a short circuit."""

    def __init__(self) -> None:
        self.lit: list[str] = []
        self.sounded = False
        self.lets_go_after: float | None = None
        """How long after the panel was opened, seconds; None for never."""
        self._names = {f"GPIO{pin}": name for name, pin in Pins().fitted().items()}

    def open_panel(self, *_: object, **__: object) -> Panel:
        """Open the panel on pins of which the button's is low, whatever pulls it up."""
        finger = self

        class HeldPin(MockPWMPin):  # type: ignore[misc]
            def _set_pull(self, value: str) -> None:
                super()._set_pull(value)
                if finger._names.get(self.info.name) == "button":
                    self._change_state(False)

            def _change_state(self, value: float) -> bool:
                changed = bool(super()._change_state(value))
                name = finger._names.get(self.info.name, "")
                if changed and value and name == "buzzer":
                    finger.sounded = True
                elif changed and value and name != "button":
                    finger.lit.append(name)
                return changed

        factory = MockFactory(pin_class=HeldPin)
        panel = Panel(Pins(), SystemClock(), factory)
        if self.lets_go_after is not None:
            let_go = factory.pin(Pins().button).drive_high
            threading.Timer(self.lets_go_after, let_go).start()
        return panel


class TestTheButtonHeldWhileThePowerComesOn:
    @pytest.fixture(autouse=True)
    def brief(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Test every part for a moment only; no light follows another within half a second."""
        monkeypatch.setattr(self_test, "HELD_S", 0.2)
        monkeypatch.setattr(self_test, "LIT_S", 0.03)
        monkeypatch.setattr(self_test, "DARK_S", 0.55)
        monkeypatch.setattr(self_test, "LEFT_ALONE_S", 0.3)

    @pytest.fixture
    def finger(self, monkeypatch: pytest.MonkeyPatch) -> Finger:
        finger = Finger()
        monkeypatch.setattr(start, "open_gpio_panel", finger.open_panel)
        return finger

    @pytest.mark.usefixtures("stopped")
    def test_tests_every_light_and_the_buzzer_and_then_the_device_starts_as_ever(
        self, tmp_path: Path, finger: Finger, shown: list[cues.Cue]
    ) -> None:
        finger.lets_go_after = 3.0
        assert start.start("subject", tmp_path) == 0

        lights = ["hold_1", "hold_2", "hold_3", "hold_4", "hold_5", "ready", "rest"]
        assert finger.lit[: 1 + len(lights)] == ["camera", *lights]
        assert finger.sounded
        assert [cue.kind for cue in shown] == [cues.CueKind.READY]
        assert faults_in(tmp_path) == []

    @pytest.mark.usefixtures("stopped")
    def test_and_let_go_at_once_asks_for_nothing(
        self,
        tmp_path: Path,
        finger: Finger,
        shown: list[cues.Cue],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(self_test, "HELD_S", LONG_S)
        finger.lets_go_after = 0.1
        assert start.start("subject", tmp_path) == 0

        assert "camera" not in finger.lit
        assert [cue.kind for cue in shown] == [cues.CueKind.READY]

    @pytest.mark.usefixtures("stopped", "notes")
    def test_by_a_short_circuit_keeps_nobody_from_starting_and_is_told_once_a_boot(
        self, tmp_path: Path, finger: Finger, shown: list[cues.Cue]
    ) -> None:
        assert start.start("subject", tmp_path) == 0
        assert "camera" in finger.lit
        assert cues.CueKind.READY in {cue.kind for cue in shown}
        assert shown[-1].fault is events.FaultKind.PANEL

        finger.lit.clear()
        assert start.start("subject", tmp_path) == 0
        assert "camera" not in finger.lit
        assert faults_in(tmp_path) == ["panel"]

    @pytest.mark.usefixtures("pins", "stopped")
    def test_by_nobody_is_nothing_to_wait_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[cues.Cue]
    ) -> None:
        monkeypatch.setattr(self_test, "is_asked_for", lambda _: pytest.fail("asked"))
        assert start.start("subject", tmp_path) == 0
        assert [cue.kind for cue in shown] == [cues.CueKind.READY]


@pytest.mark.usefixtures("quick")
class TestACameraThatBreaks:
    class Broken:
        """Two pictures, then none; `stuck` does not switch off either."""

        live = True

        def __init__(self, stuck: bool = False) -> None:
            self._stuck = stuck
            self._left = 2

        def start(self) -> None:
            pass

        def read(self, timeout: float) -> LiftSample | None:
            time.sleep(0.01)
            self._left -= 1
            if self._left < 0:
                raise CameraError("no more pictures: switch off and press its cable home")
            return LiftSample(time.monotonic(), face=False, brightness=120.0)

        def stop(self) -> None:
            if self._stuck:
                raise CameraError("the camera does not switch off: pull the plug")

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *exc: object) -> None:
            pass

    @pytest.fixture
    def press(self, monkeypatch: pytest.MonkeyPatch, pins: MockFactory) -> None:
        """Somebody presses the button once the device listens."""
        monkeypatch.setattr(loop, "FAULT_SHOWN_S", 0.5)

        def and_press(panel: Panel, inbox: Inbox) -> None:
            listen(panel, inbox)
            button = pins.pin(Pins().button)
            threading.Timer(0.3, button.drive_low).start()
            threading.Timer(0.5, button.drive_high).start()

        monkeypatch.setattr(run, "listen", and_press)

    @pytest.mark.usefixtures("press")
    def test_is_kept_and_shown_and_ends_the_process_for_the_next_to_begin_anew(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        shown: list[cues.Cue],
    ) -> None:
        monkeypatch.setattr(run, "open_source", lambda *_: self.Broken())

        assert main(["run", "--data", str(tmp_path)]) == 1

        assert "press its cable home" in capsys.readouterr().err
        assert [cue.fault for cue in shown if cue.kind is cues.CueKind.FAULT] == [
            events.FaultKind.CAMERA
        ]
        assert shown[-1].kind is cues.CueKind.FAULT
        assert faults_in(tmp_path) == ["camera"]
        assert sessions_in(tmp_path) == ["fault"]

    @pytest.mark.parametrize("broken", [None, ZeroDivisionError("a mistake")])
    @pytest.mark.usefixtures("press")
    def test_and_stays_on_keeps_its_light_until_the_process_is_gone(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        pins: MockFactory,
        broken: Exception | None,
    ) -> None:
        """Whatever else goes wrong meanwhile: another way out would darken the panel first."""
        close = Journal.close

        class GoneError(Exception):
            """The process ended; nothing after this happens but here."""

        def vanish(code: int) -> None:
            monkeypatch.setattr(Journal, "close", close)
            raise GoneError(code, bool(pins.pin(Pins().camera).state), faults_in(tmp_path))

        def close_and_break(self: Journal) -> None:
            close(self)
            if broken is not None:
                raise broken

        monkeypatch.setattr(run, "open_source", lambda *_: self.Broken(stuck=True))
        monkeypatch.setattr(Journal, "close", close_and_break)
        monkeypatch.setattr(os, "_exit", vanish)

        with pytest.raises(GoneError) as gone:
            start.start("picamera2", tmp_path)

        assert gone.value.args == (1, True, ["camera"])
