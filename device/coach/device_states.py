"""What the appliance can be doing, and what each gesture means then: the tables of the coach."""

from __future__ import annotations

import enum

from device.coach.agenda import Table
from device.coach.button import Gesture, Grammar


class State(enum.StrEnum):
    """What the appliance is doing."""

    STARTING = "starting"
    READY = "ready"
    LOCKED = "locked"
    SESSION = "session"
    STOPPED = "stopped"
    MASSAGE = "massage"
    SETTING_TIME = "setting time"
    FAULT = "fault"
    OFF = "off"


IDLE = frozenset({State.READY, State.LOCKED})
"""Which of the two it is may change while a finger is on the button."""
HURTS_WITHIN_S = 10.0
"""How long it is STOPPED: a press this soon after a stop says that something hurts, seconds."""


class Trigger(enum.StrEnum):
    """What changes what the appliance is doing."""

    MAY_TRAIN = "may train"
    MUST_REST = "must rest"
    BEGIN = "begin"
    STOP = "stop"
    MASSAGE = "massage"
    TIME_OFFERED = "time offered"
    BREAK = "break"
    POWER_OFF = "power off"


_ALWAYS = {Trigger.BREAK: State.FAULT}
_HOME = {Trigger.MAY_TRAIN: State.READY, Trigger.MUST_REST: State.LOCKED}
_ANY_DAY = {
    Trigger.MASSAGE: State.MASSAGE,
    Trigger.TIME_OFFERED: State.SETTING_TIME,
    Trigger.POWER_OFF: State.OFF,
}

TRANSITIONS: Table[State, Trigger] = {
    State.STARTING: {**_HOME, **_ALWAYS},
    State.READY: {**_HOME, Trigger.BEGIN: State.SESSION, **_ANY_DAY, **_ALWAYS},
    State.LOCKED: {**_HOME, **_ANY_DAY, **_ALWAYS},
    State.SESSION: {**_HOME, Trigger.STOP: State.STOPPED, **_ALWAYS},
    State.STOPPED: {**_HOME, **_ALWAYS},
    State.MASSAGE: {**_HOME, **_ALWAYS},
    State.SETTING_TIME: {**_HOME, **_ALWAYS},
    State.FAULT: {**_HOME, Trigger.POWER_OFF: State.OFF, **_ALWAYS},
    State.OFF: {},
}


_SOME = Grammar(adds_up=True, hold=5.0)
_ONE = Grammar(adds_up=False, hold=2.0)
GRAMMARS: dict[State, Grammar] = {
    State.READY: _SOME,
    State.LOCKED: _SOME,
    State.SESSION: _ONE,
    State.STOPPED: _ONE,
    State.MASSAGE: _ONE,
    State.SETTING_TIME: _ONE,
    State.FAULT: _SOME,
}
"""How presses add up in each state. In the others the button means nothing."""


class Meaning(enum.StrEnum):
    """What a gesture asks for."""

    BEGIN = "begin"
    SHOW_REST = "show rest"
    MASSAGE = "massage"
    QUIET = "quiet"
    POWER_OFF = "power off"
    PAUSE = "pause or resume"
    STOP = "stop"
    HURTS = "something hurts"
    END_MASSAGE = "end massage"
    SET_TIME = "set time"
    SET_TIME_FIRMLY = "set time firmly"
    TRY_AGAIN = "try again"


MEANINGS: dict[State, dict[Gesture, Meaning]] = {
    State.READY: {
        Gesture.PRESS: Meaning.BEGIN,
        Gesture.DOUBLE: Meaning.MASSAGE,
        Gesture.TRIPLE: Meaning.QUIET,
        Gesture.HOLD: Meaning.POWER_OFF,
    },
    State.LOCKED: {
        Gesture.PRESS: Meaning.SHOW_REST,
        Gesture.DOUBLE: Meaning.MASSAGE,
        Gesture.TRIPLE: Meaning.QUIET,
        Gesture.HOLD: Meaning.POWER_OFF,
    },
    State.SESSION: {Gesture.PRESS: Meaning.PAUSE, Gesture.HOLD: Meaning.STOP},
    State.STOPPED: {Gesture.PRESS: Meaning.HURTS, Gesture.HOLD: Meaning.HURTS},
    State.MASSAGE: {Gesture.PRESS: Meaning.END_MASSAGE, Gesture.HOLD: Meaning.END_MASSAGE},
    State.SETTING_TIME: {
        Gesture.PRESS: Meaning.SET_TIME,
        Gesture.HOLD: Meaning.SET_TIME_FIRMLY,
    },
    State.FAULT: {
        Gesture.PRESS: Meaning.TRY_AGAIN,
        Gesture.TRIPLE: Meaning.QUIET,
        Gesture.HOLD: Meaning.POWER_OFF,
    },
}
"""What a gesture asks for, by the state in which it began; what is missing means nothing."""


def meaning_of(gesture: Gesture, begun_in: State, now: State) -> Meaning | None:
    """Return what `gesture` asks for; nothing if the state in which it began is gone."""
    if begun_in is not now and not {begun_in, now} <= IDLE:
        return None
    return MEANINGS[begun_in].get(gesture)
