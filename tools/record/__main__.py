"""`python -m tools.record OUT`: record one set of the exercise at a desk, by consent.

The person in front of the webcam reads what may be kept and answers for the numbers and for the
film; without an answer nothing is. Then the device's own loop, coach and panel ask for ten lifts.
What is kept goes into the folder OUT, with a page to annotate it, `annotate.html`. Nothing is sent
anywhere.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from device.camera import Camera, check_present, open_camera
from device.camera.subject import SubjectCamera, from_spec
from device.clock import SettableClock, SystemClock
from device.desk import demo, simulated_time
from device.errors import CallerError
from device.files import whole_file
from device.inbox import Inbox, LiveInbox, listen, reporting_dead_threads
from device.journal import JOURNAL_NAME, Journal, last_session
from device.loop import Loop
from device.panel import TerminalPanel
from device.run import open_coach
from device.settings import Settings
from device.sync.report import words
from device.trace import TraceWriter
from tools.clips import vision
from tools.environment import ToolError, argument_parser, in_one_line
from tools.record.keep import Film, KeptSource

PAGE = Path(__file__).with_name("annotate.html")
SETTINGS = Settings()
SUBJECT, SUBJECT_FPS = "subject", 15.0
"""The camera of the synthetic subject, in simulated time, and its pictures a second."""

KEEP, SHARE, NO = "keep", "share", "no"
WHAT_IS_KEPT = """\
This records one set of the exercise, to find out how well LiftLight counts.

The camera is on for about two minutes. LiftLight looks for your face and asks
for a practised lift and ten more, as the device beside a bed does.

What may be kept, in the folder {out} on this computer:

- The numbers: how far your face lifted, how it was turned, where it was and how
  bright, for each picture. They are no picture, and hold neither your name nor
  the time of day; but they are about you.
- The film, if you want that: your face as the camera saw it, without sound. It
  is the better evidence, because others can look at it picture by picture.

Nothing is sent anywhere, and without your word nothing is written. You may stop
at any time, and think better of it at any time: delete the files, whose names
are said at the end.

Do not take part in the first three months after facial palsy, after recent
facial surgery or injectables, with a jaw-joint disorder, with acute pain, or
with photosensitive epilepsy. Stop if anything hurts. The set is a day's
exercise: leave a free day before and after it.

