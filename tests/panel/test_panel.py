"""The panel on mock pins: what a person sees, hears and feels, in virtual time."""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import replace

import pytest

from device.coach import cues, events
from device.panel import patterns
from device.panel.errors import PanelError
from device.panel.panel import Panel
from device.panel.pattern import Stay, bursts
from device.panel.patterns import FAULTS, all_patterns, pattern_of
from device.panel.pins import PinError, Pins
from device.panel.tone import SoftwareBuzzer
from tests.panel_rig import Rig

RHYTHM_S = 0.02
CUES = [
    cues.Cue(kind, 0.0, count=count, aim=aim)
    for kind in cues.CueKind
    for count in {cues.CueKind.REP: (1, 6, 10), cues.CueKind.REST_DAY: (1, 2, 7)}.get(kind, (0,))
    for aim in (tuple(cues.Aim) if kind is cues.CueKind.FIND_FACE else (None,))
]
CUES += [cues.Cue(cues.CueKind.FAULT, 0.0, fault=kind) for kind in FAULTS]
CUES += [cues.Cue(cues.CueKind.REST_DAY, 0.0, count=days, stay_on=True) for days in (1, 2)]


def named(cue: cues.Cue) -> str:
    return pattern_of(cue).name


@pytest.mark.parametrize("cue", CUES, ids=named)
def test_every_cue_sounds_in_its_rhythm_even_when_the_loop_wakes_late(cue: cues.Cue) -> None:
    lateness = itertools.cycle([0.0, 0.015, 0.004, 0.011])
    with Rig(late=lambda: next(lateness)) as rig:
        began = rig.clock.now
        rig.panel.show(replace(cue, at=rig.clock.now))
        rig.run(12.0)

        expected, at = [], began
        for burst in bursts(pattern_of(cue).melody):
            at += burst.silence_before
            expected.append((at, burst.seconds))
            at += burst.seconds
        assert len(rig.sounds()) == len(expected)
        for (heard_at, heard_for), (meant_at, meant_for) in zip(
            rig.sounds(), expected, strict=True
        ):
            assert heard_at == pytest.approx(meant_at, abs=RHYTHM_S)
            assert heard_for == pytest.approx(meant_for, abs=RHYTHM_S)
        assert [tone for _, tone in rig.tones if tone] == [
            note.frequency for note in pattern_of(cue).melody if note.frequency
        ]


@pytest.mark.parametrize("cue", CUES, ids=named)
def test_every_cue_looks_like_its_pictures(cue: cues.Cue) -> None:
    pattern = pattern_of(cue)
    with Rig() as rig:
        rig.panel.show(replace(cue, at=rig.clock.now))
        for step in pattern.lights:
            rig.run(step.seconds / 2)
            if not step.fade:
                assert rig.lit() == drawn(step.levels)
            rig.run(step.seconds / 2)
        # On time and once: what comes after is the first picture again, the last one, or nothing.
        rig.run(0.01)
        if pattern.repeats and not pattern.lights[0].fade:
            assert rig.lit() == drawn(pattern.lights[0].levels)
        elif pattern.stay is Stay.BACKGROUND and not pattern.repeats:
            assert rig.lit() == drawn(pattern.lights[-1].levels)
        elif pattern.stay is not Stay.BACKGROUND:
            assert rig.lit() == "..... .."


def drawn(levels: tuple[float, ...]) -> str:
    bar = "".join(".#"[level > 0] for level in levels[:5])
    return f"{bar} {'.g'[levels[5] > 0]}{'.a'[levels[6] > 0]}"


def test_a_repetition_from_lift_to_count() -> None:
    with Rig() as rig:
        rig.show(cues.CueKind.LIFT)
        rig.run(2.0)
        assert rig.lit() == "..... g."

        rig.panel.gauge(0.01)
        assert rig.lit() == "#.... g.", "the bar answers as soon as a hold begins"
        for tenth in range(1, 20):
            rig.run(0.1)
            rig.panel.gauge(tenth / 20)
            assert rig.lit() != "##### g.", "a full bar would say let go too early"
        rig.run(0.1)
        rig.panel.gauge(1.0)
        rig.show(cues.CueKind.HOLD_REACHED)
        assert rig.lit() == "##### ga"
        assert rig.tone() == pytest.approx(784, abs=1)

        rig.run(1.0)
        rig.show(cues.CueKind.LET_GO)
        assert rig.lit() == "####. .a"
        rig.run(0.6)
        rig.panel.gauge(0.0)
        rig.show(cues.CueKind.REP, count=3)
        assert rig.lit() == "#.... .a", "a count waits until the bar has emptied"
        rig.run(0.7)
        assert rig.lit() == "###.. .."
        rig.show(cues.CueKind.REST)
        rig.run(2.0)
        assert rig.lit() == "..... .a"


