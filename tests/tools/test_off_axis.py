"""What counts lifts off axis: which films are asked for, and what is a hit and what is none."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.lift_traces import lift, rest
from tools.evaluate.annotations import Annotation, Event, read
from tools.off_axis import Film, about, count, is_asked_for, main, table
from tools.sets.script import Camera, Person, Piece, play

HELD = {"type": "lift", "start_s": 2.0, "end_s": 5.6, "hold_start_s": 2.6, "hold_end_s": 5.0}
LET_GO = {"type": "lift", "start_s": 2.0, "end_s": 4.0, "hold_start_s": 2.6, "hold_end_s": 3.4}
PARTIAL = {"type": "partial_lift", "start_s": 2.0, "end_s": 5.6}


def seen(pieces: list[Piece], *happened: Event) -> Film:
    """What vision would say of somebody in front, and what an annotator wrote of it."""
    person = Person(noise=0.002)
    samples = play(pieces, person, Camera(15.0), random.Random(1)).samples
    return Film(samples, Annotation(0, 0, happened, {"angle": "in front"}))


def lifted(start: float, kind: str = "lift") -> Event:
    return Event(kind, start, start + 3.6, start + 0.6, start + 3.0)


def annotated(folder: Path, name: str, *happened: dict[str, object], **said: object) -> Path:
    clip = folder / f"{name}.mp4"
    clip.touch()
    clip.with_suffix(".json").write_text(json.dumps({"lifts": 2, "events": happened} | said))
    return clip


def test_two_lifts_counted_as_one_are_one_hit_and_no_false_repetition() -> None:
    """Ada hardly let go between two lifts; the counter took both for one."""
    ada = seen([rest(4.0), lift(hold=6.6), rest(3.0)], lifted(4.0), lifted(8.2))
    assert count(ada, practised=False) == (1, 2, 0)


def test_a_decoy_that_counts_is_a_false_repetition_plain_and_practised() -> None:
    """Between two held lifts the annotator saw one that must not count, and it counted."""
    pieces = [rest(4.0), lift(), rest(4.0), lift(), rest(4.0), lift(), rest(3.0)]
    ada = seen(pieces, lifted(4.0), lifted(11.6, "partial_lift"), lifted(19.2))
    assert count(ada, practised=False) == (2, 2, 1)
    assert count(ada, practised=True) == (1, 1, 1)

    as_device = next(line for line in table([ada]).splitlines() if "as the device" in line)
    cells = [cell.strip() for cell in as_device.strip("|").split("|")]
    assert cells[1:] == ["2 of 2, 1 of 1", "2 of 2, 1 of 1", "1, 1"]


def test_a_film_needs_an_angle_and_two_held_lifts_and_may_have_decoys(tmp_path: Path) -> None:
    front = {"off_yaw_deg": 0.0}
    films = [
        annotated(tmp_path, "ada_decoy", HELD, PARTIAL, HELD, **front),
        annotated(tmp_path, "ada_somewhere", HELD, HELD),
        annotated(tmp_path, "bola_short", LET_GO, LET_GO, **front),
        annotated(tmp_path, "bola_once", HELD, LET_GO, **front),
    ]
    asked_for = [clip for clip in films if is_asked_for(read(clip.with_suffix(".json")))]
    assert [clip.stem for clip in asked_for] == ["ada_decoy"]
    assert about(asked_for, len(films) - 1).startswith("1 films of 1 people; 3 more are left out:")


def test_a_folder_without_such_a_film_is_told_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    annotated(tmp_path, "bola_short", LET_GO, LET_GO, off_yaw_deg=0.0)
    monkeypatch.setattr("sys.argv", ["off_axis", str(tmp_path)])
    assert main() != 0
    assert "holds 2 lifts" in capsys.readouterr().err
