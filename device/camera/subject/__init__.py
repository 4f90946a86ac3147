"""A synthetic person in front of a synthetic camera; see README.md in this folder."""

from __future__ import annotations

from device.camera.subject.actor import Actor, Player
from device.camera.subject.camera import SubjectCamera, from_spec
from device.camera.subject.character import CHARACTERS, Aside, Character
from device.camera.subject.person import DEFAULT, PEOPLE, Eyewear, Person
from device.camera.subject.render import Subject
from device.camera.subject.scenario import SCENARIOS, script
from device.camera.subject.script import Script, TruthEvent
from device.camera.subject.state import Phase, State, Truth

__all__ = [
    "CHARACTERS",
    "DEFAULT",
    "PEOPLE",
    "SCENARIOS",
    "Actor",
    "Aside",
    "Character",
    "Eyewear",
    "Person",
    "Phase",
    "Player",
    "Script",
    "State",
    "Subject",
    "SubjectCamera",
    "Truth",
    "TruthEvent",
    "from_spec",
    "motion",
    "scenario",
    "script",
]