def test_the_sixth_repetition_begins_a_second_hand() -> None:
    with Rig() as rig:
        pictures = []
        for number in range(1, 11):
            rig.show(cues.CueKind.REP, count=number)
            rig.run(0.5)
            pictures.append(rig.lit())
            rig.run(2.0)
        assert pictures[4:7] == ["##### ..", "#.... g.", "##... g."]
        assert pictures[9] == "##### g."
        tones = [tone for _, tone in rig.tones if tone][1::2]
        assert tones == sorted(set(tones)), "each count sounds higher than the one before"


def test_a_word_of_advice_waits_for_the_count_and_is_not_lost() -> None:
    with Rig() as rig:
        rig.show(cues.CueKind.REP, count=1)
        rig.show(cues.CueKind.SOFTER)
        rig.show(cues.CueKind.REST)
        rig.run(0.1)
        assert rig.lit() == "#.... .."
        rig.run(2.4)
        assert rig.lit() == "##... .a"
        rig.run(5.0)
        assert len(rig.sounds()) == sum(
            len(bursts(pattern_of(cues.Cue(kind, 0.0, count=1)).melody))
            for kind in (cues.CueKind.REP, cues.CueKind.SOFTER, cues.CueKind.REST)
        )


def test_advice_that_comes_too_late_to_be_understood_is_dropped() -> None:
    with Rig() as rig:
        for kind in (cues.CueKind.SLOWER, cues.CueKind.SOFTER, cues.CueKind.CLOSE_MOUTH):
            rig.show(kind)
        rig.run(10.0)
        heard = len(bursts(pattern_of(cues.Cue(cues.CueKind.SLOWER, 0.0)).melody))
        heard += len(bursts(pattern_of(cues.Cue(cues.CueKind.SOFTER, 0.0)).melody))
        assert len(rig.sounds()) == heard


def test_the_end_of_a_session_is_told_however_much_was_said_before_it() -> None:
    with Rig() as rig:
        rig.show(cues.CueKind.REP, count=10)
        rig.show(cues.CueKind.SOFTER)
        rig.show(cues.CueKind.CLOSE_MOUTH)
        rig.show(cues.CueKind.DONE)
        rig.run(20.0)
        done = bursts(pattern_of(cues.Cue(cues.CueKind.DONE, 0.0)).melody)
        lengths = [pytest.approx(burst.seconds) for burst in done]
        assert [length for _, length in rig.sounds()][-len(done) :] == lengths
        assert rig.lit() == "..... .."


def test_asking_again_while_the_rest_signal_is_shown_does_not_pile_it_up() -> None:
    with Rig() as rig:
        for _ in range(5):
            rig.show(cues.CueKind.REST_DAY, count=2)
            rig.run(0.5)
        rig.run(7.0)
        assert (rig.lit(), len(rig.sounds())) == ("..... ..", 2 * 2 + 2)


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        (cues.CueKind.FAULT, {"fault": events.FaultKind.DISK}),
        (cues.CueKind.FAULT, {"fault": events.FaultKind.HEAT}),
        (cues.CueKind.REST_DAY, {"count": 2}),
    ],
)
def test_what_is_shown_by_light_alone_is_heard_as_soon_as_somebody_asks(
    kind: cues.CueKind, details: dict[str, object]
) -> None:
    """The power comes back at an unknown hour, and somebody presses a second later."""
    with Rig() as rig:
        rig.show(kind, light_only=True, **details)
        rig.run(1.0)
        assert rig.sounds() == []
        rig.show(kind, **details)
        rig.run(0.05)
        assert rig.tone(), "not only once the lights have come to their end"
        for _ in range(3):  # Whoever is impatient hears it once, and light takes no sound back.
            rig.show(kind, **details)
            rig.show(kind, light_only=True, **details)
        rig.run(10.0)
        melody = pattern_of(cues.Cue(kind, 0.0, **details)).melody  # type: ignore[arg-type]
        assert len(rig.sounds()) == len(bursts(melody))


