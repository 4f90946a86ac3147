"""What the report, health.txt and the demo say, in plain, kind words: whole sentences, all here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from device.coach import events, rest
from device.doctor import Finding, Verdict
from device.journal import SessionSummary
from device.sync.report.figures import (
    RECENT_DAYS,
    Figures,
    HurtStory,
    KnownFault,
    Stretch,
    Tally,
    Week,
)

ENDINGS = {
    events.Ending.DONE: "You finished your set.",
    events.Ending.STOPPED: "You stopped early, and that is fine.",
    events.Ending.TIMED_OUT: "The session ended by itself after a quiet minute.",
    events.Ending.PAUSED_TOO_LONG: "The session ended by itself after a long pause.",
    events.Ending.HURT: "You said that something hurts. Rest well.",
    events.Ending.INTERRUPTED: "The power went in the middle; everything counted was kept.",
    events.Ending.FAULT: "Something in the device failed; everything counted was kept.",
}

REASONS = {
    events.Reason.TOO_SHORT: "let go a little early",
    events.Reason.TOO_FAST: "moved a little fast",
    events.Reason.TOO_SMALL: "too small to count",
    events.Reason.MOUTH_OPEN: "done with an open mouth",
    events.Reason.ONE_SIDED: "done with one side only",
    events.Reason.FACE_LOST: "the face went out of view",
    events.Reason.HEAD_MOVED: "the head moved along",
    events.Reason.NO_REST: "begun before the last one had relaxed",
    events.Reason.CUT_OFF: "cut off by a pause or the end",
}

NOTES = {
    events.Note.LIPS_PARTED: "the lips were parted",
    events.Note.LEFT_LAGS: "the left side came later or less",
    events.Note.RIGHT_LAGS: "the right side came later or less",
    events.Note.OVER_EFFORT: "more effort than needed: less is enough",
    events.Note.UNSTEADY: "the hold was a little unsteady",
    events.Note.HELD_LONG: "held longer than needed",
}


@dataclass(frozen=True, slots=True)
class FaultWords:
    """A kind of fault: the number that the panel counts to, what it is, and what a person can do.

    `number` is 0 if it has none. What to do needs no computer but the one that a stick goes into.
    """

    number: int
    what: str
    cure: str


FAULTS = {
    events.FaultKind.CAMERA: FaultWords(
        1,
        "The camera gave no picture.",
        "Hold the button for five seconds and unplug the power. See that both ends of the camera's "
        "flat cable sit straight and deep, then plug the power in again.",
    ),
    events.FaultKind.DISK: FaultWords(
        2,
        "The log could not be kept.",
        "Unplug the power and plug it in again. If it comes back, the memory card is full or worn "
        "and somebody must replace it; keep this stick, for it brings your log back.",
    ),
    events.FaultKind.CLOCK: FaultWords(
        3,
        "The clock jumped or lost its time.",
        "Leave the device plugged in, for your rest is counted all the same. If it happens again, "
        "the clock needs a new battery; then set the time with a stick.",
    ),
    events.FaultKind.MODEL: FaultWords(
        4,
        "A file that it needs to see with is damaged.",
        "Unplug the power and plug it in again. If it stays, ask whoever set LiftLight up to "
        "install it again; your log is kept.",
    ),
    events.FaultKind.PANEL: FaultWords(
        5,
        "A light, the buzzer or the button could not be used.",
        "See that the button is not stuck: press it a few times. Unplug the power, look for a wire "
        "that has come loose, and plug the power in again.",
    ),
    events.FaultKind.POWER: FaultWords(
        6,
        "The power supply was too weak.",
        "Use the power supply that is made for the device, with a short cable, straight in the "
        "wall.",
    ),
    events.FaultKind.HEAT: FaultWords(
        7,
        "It was too hot.",
        "Give it air: put nothing on it, keep it away from heaters and out of the sun, and wait "
        "for half an hour.",
    ),
    events.FaultKind.SETTINGS: FaultWords(
        8,
        "The settings could not be used.",
        "Put settings.toml right in the folder on the stick, plug the stick in, wait for its "
        "signal, and switch the device off and on.",
    ),
    events.FaultKind.STICK: FaultWords(
        0,
        "The log could not be copied to a stick.",
        "Try again, and leave the stick in until its signal. If it fails again, take another one.",
    ),
    events.FaultKind.UNKNOWN: FaultWords(
        0,
        "Something failed in LiftLight itself, and it started again.",
        "Nothing, if it stays away. If it comes back, ask whoever set LiftLight up to install it "
        "again; your log is kept.",
    ),
}

CHECKS = {
    "system": "The computer",
    "memory": "Memory",
    "heat": "Temperature",
    "power": "Power supply",
    "settings": "Settings",
    "data": "Room for the log",
    "clock": "Clock",
}
"""What each of doctor's checks at a glance is about."""

