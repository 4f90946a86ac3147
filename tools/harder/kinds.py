"""What makes a clip harder: each kind changes the pictures, the order of the frames, or both.

A kind is a function from a `Scene` to a `Harder`. Nothing here changes what the person does, so
the annotated count stays true; where a kind adds a pause, later events come that much later.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.harder import light, others, pose, timing, worn
from tools.harder.scene import Harder, Scene

Kind = Callable[[Scene], Harder]


def _named(*kinds: Kind) -> dict[str, Kind]:
    return {kind.__name__: kind for kind in kinds}


ROLLS = {f"rolled_{degrees}": pose.rolled(degrees) for degrees in range(30, 360, 30)}
"""Any roll from the start, degrees clockwise."""
RATES = {f"at_{rate}_fps": timing.at_rate(rate) for rate in (12, 15, 20, 25, 30, 60)}

PICTURES = _named(
    pose.lying_left,
    pose.lying_right,
    pose.upside_down,
    pose.askew,
    pose.turning,
    pose.turned_over,
    pose.swaying,
    pose.portrait,
    pose.at_the_edge,
    pose.half_out,
    pose.half_out_and_back,
    pose.farther,
    pose.nearer,
    light.nearly_dark,
    light.lamp_out,
    light.tv_light,
    light.grey,
    light.one_channel,
    light.infrared,
    others.passer_by,
    others.passer_by_larger,
    others.somebody_beside,
    others.hidden_by_a_smile,
    others.somebody_lifts_in_front,
    worn.glasses,
    worn.sunglasses,
    worn.fingers,
    worn.fingers_come,
    worn.fingers_go,
    worn.smile_at_start,
    timing.stuck_frames,
)
"""What a film at an even rate can show."""

KINDS: dict[str, Kind] = {
    **PICTURES,
    **ROLLS,
    **RATES,
    **_named(timing.uneven, timing.dropped, timing.twice),
}
