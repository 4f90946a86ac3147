"""The clock that the lives are lived by is the one that the device has."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from device.clock import SystemClock
from device.journal import JOURNAL_NAME, Journal, last_time_set
from tools.rest_fuzz.virtual_device import Chip, VirtualDevice

HOUR = 3600.0
A_LOOK = 3700.0
"""The real clock looks at its chip once an hour."""
START = 1_780_000_000.0


class Twin:
    """One machine twice: its files with the device's own clock and journal, and its model."""

    def __init__(self, folder: Path, chip_error: float) -> None:
        self._root = folder / "root"
        self._journal_file = folder / JOURNAL_NAME
        self._boots = 0
        self._silent = False
        self.model = VirtualDevice(START, Chip.GOOD, 0.0, 0)
        self.model.chip_error = chip_error
        (self._root / "sys/class/rtc/rtc0").mkdir(parents=True)
        (self._root / "proc/sys/kernel/random").mkdir(parents=True)
        self.switch_on()

    def switch_on(self) -> None:
        self._boots += 1
        boot = self._root / "proc/sys/kernel/random/boot_id"
        boot.write_text(f"boot {self._boots}\n")
        began = self.model.true
        self.model.switch_on()
        self._turn_chip()
        self.clock = SystemClock(
            last_time_set(self._journal_file),
            root=self._root,
            monotonic=lambda: self.model.true - began,
            system=lambda: self.model.true + self.model.system_error,
        )
        self.journal = Journal(self._journal_file, self.clock)

    def wait(self, seconds: float = A_LOOK) -> None:
        self.model.wait(seconds)
        self._turn_chip()
        if self.model.on:
            self.journal.checkpoint(self.clock.reading()).result(10)

    def set_time(self, error: float) -> None:
        self.model.set_time(error)
        self.journal.set_time(self.clock.set_time(self.model.true + error)).result(10)

    def restart_the_program(self) -> None:
        self.journal.close()
        clock = self.clock
        self.clock = SystemClock(
            last_time_set(self._journal_file),
            root=self._root,
            monotonic=clock.monotonic,
            system=lambda: self.model.true + self.model.system_error,
        )
        self.journal = Journal(self._journal_file, self.clock)

    def unplug(self, seconds: float, *, chip_fails: bool = False, silent: bool = False) -> None:
        self.journal.close()
        self.model.cut_power()
        if chip_fails:
            self.model.lose_chip_time()
        self.wait(seconds)
        self._silent = silent
        self.switch_on()
        self.answer_again()

    def miss_a_read(self) -> None:
        self._silent = True
        self.wait()
        self.answer_again()

    def answer_again(self) -> None:
        self._silent = False
        self.wait(61.0)

    def _turn_chip(self) -> None:
        chip = self._root / "sys/class/rtc/rtc0"
        shown = "" if self._silent else f"{self.model.true + self.model.chip_error:.0f}\n"
        (chip / "name").write_text("rtc-ds1307 1-0068\n")
        (chip / "since_epoch").write_text(shown)


ERRORS = st.sampled_from((0.0, 45.0, -5 * HOUR, 100 * 24 * HOUR))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), ERRORS),
        st.tuples(st.just("chip fails"), st.just(0.0)),
        st.tuples(st.just("chip misses a read"), st.just(0.0)),
        st.tuples(st.just("restart"), st.just(0.0)),
        st.tuples(st.just("unplug"), st.floats(60.0, 20 * 24 * HOUR)),
        st.tuples(st.just("unplug, chip fails"), st.floats(60.0, 20 * 24 * HOUR)),
        st.tuples(st.just("unplug, chip silent at first"), st.floats(60.0, 20 * 24 * HOUR)),
        st.tuples(st.just("wait"), st.floats(60.0, 20 * 24 * HOUR)),
    ),
    max_size=9,
)


@settings(max_examples=25, deadline=None)
@given(STEPS, st.sampled_from((0.0, 5 * HOUR, 946_684_800.0 - START)))
def test_the_model_of_the_clock_is_true(steps: list[tuple[str, float]], chip_error: float) -> None:
    """Whatever happens to chip, power and program, both believe the same clock, and its time."""
    with tempfile.TemporaryDirectory() as folder:
        twin = Twin(Path(folder), chip_error)
        for what, figure in steps:
            match what:
                case "set":
                    twin.set_time(figure)
                case "chip fails":
                    twin.model.lose_chip_time()
                case "restart":
                    twin.restart_the_program()
                case "wait":
                    twin.wait(figure)
                case "chip misses a read":
                    twin.miss_a_read()
                case _:
                    silent = what == "unplug, chip silent at first"
                    twin.unplug(figure, chip_fails=what == "unplug, chip fails", silent=silent)
            twin.wait()
            real, model = twin.clock.reading(), twin.model.reading()
            assert real.source is model.source, (what, figure)
            assert abs(real.wall - model.wall) <= 2.0, (what, figure)
        twin.journal.close()
