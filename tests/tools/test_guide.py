"""The guide for the person in bed says what the panel does, and who should not use it."""

from __future__ import annotations

import html

from device.coach import cues
from device.panel import patterns
from tools import guide, stand

NOT_FOR = (
    "first three months after facial palsy",
    "recent facial surgery or injectables",
    "jaw-joint disorder",
    "acute pain",
    "photosensitive epilepsy",
)


def words(page: str) -> str:
    return " ".join(page.split())


def test_the_guide_in_the_repo_is_what_the_panel_plays() -> None:
    assert guide.OUT.read_text(encoding="utf-8") == guide.page(), (
        "write it again: python -m tools.guide"
    )


def test_every_cue_is_in_it_with_its_meaning_light_and_sound() -> None:
    rows = [row.pattern for some in guide.cue_rows().values() for row in some]
    for pattern in (
        *patterns.AIMS.values(),
        *patterns.SESSION.values(),
        *patterns.OUTSIDE.values(),
    ):
        assert pattern in rows, pattern.name
    told = {pattern.name.split()[0] for pattern in rows}
    assert {kind.value for kind in cues.CueKind} <= told
    text = html.unescape(words(guide.page()))
    for pattern in rows:
        for said in (pattern.means, pattern.looks, pattern.sounds):
            assert said.replace("`", '"') in text


def test_it_teaches_the_few_sounds_and_the_rule_that_makes_the_others() -> None:
    text = html.unescape(words(guide.page()))
    assert patterns.RULE in text
    for sound in patterns.SOUNDS:
        for said in (sound.name, sound.says, sound.heard):
            assert said in text


def test_it_says_who_should_not_use_it_and_what_cannot_be_felt() -> None:
    text = words(guide.page())
    assert all(reason in text for reason in NOT_FOR)
    assert "cannot feel whether you press" in text
    assert "never above a head" in text
    assert "treats nothing" in text


def test_it_shows_the_three_places_as_the_stand_is_drawn() -> None:
    page = guide.page()
    assert len(stand.PLACES) == 3
    for place in stand.PLACES:
        assert stand.small_picture(place) in page
        assert f"<figcaption>{place.short}</figcaption>" in page