def test_a_buzzer_that_stops_answering_is_a_fault_of_the_panel() -> None:
    class Unplugged(SoftwareBuzzer):
        def play(self, frequency: float) -> None:
            raise OSError("Input/output error")

    with (
        Rig(open_buzzer=Unplugged) as rig,
        pytest.raises(PanelError, match="stopped answering: Input/output error"),
    ):
        rig.show(cues.CueKind.LIFT)


def test_a_light_that_stops_answering_keeps_no_tone_from_ending_and_no_other_light_dark() -> None:
    """The loop ends then, but it waits for the camera first: seconds of one high tone."""
    with Rig() as rig:
        rig.show(cues.CueKind.LET_GO)
        rig.unplug("hold_4")
        with pytest.raises(PanelError, match="stopped answering: Input/output error"):
            rig.run(3.0)
        assert rig.tone(), "it is in the midst of its slide"
        for _ in range(40):
            rig.clock.advance_to(rig.clock.now + 0.05)
            with suppress(PanelError):
                rig.panel.tick()
        assert (rig.lit(), rig.tone()) == ("...#. ..", 0.0)


def test_a_part_that_cannot_be_switched_off_is_told_once_all_others_are_off() -> None:
    with Rig() as rig:
        rig.panel.camera_light(True)
        rig.show(cues.CueKind.HOLD_REACHED)
        rig.unplug("ready")
        with pytest.raises(PanelError, match="stopped answering: Input/output error"):
            rig.panel.close()
        assert (rig.lit(), rig.tone(), rig.wire("camera")) == ("..... g.", 0.0, 0.0)


def test_a_lift_that_cannot_count_any_more_is_taken_back_gently_and_answered() -> None:
    """The bar empties before it was full, then amber swells once, with one short low note."""
    with Rig() as rig:
        rig.show(cues.CueKind.LIFT)
        rig.run(2.0)
        for tenth in range(1, 20):
            rig.panel.gauge(tenth / 20)
            rig.run(0.1)
        rig.show(cues.CueKind.LET_GO)
        rig.panel.gauge(0.0)
        emptied = []
        for _ in range(10):
            emptied.append(rig.lit()[:5])
            rig.run(0.1)
        lit = [bar.count("#") for bar in emptied]
        assert lit == sorted(lit, reverse=True)
        assert (emptied[0], emptied[-1]) == ("####.", ".....")
        rig.run(0.5)

        rig.show(cues.CueKind.NOT_COUNTED)
        heard = []
        for _ in range(16):
            heard.append(rig.tone())
            rig.run(0.05)
        assert [tone for tone, _ in itertools.groupby(heard)] == pytest.approx([370.0, 0.0], abs=1)
        assert rig.lit() == "..... g."


def test_a_hold_cue_cuts_in_on_anything() -> None:
    with Rig() as rig:
        rig.show(cues.CueKind.LIFT)
        rig.run(3.0)
        rig.show(cues.CueKind.CLOSE_MOUTH)
        rig.run(0.1)
        rig.show(cues.CueKind.HOLD_REACHED)
        assert rig.lit()[:5] == "#####"
        assert (
            rig.tone() == pattern_of(cues.Cue(cues.CueKind.HOLD_REACHED, 0.0)).melody[0].frequency
        )


def test_the_aim_told_again_and_again_does_not_stutter() -> None:
    with Rig() as rig:
        for _ in range(24):
            rig.aim(cues.Aim.TOO_FAR)
            rig.run(0.1)
        assert len(rig.sounds()) == len(bursts(patterns.AIMS[cues.Aim.TOO_FAR].melody)) == 5
        rig.run(2.0)
        rig.aim(cues.Aim.TOO_FAR)
        rig.run(3.0)
        assert len(rig.sounds()) == 10, "later it is a reminder"


def test_a_press_is_felt_at_once() -> None:
    with Rig() as rig:
        felt: list[float] = []
        rig.panel.when_down = felt.append
        rig.down()
        assert felt == [rig.clock.now]
        assert (round(rig.tone()), rig.wire("ready")) == (988, 1.0)
        rig.run(0.1)
        assert rig.tone() == 0.0
        rig.run(0.3)
        assert rig.lit() == "..... .."


