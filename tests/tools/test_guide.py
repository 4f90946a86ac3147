"""The guide for the person in bed says what the panel does, and who should not use it."""

from __future__ import annotations

import html
import re

import cv2
import numpy as np

from device import stand as where
from device.coach import cues
from device.language import LANGUAGES
from device.panel import patterns
from tests.bedroom import Bedroom
from tools import stand
from tools.guide import faces, page, session, words

NOT_FOR = (
    "first three months after facial palsy",
    "recent facial surgery or injectables",
    "jaw-joint disorder",
    "acute pain",
    "photosensitive epilepsy",
)


def text() -> str:
    return html.unescape(" ".join(page.page().split()))


def test_the_guide_in_the_repo_is_what_the_panel_plays() -> None:
    for language in LANGUAGES:
        kept = page.OUT / page.file_name(language)
        assert kept.read_text(encoding="utf-8") == page.page(language), (
            "write it again: python -m tools.guide"
        )


def test_every_cue_is_in_it_with_its_meaning_light_and_sound() -> None:
    first = [line.pattern for line in page.session_lines()]
    others = [line.pattern for lines in page.other_lines().values() for line in lines]
    for pattern in (
        *patterns.AIMS.values(),
        *patterns.SESSION.values(),
        *patterns.OUTSIDE.values(),
    ):
        assert [*first, *others].count(pattern) == 1, pattern.name
    told = {pattern.name.split()[0] for pattern in (*first, *others)}
    assert {kind.value for kind in cues.CueKind} - {"fault"} <= told
    said = text()
    for pattern in (*first, *others):
        assert pattern.means in said
        assert pattern.looks in said
        # Page 1 names the sound alone.
        once = pattern.sounds if pattern in others else pattern.sounds.partition(",")[0]
        assert f"<em>{once}</em>" in said


def test_page_one_has_each_of_the_few_sounds_once_and_the_next_how_they_are_heard() -> None:
    named = [line.pattern.phrase for line in page.session_lines()]
    assert [phrase and phrase.sound.name for phrase in named] == [
        sound.name for sound in patterns.SOUNDS
    ]
    said = text()
    assert patterns.RULE in said
    for sound in patterns.SOUNDS:
        assert f"<dt>{sound.name}</dt><dd>{sound.heard}</dd>" in said


def test_each_fault_has_its_number_and_what_helps_without_a_computer() -> None:
    faults = page.fault_lines()
    assert [fault.number for fault in faults] == list(range(9))
    said = text()
    for fault in faults:
        lit = sum(level > 0 for level in fault.line.lamps[:5])
        assert lit + 5 * (fault.line.lamps[5] > 0) == fault.number, "green is five"
        assert f"<strong>{fault.means}</strong> {fault.helps}" in said
        assert not re.search(r"`|liftlight |computer|installer|journalctl", fault.helps)


def test_it_says_who_should_not_use_it_and_what_cannot_be_felt() -> None:
    said = text()
    assert all(reason in said for reason in NOT_FOR)
    assert "cannot feel whether you press" in said
    assert "never above a head" in said
    assert "treats nothing" in said


def test_its_answers_claim_no_more_than_the_source_does() -> None:
    said = " ".join(answer.says for answer in words.ANSWERS)
    for told in (
        "Toning muscles is not tightening skin",
        "Bones do not change",
        "results vary",
        "4 to 8 weeks",
        "3 to 6 months",
        "not a promise",
        "without a control group",
        "evidence low",
        "strain",
        "lightly, every day",
    ):
        assert told in said
    assert "{" not in text().partition('id="plays"')[0].partition("</style>")[2]


def test_it_shows_the_three_places_as_the_stand_is_drawn() -> None:
    shown = page.page()
    assert len(stand.PLACES) == 3
    for place in stand.PLACES:
        said = f"{place.short}: the camera is {where.DISTANCE_CM:.0f} cm from the face"
        assert stand.small_picture(place, said) in shown
        assert f"<figcaption>{place.short}</figcaption>" in shown


def test_its_six_steps_are_drawn_from_the_subject() -> None:
    assert [step.face for step in words.STEPS] == list(faces.Face)
    kept = cv2.imdecode(np.frombuffer(faces.OUT.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert kept is not None
    drawn = cv2.cvtColor(faces.sheet(), cv2.COLOR_RGB2BGR)
    assert kept.shape == drawn.shape
    assert np.mean(cv2.absdiff(kept, drawn)) < 4.0, "draw them again: python -m tools.guide"


def test_the_session_it_plays_is_one_that_the_coach_leads() -> None:
    """A real coach and somebody who lets go too early once, after the first repetition."""
    room = Bedroom()
    room.begin_session()
    room.until_cue(cues.CueKind.REP)
    room.person.holds = 0.8
    room.until_cue(cues.CueKind.NOT_COUNTED)
    room.person.holds = None
    room.until(lambda: not room.camera_on)

    led = [(cue.kind, cue.count) for cue in room.cues()]
    shown = [(cue.kind, cue.count) for _, cue in session.session().shown]

    third = shown.index((cues.CueKind.REP, 3)) + 1
    assert shown[:third] == led[:third]
    assert shown[third:] == led[third - len(shown) :]
