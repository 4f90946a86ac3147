"""One session in plain, kind words."""

from __future__ import annotations

from collections.abc import Mapping

from device.coach import events
from device.journal import SessionSummary

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
