"""The plug is pulled, some hundred times, in the middle of a session and after it."""

from __future__ import annotations

import pytest

from tests.lab.record_session import SESSION
from tools.lab.cuts import Cut, cuts, table
from tools.lab.disklog import read_log
from tools.lab.logged_disk import logged_disk
from tools.lab.night import spend_night

pytestmark = pytest.mark.xdist_group("cuts")
"""One session for all of them."""

POINTS = 300
REPS = 10


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, lab_report: list[str]) -> list[Cut]:
    """What was found after each cut of one session's disk."""
    scratch = tmp_path_factory.mktemp("night")
    with logged_disk(scratch) as disk:
        known = spend_night(disk, SESSION)
    assert (known.lifts, known.ended) == (REPS, True)
    cases = list(cuts(disk, scratch, POINTS))
    lab_report.extend(table(cases, len(read_log(disk.log))))
    return cases


def test_no_cut_leaves_a_file_system_or_a_journal_that_is_not_whole(found: list[Cut]) -> None:
    assert [case for case in found if "whole" in case.wrong] == []


def test_no_acknowledged_lift_is_lost(found: list[Cut]) -> None:
    assert [case for case in found if "missing" in case.wrong] == []


def test_no_cut_unlocks_earlier_than_is_due(found: list[Cut]) -> None:
    assert [case for case in found if "early" in case.wrong] == []


def test_the_cuts_fall_all_over_the_session(found: list[Cut]) -> None:
    assert len(found) >= 200
    assert {case.known.lifts for case in found} == set(range(REPS + 1))
    # The journal really was ahead of what it had said, so the cuts did fall between the two.
    assert any(case.lifts > case.known.lifts for case in found)
    assert any(case.replayed for case in found)
