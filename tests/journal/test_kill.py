"""The program is killed in mid-session, again and again; what it acknowledged is there."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from device.coach import events
from device.journal import Journal
from device.journal.history import last_session
from tests.journal_kit import HandClock, ended
from tests.processes import running

ROOT = Path(__file__).resolve().parents[2]

KILLS = 64


def acknowledged_before_kill(path: Path, chance: random.Random) -> list[str]:
    """Let a device train, kill it at some moment, and return what it had acknowledged."""
    command = [sys.executable, "-m", "tests.journal_kit", str(path)]
    with running(command, cwd=ROOT, stdout=subprocess.PIPE) as device:
        assert device.stdout is not None
        lines = [device.stdout.readline().strip() for _ in range(chance.randrange(26))]
        time.sleep(chance.random() * 0.01)
        device.kill()
        lines += device.stdout.read().split()
    return lines


def test_no_acknowledged_rep_is_lost_when_the_program_is_killed(tmp_path: Path) -> None:
    chance = random.Random(5)
    path = tmp_path / "journal.db"
    acknowledged = 0
    unfinished_found = 0
    for _ in range(KILLS):
        lines = acknowledged_before_kill(path, chance)
        acknowledged += len([line for line in lines if line != "ended"])
        in_session = lines[len(lines) - lines[::-1].index("ended") :] if "ended" in lines else lines
        with Journal(path, HandClock()) as journal:
            assert journal.set_aside is None
            with journal.reading() as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
                (kept,) = connection.execute("SELECT count(number) FROM lifts").fetchone()
                session = last_session(connection)
            # One rep may be on the disk whose acknowledgement was not printed any more.
            assert acknowledged <= kept <= acknowledged + 1
            acknowledged = kept
            unfinished = journal.unfinished_session()
            if in_session:
                assert session is not None
                assert unfinished is not None or session.reps == 10
            if unfinished is not None:
                unfinished_found += 1
                assert unfinished.reps >= len(in_session)
                numbers = (unfinished.reps, unfinished.lifts, unfinished.dose)
                journal.write(ended(*numbers, events.Ending.INTERRUPTED)).result(10)
    assert acknowledged > KILLS
    assert unfinished_found > KILLS // 2
