"""`python -m tools.landmark_agreement [CLIPS]`: our landmarks against MediaPipe Face Mesh's.

Both follow one face through each clip, frame by frame. Printed for each clip and in all: the
frames in which MediaPipe sees a face, the share of these in which we do too (the goal is 99 %),
and how far our 468 landmarks are from its own in the picture's plane, in % of the distance
between the centres of the eyes, over the frames in which both see one (the goal is 2 % on
average). MediaPipe is not the truth; it is the peer we must not be worse than.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from device.files import keep_apart, text_file
from tools.build_models.measure import eye_distance
from tools.clips import clips_folder, face_tracker, frames
from tools.documents import as_json, console
from tools.environment import argument_parser, in_one_line
from tools.peer import peer, run_in_peer


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Two trackers on one clip.

    `differences` has one figure for each frame in which both see a face: the mean distance
    between the landmarks of the same number, in % of the inter-ocular distance.
    """

    name: str
    frames: int
    theirs: int
    """Frames in which MediaPipe sees a face."""
    both: int
    """Frames in which we do too."""
    ours_alone: int
    """Frames in which only we see a face."""
    differences: NDArray[np.float64]

    @property
    def share(self) -> float:
        """Return how many of MediaPipe's frames are ours too, 0 to 1; NaN if it has none."""
        return self.both / self.theirs if self.theirs else float("nan")

    def as_json(self) -> dict[str, object]:
        """Return the figures under plain names; null where there is no frame to judge."""
        judged = self.differences.size > 0
        return {
            "clip": self.name,
            "frames": self.frames,
            "mediapipe_frames": self.theirs,
            "both_frames": self.both,
            "only_ours_frames": self.ours_alone,
            "share": round(self.share, 4) if self.theirs else None,
            "difference_mean": round(float(self.differences.mean()), 3) if judged else None,
            "difference_p95": round(float(np.percentile(self.differences, 95)), 3)
            if judged
            else None,
        }


def compare(clip: Path) -> Agreement:
    """Follow the face in `clip` with both; raises ToolError if MediaPipe cannot be run."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "mesh.npz"
        run_in_peer("tools.peer.mesh", str(clip.resolve()), str(target))
        with np.load(target) as theirs:
            seen, points = theirs["seen"], theirs["points"]
    tracker = face_tracker()
    both = alone = 0
    differences = []
    for frame, expected, is_seen in zip(frames(clip), points, seen, strict=True):
        face = tracker.update(frame.pixels, frame.time)
        if face is None:
            continue
        if not is_seen:
            alone += 1
            continue
        both += 1
        apart = np.linalg.norm(face.points[:, :2] - expected[:, :2], axis=1).mean()
        differences.append(100 * float(apart) / eye_distance(expected))
    return Agreement(
        name=clip.stem,
        frames=len(seen),
        theirs=int(seen.sum()),
        both=both,
        ours_alone=alone,
        differences=np.array(differences),
    )


def total(parts: list[Agreement]) -> Agreement:
    """Return all clips as one: every frame counts the same."""
    return Agreement(
        name="all",
        frames=sum(part.frames for part in parts),
        theirs=sum(part.theirs for part in parts),
        both=sum(part.both for part in parts),
        ours_alone=sum(part.ours_alone for part in parts),
        differences=np.concatenate([part.differences for part in parts]),
    )


def row(agreement: Agreement) -> str:
    """Return one line of the table."""
    values = agreement.as_json()

    def cell(name: str, scale: float = 1.0) -> str:
        value = values[name]
        return f"{value * scale:.2f}" if isinstance(value, float) else "-"

    return (
        f"{agreement.name:<28} {agreement.frames:>6} {agreement.theirs:>9} "
        f"{cell('share', 100):>7} {agreement.ours_alone:>9} "
        f"{cell('difference_mean'):>6} {cell('difference_p95'):>6}"
    )


@in_one_line
def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.landmark_agreement", __doc__)
    parser.add_argument("clips", nargs="?", type=Path, help="folder of .mp4 files")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="the figures go there too; - is stdout"
    )
    arguments = parser.parse_args(argv)
    clips = sorted(clips_folder(arguments.clips).glob("*.mp4"))
    keep_apart(clips, [arguments.json])
    peer()
    with ExitStack() as stack:
        # A file that cannot be written is found out before the work.
        target = arguments.json and stack.enter_context(text_file(arguments.json))
        parts = _compare_all(clips, console(arguments.json))
        if target:
            target.write(as_json([part.as_json() for part in parts]))
    return 0


def _compare_all(clips: list[Path], screen: TextIO) -> list[Agreement]:
    print(
        f"{'clip':<28} {'frames':>6} {'MediaPipe':>9} {'ours %':>7} {'only ours':>9} "
        f"{'% IOD':>6} {'p95':>6}",
        file=screen,
    )
    parts = []
    for clip in clips:
        parts.append(compare(clip))
        print(row(parts[-1]), file=screen, flush=True)
    parts.append(total(parts))
    print(row(parts[-1]), file=screen)
    return parts


if __name__ == "__main__":
    sys.exit(main())
