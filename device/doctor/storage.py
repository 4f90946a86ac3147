"""Checks of the data folder and of what is in it: settings, the journal, the faults it noted."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from device.coach import events
from device.doctor.machine import Finding, Machine, fine, not_here, note, problem
from device.errors import LiftLightError
from device.journal import (
    JOURNAL_NAME,
    Calendar,
    connect_to_read,
    faults_of_last_boot,
    problem_with,
)
from device.language import N_, Told
from device.settings import SETTINGS, load
from device.system import USER

FULL_BYTES = 20 * 2**20
"""Less free space than this is a problem: years take 10 MB, and an export as much again."""


def settings(machine: Machine) -> Finding:
    """Check that the settings file, if there is one, can be used."""
    machine.look_into_data()
    path = machine.data / SETTINGS
    try:
        load(path)
    except LiftLightError as error:
        # Not `str`: it may be a text that health.txt says in another language.
        return problem(error.args[0])
    return fine(N_("as in the file") if path.exists() else N_("all defaults, there is no file"))


def data_folder(machine: Machine) -> Finding:
    """Check that the data folder is there, can be written, and has room."""
    folder = machine.data
    if not folder.is_dir():
        if not (machine.is_pi or machine.is_installed):
            return not_here(Told("{folder} was never made: nothing ran yet", folder=folder))
        cure = N_("mount the data partition (labelled LIFTLIGHT), or name a folder with --data")
        return problem(Told("there is no {folder}", folder=folder), cure)
    unfit = _unfit(machine, folder)
    if unfit is not None:
        return unfit
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    says = Told("{folder}, {free} MB free", folder=folder, free=free // 2**20)
    if free < FULL_BYTES:
        return problem(says, N_("free some space, or use a larger card"))
    return fine(says)


def _unfit(machine: Machine, folder: Path) -> Finding | None:
    """Return a problem if nothing can be kept in a folder that is there; else None."""
    mount = machine.mount_of(folder)
    if machine.is_installed and mount is not None and mount.kind in ("overlay", "tmpfs"):
        cure = N_(
            'mount the data partition there; /etc/overlayroot.local.conf must say "tmpfs:recurse=0"'
            ", and /etc/fstab nothing of it"
        )
        return problem(
            Told("{folder} is in memory: at the next start all of it is gone", folder=folder), cure
        )
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        cure = N_("mount it read-write; if it falls back to read-only, replace the card")
        return problem(
            Told("{folder} may not be written: it is mounted read-only", folder=folder), cure
        )
    if machine.may(folder, os.W_OK):
        return None
    if machine.is_installed:
        cure = f"sudo chown -R {USER}: {folder}"
        return problem(
            Told("{folder} may not be written by the user {user}", folder=folder, user=USER), cure
        )
    cure = Told("ask as {owner}, whose it is, or name another with --data", owner=folder.owner())
    return problem(Told("{folder} may not be written by you", folder=folder), cure)


def journal(machine: Machine) -> Finding:
    """Check that the journal is whole, and of a version that this program knows."""
    machine.look_into_data()
    path = machine.data / JOURNAL_NAME
    if not path.exists():
        return not_here("none was begun yet")
    try:
        damage = problem_with(path)
        if damage is None:
            connect_to_read(path).close()
    except LiftLightError as error:
        return problem(str(error))
    if damage is not None:
        cure = "start LiftLight again: it sets the journal aside, keeps it, and rests two days"
        return problem(f"damaged ({damage})", cure)
    kept = sorted(file.name for file in path.parent.glob("journal-damaged-*.db"))
    if kept:
        says = f"whole; an earlier one was damaged and is kept as {kept[-1]}"
        cure = "if that happens again, replace the card"
        return note(says, cure)
    return fine("whole")


def faults(machine: Machine) -> Finding:
    """Tell of the faults in the journal since the machine was last switched on."""
    from device.panel import patterns  # noqa: PLC0415  (`glance` must not wait for gpiozero)

    machine.look_into_data()
    path = machine.data / JOURNAL_NAME
    try:
        with closing(connect_to_read(path)) as connection:
            found = faults_of_last_boot(connection)
            calendar = Calendar(connection)
    except (LiftLightError, sqlite3.Error):
        return not_here("no journal to look in")
    if not found:
        return fine("none since the last start")
    last = found[-1]
    date = calendar.date(last.at)
    when = "date unknown" if date is None else f"{date:%d %b, %H:%M}"
    number, _ = patterns.FAULTS.get(
        events.FaultKind(last.kind), patterns.FAULTS[events.FaultKind.UNKNOWN]
    )
    counted = f"; the panel counts to {number}" if number else ""
    says = f"{len(found)} since the last start, the latest {last.kind} ({when}{counted})"
    return note(says, last.detail)
