"""A synthetic person in front of a synthetic camera, for the demo and for tests."""

from __future__ import annotations

from device.camera.subject.actor import CHARACTERS, Actor, Character, Player
from device.camera.subject.camera import SubjectCamera, from_spec
from device.camera.subject.person import DEFAULT, PEOPLE, Eyewear, Person
from device.camera.subject.render import Subject
from device.camera.subject.scenario import SCENARIOS, Script, script
from device.camera.subject.state import Phase, State

__all__ = [
    "CHARACTERS",
    "DEFAULT",
    "PEOPLE",
    "SCENARIOS",
    "Actor",
    "Character",
    "Eyewear",
    "Person",
    "Phase",
    "Player",
    "Script",
    "State",
    "Subject",
    "SubjectCamera",
    "from_spec",
    "motion",
    "scenario",
    "script",
]