The answers must come from the person who will be seen. Anything but the word
asked for means no.
"""
ABOUT_NUMBERS = (
    "May the numbers be kept? Type `keep`; or `share`, if they may be given to others, too: "
)
ABOUT_FILM = "May the film be kept on this computer as well? Type `keep`: "
BEGINS = """
The set begins now. Rest two fingertips lightly on your cheeks, look at the
camera, and do what is asked below. Space pauses and goes on, h stops, q leaves.
"""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person who is seen allowed: `KEEP`, `SHARE` or `NO`."""

    numbers: str
    film: str


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.record", __doc__)
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder for what is kept")
    parser.add_argument(
        "--camera",
        default="v4l2:/dev/video0",
        help="v4l2:/dev/videoN, or subject or subject:CHARACTER to try it without a person "
        "(%(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        check_present(options.camera)
        bedside = _bedside(options.camera)
        text = WHAT_IS_KEPT.format(out=options.out)
        consent = _asked(text)
    except KeyboardInterrupt:
        consent = Consent(NO, NO)
        print()
    if consent.numbers == NO:
        print(f"Then nothing is recorded. (Only `{KEEP}` or `{SHARE}` would have meant yes.)")
        return 0
    name = _new_name(options.out)
    # Before anything that it allows is on the disk.
    _keep_word(options.out / f"{name}.consent.txt", text, consent)
    _record(options.out, name, bedside, consent)
    shutil.copyfile(PAGE, options.out / PAGE.name)
    _say_what_is_kept(options.out, name, consent)
    return 0


def _asked(text: str) -> Consent:
    """Return what the person answers, on stdin; no answer means no."""
    print(text)
    numbers = _answer(ABOUT_NUMBERS, {KEEP, SHARE})
    return Consent(numbers, NO if numbers == NO else _answer(ABOUT_FILM, {KEEP}))


def _answer(question: str, words: set[str]) -> str:
    print(question, end="", flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print()
    answer = answer.strip().strip("`").lower()
    return answer if answer in words else NO


def _new_name(out: Path) -> str:
    """Return a name that nothing in `out` has, and make the folder; raises CallerError."""
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = {path.name.partition(".")[0] for path in out.iterdir()}
    except OSError as error:
        raise CallerError(
            f"{out} cannot be used ({error.strerror}): name another folder."
        ) from error
    return next(name for n in range(1, len(taken) + 2) if (name := f"set-{n:03}") not in taken)


@dataclass(frozen=True, slots=True)
class _Bedside:
    """A camera and the clock that times its pictures; a `subject`, if one hears the cues."""

    camera: Camera
    clock: SettableClock
    subject: SubjectCamera | None


def _bedside(spec: str) -> _Bedside:
    """Return what `--camera` names, switched off; raises CallerError if there is no such camera."""
    kind, _, who = spec.partition(":")
    if kind == SUBJECT:
        # A slow machine then records the same set as a fast one.
        clock = simulated_time.SimulatedClock()
        subject = from_spec(who, clock.monotonic, SUBJECT_FPS)
        return _Bedside(subject, clock, subject)
    system = SystemClock()
    return _Bedside(open_camera(spec, system.monotonic), system, None)


def _record(out: Path, name: str, bedside: _Bedside, consent: Consent) -> None:
    """Do one session and keep of it what may be kept; raises LiftLightError if that fails.

    The film appears whole or not at all. The session's own journal is forgotten.
    """
    clock = bedside.clock
    trace_path = out / f"{name}.csv"
    with ExitStack() as stack:
        film = None
        if consent.film == KEEP:
            partial = stack.enter_context(whole_file(out / f"{name}.mp4"))
            film = stack.enter_context(Film(partial))
        trace = stack.enter_context(TraceWriter(trace_path))
        source = KeptSource(vision(bedside.camera), trace, film)
        inbox: Inbox = (
            simulated_time.SimulatedInbox(source, clock, paced=sys.stdout.isatty())
            if isinstance(clock, simulated_time.SimulatedClock)
            else LiveInbox(source, clock)
        )
        stack.enter_context(reporting_dead_threads(inbox))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liftlight-record-")))
        journal = stack.enter_context(Journal(folder / JOURNAL_NAME, clock))
        print(BEGINS)
        panel = stack.enter_context(TerminalPanel(SETTINGS.pins, clock))
        listen(panel, inbox)
        display = demo.Bedside(panel, bedside.subject, inbox, clock)
        Loop(inbox, open_coach(journal, SETTINGS), display, journal, clock).run()
        with journal.reading() as rows:
            session = last_session(rows)
        if source.failure is not None:
            raise source.failure
        if not source.kept_s:
            for nothing in (trace_path, out / f"{name}.consent.txt"):
                nothing.unlink()
            raise ToolError("the camera gave no pictures, and nothing was kept: look at the camera")
    print(f"\n{words.in_words(session)}" if session else "")


def _keep_word(path: Path, text: str, consent: Consent) -> None:
    """Write down what was asked and what was answered, beside what it allows."""
    answers = f"{ABOUT_NUMBERS}{consent.numbers}\n{ABOUT_FILM}{consent.film}\n"
    with whole_file(path) as partial:
        partial.write_text(f"{date.today()}\n\n{text}\n{answers}", encoding="utf-8")


def _say_what_is_kept(out: Path, name: str, consent: Consent) -> None:
    films = [f"  {out}/{name}.mp4, the film"] if consent.film == KEEP else []
    shared = " The numbers and their annotation may be shared." if consent.numbers == SHARE else ""
    print(
        "\n".join(
            [
                "Kept:",
                f"  {out}/{name}.csv, the numbers",
                *films,
                f"  {out}/{name}.consent.txt, what you allowed",
                "If you think better of it, delete them." + shared,
                "",
                f"Now open {out}/{PAGE.name} in a browser, mark the lifts, and put the annotation,",
                f"{name}.json, beside them. Then",
                f"  {sys.executable} -m tools.evaluate {out}",
                "says how well they were counted.",
            ]
        )
    )


if __name__ == "__main__":
    sys.exit(main())
