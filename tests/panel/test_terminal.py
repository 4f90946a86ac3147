"""The panel on a laptop: drawn live in a terminal, or plain lines without one."""

from __future__ import annotations

import fcntl
import io
import math
import os
import re
import struct
import termios
import threading
from collections.abc import Iterator

import pytest

from device.coach import cues, events
from device.panel.pins import Pins
from device.panel.terminal import HELP, Keyboard, TerminalPanel
from tests.virtual import VirtualClock

PATIENCE_S = 10.0


class Terminal:
    """A pseudo-terminal: what is written to it, and keys that somebody types."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen = open(slave, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        self.keys = open(os.dup(slave), encoding="utf-8")  # noqa: SIM115, PTH123
        self._written: list[str] = []

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def modes(self) -> list[object]:
        return list(termios.tcgetattr(self.screen))

    def written(self) -> str:
        """Everything that came out since the last look."""
        os.set_blocking(self.master, False)
        pieces = []
        while True:
            try:
                pieces.append(os.read(self.master, 65536))
            except BlockingIOError:
                return b"".join(pieces).decode()

    def close(self) -> None:
        self.screen.close()
        self.keys.close()
        os.close(self.master)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    one = Terminal()
    yield one
    one.close()


def open_on(terminal: Terminal, clock: VirtualClock | None = None) -> TerminalPanel:
    return TerminalPanel(
        Pins(), clock or VirtualClock(), screen=terminal.screen, keys=terminal.keys
    )


def run(panel: TerminalPanel, clock: VirtualClock, seconds: float) -> None:
    until = clock.now + seconds
    while (due := panel.next_deadline()) is not None and due <= until:
        clock.advance_to(due)
        panel.tick()
    clock.advance_to(until)
    panel.tick()


def test_without_a_terminal_a_session_is_told_in_plain_lines() -> None:
    screen, clock = io.StringIO(), VirtualClock()
    with TerminalPanel(Pins(), clock, screen=screen, keys=io.StringIO()) as panel:
        panel.camera_light(True)
        for kind, aim, count in (
            (cues.CueKind.FIND_FACE, cues.Aim.TOO_FAR, 0),
            (cues.CueKind.FIND_FACE, cues.Aim.TOO_FAR, 0),
            (cues.CueKind.FIND_FACE, cues.Aim.FOUND, 0),
            (cues.CueKind.LIFT, None, 0),
            (cues.CueKind.REP, None, 1),
        ):
            panel.show(cues.Cue(kind, clock.now, count=count, aim=aim))
            run(panel, clock, 2.5)
        panel.toggle_quiet()
        panel.camera_light(False)
    assert screen.getvalue().splitlines() == [
        "    0.0 s  camera on",
        "    0.0 s  find_face too_far      Too far; come nearer.",
        "    5.0 s  find_face found        There you are; stay like this.",
        "    7.5 s  lift                   Lift when you like, up and out, and hold.",
        "   10.0 s  rep 1                  A good repetition, counted and saved.",
        "   12.5 s  quiet                  Quiet: light only from now on.",
        "   12.5 s  camera off",
    ]


def test_in_plain_lines_what_is_long_goes_on_below_itself() -> None:
    screen = io.StringIO()
    with TerminalPanel(Pins(), VirtualClock(), screen=screen, keys=io.StringIO()) as panel:
        panel.show(cues.Cue(cues.CueKind.FAULT, 0.0, fault=events.FaultKind.CLOCK))
    first, *more = screen.getvalue().splitlines()
    assert first.startswith("    0.0 s  fault clock")
    assert max(len(line) for line in (first, *more)) <= 80
    assert " ".join([first, *more]).split()[-3:] == ["names", "the", "cure."]


def test_what_is_drawn_is_what_the_pins_do(terminal: Terminal) -> None:
    clock = VirtualClock()
    with open_on(terminal, clock) as panel:
        panel.camera_light(True)
        panel.show(cues.Cue(cues.CueKind.LIFT, clock.now))
        run(panel, clock, 2.0)
        panel.gauge(0.6)
        panel.show(cues.Cue(cues.CueKind.HOLD_REACHED, clock.now))
        drawn = plain(terminal.written())
        lights = [line for line in drawn.splitlines() if line.startswith("camera")]
        assert lights[0] == "camera ○   hold ○ ○ ○ ○ ○   ready ○   rest ○   sound -"
        assert "camera ●   hold ● ○ ○ ○ ○   ready ●   rest ○   sound G4" in lights
        assert "camera ●   hold ● ● ● ○ ○   ready ●   rest ○   sound -" in lights
        assert lights[-1] == "camera ●   hold ● ● ● ● ●   ready ●   rest ●   sound G5"
        assert HELP in drawn
        assert "Held long enough." in drawn
    last = [line for line in plain(terminal.written()).splitlines() if line.startswith("camera")]
    assert last[-1] == "camera ○   hold ○ ○ ○ ○ ○   ready ○   rest ○   sound -"


def plain(written: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)


def frames(written: str) -> list[list[str]]:
    """Each picture that was drawn, as the lines of its text."""
    _, *drawn = re.split(r"(?=camera [○.])|(?=camera [●@])", plain(written).replace("\r", ""))
    return [one.splitlines() for one in drawn]


def chart(picture: list[str]) -> list[str]:
    return [line.split("|")[1] for line in picture if line.count("|") == 2]


def test_the_lift_is_drawn_as_it_rises_beside_the_last_cues(terminal: Terminal) -> None:
    clock = VirtualClock()
    with open_on(terminal, clock) as panel:
        panel.show(cues.Cue(cues.CueKind.LIFT, clock.now))
        for level, held in ((0.0, False), (0.5, False), (1.0, True), (math.nan, False)):
            clock.advance_to(clock.now + 1.0)
            panel.lift(level, held=held)
        panel.show(cues.Cue(cues.CueKind.LET_GO, clock.now))
        panel.tick()
        written = terminal.written()
    last = frames(written)[-1]
    assert chart(last) == [line.rjust(32) for line in (
        "             ",
        "             ",
        "        █    ",
        "        █    ",
        "    █   █    ",
        "▁   █   █    ",
    )]  # fmt: skip
    scale = {line[:4].strip(): line.split("|")[1].rstrip()[-1:] for line in last if "|" in line}
    assert scale["lift"] == "█"
    assert [line.rsplit("|", 1)[1].strip() for line in last if "|" in line][-2:] == [
        "0.0 s  lift",
        "4.0 s  let_go",
    ]
    assert written.count("\x1b[92m█") > 0, "what is held is green"


def test_of_many_cues_the_last_are_kept_and_all_fit_a_terminal(terminal: Terminal) -> None:
    clock = VirtualClock()
    with open_on(terminal, clock) as panel:
        panel.lift(7.0, held=False)
        for fault in events.FaultKind:
            clock.advance_to(clock.now + 100.0)
            panel.show(cues.Cue(cues.CueKind.FAULT, clock.now, fault=fault))
            panel.tick()
        pictures = frames(terminal.written())
    assert len({len(picture) for picture in pictures}) == 1, "it never jumps"
    assert max(len(line) for picture in pictures for line in picture) <= 80
    assert "names the cure." in " ".join(pictures[-1])
    assert pictures[-1][-3].endswith(
        f"{100 * len(events.FaultKind)}.0 s  fault {list(events.FaultKind)[-1].value}"
    )


def test_colours_are_left_out_when_nobody_wants_them(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_on(terminal) as panel:
        panel.camera_light(True)
    assert "\x1b[97m●" in terminal.written()
    monkeypatch.setenv("NO_COLOR", "1")
    with open_on(terminal) as panel:
        panel.camera_light(True)
    written = terminal.written()
    assert "●" in written
    assert not re.search(r"\x1b\[[0-9;]*m", written)


def test_keys_press_the_button(terminal: Terminal) -> None:
    with open_on(terminal) as panel:
        downs, ups, quits = (threading.Semaphore(0) for _ in range(3))
        panel.when_down = lambda _: downs.release()
        panel.when_up = lambda _: ups.release()
        panel.when_quit = quits.release
        terminal.type(" d")
        for _ in range(3):
            assert downs.acquire(timeout=PATIENCE_S)
            assert ups.acquire(timeout=PATIENCE_S)
        terminal.type("?q")
        assert quits.acquire(timeout=PATIENCE_S)
        assert not downs.acquire(timeout=0), "other keys press nothing"


def test_a_press_clicks_on_the_thread_of_the_key(terminal: Terminal) -> None:
    with open_on(terminal) as panel:
        released = threading.Event()
        panel.when_up = lambda _: released.set()
        terminal.type(" ")
        assert released.wait(PATIENCE_S)
        assert panel.heard() == "B5", "nobody called tick"


def test_closing_in_the_middle_of_a_long_press_does_not_wait_for_it(terminal: Terminal) -> None:
    panel = open_on(terminal)
    pressed, released = threading.Event(), threading.Event()
    panel.when_down = lambda _: pressed.set()
    panel.when_up = lambda _: released.set()
    terminal.type("h")
    assert pressed.wait(PATIENCE_S)
    panel.close()
    assert released.is_set(), "a finger never stays on a closed panel"


def test_closing_does_not_wait_for_ever_for_what_a_key_does(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.panel.terminal.CLOSE_WITHIN_S", 0.05)
    before = terminal.modes()
    panel = open_on(terminal)
    begun, over = threading.Event(), threading.Event()

    def quits() -> None:
        begun.set()
        over.wait(PATIENCE_S)

    panel.when_quit = quits
    terminal.type("q")
    assert begun.wait(PATIENCE_S)
    panel.close()
    assert not over.is_set()
    assert terminal.modes() == before
    over.set()


@pytest.mark.parametrize("breaks", [False, True])
def test_the_terminal_is_left_as_it_was(terminal: Terminal, breaks: bool) -> None:
    before = terminal.modes()
    panel = open_on(terminal)
    assert terminal.modes() != before
    try:
        with panel:
            if breaks:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    panel.close()
    assert terminal.modes() == before
    assert terminal.written().endswith("\x1b[?25h"), "the cursor is back"


def test_a_terminal_that_goes_away_does_not_take_the_panel_with_it() -> None:
    terminal = Terminal()
    keyboard = Keyboard(terminal.keys, lambda _: None)
    os.close(terminal.master)
    keyboard.close()
    keyboard.close()
    terminal.screen.close()
    terminal.keys.close()


def test_a_hidden_or_narrow_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, lines, term in ((40, 24, "xterm"), (80, 10, "xterm"), (100, 30, "dumb")):
        monkeypatch.setenv("TERM", term)
        narrow = Terminal(columns, lines)
        with open_on(narrow) as panel:
            panel.show(cues.Cue(cues.CueKind.READY, 0.0))
        assert narrow.written() == (
            "    0.0 s  ready                  LiftLight is ready; press to begin.\r\n"
        )
        narrow.close()


def test_a_terminal_that_knows_only_ascii_gets_ascii(terminal: Terminal) -> None:
    with open(os.dup(terminal.screen.fileno()), "w", encoding="ascii") as screen:  # noqa: PTH123
        panel = TerminalPanel(Pins(), VirtualClock(), screen=screen, keys=terminal.keys)
        with panel:
            panel.camera_light(True)
            panel.lift(0.7, held=False)
    drawn = plain(terminal.written())
    assert "lift |" + " " * 32 + "|" in drawn
    assert "     |" + " " * 31 + ":|" in drawn
    assert "rest |" + " " * 31 + "#|" in drawn
    assert "camera @   hold . . . . ." in drawn
