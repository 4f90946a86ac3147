"""The guide for the person in bed says what the panel does, and who should not use it."""

from __future__ import annotations

import html
import re

import cv2
import numpy as np
import pytest

from device.coach import cues
from device.language import LANGUAGES, say
from device.panel import patterns
from device.stand import DISTANCE_CM
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


in_each_language = pytest.mark.parametrize("language", LANGUAGES)


def text(language: str = "en") -> str:
    # A no-break space stays one.
    return html.unescape(re.sub(r"[ \n]+", " ", page.page(language)))


def read(language: str) -> str:
    """What a person reads of it: without its markup, pictures, style and script."""
    _, _, body = page.page(language).partition("<main>")
    return html.unescape(
        re.sub(r"<svg.*?</svg>|<[^>]*>", " ", body.partition("<script")[0], flags=re.DOTALL)
    )


@in_each_language
def test_the_guide_in_the_repo_is_what_the_panel_plays(language: str) -> None:
    kept = page.OUT / page.file_name(language)
    assert kept.read_text(encoding="utf-8") == page.page(language), (
        "write it again: python -m tools.guide"
    )


@in_each_language
def test_it_says_its_language_and_leads_to_the_others_beside_it(language: str) -> None:
    said = text(language)
    assert f'<html lang="{language}">' in said
    nav = said.partition("<nav")[2].partition("</nav>")[0]
    links = re.findall(r'<a href="([^"]*)" lang="(..)"[^>]*>([^<]*)</a>', nav)
    assert links == [(page.file_name(code), code, name) for code, name in LANGUAGES.items()]
    assert all((page.OUT / file).exists() for file, _, _ in links)


@in_each_language
def test_its_figures_are_the_same_in_each_language(language: str) -> None:
    assert sorted(re.findall(r"\d+", read(language))) == sorted(re.findall(r"\d+", read("en")))
    assert "{" not in read(language)


@in_each_language
def test_every_cue_is_in_it_with_its_meaning_light_and_sound(language: str) -> None:
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
    said, gettext = text(language), page.catalogue(language).gettext
    for pattern in (*first, *others):
        assert gettext(pattern.means) in said
        assert gettext(pattern.looks) in said
        # Page 1 names the sound alone.
        sounds = str(say(pattern.sounds, gettext))
        once = sounds if pattern in others else sounds.partition(",")[0]
        assert f"<em>{once}</em>" in said


@in_each_language
def test_page_one_has_each_of_the_few_sounds_once_and_the_next_how_they_are_heard(
    language: str,
) -> None:
    named = [line.pattern.phrase for line in page.session_lines()]
    assert [phrase and phrase.sound.name for phrase in named] == [
        sound.name for sound in patterns.SOUNDS
    ]
    said, gettext = text(language), page.catalogue(language).gettext
    assert gettext(patterns.RULE) in said
    for sound in patterns.SOUNDS:
        assert f"<dt>{gettext(sound.name)}</dt><dd>{gettext(sound.heard)}</dd>" in said


@in_each_language
def test_each_fault_has_its_number_and_what_helps_without_a_computer(language: str) -> None:
    faults = page.fault_lines()
    assert [fault.number for fault in faults] == list(range(9))
    said, gettext = text(language), page.catalogue(language).gettext
    for fault in faults:
        lit = sum(level > 0 for level in fault.line.lamps[:5])
        assert lit + 5 * (fault.line.lamps[5] > 0) == fault.number, "green is five"
        assert f"<strong>{gettext(fault.means)}</strong> {gettext(fault.helps)}" in said
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


@pytest.mark.parametrize(
    ("language", "whom"),
    {
        "en": "your doctor or dentist",
        "de": "Arzt- oder Zahnarztpraxis",
        "es": "su médico o dentista",
        "fr": "votre médecin ou dentiste",
    }.items(),
)
def test_who_is_locked_for_a_week_finds_in_it_whom_to_ask(language: str, whom: str) -> None:
    # `liftlight status` and the report then say that the printed advice says so.
    assert whom in read(language)


@in_each_language
def test_it_shows_the_three_places_as_the_stand_is_drawn(language: str) -> None:
    shown, gettext = page.page(language), page.catalogue(language).gettext
    assert len(stand.PLACES) == 3
    distance = round(DISTANCE_CM)
    for place in stand.PLACES:
        short = gettext(place.short)
        seen = gettext(words.PICTURE).format(place=short, distance=distance)
        assert stand.small_picture(place, seen) in shown
        assert f"<figcaption>{short}</figcaption>" in shown


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
