"""What the device can be doing, and what each gesture means then: the coach's tables.

Every transition of the device and every meaning of a gesture stands here, and the diagrams in
README.md are generated from it. A session has states of its own (`session.py`).
"""

from __future__ import annotations

import enum

from device.coach.agenda import Table
from device.coach.button import Gesture, Grammar


class DeviceState(enum.StrEnum):
    """What the device is doing."""

    STARTING = "starting"
    READY = "ready"
    LOCKED = "locked"
    SESSION = "session"
    STOPPED = "stopped"
    MASSAGE = "massage"
    SETTING_TIME = "setting time"
    FAULT = "fault"
    OFF = "off"


IDLE = frozenset({DeviceState.READY, DeviceState.LOCKED})
"""The clock may turn one into the other while a finger is on the button."""
HURTS_WITHIN_S = 10.0
"""How long the device is STOPPED, seconds: a press this soon after a stop says that something
hurts. Later it might be meant to begin the next session."""
HURTS_HELD_S = 3.0
"""Who keeps holding for so much longer after the hold that stopped a session, seconds, says that
something hurts: five seconds in all, as long as nobody holds by accident. The sound of the stop is
over by then, so that who waits for it and lets go says nothing. A fifth less, 2.4 s, is as long as
that sound; a fifth more, 3.6 s, is a long time in pain."""


class DeviceTrigger(enum.StrEnum):
    """What takes the device from one state to another."""

    MAY_TRAIN = "may train"
    MUST_REST = "must rest"
    BEGIN = "begin"
    STOP = "stop"
    MASSAGE = "massage"
    TIME_OFFERED = "time offered"
    BREAK = "break"
    POWER_OFF = "power off"


_ALWAYS = {DeviceTrigger.BREAK: DeviceState.FAULT}
_HOME = {DeviceTrigger.MAY_TRAIN: DeviceState.READY, DeviceTrigger.MUST_REST: DeviceState.LOCKED}
_ANY_DAY = {
    DeviceTrigger.MASSAGE: DeviceState.MASSAGE,
    DeviceTrigger.TIME_OFFERED: DeviceState.SETTING_TIME,
    DeviceTrigger.POWER_OFF: DeviceState.OFF,
}

TRANSITIONS: Table[DeviceState, DeviceTrigger] = {
    DeviceState.STARTING: {**_HOME, **_ALWAYS},
    DeviceState.READY: {**_HOME, DeviceTrigger.BEGIN: DeviceState.SESSION, **_ANY_DAY, **_ALWAYS},
    DeviceState.LOCKED: {**_HOME, **_ANY_DAY, **_ALWAYS},
    DeviceState.SESSION: {**_HOME, DeviceTrigger.STOP: DeviceState.STOPPED, **_ALWAYS},
    DeviceState.STOPPED: {**_HOME, **_ALWAYS},
    DeviceState.MASSAGE: {**_HOME, **_ALWAYS},
    DeviceState.SETTING_TIME: {**_HOME, **_ALWAYS},
    DeviceState.FAULT: {
        **_HOME,
        DeviceTrigger.MASSAGE: DeviceState.MASSAGE,
        DeviceTrigger.POWER_OFF: DeviceState.OFF,
        **_ALWAYS,
    },
    DeviceState.OFF: {},
}


_SOME = Grammar(adds_up=True, hold=5.0)
"""Here a hold switches the device off, so it takes long enough never to happen by accident."""
_ONE = Grammar(adds_up=False, hold=2.0)
"""Here one press must be answered at once, and a hold stops what hurts perhaps."""
_STOPPED = Grammar(adds_up=False, hold=HURTS_HELD_S, goes_on=True)
"""Here a hand in pain need not find the button again: the hold that stopped goes on."""
GRAMMARS: dict[DeviceState, Grammar] = {
    DeviceState.READY: _SOME,
    DeviceState.LOCKED: _SOME,
    DeviceState.SESSION: _ONE,
    DeviceState.STOPPED: _STOPPED,
    DeviceState.MASSAGE: _ONE,
    DeviceState.SETTING_TIME: _ONE,
    DeviceState.FAULT: _SOME,
}
"""How presses add up in each state. In a state that is missing the button means nothing."""


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


MEANINGS: dict[DeviceState, dict[Gesture, Meaning]] = {
    DeviceState.READY: {
        Gesture.PRESS: Meaning.BEGIN,
        Gesture.DOUBLE: Meaning.MASSAGE,
        Gesture.TRIPLE: Meaning.QUIET,
        Gesture.HOLD: Meaning.POWER_OFF,
    },
    DeviceState.LOCKED: {
        Gesture.PRESS: Meaning.SHOW_REST,
        Gesture.DOUBLE: Meaning.MASSAGE,
        Gesture.TRIPLE: Meaning.QUIET,
        Gesture.HOLD: Meaning.POWER_OFF,
    },
    DeviceState.SESSION: {Gesture.PRESS: Meaning.PAUSE, Gesture.HOLD: Meaning.STOP},
    DeviceState.STOPPED: {Gesture.PRESS: Meaning.HURTS, Gesture.HOLD: Meaning.HURTS},
    DeviceState.MASSAGE: {Gesture.PRESS: Meaning.END_MASSAGE, Gesture.HOLD: Meaning.END_MASSAGE},
    DeviceState.SETTING_TIME: {
        Gesture.PRESS: Meaning.SET_TIME,
        Gesture.HOLD: Meaning.SET_TIME_FIRMLY,
    },
    DeviceState.FAULT: {
        Gesture.PRESS: Meaning.TRY_AGAIN,
        Gesture.DOUBLE: Meaning.MASSAGE,
        Gesture.TRIPLE: Meaning.QUIET,
        Gesture.HOLD: Meaning.POWER_OFF,
    },
}
"""What each gesture asks for, by the state in which it began. One that is missing asks nothing."""


def meaning_of(gesture: Gesture, begun_in: DeviceState, now: DeviceState) -> Meaning | None:
    """Return what `gesture` asks for; None if that is nothing, or if its state is gone."""
    if begun_in is not now and not {begun_in, now} <= IDLE:
        return None
    return MEANINGS[begun_in].get(gesture)
