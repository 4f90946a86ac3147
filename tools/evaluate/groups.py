"""What kind of clip it is, as its annotation says: light, roll, fingers, mouth, subject.

An annotation may say so itself (`"light": "dark"`, `"roll": "left"`, `"fingers": true`,
`"mouth": "closed"`, `"subject": "ada"`). Else it is read from what the development clips have: the
scenario of a rendering, the kind of a harder clip, the mouth of its lifts. What nobody wrote down
is `not said`, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GROUPS = ("light", "roll", "fingers", "mouth", "subject")
NOT_SAID = "not said"

_DARK = ("low_light", "dark")
_TV = ("tv_light",)


def groups_of(about: Mapping[str, Any]) -> dict[str, str]:
    """Return the value of each group for the clip that `about`, its annotation, tells of."""
    kind = f"{about.get('scenario', '')} {about.get('harder', '')}"
    rendered = "scenario" in about
    derived = {
        "light": _light(kind, rendered),
        "roll": _roll(kind, rendered),
        "fingers": ("yes" if "fingers" in kind else "no") if rendered else NOT_SAID,
        "mouth": _mouth(about),
        "subject": str(about.get("composed_from") or about.get("made_from") or NOT_SAID),
    }
    return {group: _told(about.get(group)) or derived[group] for group in GROUPS}


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float) else ""


def _light(kind: str, rendered: bool) -> str:
    if any(word in kind for word in _DARK):
        return "dark"
    if any(word in kind for word in _TV):
        return "television"
    return "room" if rendered else NOT_SAID


def _roll(kind: str, rendered: bool) -> str:
    for word in ("lying_left", "lying_right", "upside_down", "askew", "turning"):
        if word in kind:
            return word.replace("_", " ")
    if "lying" in kind:
        return "lying"
    return "upright" if rendered else NOT_SAID


def _mouth(about: Mapping[str, Any]) -> str:
    mouths = {
        str(event["mouth"])
        for event in about.get("events", [])
        if event.get("type") == "lift" and event.get("mouth")
    }
    if not mouths:
        return NOT_SAID if about.get("lifts") else "no lift"
    return mouths.pop() if len(mouths) == 1 else "changing"
