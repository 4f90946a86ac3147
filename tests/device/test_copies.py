"""Stories of what the device shows and keeps of a stick that is being served."""

from __future__ import annotations

from pathlib import Path

from device.clock import ClockSource
from device.coach import Coach, History, cues, device_states, events
from device.inbox import Stimulus
from device.journal import Journal, connect_to_read, faults_of_last_boot, last_copy, refuse_strange
from device.loop import Loop
from device.sync import NewsKind, StickNews
from tests.bedroom import MONDAY_NOON, Bedroom
from tests.device.test_loop import Face, Memory, ShownPanel
from tests.journal_kit import HandClock
from tests.virtual import VirtualClock, VirtualInbox


def last_cue(room: Bedroom) -> cues.Cue:
    return room.cues()[-1]


def test_a_copy_is_shown_from_plug_to_done_and_kept() -> None:
    room = Bedroom()
    room.told(room.coach.copy_begun(room.now))
    assert last_cue(room).kind is cues.CueKind.WORKING
    room.wait(3.0)
    room.told(room.coach.copy_ended(room.now))
    assert last_cue(room).kind is cues.CueKind.SYNCED
    assert room.events(events.Copied) == [events.Copied(room.now)]
    assert room.state() is device_states.DeviceState.READY


def test_a_copy_that_failed_is_a_fault_that_locks_nothing() -> None:
    room = Bedroom()
    room.told(room.coach.copy_ended(room.now, "the stick is full: free some space"))
    assert last_cue(room).kind is cues.CueKind.SYNC_FAILED
    (fault,) = room.events(events.Fault)
    assert (fault.kind, fault.detail[:9]) == (events.FaultKind.STICK, "the stick")
    assert room.state() is device_states.DeviceState.READY


def test_it_does_not_disturb_a_session_and_is_told_after_it() -> None:
    room = Bedroom()
    room.begin_session()
    room.wait(20.0)
    room.told(room.coach.copy_begun(room.now))
    room.told(room.coach.copy_ended(room.now))
    kinds = {cues.CueKind.WORKING, cues.CueKind.SYNCED}
    room.until(lambda: bool(room.events(events.SessionEnded)))
    assert room.events(events.SessionEnded)[0].ending is events.Ending.DONE
    assert not kinds & {cue.kind for cue in room.cues()}
    room.wait(60.0)
    room.told(room.coach.clock(room.reading()))
    assert kinds & {cue.kind for cue in room.cues()} == {cues.CueKind.SYNCED}


def through_the_loop(*news: StickNews) -> tuple[list[cues.CueKind], list[events.Event]]:
    """What a device shows and keeps that is told `news`, one every ten seconds."""
    clock = VirtualClock(ClockSource.RTC, MONDAY_NOON)
    script: list[tuple[float, Stimulus]] = [
        (clock.now + 10.0 * number, one) for number, one in enumerate(news, start=1)
    ]
    panel, memory = ShownPanel(clock), Memory()
    inbox = VirtualInbox(clock, Face(clock), script, 10.0 * len(news) + 5.0)
    Loop(inbox, Coach(History()), panel, memory, clock).run()
    return panel.kinds(), memory.events


def test_the_loop_shows_and_keeps_what_it_is_told() -> None:
    shown, kept = through_the_loop(
        StickNews(NewsKind.WORKING),
        StickNews(NewsKind.SYNCED),
        StickNews(NewsKind.TIME, wall=MONDAY_NOON),
    )
    assert shown == [
        cues.CueKind.READY,
        cues.CueKind.WORKING,
        cues.CueKind.SYNCED,
        cues.CueKind.WORKING,
    ]
    assert [type(event) for event in kept] == [events.Copied]


def test_a_time_that_comes_at_the_wrong_moment_is_one_line_and_no_crash() -> None:
    offered = StickNews(NewsKind.TIME, wall=MONDAY_NOON)
    shown, kept = through_the_loop(offered, offered)
    assert shown[-1] is cues.CueKind.SYNC_FAILED
    (fault,) = kept
    assert isinstance(fault, events.Fault)
    assert "write the file again" in fault.detail


def test_what_came_of_sticks_is_kept_and_comes_back_with_a_restored_journal(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", HandClock()) as journal:
        journal.write(events.Copied(1.0))
        journal.write(
            events.Fault(2.0, events.FaultKind.STICK, "the stick is full: free some space")
        )
    refuse_strange(tmp_path / "journal.db")
    connection = connect_to_read(tmp_path / "journal.db")
    (fault,) = faults_of_last_boot(connection)
    copied = last_copy(connection)
    connection.close()
    assert fault.kind == "stick"
    assert copied is not None
