"""What a cohort did, as expressions over the gathered tables.

Written once, against Ibis' tables: DuckDB runs them on this machine, a distributed engine runs
the same on many. Days are whole numbers, so that no engine's idea of a date comes into it.

- adherence: training days against the three a week that the device offers, from a device's first
  day to the end of its last week, at most 1;
- dose: lifts held half a second or more on a day; three make it a training day, fifteen are the
  most that a session allows;
- rest: of two training days in a row, whether a free day lies between them; and of four, whether
  the first and the last are a week apart;
- control: mean and spread of the holds, lifts refused, repetitions noted as unsteady;
- who needs a look (`Look`): as of the last day that the export knows of, for nobody knows what came
  after it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from device.coach import exercises, rest
from tools.cohort.exports import HURT

MOST_LIFTS = exercises.CHEEK_LIFTER.dose.lifts

LATELY_DAYS = round(rest.HURT_AGAIN_DAYS)
"""What hurt or failed so many days before the last known one asks for a look: the device itself
asks for a week of rest if something hurts twice within them."""
QUIET_DAYS = rest.WEEK_DAYS
"""So many days without a session are a week in which three were offered."""
LAST_WEEKS = 4
"""The adherence of a device is that of its last so many weeks: twelve training days at most."""
LEAST_WEEKS = 2
"""A device that is known for fewer weeks has too little of it to tell."""
SHOWN_WEEKS = 12
"""So many weeks of each device are told one by one."""


class Look(enum.IntEnum):
    """Why somebody should look after a device, the most urgent first."""

    HURT_AGAIN = 0
    HURT = 1
    FAULT = 2
    QUIET = 3
    TOO_LITTLE = 4
    NOTHING = 5


Table = Any
"""An Ibis table expression; Ibis is an optional extra, its types are not checked here."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Tables: a row a device; a row a week since each device's first; one row for all.

    `device_weeks` has a row for each device and week with a training day, `weeks_ago` whole weeks
    before its last known day; `faults` one for each device and kind of fault.
    """

    devices: Table
    weeks: Table
    total: Table
    device_weeks: Table
    faults: Table


def measures(ibis: Any, sessions: Table, reps: Table, moments: Table, exports: Table) -> Measures:
    """Return the measures of a cohort. `ibis` is the module."""
    dated = sessions.filter(sessions.day.notnull())
    days = dated.group_by("device", "day").agg(
        sessions=dated.count(),
        reps=dated.reps.sum(),
        lifts=dated.lifts.sum(),
        dose=dated.dose.sum(),
        refused=dated.refused.sum(),
    )
    spans = days.group_by("device").agg(first_day=days.day.min(), last_day=days.day.max())
    days = days.join(spans, "device")
    days = days.mutate(
        week=(days.day - days.first_day) // rest.WEEK_DAYS,
        training=(days.dose >= rest.TRAINING_DOSE).cast("int32"),
    )
    held = reps.filter(reps.day.notnull()).join(spans, "device")
    held = held.mutate(week=(held.day - held.first_day) // rest.WEEK_DAYS)
    known = exports.left_join(spans, "device").drop("device_right")
    # A session that ended just now may be later than the last checkpoint of the clock.
    known = known.mutate(until=ibis.greatest(known.until, known.last_day))
    moments = moments.join(known.select("device", "until"), "device")
    moments = moments.mutate(
        lately=(moments.day.isnull() | (moments.until - moments.day < LATELY_DAYS)).cast("int32")
    )
    recent = days.join(known.select("device", "until"), "device")
    recent = recent.mutate(weeks_ago=(recent.until - recent.day) // rest.WEEK_DAYS)
    devices = _devices(ibis, days, spans, held)
    devices = known.select("device", "until", "undated", "place", "report").left_join(
        devices, "device"
    )
    devices = _looked_at(ibis, devices.drop("device_right"), moments, recent)
    return Measures(
        devices, _weeks(days, held), _total(devices), _device_weeks(recent), _faults(moments)
    )


def _devices(ibis: Any, days: Table, spans: Table, held: Table) -> Table:
    training = days.filter(days.training == 1)
    per_device = ibis.window(group_by="device", order_by="day")
    spaced = training.mutate(
        gap=(training.day - training.day.lag(1)).over(per_device),
        gap_of_four=(training.day - training.day.lag(rest.WEEK_SESSIONS)).over(per_device),
    )
    resting = spaced.group_by("device").agg(
        training_days=spaced.count(),
        mean_dose=spaced.dose.mean(),
        over_dose_days=(spaced.dose > MOST_LIFTS).cast("int32").sum(),
        rests=spaced.gap.count(),
        rests_kept=(
            (spaced.gap >= rest.REST_DAYS)
            & (spaced.gap_of_four.isnull() | (spaced.gap_of_four >= rest.WEEK_DAYS))
        )
        .cast("int32")
        .sum(),
    )
    sums = days.group_by("device").agg(
        sessions=days.sessions.sum(),
        reps=days.reps.sum(),
        lifts=days.lifts.sum(),
        refused=days.refused.sum(),
    )
    holds = held.group_by("device").agg(
        mean_hold_s=held.hold_s.mean(),
        hold_spread_s=held.hold_s.std(how="pop"),
        unsteady=held.unsteady.mean(),
    )
    table = spans.left_join(sums, "device").drop("device_right")
    table = table.left_join(resting, "device").drop("device_right")
    table = table.left_join(holds, "device").drop("device_right")
    weeks = (table.last_day - table.first_day) // rest.WEEK_DAYS + 1
    return table.mutate(
        weeks=weeks,
        training_days=table.training_days.fill_null(0),
        adherence=ibis.least(
            1.0, table.training_days.fill_null(0).cast("float64") / (rest.WEEK_SESSIONS * weeks)
        ),
        refused_share=table.refused.cast("float64") / table.lifts.nullif(0),
        rest_kept_share=table.rests_kept.cast("float64") / table.rests.nullif(0),
    ).order_by("device")


def _looked_at(ibis: Any, devices: Table, moments: Table, recent: Table) -> Table:
    """Return the devices with what tells who needs a look."""
    hurts = moments.filter(moments.kind == HURT)
    hurts = hurts.group_by("device").agg(hurts=hurts.count(), hurts_lately=hurts.lately.sum())
    faults = moments.filter(moments.kind != HURT)
    faults = faults.group_by("device").agg(faults=faults.count(), faults_lately=faults.lately.sum())
    table = devices.left_join(hurts, "device").drop("device_right")
    table = table.left_join(faults, "device").drop("device_right")
    counts = ("hurts", "hurts_lately", "faults", "faults_lately")
    table = table.mutate(
        **{name: table[name].fill_null(0) for name in counts},
        quiet_days=table.until - table.last_day,
        # Before the least is taken: engines leave a null out of it.
        last_weeks=ibis.least(
            LAST_WEEKS, ((table.until - table.first_day + 1) // rest.WEEK_DAYS).fill_null(0)
        ),
    )
    last = recent.join(table.select("device", "last_weeks"), "device")
    last = last.filter(last.weeks_ago < last.last_weeks)
    last = last.group_by("device").agg(last_training_days=last.training.sum())
    table = table.left_join(last, "device").drop("device_right")
    look = ibis.cases(
        (table.hurts_lately > 1, int(Look.HURT_AGAIN)),
        (table.hurts_lately == 1, int(Look.HURT)),
        (table.faults_lately > 0, int(Look.FAULT)),
        (table.quiet_days > QUIET_DAYS, int(Look.QUIET)),
        (table.last_weeks < LEAST_WEEKS, int(Look.TOO_LITTLE)),
        else_=int(Look.NOTHING),
    )
    return table.mutate(
        last_training_days=table.last_training_days.fill_null(0), look=look
    ).order_by("device")


def _device_weeks(recent: Table) -> Table:
    shown = recent.filter(recent.weeks_ago < SHOWN_WEEKS)
    weeks = shown.group_by("device", "weeks_ago").agg(training_days=shown.training.sum())
    return weeks.order_by("device", "weeks_ago")


def _faults(moments: Table) -> Table:
    faults = moments.filter(moments.kind != HURT)
    return (
        faults.group_by("device", "kind")
        .agg(times=faults.count(), lately=faults.lately.sum(), last_day=faults.day.max())
        .order_by("device", "kind")
    )


def _weeks(days: Table, held: Table) -> Table:
    by_week = days.group_by("week").agg(
        devices=days.device.nunique(),
        training_days=days.training.sum(),
        reps=days.reps.sum(),
        dose=days.dose.sum(),
        lifts=days.lifts.sum(),
        refused=days.refused.sum(),
    )
    # The spread of each person's own holds, then its mean over the persons.
    own = held.group_by("week", "device").agg(
        mean=held.hold_s.mean(), spread=held.hold_s.std(how="pop"), unsteady=held.unsteady.mean()
    )
    control = own.group_by("week").agg(
        mean_hold_s=own["mean"].mean(),
        hold_spread_s=own.spread.mean(),
        unsteady_share=own.unsteady.mean(),
    )
    table = by_week.left_join(control, "week").drop("week_right")
    return table.mutate(
        training_days_per_device=table.training_days.cast("float64") / table.devices,
        dose_per_device=table.dose.cast("float64") / table.devices,
        refused_share=table.refused.cast("float64") / table.lifts.nullif(0),
    ).order_by("week")


def _total(devices: Table) -> Table:
    return devices.agg(
        devices=devices.first_day.count(),
        sessions=devices.sessions.sum(),
        training_days=devices.training_days.sum(),
        reps=devices.reps.sum(),
        lifts=devices.lifts.sum(),
        refused=devices.refused.sum(),
        mean_adherence=devices.adherence.mean(),
        mean_dose=devices.mean_dose.mean(),
        over_dose_days=devices.over_dose_days.sum(),
        rests=devices.rests.sum(),
        rests_kept=devices.rests_kept.sum(),
        mean_hold_s=devices.mean_hold_s.mean(),
        mean_spread_s=devices.hold_spread_s.mean(),
    )
