"""A start of the installed machine: what LiftLight waits for, and how long."""

from __future__ import annotations

from tools.lab.machine import Machine
from tools.lab.start import Start, table, units_on

NEEDED = {"data.mount", "liftlight-fsck.service"}
"""What of ours LiftLight may wait for: its data."""


def test_liftlight_waits_for_nothing_of_ours_but_its_data(
    ready: Machine, lab_report: list[str]
) -> None:
    start = Start.seen(ready)
    lab_report += ["", *table(start).splitlines()]
    itself, *before = units_on(start.chain)
    assert itself == "liftlight.service"
    assert before, start.chain
    assert {unit for unit in before if unit.startswith(("liftlight", "data."))} <= NEEDED
    assert 0.0 < start.free < start.process < start.panel < start.ready
    assert start.panel_off == 0.0