@pytest.mark.parametrize("failures", [1, 3])
def test_a_press_whose_click_fails_is_delivered_and_the_next_tick_clicks_or_says_so(
    failures: int,
) -> None:
    class Loose(SoftwareBuzzer):
        left = failures

        def play(self, frequency: float) -> None:
            if self.left:
                self.left -= 1
                raise OSError("Input/output error")
            super().play(frequency)

    with Rig(open_buzzer=Loose) as rig:
        presses: list[float] = []
        rig.panel.when_down = presses.append
        rig.down()
        assert presses == [rig.clock.now]
        if failures == 1:
            rig.panel.tick()
            assert round(rig.tone()) == 988
        else:
            with pytest.raises(PanelError, match="stopped answering: Input/output error"):
                rig.panel.tick()
        rig.up()
        rig.down()
        assert len(presses) == 2


def test_presses_and_releases_arrive_with_their_times() -> None:
    with Rig() as rig:
        edges: list[tuple[str, float]] = []
        rig.panel.when_down = lambda when: edges.append(("down", when))
        rig.panel.when_up = lambda when: edges.append(("up", when))
        start = rig.clock.now
        rig.down()
        rig.run(2.5)
        rig.up()
        rig.run(0.5)
        rig.down()
        assert edges == [("down", start), ("up", start + 2.5), ("down", start + 3.0)]


def test_a_hand_that_trembles_is_given_as_long_as_the_settings_say() -> None:
    with Rig(shortest_press=0.3) as rig:
        assert rig.factory.pin(rig.pins.button).bounce == 0.3


def test_a_contact_that_chatters_is_one_press() -> None:
    chatter = [
        (0.000, "down"), (0.001, "up"), (0.003, "down"), (0.008, "up"), (0.009, "down"),
        (0.400, "up"), (0.404, "down"), (0.406, "up"),
    ]  # fmt: skip
    with Rig() as rig:
        edges: list[str] = []
        rig.panel.when_down = lambda _: edges.append("down")
        rig.panel.when_up = lambda _: edges.append("up")
        # The kernel passes on a level once it lasted for as long as it was asked to wait.
        wait = rig.factory.pin(rig.pins.button).bounce or 0.0
        for (at, level), (until, _) in itertools.pairwise([*chatter, (1.0, "")]):
            if until - at >= wait:
                (rig.down if level == "down" else rig.up)()
        assert edges == ["down", "up"]


def test_a_press_on_a_lit_panel_is_seen_too() -> None:
    with Rig() as rig:
        rig.show(cues.CueKind.LIFT)
        rig.run(2.0)
        rig.down()
        assert rig.lit() == "..... .."
        rig.run(0.5)
        assert rig.lit() == "..... g."


def test_quiet_takes_the_sound_and_leaves_the_light() -> None:
    with Rig(quiet=True) as quiet, Rig() as loud:
        for rig in (quiet, loud):
            for cue in CUES:
                rig.panel.show(replace(cue, at=rig.clock.now))
                rig.run(1.0)
            rig.down()
            rig.run(1.0)
        assert quiet.sounds() == []
        assert len(loud.sounds()) > len(CUES)
        lights = {quiet.pins.ready, quiet.pins.rest, quiet.pins.hold_1, quiet.pins.hold_5}
        for pin in (f"GPIO{number}" for number in lights):
            levels = [level for _, level in quiet.record[pin]]
            assert levels == [pytest.approx(level) for _, level in loud.record[pin]]


def test_three_presses_later_the_panel_says_that_it_is_quiet() -> None:
    with Rig() as rig:
        rig.panel.toggle_quiet()
        assert rig.panel.quiet
        assert rig.lit() == "#...# .."
        rig.run(3.0)
        assert (rig.lit(), rig.sounds()) == ("..... ..", [])
        rig.panel.toggle_quiet()
        rig.run(3.0)
        assert len(rig.sounds()) == 4


def test_becoming_quiet_cuts_a_sound_short() -> None:
    with Rig() as rig:
        rig.show(cues.CueKind.LET_GO)
        rig.run(0.1)
        assert rig.tone() > 0
        rig.panel.toggle_quiet()
        assert rig.tone() == 0