CHANGED = 0.1
"""One lift in ten, more or less, is told as a change. Where 8 of 10 lifts count, the shares of two
months of 120 lifts differ by more than that by chance alone once in 19 times; by more than 0.08
once in 8 times, by more than 0.12 once in 50."""
_ENOUGH = 60
"""Lifts, half of those of a month; a month or a dozen sessions with fewer is not compared."""

_MOST, _NEARLY_ALL, _HALF = 0.75, 0.95, 0.4
_MIDNIGHT = "00:00"
_HOUR_S = 3600.0


WEEKS_OF_LATE = (
    f"In the last {RECENT_DAYS // 7} weeks",
    f"In the {RECENT_DAYS // 7} weeks before",
)
SESSIONS_OF_LATE = ("In the latest sessions", "In the sessions before")

NOTHING_HURT = "Nobody pressed the button to say that something hurts."
HURT_MORE_THAN_ONCE = (
    "It hurt more than once. If it does again, please show somebody who knows faces and jaws, such "
    "as your doctor or dentist."
)

HEALTH_TITLE = "LiftLight: how the device is"
WHAT_TO_DO = "What to do:"
FOR_A_HELPER = "For whoever helps:"
FAULTS_SINCE_START = "Faults since it was last switched on"
FAULTS_BEFORE = "Faults before that"
AT_A_GLANCE = (
    "All this was looked at while the log was copied, and that takes no time. The device itself "
    "watches its camera, its panel and its files, and keeps each fault; on the device "
    "`liftlight doctor` tries every part."
)
VERDICTS = {
    Verdict.OK: "in order",
    Verdict.NOTE: "worth knowing",
    Verdict.PROBLEM: "to be put right",
}

READ_ME = (
    "Open open-me.html: any browser shows in it how it goes, without the internet, and nothing "
    "of it leaves this stick. Please keep the folder export-1 or export-2, with which a repaired "
    "device goes on where it stopped; health.txt says how the device is, and settings.toml may be "
    "edited.\n"
)
"""The two sentences that lie beside all this on a stick."""


def day_name(day: date) -> str:
    """Return a date as the report writes it, as in "Mon 5 Jan 2026"."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def moment_name(moment: datetime | None) -> str:
    """Return a date and a time of day as the report writes them."""
    if moment is None:
        return "date unknown"
    return f"{day_name(moment.date())}, {moment:%H:%M}"


def written(moment: datetime | None) -> str:
    """Return when something was written."""
    if moment is None:
        return "Written when the time was not known."
    return f"Written {moment_name(moment)}."


def health(findings: Mapping[str, Finding], faults: Sequence[KnownFault]) -> str:
    """Return how the device is, in a sentence or two."""
    problems = sum(one.verdict is Verdict.PROBLEM for one in findings.values())
    new = sum(one.since_start for one in faults)
    if problems:
        things = "One thing needs" if problems == 1 else f"{problems} things need"
        return f"{things} to be put right."
    if new:
        kinds = "a fault" if new == 1 else f"{new} kinds of faults"
        return f"It works now, as far as can be seen, but had {kinds} since it was switched on."
    if findings:
        return "All that was looked at is in order, and it had no fault since it was switched on."
    return "It had no fault since it was last switched on."


def in_all(figures: Figures) -> str:
    """Return how much there was in all, and what of it has no date."""
    total = figures.total
    all_ = f"{_some(total.sessions, 'session')}, {_some(total.reps, 'rep')}"
    said = [f"{all_} since {day_name(figures.first)}." if figures.first else f"{all_}."]
    if figures.undated and figures.first is None:
        said.append("The time was not known, so sessions have numbers instead of dates.")
    elif figures.undated:
        said.append(
            "1 of the sessions has no date, because the time was not known; it is in none of the "
            "weeks below."
            if figures.undated == 1
            else f"{figures.undated} of the sessions have no date, because the time was not known; "
            "they are in none of the weeks below."
        )
    if figures.ahead:
        said.append(
            "1 of the sessions has a date that has not come yet, because the clock was wrong; it "
            "is in none of the weeks below."
            if figures.ahead == 1
            else f"{figures.ahead} of the sessions have a date that has not come yet, because the "
            "clock was wrong; they are in none of the weeks below."
        )
    return " ".join(said)


def waiting(figures: Figures) -> str:
    """Return what can be done until the next session."""
    can_do = figures.verdict.can_do if figures.verdict is not None else ""
    return f"What can you do until then? {can_do} A light massage is fine on any day."


def last_session(figures: Figures) -> str:
    """Return the last session in a sentence or two."""
    last = figures.last
    if last is None:
        return "There is no session yet."
    if last.date is not None:
        name = day_name(last.date.date())
    else:
        name = f"Session {figures.total.sessions}"
    if last.ending is None:
        ending = "It is not over, or was interrupted."
    else:
        ending = {str(ending): said for ending, said in ENDINGS.items()}.get(last.ending, "")
    return f"{name}: {_some(last.reps, 'rep')}. {ending}".rstrip()


def how_it_goes(figures: Figures) -> str:
    """Return the report's first sentences: how it goes."""
    if not figures.total.sessions:
        return "There is no session yet. A press of the button begins the first one."
    if figures.total.sessions == 1 and figures.last_seven_days:
        return "Your first training day is done. That is a good beginning."
    if figures.last_day is None or figures.today is None:
        done = _some(figures.total.sessions, "session")
        return f"You have done {done} so far, with {_some(figures.total.reps, 'repetition')}."
    if figures.last_seven_days:
        days = _some(figures.last_seven_days, "day")
        enough = figures.last_seven_days >= rest.WEEK_SESSIONS
        how = "That is all it takes." if enough else "That is a good pace: calm and regular."
        return f"You practised on {days} in the last seven. {how}"
    ago = (figures.today - figures.last_day).days
    if ago < rest.WEEK_DAYS:
        return f"Your last session was on {day_name(figures.last_day)}. Every calm lift counts."
    return (
        f"Your last session was on {day_name(figures.last_day)}, {_some(ago, 'day')} ago. "
        "It is never too late to go on."
    )


