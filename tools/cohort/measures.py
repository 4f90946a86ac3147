"""What a cohort did, as expressions over the gathered tables.

Written once, against Ibis' tables: DuckDB runs them on this machine, a distributed engine runs
the same on many. Days are whole numbers, so that no engine's idea of a date comes into it.

- adherence: training days against the three a week that the device offers, from a device's first
  day to the end of its last week, at most 1;
- dose: lifts held half a second or more on a day; three make it a training day, fifteen are the
  most that a session allows;
- rest: of two training days in a row, whether a free day lies between them; and of four, whether
  the first and the last are a week apart;
- control: mean and spread of the holds, lifts refused, repetitions noted as unsteady.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from device.coach import exercises, rest

MOST_LIFTS = exercises.CHEEK_LIFTER.dose.lifts

Table = Any
"""An Ibis table expression; Ibis is an optional extra, its types are not checked here."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Three tables: a row a device, a row a week since each device's first, one row for all."""

    devices: Table
    weeks: Table
    total: Table


def measures(ibis: Any, sessions: Table, reps: Table) -> Measures:
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
    devices = _devices(ibis, days, spans, held)
    return Measures(devices, _weeks(days, held), _total(devices))


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
        devices=devices.count(),
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
