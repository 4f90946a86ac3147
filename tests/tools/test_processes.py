"""Work spread over processes: the same results as without, and no death goes unheard."""

from __future__ import annotations

import os

import pytest

from device.errors import LiftLightError
from tools.processes import spread


def square(number: int) -> int:
    return number * number


def die(number: int) -> int:
    os._exit(number)


def test_several_processes_give_what_one_gives() -> None:
    alone = list(spread(square, range(6), jobs=1))
    assert alone == [(number, number * number) for number in range(6)]
    assert sorted(spread(square, range(6), jobs=2)) == alone


def test_a_process_that_dies_is_told_of_and_not_waited_for() -> None:
    with pytest.raises(LiftLightError, match="fewer --jobs"):
        list(spread(die, [1, 2], jobs=2))
