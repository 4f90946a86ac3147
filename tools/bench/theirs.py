"""MediaPipe Face Mesh under test. Run by tools.bench.compare in MediaPipe's own environment."""

from __future__ import annotations

import mediapipe
import numpy as np
from numpy.typing import NDArray

from tools.bench.child import See, run


def begin() -> See:
    """Return MediaPipe's way of seeing a frame: one face in a video, 468 landmarks."""
    mesh = mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=False)

    def see(pixels: NDArray[np.uint8], time: float) -> bool:
        del time
        return bool(mesh.process(pixels).multi_face_landmarks)

    return see


if __name__ == "__main__":
    run(begin)