def test_a_cue_of_the_night_is_light_only() -> None:
    with Rig() as rig:
        rig.show(cues.CueKind.REST_DAY, count=2, light_only=True)
        rig.run(2.0)
        assert (rig.lit(), rig.sounds()) == ("##... .a", [])


def test_the_ready_light_fades_out_after_two_minutes_and_the_panel_sleeps() -> None:
    with Rig() as rig:
        rig.show(cues.CueKind.READY)
        rig.run(119.0)
        assert rig.wire("ready") == 1.0
        rig.run(3.0)
        assert 0 < rig.wire("ready") < 1
        rig.run(3.0)
        assert rig.lit() == "..... .."
        assert rig.panel.next_deadline() is None, "nothing left to wake up for"


def test_the_camera_light_tells_the_truth_whatever_plays() -> None:
    with Rig() as rig:
        for on in (True, False):
            rig.panel.camera_light(on)
            for cue in CUES:
                rig.panel.show(replace(cue, at=rig.clock.now))
                rig.run(0.5)
                assert rig.wire("camera") == on
            rig.panel.dark()
            assert rig.wire("camera") == on


def test_dark_means_now() -> None:
    with Rig() as rig:
        rig.show(cues.CueKind.DONE)
        rig.run(1.0)
        rig.panel.dark()
        assert (rig.lit(), rig.tone()) == ("..... ..", 0.0)
        assert rig.panel.next_deadline() is None


@pytest.mark.parametrize("cue", CUES, ids=named)
def test_closing_leaves_everything_dark_and_silent(cue: cues.Cue) -> None:
    rig = Rig()
    rig.panel.camera_light(True)
    rig.panel.gauge(0.7)
    rig.panel.show(replace(cue, at=rig.clock.now))
    rig.run(0.03)
    rig.panel.close()
    rig.panel.close()
    assert (rig.lit(), rig.tone(), rig.wire("camera")) == ("..... ..", 0.0, 0.0)
    assert not rig.factory.pins, "every pin is let go"


def test_a_session_that_breaks_leaves_a_dark_panel() -> None:
    rig = Rig()
    with pytest.raises(ZeroDivisionError), rig:
        rig.panel.camera_light(True)
        rig.show(cues.CueKind.LET_GO)
        _ = 1 / 0
    assert (rig.lit(), rig.tone(), rig.wire("camera")) == ("..... ..", 0.0, 0.0)


def test_a_pin_that_somebody_holds_is_named_and_the_others_are_let_go() -> None:
    from gpiozero import LED  # noqa: PLC0415

    with Rig() as rig:
        rig.panel.close()
        held = LED(rig.pins.rest, pin_factory=rig.factory)
        with pytest.raises(PanelError, match=r"\[pins\] rest") as raised:
            Panel(rig.pins, rig.clock, rig.factory)
        assert raised.value.exit_code == 1
        held.close()


def test_a_panel_that_is_partly_held_still_shows_what_is_wrong() -> None:
    from gpiozero import LED  # noqa: PLC0415

    with Rig() as rig:
        rig.panel.close()
        held = [
            LED(pin, pin_factory=rig.factory)
            for pin in (rig.pins.button, rig.pins.buzzer, rig.pins.hold_2, rig.pins.camera)
        ]
        with Panel(rig.pins, rig.clock, rig.factory, partial=True) as panel:
            panel.camera_light(True)
            panel.show(cues.Cue(cues.CueKind.FAULT, rig.clock.now, fault=events.FaultKind.PANEL))
            rig.clock.advance_to(rig.clock.now + 0.9)
            panel.tick()
            assert rig.factory.pin(rig.pins.rest).state > 0
            assert rig.factory.pin(rig.pins.hold_4).state > 0
        for one in held:
            one.close()


