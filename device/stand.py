"""Where the camera stands: the figures that the drawings, the parts list and the doctor share.

Lengths are cm. Angles are degrees between the way the face looks and the way to the camera, yaw and
pitch together; a person who lies on their back looks at the ceiling.
"""

from __future__ import annotations

DISTANCE_CM = 45.0
"""From the face to the camera: the face then fills a third of the picture, and is in focus."""

OFF_AXIS_DEG = (30.0, 40.0)
"""How far off the face's axis a camera on its arm stands. Less would be above the face, more leaves
nothing of the reach for a head that turns."""
REACH_DEG = 45.0
"""Up to this angle lifts are counted."""

ON_THE_BACK_DEG = sum(OFF_AXIS_DEG) / 2
ON_THE_SIDE_DEG = 20.0
SITTING_DEG = 15.0
"""The angles at which the three places are drawn."""

CAMERA_G = 4
"""What the arm carries, grams: the camera module, and nothing else."""
ARM_CM = 70
"""From the edge of the table up and over to the camera, with a bend to spare."""
TETHER_CM = 40
"""From the camera's end of the arm to the headboard: too short to let that end reach the face."""
CABLE_CM = 100
"""Along the arm to the box on the table; longer flat cables lose the signal."""
