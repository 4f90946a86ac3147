"""`python -m tools.evaluate DIR [--json FILE]`: score every `X.mp4` with an `X.json` beside it.

Each clip is replayed through the device's own vision and counter, as `liftlight replay` does it,
and compared with what a person wrote down about it. The table goes to stdout, progress to stderr.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from device.camera.video import VideoFileCamera
from device.coach.repetitions import RepetitionCounter
from device.errors import CallerError, LiftLightError
from device.files import whole_file
from device.replay import Summary, replay
from device.vision.runtime import DETECTOR, LANDMARKS, Model
from device.vision.watcher import Watcher
from tools.evaluate.annotations import read
from tools.evaluate.score import ClipScore, Totals, score, total
from tools.evaluate.table import table


def evaluate(clip: Path, detector: Model, landmarks: Model) -> ClipScore:
    """Replay `clip` and score it. Raises CallerError for a bad video or annotation."""
    truth = read(clip.with_suffix(".json"))
    watcher = Watcher(VideoFileCamera(clip), detector, landmarks)
    summary = Summary()
    events = list(replay(watcher, RepetitionCounter.population(), summary))
    face = summary.face_frames / max(1, summary.frames)
    return score(clip.stem, truth, events, summary.time, face)


def annotated_clips(folder: Path) -> list[Path]:
    """Return every clip in `folder` with an annotation beside it; raises CallerError if none."""
    if not folder.is_dir():
        raise CallerError(
            f"{folder} is no folder: name one with clips X.mp4 and X.json beside them"
        )
    clips = [clip for clip in sorted(folder.glob("*.mp4")) if clip.with_suffix(".json").exists()]
    if not clips:
        raise CallerError(f"{folder} has no clip X.mp4 with an annotation X.json beside it")
    return clips


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.evaluate", description=__doc__)
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every figure there")
    options = parser.parse_args(arguments)
    try:
        clips = annotated_clips(options.folder)
        detector, landmarks = Model(DETECTOR), Model(LANDMARKS)
        scores = []
        for number, clip in enumerate(clips, start=1):
            print(f"{number}/{len(clips)} {clip.stem} ...", file=sys.stderr, flush=True)
            scores.append(evaluate(clip, detector, landmarks))
        totals = total(scores)
        if options.json:
            with whole_file(options.json) as partial:
                partial.write_text(json.dumps(_figures(scores, totals), indent=1) + "\n")
    except LiftLightError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(table(scores, totals))
    return 0


def _figures(scores: Sequence[ClipScore], totals: Totals) -> dict[str, Any]:
    known = {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in asdict(totals).items()
    }
    return {
        "clips": [{**asdict(one), "exact": one.exact, "error": one.error} for one in scores],
        "totals": known,
    }


if __name__ == "__main__":
    sys.exit(main())