class TestTheIlluminator:
    pins = Pins(illuminator=26)

    def test_is_lit_only_while_the_cameras_own_light_is(self) -> None:
        with Rig(fitted=self.pins) as rig:
            assert (rig.wire("illuminator"), rig.wire("camera")) == (0.0, 0.0)
            rig.switched.clear()
            rig.panel.camera_light(True)
            rig.panel.camera_light(False)
            assert rig.switched == ["GPIO17 1", "GPIO26 1", "GPIO26 0", "GPIO17 0"]

    def test_no_cue_touches_it(self) -> None:
        with Rig(fitted=self.pins) as rig:
            rig.record.clear()
            for pattern in all_patterns().values():
                rig.panel.play(pattern)
                rig.run(1.0)
            assert not {"GPIO26", "GPIO17"} & rig.record.keys()

    def test_goes_out_when_the_panel_is_closed(self) -> None:
        with Rig(fitted=self.pins) as rig:
            rig.panel.camera_light(True)
            rig.panel.close()
            assert rig.wire("illuminator") == 0.0


class TestAtNight:
    def test_a_press_is_answered_by_light_alone(self) -> None:
        with Rig() as rig:
            rig.panel.hush(True)
            rig.down()
            assert rig.wire("ready") == 1.0
            rig.run(1.0)
            rig.panel.toggle_quiet()
            rig.panel.toggle_quiet()
            rig.run(5.0)
            assert not rig.sounds()

    def test_in_the_morning_it_clicks_again(self) -> None:
        with Rig() as rig:
            rig.panel.hush(True)
            rig.panel.hush(False)
            rig.down()
            rig.run(1.0)
            assert len(rig.sounds()) == 1


class TestFaults:
    @pytest.mark.parametrize(("kind", "number"), [(k, n) for k, (n, _) in FAULTS.items()])
    def test_each_is_counted_out_by_lights_and_by_notes(
        self, kind: events.FaultKind | None, number: int
    ) -> None:
        with Rig() as rig:
            rig.show(cues.CueKind.FAULT, fault=kind)
            rig.run(3.0)
            lit = rig.lit()
            assert lit.count("#") + 5 * lit.count("g") == number
            rig.run(10.0)
            assert len(rig.sounds()) == 2 + number

    def test_one_with_which_life_goes_on_is_not_shown_all_night(self) -> None:
        with Rig() as rig:
            rig.show(cues.CueKind.FAULT, fault=events.FaultKind.POWER, light_only=True)
            rig.run(60.0)
            assert rig.lit() == "..... .."
            assert rig.panel.next_deadline() is None

    def test_one_that_locks_is_shown_until_something_else_is(self) -> None:
        with Rig() as rig:
            rig.show(cues.CueKind.FAULT, fault=events.FaultKind.DISK, light_only=True)
            rig.run(3600.0 + 3.0)
            assert rig.lit() == "##... .."


def test_who_needs_the_power_to_rest_is_told_to_leave_it_plugged_in() -> None:
    with Rig() as rig:
        rig.show(cues.CueKind.REST_DAY, count=2, stay_on=True)
        rig.run(2.0)
        assert rig.lit() == "##... .a"
        rig.run(3.0)
        assert rig.lit() == "#...# .a"
        rig.run(10.0)
        assert [length for _, length in rig.sounds()[-2:]] == [pytest.approx(0.09)] * 2
    with Rig() as rig:
        rig.show(cues.CueKind.REST_DAY, count=2)
        rig.run(5.0)
        assert rig.lit() == "##... .a"


@pytest.mark.parametrize(
    ("pins", "complaint"),
    [
        ({"rest": 27}, "already used by ready"),
        ({"button": 2}, "real-time clock"),
        ({"camera": 28}, "no GPIO 28"),
        ({"buzzer": 26}, "no hardware PWM"),
        ({"illuminator": 23}, "already used by hold_1"),
        ({"illuminator": 3}, "real-time clock"),
        ({"illuminator": 21}, "shutdown button"),
        ({"illuminator": 6}, "lit with the camera off"),
    ],
)
def test_pins_that_cannot_work_are_refused_before_anything_is_driven(
    pins: dict[str, int], complaint: str
) -> None:
    setting = next(iter(pins))
    with pytest.raises(PinError, match=complaint) as raised:
        Pins(**pins)
    assert f"[pins] {setting} = " in str(raised.value)
    assert raised.value.exit_code == 2


def test_a_dimmed_panel_is_dimmer_everywhere() -> None:
    with Rig(brightness=0.3) as rig:
        rig.show(cues.CueKind.LIFT)
        rig.run(0.8)
        assert rig.wire("hold_1") == rig.wire("ready") == pytest.approx(0.3)
