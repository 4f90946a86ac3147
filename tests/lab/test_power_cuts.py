"""The plug is pulled, some hundred times, in the middle of a session and after it."""

from __future__ import annotations

from pathlib import Path

from tests.lab.record_session import SESSION
from tools.lab.logged_disk import logged_disk, read_log
from tools.lab.power_cuts import cuts, session_on_disk, table

POINTS = 300
REPS = 10


def test_whatever_is_cut_nothing_acknowledged_is_lost_and_nothing_unlocks_early(
    tmp_path: Path, lab_report: list[str]
) -> None:
    with logged_disk(tmp_path) as disk:
        known = session_on_disk(disk, SESSION)
    assert (known.lifts, known.ended) == (REPS, True)
    found = list(cuts(disk, tmp_path, POINTS))
    lab_report.extend(table(found, len(read_log(disk.log))))
    assert [case for case in found if case.wrong] == []
    # The cuts fall all over the session,
    assert len(found) >= 200
    assert {case.known.lifts for case in found} == set(range(REPS + 1))
    # and where the journal was ahead of what it had said, so between the two.
    assert any(case.lifts > case.known.lifts for case in found)
    assert any(case.replayed for case in found)
