"""What the report, health.txt and the demo say, in plain, kind words: whole sentences, all here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from device.coach import events, rest
from device.doctor import Finding, Verdict
from device.journal import SessionSummary
from device.language import ENGLISH, N_, say, translations
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
    events.Ending.DONE: N_("You finished the session."),
    events.Ending.STOPPED: N_("You stopped early, and that is fine."),
    events.Ending.TIMED_OUT: N_("The session ended by itself after a quiet minute."),
    events.Ending.PAUSED_TOO_LONG: N_("The session ended by itself after a long pause."),
    events.Ending.HURT: N_("You said that something hurts. Rest well."),
    events.Ending.INTERRUPTED: N_(
        "It was cut off in the middle, perhaps by the power; everything counted was kept."
    ),
    events.Ending.FAULT: N_("Something in the device failed; everything counted was kept."),
}

REASONS = {
    events.Reason.TOO_SHORT: N_("let go a little early"),
    events.Reason.TOO_FAST: N_("moved a little fast"),
    events.Reason.TOO_SMALL: N_("too small to count"),
    events.Reason.MOUTH_OPEN: N_("done with an open mouth"),
    events.Reason.ONE_SIDED: N_("done with one side only"),
    events.Reason.FACE_LOST: N_("the face went out of view"),
    events.Reason.HEAD_MOVED: N_("the head moved along"),
    events.Reason.NO_REST: N_("begun before the last one had relaxed"),
    events.Reason.CUT_OFF: N_("cut off by a pause or the end"),
}

NOTES = {
    events.Note.LIPS_PARTED: N_("the lips were parted"),
    events.Note.LEFT_LAGS: N_("the left side came later or less"),
    events.Note.RIGHT_LAGS: N_("the right side came later or less"),
    events.Note.OVER_EFFORT: N_("more effort than needed: less is enough"),
    events.Note.UNSTEADY: N_("the hold was a little unsteady"),
    events.Note.HELD_LONG: N_("held longer than needed"),
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
        N_("The camera gave no picture."),
        N_(
            "Hold the button for five seconds and unplug the power. See that both ends of the "
            "camera's flat cable sit straight and deep, then plug the power in again."
        ),
    ),
    events.FaultKind.DISK: FaultWords(
        2,
        N_("The log could not be kept."),
        N_(
            "Unplug the power and plug it in again. If it comes back, the memory card is full "
            "or worn and somebody must replace it; keep the stick with your log, which brings it "
            "back."
        ),
    ),
    events.FaultKind.CLOCK: FaultWords(
        3,
        N_("The clock jumped or lost its time."),
        N_(
            "Leave the device plugged in, for your rest is counted all the same. If it happens "
            "again, the clock needs a new battery; then set the time with a stick."
        ),
    ),
    events.FaultKind.MODEL: FaultWords(
        4,
        N_("A file that it needs to see with is damaged."),
        N_(
            "Unplug the power and plug it in again. If it stays, ask whoever set LiftLight up "
            "to install it again; your log is kept."
        ),
    ),
    events.FaultKind.PANEL: FaultWords(
        5,
        N_("A light, the buzzer or the button could not be used."),
        N_(
            "See that the button is not stuck: press it a few times. Unplug the power, look for "
            "a wire that has come loose, and plug the power in again."
        ),
    ),
    events.FaultKind.POWER: FaultWords(
        6,
        N_("The power supply was too weak."),
        N_(
            "Use the power supply that is made for the device, with a short cable, straight in "
            "the wall."
        ),
    ),
    events.FaultKind.HEAT: FaultWords(
        7,
        N_("It was too hot."),
        N_(
            "Give it air: put nothing on it, keep it away from heaters and out of the sun, and "
            "wait for half an hour."
        ),
    ),
    events.FaultKind.SETTINGS: FaultWords(
        8,
        N_("The settings could not be used."),
        N_(
            "Correct settings.toml in the folder on the stick, plug the stick in, wait for its "
            "signal, and switch the device off and on."
        ),
    ),
    events.FaultKind.STICK: FaultWords(
        0,
        N_("The log could not be copied to a stick."),
        N_(
            "Try again, and leave the stick in until its signal. If it fails again, take "
            "another one."
        ),
    ),
    events.FaultKind.UNKNOWN: FaultWords(
        0,
        N_("Something failed in LiftLight itself, and it started again."),
        N_(
            "If it stays away, do nothing. If it comes back, ask whoever set LiftLight up to "
            "install it again; your log is kept."
        ),
    ),
}

CHECKS = {
    "system": N_("The computer"),
    "memory": N_("Memory"),
    "heat": N_("Temperature"),
    "power": N_("Power supply"),
    "settings": N_("Settings"),
    "data": N_("Room for the log"),
    "clock": N_("Clock"),
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


NOTHING_HURT = N_("Nobody pressed the button to say that something hurts.")
HURT_MORE_THAN_ONCE = N_(
    "It hurt more than once. If it does again, please show somebody who knows faces and jaws, such "
    "as your doctor or dentist."
)

HEALTH_TITLE = N_("LiftLight: how the device is")
WHAT_TO_DO = N_("What to do:")
FOR_A_HELPER = N_("For whoever helps:")
FAULTS_SINCE_START = N_("Faults since it was last switched on")
FAULTS_BEFORE = N_("Faults before that")
AT_A_GLANCE = N_(
    "All this was looked at while the log was copied, and that takes no time. The device itself "
    "watches its camera, its panel and its files, and keeps each fault; on the device "
    "`liftlight doctor` tries every part."
)
VERDICTS = {
    Verdict.OK: N_("in order"),
    Verdict.NOTE: N_("worth knowing"),
    Verdict.PROBLEM: N_("to be put right"),
}

READ_ME = N_(
    "Open open-me.html: any browser shows in it how it goes, without the internet, and nothing "
    "of it leaves this stick. Please keep the folder export-1 or export-2, with which a repaired "
    "device goes on where it stopped; health.txt says how the device is, and settings.toml may be "
    "edited."
)
"""The two sentences that lie beside all this on a stick."""


_WEEKDAYS = N_("Mon Tue Wed Thu Fri Sat Sun")
"""The days of the week, short, with a space between two."""
_MONTHS = N_("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
"""The months, short, with a space between two."""
_WHOLE_MONTHS = N_(
    "January February March April May June July August September October November December"
)
"""The months, whole, with a space between two."""


class Words:
    """What the report and health.txt say, in one language, a code of LANGUAGES.

    `language` is that code, `catalogue` what gettext knows of it.
    """

    def __init__(self, language: str = ENGLISH) -> None:
        self.language = language
        self.catalogue = translations(language)
        self._ = self.catalogue.gettext
        self._n = self.catalogue.ngettext

    def say(self, text: str) -> str:
        """Return a text that was marked, or `Told`, in this language."""
        return str(say(text, self._))

    def named(self, name: str, said: str) -> str:
        """Return what is `said` of a thing, after its name."""
        return self._("{name}: {said}").format(name=name, said=said)

    def number(self, value: float, decimals: int) -> str:
        """Return a number as this language writes it."""
        mark = self.catalogue.pgettext("the decimal mark", ".")
        return f"{value:.{decimals}f}".replace(".", mark)

    @property
    def weekdays(self) -> list[str]:
        """The days of the week, short, from Monday on."""
        return self._(_WEEKDAYS).split()

    @property
    def months(self) -> list[str]:
        """The months, short, from January on."""
        return self._(_MONTHS).split()

    def day_name(self, day: date) -> str:
        """Return a date as the report writes it, as in "Mon 5 Jan 2026"."""
        first = self.catalogue.pgettext("the first day of a month", "1")
        return self._("{weekday} {day} {month} {year}").format(
            weekday=self.weekdays[day.weekday()],
            day=day.day if day.day > 1 else first,
            month=self.months[day.month - 1],
            year=day.year,
        )

    def moment_name(self, moment: datetime | None) -> str:
        """Return a date and a time of day as the report writes them."""
        if moment is None:
            return self._("date unknown")
        return f"{self.day_name(moment.date())}, {moment:%H:%M}"

    def written(self, moment: datetime | None) -> str:
        """Return when something was written."""
        if moment is None:
            return self._("Written when the time was not known.")
        return self._("Written {moment}.").format(moment=self.moment_name(moment))

    def sessions(self, count: int) -> str:
        """Return so many sessions."""
        if not count:
            return self._("No sessions")
        return self._n("{n} session", "{n} sessions", count).format(n=count)

    def reps(self, count: int) -> str:
        """Return so many reps."""
        if not count:
            return self._("No reps")
        return self._n("{n} rep", "{n} reps", count).format(n=count)

    def health(self, findings: Mapping[str, Finding], faults: Sequence[KnownFault]) -> str:
        """Return how the device is, in a sentence or two."""
        problems = sum(one.verdict is Verdict.PROBLEM for one in findings.values())
        new = sum(one.since_start for one in faults)
        if problems:
            return self._n(
                "One thing needs to be put right.", "{n} things need to be put right.", problems
            ).format(n=problems)
        if new:
            return self._n(
                "It works now, as far as can be seen, but had a fault since it was switched on.",
                "It works now, as far as can be seen, but had {n} kinds of faults since it was "
                "switched on.",
                new,
            ).format(n=new)
        if findings:
            return self._(
                "All that was looked at is in order, and it had no fault since it was switched on."
            )
        return self._("It had no fault since it was last switched on.")

    def in_all(self, figures: Figures) -> str:
        """Return how much there was in all, and what of it has no date."""
        total = figures.total
        counted = {"sessions": self.sessions(total.sessions), "reps": self.reps(total.reps)}
        if figures.first:
            day = self.day_name(figures.first)
            said = [self._("{sessions}, {reps} since {day}.").format(**counted, day=day)]
        else:
            said = [self._("{sessions}, {reps}.").format(**counted)]
        if figures.undated and figures.first is None:
            said.append(
                self._("The time was not known, so sessions have numbers instead of dates.")
            )
        elif figures.undated:
            said.append(
                self._n(
                    "{n} of the sessions has no date, because the time was not known; it is in "
                    "none of the weeks below.",
                    "{n} of the sessions have no date, because the time was not known; they are "
                    "in none of the weeks below.",
                    figures.undated,
                ).format(n=figures.undated)
            )
        if figures.ahead:
            said.append(
                self._n(
                    "{n} of the sessions has a date that has not come yet, because the clock was "
                    "wrong; it is in none of the weeks below.",
                    "{n} of the sessions have a date that has not come yet, because the clock was "
                    "wrong; they are in none of the weeks below.",
                    figures.ahead,
                ).format(n=figures.ahead)
            )
        return " ".join(said)

    def waiting(self, figures: Figures) -> str:
        """Return what can be done until the next session."""
        can_do = figures.verdict.can_do if figures.verdict is not None else ""
        return self._(
            "What can you do until then? {can_do} A light massage is fine on any day."
        ).format(can_do=self.say(can_do))

    def last_session(self, figures: Figures) -> str:
        """Return the last session in a sentence or two."""
        last = figures.last
        if last is None:
            return self._("There is no session yet.")
        if last.date is not None:
            day = self.day_name(last.date.date())
            # It begins the sentence, and in some languages a day has no capital letter.
            name = day[:1].upper() + day[1:]
        else:
            name = self._("Session {number}").format(number=figures.total.sessions)
        if last.ending is None:
            ending = self._("It is not over, or was interrupted.")
        else:
            endings = {str(ending): said for ending, said in ENDINGS.items()}
            ending = self.say(endings.get(last.ending, ""))
        return self.named(name, f"{self.reps(last.reps)}. {ending}".rstrip())

    def how_it_goes(self, figures: Figures) -> str:
        """Return the report's first sentences: how it goes."""
        if not figures.total.sessions:
            return self._("There is no session yet. A press of the button begins the first one.")
        if figures.total.sessions == 1 and figures.last_seven_days:
            return self._("Your first training day is done. That is a good beginning.")
        if figures.last_day is None or figures.today is None:
            done = self._n(
                "You have done {n} session so far.",
                "You have done {n} sessions so far.",
                figures.total.sessions,
            ).format(n=figures.total.sessions)
            counted = self._n(
                "{n} repetition counted in all.",
                "{n} repetitions counted in all.",
                figures.total.reps,
            ).format(n=figures.total.reps)
            return f"{done} {counted}"
        if figures.last_seven_days:
            days = self._n(
                "You practised on {n} day in the last seven.",
                "You practised on {n} days in the last seven.",
                figures.last_seven_days,
            ).format(n=figures.last_seven_days)
            how = self._("That is a good pace: calm and regular.")
            if figures.last_seven_days >= rest.WEEK_SESSIONS:
                how = self._("That is all there is to do.")
            return f"{days} {how}"
        day = self.day_name(figures.last_day)
        ago = (figures.today - figures.last_day).days
        if ago < rest.WEEK_DAYS:
            return self._("Your last session was on {day}. Every calm lift counts.").format(day=day)
        return self._n(
            "Your last session was on {day}, {n} day ago. It is never too late to go on.",
            "Your last session was on {day}, {n} days ago. It is never too late to go on.",
            ago,
        ).format(day=day, n=ago)

    def next_session(self, figures: Figures) -> str:
        """Return when the next session may be."""
        verdict = figures.verdict
        if not figures.total.sessions:
            free = verdict is None or not verdict.locked
            return self._("It may be whenever you like.") if free else ""
        if verdict is None:
            return self._("The last session was not over when this was written.")
        if not verdict.locked:
            return self._("The next session may be whenever you like.")
        # How many training days there were is told just before.
        why = "" if verdict.why is rest.Why.WEEK_FULL else f"{self.say(verdict.sentence)} "
        if verdict.until_wall is None:
            hours = -int(-verdict.seconds_left // _HOUR_S)
            return why + self._n(
                "The next session may be once the device has been plugged in for {n} hour more.",
                "The next session may be once the device has been plugged in for {n} hours more.",
                hours,
            ).format(n=hours)
        # A minute that has begun is not over.
        minute = -int(-(verdict.until_wall + figures.zone_s) // 60) * 60
        until = datetime.fromtimestamp(minute, UTC)
        when = (
            self.day_name(until.date())
            if f"{until:%H:%M}" == _MIDNIGHT
            else self.moment_name(until)
        )
        return why + self._("The next session may be from {when} on.").format(when=when)

    def regular_weeks(self, weeks: Sequence[Week]) -> str:
        """Return in how many of all weeks somebody practised."""
        some = sum(1 for week in weeks if week.training >= rest.WEEK_SESSIONS - 1)
        any_ = sum(1 for week in weeks if week.training)
        if len(weeks) == 1:
            return self._("This is your first week. What counts is to come back, week after week.")
        if any_ == len(weeks):
            how_many = self._("You practised in every one of the {all} weeks since you began")
        else:
            how_many = self._("You practised in {any} of the {all} weeks since you began")
        if some == any_:
            often = self._("each time on two days or more")
        else:
            often = self._("in {some} of them on two days or more")
        said = f"{how_many}, {often}." if any_ else f"{how_many}."
        said += " " + self._("What counts is to come back, week after week.")
        return said.format(all=len(weeks), any=any_, some=some)

    def of_one_year(self, year: int, weeks: Sequence[Week]) -> str:
        """Return what the row of one year shows."""
        counts = [sum(1 for week in weeks if week.training == days) for days in range(4)]
        return self._(
            "{year}: weeks with three training days {three}, with two {two}, with one {one}, "
            "with none {none}."
        ).format(
            year=year,
            three=len(weeks) - sum(counts[:3]),
            two=counts[2],
            one=counts[1],
            none=counts[0],
        )

    def sides_of_late(self, figures: Figures, by_number: bool) -> list[str]:
        """Return how both sides moved of late, and before; nothing where there was no rep."""
        weeks = RECENT_DAYS // 7
        if by_number:
            when = (self._("In the latest sessions"), self._("In the sessions before"))
        else:
            when = (
                self._("In the last {weeks} weeks").format(weeks=weeks),
                self._("In the {weeks} weeks before").format(weeks=weeks),
            )
        return [
            self.named(name, self.sides(tally))
            for name, tally in zip(when, (figures.recent, figures.before), strict=True)
            if tally.reps
        ]

    def sides(self, tally: Tally) -> str:
        """Say in words whether both sides moved together; the model cannot tell by how much."""
        left, right = tally.notes["left_lags"], tally.notes["right_lags"]
        alone = tally.refused["one_sided"]
        if left == right == 0:
            said = [self._("both sides lifted together in every rep.")]
        elif max(left, right) * 4 < tally.reps:
            said = [self._("both sides lifted together in most reps.")]
        else:
            said = [self._("one side often came later or less.")]
        if left and right:
            lagging = self._(
                "The left came later or less in {left} of {reps}, the right in {right}."
            )
        elif left:
            lagging = self._("The left came later or less in {left} of {reps}.")
        elif right:
            lagging = self._("The right came later or less in {right} of {reps}.")
        else:
            lagging = ""
        if lagging:
            said.append(lagging.format(left=left, right=right, reps=tally.reps))
        if alone:
            said.append(self._("Not counted because one side lifted alone: {n}.").format(n=alone))
        return " ".join(said)

    def massages(self, figures: Figures) -> str:
        """Return how often there was a massage."""
        if not figures.massages:
            return self._(
                "No massage was timed yet. Two quick presses of the button time one, on any day, "
                "rest days too."
            )
        minutes = max(1, round(figures.massage_s / 60))
        timed = {
            "massages": self._n("{n} massage", "{n} massages", figures.massages).format(
                n=figures.massages
            ),
            "minutes": self._n("{n} minute", "{n} minutes", minutes).format(n=minutes),
        }
        if figures.today is None:
            return self._("{massages} in all, {minutes}.").format(**timed)
        return self._n(
            "Massage on {n} day of the last {days}; {massages} in all, {minutes}.",
            "Massage on {n} days of the last {days}; {massages} in all, {minutes}.",
            figures.massage_days,
        ).format(n=figures.massage_days, days=RECENT_DAYS, **timed)

    def hurt(self, story: HurtStory) -> str:
        """Return that something hurt, and what followed."""
        if story.day is not None:
            said = [self._("On {day} something hurt.").format(day=self.day_name(story.day))]
        else:
            said = [self._("After session {n} began, something hurt.").format(n=story.after)]
        if not story.went_on:
            return " ".join((*said, self._("You have rested since.")))
        if story.day is not None and story.next is not None:
            days = (story.next - story.day).days
            said.append(
                self._n(
                    "You rested until {day}, {n} day later.",
                    "You rested until {day}, {n} days later.",
                    days,
                ).format(day=self.day_name(story.next), n=days)
            )
        else:
            said.append(self._("You rested, and session {n} followed.").format(n=story.after + 1))
        again = self._("It hurt again then.")
        said.append(again if story.again else self._("Nothing hurt then."))
        return " ".join(said)

    def control(self, stretch: Stretch) -> str:
        """Return how well lifts were controlled in a month, or in some sessions, in words."""
        if stretch.month is not None:
            months = self._(_WHOLE_MONTHS).split()
            name = self._("{month} {year}").format(
                month=months[stretch.month.month - 1], year=stretch.month.year
            )
        elif stretch.first == stretch.last:
            name = self._("Session {number}").format(number=stretch.first)
        else:
            name = self._("Sessions {first} to {last}").format(
                first=stretch.first, last=stretch.last
            )
        tally = stretch.tally
        if not tally.reps:
            return self._("{name}: no repetition was counted.").format(name=name)
        return self._(
            "{name}: {lifts} ({reps} of {judged}), and {repetitions} ({steady} of {reps}), for "
            "{hold} s on average."
        ).format(
            name=name,
            lifts=self._(_share(tally.reps, tally.judged, _LIFTS_COUNTED)),
            repetitions=self._(_share(tally.steady, tally.reps, _HELD_STEADILY)),
            reps=tally.reps,
            judged=tally.judged,
            steady=tally.steady,
            hold=self.number(tally.mean_hold, 1),
        )

    def change(self, stretches: Sequence[Stretch]) -> str:
        """Return how control changed from the first to the latest month, or dozen of sessions."""
        some = [one.tally for one in stretches if one.tally.judged >= _ENOUGH and one.tally.reps]
        if len(some) < 2:
            return self._(
                "How your control changes over the months will be told here in a month or two."
            )
        first, last = some[0], some[-1]
        counts = _compared(_counted(first), _counted(last))
        steady = _compared(_steady(first), _steady(last))
        return self._(_CHANGES[counts, steady])

    def when_it_came(self, known: KnownFault) -> str:
        """Return when a fault came, how often, and how the panel showed it."""
        parts = [self.moment_name(known.day)]
        if known.times > 1:
            parts.append(self._("{n} times of late").format(n=known.times))
        if number := fault(known).number:
            parts.append(self._("the panel counts to {number}").format(number=number))
        return "; ".join(parts)

    def on_plots(self) -> dict[str, str]:
        """Return the words that report.js writes on plots and beside pictures."""
        return {
            "session": self._("Session"),
            "week": self._("Week from"),
            "reps": self._("Reps"),
            "shortest": self._("Shortest"),
            "longest": self._("Longest"),
            "mean": self._("Mean"),
            "counted": self._("Counted, of ten lifts"),
            "steady": self._("Steady, of ten reps"),
            "source": self._("source: {span}"),
            "held": self._("held {seconds} s"),
            "noPicture": self._("{name}: no picture yet"),
            "yourPicture": self._("{name}: your picture"),
            "notesFile": self._("liftlight-notes.txt"),
        }


_LESS = N_(
    "Fewer lifts are calm and steady than in the beginning. Smaller and slower is enough, and a "
    "good rest helps."
)
_MIXED = N_(
    "Some of your control has grown since the beginning, and some wants a little more calm."
)
_CHANGES = {
    (0, 0): N_("Your control is as it was in the beginning."),
    (1, 1): N_(
        "Since the beginning your control has grown: more lifts count and more of them are held "
        "steadily."
    ),
    (1, 0): N_("Since the beginning your control has grown: more lifts count."),
    (0, 1): N_("Since the beginning your control has grown: more repetitions are held steadily."),
    (-1, -1): _LESS,
    (-1, 0): _LESS,
    (0, -1): _LESS,
    (1, -1): _MIXED,
    (-1, 1): _MIXED,
}
"""What is said of a change in how many lifts count, and in how many are steady: more 1, less -1."""
_LIFTS_COUNTED = (
    N_("all lifts counted"),
    N_("nearly all lifts counted"),
    N_("most lifts counted"),
    N_("about half of the lifts counted"),
    N_("some lifts counted"),
)
_HELD_STEADILY = (
    N_("all repetitions were held steadily"),
    N_("nearly all repetitions were held steadily"),
    N_("most repetitions were held steadily"),
    N_("about half of the repetitions were held steadily"),
    N_("some repetitions were held steadily"),
)


def fault(known: KnownFault) -> FaultWords:
    """Return what to say of a fault; one of a kind that is not known counts as unknown."""
    kind = known.latest.kind
    return FAULTS[events.FaultKind(kind) if kind in FAULTS else events.FaultKind.UNKNOWN]


def _counted(tally: Tally) -> float:
    return tally.reps / tally.judged


def _steady(tally: Tally) -> float:
    return tally.steady / tally.reps


def _compared(before: float, after: float) -> int:
    return 0 if abs(after - before) < CHANGED else 1 if after > before else -1


def _share(some: int, of: int, said: Sequence[str]) -> str:
    """Return which of five things that are `said`, from all to some, is true of a share."""
    share = some / of
    if some == of:
        return said[0]
    for text, least in zip(said[1:4], (_NEARLY_ALL, _MOST, _HALF), strict=True):
        if share >= least:
            return text
    return said[4]


def in_words(session: SessionSummary) -> str:
    """Return a few plain lines about `session`, for a terminal."""
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