def next_session(figures: Figures) -> str:
    """Return when the next session may be."""
    verdict = figures.verdict
    if not figures.total.sessions:
        return "It may be whenever you like." if verdict is None or not verdict.locked else ""
    if verdict is None:
        return "The last session was not over when this was written."
    if not verdict.locked:
        return "The next session may be whenever you like."
    # How many training days there were is told just before.
    why = "" if verdict.why is rest.Why.WEEK_FULL else f"{verdict.sentence} "
    if verdict.until_wall is None:
        hours = _some(-int(-verdict.seconds_left // _HOUR_S), "hour")
        return f"{why}The next session may be once the device has been plugged in for {hours} more."
    # A minute that has begun is not over.
    minute = -int(-(verdict.until_wall + figures.zone_s) // 60) * 60
    until = datetime.fromtimestamp(minute, UTC)
    clock = f"{until:%H:%M}"
    when = day_name(until.date()) + ("" if clock == _MIDNIGHT else f", {clock}")
    return f"{why}The next session may be from {when} on."


def regular_weeks(weeks: Sequence[Week]) -> str:
    """Return in how many of all weeks somebody practised."""
    some = sum(1 for week in weeks if week.training >= rest.WEEK_SESSIONS - 1)
    any_ = sum(1 for week in weeks if week.training)
    if len(weeks) == 1:
        return "This is your first week. What helps is to come back, week after week."
    which = "every one" if any_ == len(weeks) else str(any_)
    often = "each time" if some == any_ else f"in {some} of them"
    return (
        f"You practised in {which} of the {len(weeks)} weeks since you began, {often} on two days "
        "or more. What helps is to come back, week after week."
    )


def of_one_year(year: int, weeks: Sequence[Week]) -> str:
    """Return what the row of one year shows."""
    counts = [sum(1 for week in weeks if week.training == days) for days in range(4)]
    counts[3] = len(weeks) - sum(counts[:3])
    return (
        f"{year}: three training days in {_some(counts[3], 'week')}, two in {counts[2]}, "
        f"one in {counts[1]}, none in {counts[0]}."
    )


def sides(tally: Tally) -> str:
    """Say in words whether both sides moved together; the model cannot measure by how much."""
    if not tally.reps:
        return "there was no rep to compare."
    left, right = tally.notes["left_lags"], tally.notes["right_lags"]
    alone = tally.refused["one_sided"]
    if left == right == 0:
        said = "both sides lifted together in every rep."
    elif max(left, right) * 4 < tally.reps:
        said = f"both sides lifted together in most reps. {_lagging(left, right, tally.reps)}"
    else:
        said = f"one side often came later or less. {_lagging(left, right, tally.reps)}"
    if alone:
        said += f" Not counted because one side lifted alone: {alone}."
    return said


def massages(figures: Figures) -> str:
    """Return how often there was a massage."""
    if not figures.massages:
        return (
            "No massage was timed yet. Two quick presses of the button time one, on any day, "
            "rest days too."
        )
    minutes = max(1, round(figures.massage_s / 60))
    all_ = f"{_some(figures.massages, 'massage')} in all, {_some(minutes, 'minute')}."
    if figures.today is None:
        return all_
    days = _some(figures.massage_days, "day")
    return f"Massage on {days} of the last {RECENT_DAYS}; {all_}"


def hurt(story: HurtStory) -> str:
    """Return that something hurt, and what followed."""
    if story.day is not None:
        when = f"On {day_name(story.day)} something hurt"
    else:
        when = f"After session {story.after} began, something hurt"
    if not story.went_on:
        return f"{when}. You have rested since."
    if story.day is not None and story.next is not None:
        days = (story.next - story.day).days
        followed = f"You rested until {day_name(story.next)}, {_some(days, 'day')} later."
    else:
        followed = f"You rested, and session {story.after + 1} followed."
    ending = "It hurt again then." if story.again else "That session went without it."
    return f"{when}. {followed} {ending}"


def control(stretch: Stretch) -> str:
    """Return how well lifts were controlled in a month, or in some sessions, in words."""
    name = (
        f"{stretch.month:%B %Y}"
        if stretch.month is not None
        else f"Session {stretch.first}"
        if stretch.first == stretch.last
        else f"Sessions {stretch.first} to {stretch.last}"
    )
    tally = stretch.tally
    if not tally.reps:
        return f"{name}: no repetition was counted."
    return (
        f"{name}: {_share(tally.reps, tally.judged)} lifts counted "
        f"({tally.reps} of {tally.judged}), "
        f"and {_share(tally.steady, tally.reps)} repetitions were held steadily "
        f"({tally.steady} of {tally.reps}), for {tally.mean_hold:.1f} s on average."
    )


def change(stretches: Sequence[Stretch]) -> str:
    """Return how control changed from the first to the latest month, or dozen of sessions."""
    some = [one.tally for one in stretches if one.tally.judged >= _ENOUGH and one.tally.reps]
    if len(some) < 2:
        return "How your control changes over the months will be told here in a month or two."
    first, last = some[0], some[-1]
    counts = _compared(_counted(first), _counted(last))
    steady = _compared(_steady(first), _steady(last))
    if counts == steady == 0:
        return "Your control is as it was in the beginning."
    if counts >= 0 and steady >= 0:
        better = (
            "more lifts count and more of them are held steadily"
            if counts and steady
            else "more lifts count"
            if counts
            else "more repetitions are held steadily"
        )
        return f"Since the beginning your control has grown: {better}."
    if counts <= 0 and steady <= 0:
        return (
            "Fewer lifts are calm and steady than in the beginning. Smaller and slower is enough, "
            "and a good rest helps."
        )
    return "Some of your control has grown since the beginning, and some wants a little more calm."


def fault(known: KnownFault) -> FaultWords:
    """Return what to say of a fault; one of a kind that is not known counts as unknown."""
    kind = known.latest.kind
    return FAULTS[events.FaultKind(kind) if kind in FAULTS else events.FaultKind.UNKNOWN]


def when_it_came(known: KnownFault) -> str:
    """Return when a fault came, how often, and how the panel showed it."""
    parts = [moment_name(known.day)]
    if known.times > 1:
        parts.append(f"{known.times} times of late")
    if number := fault(known).number:
        parts.append(f"the panel counts to {number}")
    return "; ".join(parts)


def _lagging(left: int, right: int, reps: int) -> str:
    if left and right:
        return f"The left came later or less in {left} of {reps}, the right in {right}."
    return f"The {'left' if left else 'right'} came later or less in {left or right} of {reps}."


def _counted(tally: Tally) -> float:
    return tally.reps / tally.judged


def _steady(tally: Tally) -> float:
    return tally.steady / tally.reps


def _compared(before: float, after: float) -> int:
    return 0 if abs(after - before) < CHANGED else 1 if after > before else -1


def _share(some: int, of: int) -> str:
    share = some / of
    if some == of:
        return "all"
    if share >= _NEARLY_ALL:
        return "nearly all"
    if share >= _MOST:
        return "most"
    return "about half of the" if share >= _HALF else "some"


def in_words(session: SessionSummary) -> str:
    """Return a few plain lines about `session`."""
    lines = [
        ENDINGS[events.Ending(session.ending)] if session.ending else "The session is not over."
    ]
    lines.append(f"{_some(session.reps, 'calm lift')} counted.")
    if session.holds:
        average = sum(session.holds) / len(session.holds)
        lines.append(
            f"Held for {average:.1f} s on average, "
            f"{min(session.holds):.1f} to {max(session.holds):.1f} s."
        )
    lines += _listed("Not counted", session.refused, {r.value: t for r, t in REASONS.items()})
    lines += _listed("Noticed", session.notes, {n.value: t for n, t in NOTES.items()})
    return "\n".join(lines)


def _listed(title: str, counts: Mapping[str, int], texts: Mapping[str, str]) -> list[str]:
    return [f"{title}: {count} x {texts[name]}." for name, count in counts.items()]


def _some(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count or 'No'} {what}s"
