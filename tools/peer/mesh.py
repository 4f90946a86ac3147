"""What MediaPipe Face Mesh sees in a clip. Runs in MediaPipe's own environment.

`python -m tools.peer.mesh CLIP TARGET` writes TARGET (.npz): `seen`, bool (frames,), and
`points`, float32 (frames, 468, 3) in pixels of the frame, NaN where nobody is seen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import mediapipe
import numpy as np
from numpy.typing import NDArray

from tools.clips import frames

POINTS = 468


def main(clip: Path, target: Path) -> int:
    """Follow one face through `clip`, as Face Mesh does in a video by default."""
    found: list[NDArray[np.float32]] = []
    with mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=False) as mesh:
        for frame in frames(clip):
            faces = mesh.process(frame.pixels).multi_face_landmarks
            points = np.full((POINTS, 3), np.nan, np.float32)
            if faces:
                height, width = frame.pixels.shape[:2]
                # Face Mesh gives fractions of the picture; z is scaled as x is.
                points[:] = [(p.x * width, p.y * height, p.z * width) for p in faces[0].landmark]
            found.append(points)
    every = np.array(found, np.float32)
    np.savez_compressed(target, points=every, seen=~np.isnan(every[:, 0, 0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
