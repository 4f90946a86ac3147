"""What the guide says beyond the words of the patterns: whole sentences, all in one place.

Markup and figures are the page's. A figure is named in braces where it stands in a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

from device.language import N_
from tools.guide.faces import Face


@dataclass(frozen=True, slots=True)
class Step:
    """One drawn step: the face that shows it, what to do, and what is seen, for who cannot see."""

    face: Face
    does: str
    seen: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A question that people ask, and what there is to say."""

    asks: str
    says: str


@dataclass(frozen=True, slots=True)
class Gesture:
    """What one does with the button, and what it means."""

    does: str
    means: str


TITLE = N_("LiftLight beside your bed")
NOT_FOR_WHOM = N_("Not for you, or ask a professional first:")
NOT_FOR = N_(
    "in the first three months after facial palsy without a therapist, after recent facial surgery "
    "or injectables, with a jaw-joint disorder, with acute pain, or with photosensitive epilepsy."
)

STEPS_TITLE = N_("One session, in six steps")
STEPS = (
    Step(
        Face.READY,
        N_("Lie comfortably, face to the camera. Press the button."),
        N_("A face at rest, seen from the front."),
    ),
    Step(
        Face.FINGERS,
        N_("Index fingertips beside the nose, under the eyes. Never press."),
        N_("The same face; an index fingertip lies on each upper cheek."),
    ),
    Step(
        Face.RISES,
        N_("Mouth closed: smile up and out until the fingertips rise."),
        N_("The corners of the closed mouth go up and out, and the cheeks lift the fingertips."),
    ),
    Step(
        Face.HOLDS,
        N_("Hold until the whole bar is lit, two seconds."),
        N_("The cheeks stay up; the fingertips lie on them."),
    ),
    Step(
        Face.SINKS,
        N_("Let go, slowly, while the bar empties."),
        N_("The cheeks and the corners of the mouth sink back."),
    ),
    Step(
        Face.RELAXED,
        N_("Relax wholly. Lift again when you like: {reps} in all."),
        N_("The face at rest, eyes closed; the fingertips still lie on the cheeks."),
    ),
)

SOUNDS_TITLE = N_("The lights and sounds of a session")
DRAWN = N_("The five lights of the bar, green, amber; below, the sound, by its name.")

PLACES_TITLE = N_("Where it stands")
PLACES = N_("Beside your face or in front of it, {distance} cm away, never above a head.")

NAMES_TITLE = N_("The sounds by their names")
GROUPS = {
    "aims": N_("While it looks for your face"),
    "session": N_("What else it says in a session"),
    "outside": N_("Before and after a session"),
    "any_day": N_("On rest days, and on any day"),
}
"""The lines beyond page 1, by when one meets them."""

LOOKS_AND_SOUNDS = N_("{looks}; {sounds}")

BUTTON_TITLE = N_("The button")
BUTTON = (
    Gesture(
        N_("Press:"),
        N_("begin; in a session, pause and go on. On a rest day it shows how many days are left."),
    ),
    Gesture(N_("Hold {stop_s} seconds, in a session:"), N_("stop. What you did is kept.")),
    Gesture(
        N_("Something hurts?"),
        N_(
            "Go on holding, {hurts_s} seconds in all, or press once more within {within_s} seconds "
            "after you stopped. It locks at once and adds a rest day. The second time within two "
            "weeks it rests for seven days: then ask your doctor or dentist."
        ),
    ),
    Gesture(N_("Press twice:"), N_("the massage timer, two minutes, any day.")),
    Gesture(N_("Press three times:"), N_("sound off or on.")),
    Gesture(
        N_("Hold {off_s} seconds, outside a session:"),
        N_("power off. To switch on again, pull the plug and put it back."),
    ),
    Gesture(
        N_("Hold it while you plug it in, until the first light comes on:"),
        N_(
            "a test. Each light shines alone, the camera's too, though the camera is off; then "
            "three notes. When green stays on, press a few times: each press lights one more "
            "light. Leave the button alone, and LiftLight starts as always."
        ),
    ),
)

