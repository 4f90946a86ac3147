"""`python -m tools.readme_film [RECORDING.mp4]`: the README's film of a session.

The program films itself (`liftlight demo hasty --record`) unless a recording is given. Of the
recording, the first half minute is taken, smaller and with fewer pictures. It is written as
tools/session.webp, which a README plays by itself, and as tools/session.mp4; each stays below 2 MB.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from device.desk import drawing, film
from tools.environment import ToolError, argument_parser, in_one_line

MP4, WEBP = (Path(__file__).parent / f"session.{kind}" for kind in ("mp4", "webp"))
FROM_S, TO_S = 1.0, 27.0
SIZE = (400, 442)
EVERY = 3
"""One of so many pictures of the recording is taken."""
QUALITY = 45
LARGEST_BYTES = 2_000_000


def shortened(recording: Path) -> tuple[list[drawing.Picture], float]:
    """Return the film's pictures, RGB, and how many a second; raises ToolError without any."""
    video = cv2.VideoCapture(str(recording))
    fps = float(video.get(cv2.CAP_PROP_FPS))
    pictures: list[drawing.Picture] = []
    number = 0
    while number < TO_S * fps:
        more, picture = video.read()
        if not more:
            break
        if number >= FROM_S * fps and number % EVERY == 0:
            small = cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)
            pictures.append(np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8))
        number += 1
    video.release()
    if not pictures:
        raise ToolError(f"{recording} shows nothing: name a recording of `liftlight demo`")
    return pictures, fps / EVERY


def write(pictures: Sequence[drawing.Picture], fps: float) -> None:
    """Write both films; raises ToolError if one is too large for a README."""
    with film.Film(MP4, fps) as target:
        for picture in pictures:
            target.add(picture)
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) for picture in pictures]
    animation.durations = [round(1000 / fps)] * len(pictures)
    cv2.imwriteanimation(str(WEBP), animation, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    for path in (MP4, WEBP):
        if path.stat().st_size > LARGEST_BYTES:
            raise ToolError(f"{path} is larger than {LARGEST_BYTES} bytes: lower QUALITY or SIZE")


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Write the films; return the exit code."""
    parser = argument_parser("tools.readme_film", __doc__)
    parser.add_argument("recording", nargs="?", type=Path, metavar="RECORDING.mp4")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        recording = options.recording or Path(folder) / "demo.mp4"
        if not options.recording:
            command = [sys.executable, "-m", "device", "demo", "hasty"]
            command += ["--record", str(recording)]
            subprocess.run(command, check=True)
        pictures, fps = shortened(recording)
    write(pictures, fps)
    print(f"{WEBP} {WEBP.stat().st_size} bytes, {MP4} {MP4.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