FAULTS_TITLE = N_("When it shows a number")
FAULTS_INTRO = N_(
    "The second and fourth light swell and fade beside amber. Then lights and notes count a "
    "number: each light of the bar is one, green is five. Press once and it tries again. What you "
    "did before is kept. Usually the massage timer works all the same."
)
ANSWERS_TITLE = N_("Answers")
ANSWERS = (
    Answer(
        N_("Does it tighten the skin?"),
        N_(
            "No. Toning muscles is not tightening skin. The idea is that gentle contractions, with "
            "enough rest in between, make the muscles under the skin a little firmer. Bones do not "
            "change."
        ),
    ),
    Answer(
        N_("When will I see something?"),
        N_(
            "Perhaps never: results vary. The specialist whose exercise this is expects small "
            "changes in 4 to 8 weeks and more in 3 to 6 months, if you are consistent. That is an "
            "expectation, not a promise."
        ),
    ),
    Answer(
        N_("Is it proven?"),
        N_(
            "Hardly. One small study without a control group found fuller cheeks, after a far "
            "larger dose than this one; 16 of its 27 women finished. A review of 11 studies calls "
            "the level of evidence low."
        ),
    ),
    Answer(
        N_("Would more help more?"),
        N_(
            "No. Overworking can cause strain and upset the jaw joint. So a session ends by itself "
            "at {reps} repetitions, {lifts} lifts or {minutes} minutes, there are at most "
            "{sessions} in seven days, and a free day lies between. Until then it stays locked."
        ),
    ),
    Answer(
        N_("How hard should I try?"),
        N_(
            "Gently. Control and relaxation count, and more lift is never better. The first lift "
            "sets your own measure. If a lift is not counted, nothing is wrong."
        ),
    ),
    Answer(
        N_("Lying down or sitting?"),
        N_("Both work. Lying down, gravity gives a light resistance."),
    ),
    Answer(
        N_("May I massage on rest days?"),
        N_(
            "Yes, lightly, every day. LiftLight times two minutes and teaches no technique. The "
            "source names one, the Circle-Up Rub."
        ),
    ),
    Answer(
        N_("Why the fingertips?"),
        N_(
            "They lie on the upper cheeks, beside the nose, under the eyes, as light anchors: do "
            "not press. LiftLight cannot feel whether you press, and it sees the corners of the "
            "mouth better than the cheeks: only your fingertips tell whether those rise."
        ),
    ),
    Answer(
        N_("What does it see and keep?"),
        N_(
            "Its own light is on whenever the camera is. No picture is kept, and nothing leaves "
            "the device but what you copy to a stick. It is a wellness device; it treats nothing."
        ),
    ),
)
"""No answer says more than the source of the exercise does."""

PICTURE = N_("{place}: the camera is {distance} cm from the face")
LANGUAGES = N_("Languages")
PLAY = N_("Play: {line}")
WATCH_TITLE = N_("Watch and hear a session")
WATCH = N_(
    "A whole session, shortened to a minute: {lifts} of its lifts. Every line below plays as "
    "well. Nothing moves or sounds before you press."
)
WATCH_PLAY = N_("The session")
TOLD = {
    "ready": N_("LiftLight is ready. You press the button."),
    "looking": N_("It looks for your face. Your fingertips go to your cheeks."),
    "found": N_("It has found you. Relax; it learns how your face rests."),
    "practise": N_("One comfortable lift: it sets your own measure."),
    "lift": N_("You may lift: up and out, mouth closed."),
    "hold": N_("You hold, and the bar fills."),
    "enough": N_("The whole bar: held long enough."),
    "let_go": N_("Now let go, slowly."),
    "counted": N_("It counts: {number}."),
    "early": N_("You let go too early. It is not counted; nothing is wrong."),
    "more": N_("So it goes on. The next ones are left out here."),
    "done": N_("Done for today. Now it rests, and so do you."),
}
"""What is told beside the session that plays."""
