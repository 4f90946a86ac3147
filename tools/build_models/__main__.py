"""`python -m tools.build_models [--check | --measure [CLIPS]]`: models/ from its public source."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from device.vision import DETECTOR, LANDMARKS
from tools.build_models.measure import detector_table, landmarks_table, measure
from tools.build_models.sources import SOURCES, facts, fetch, quantize, write_manifest
from tools.clips import clips_folder
from tools.documents import rewrite
from tools.environment import ROOT, ToolError, argument_parser, in_one_line

MODELS = ROOT / "models"


def build(folder: Path) -> None:
    """Write both models into `folder`."""
    for source in SOURCES:
        target = folder / f"{source.name}.tflite"
        quantize(fetch(source), target, source.outputs)
        print(f"{target.name}: {target.stat().st_size} bytes")


def check() -> None:
    """Build both models again elsewhere; raise ToolError unless they equal those in models/."""
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        for source in SOURCES:
            name = f"{source.name}.tflite"
            if (Path(folder) / name).read_bytes() != (MODELS / name).read_bytes():
                raise ToolError(f"models/{name} is not what this tool builds")
    print("models/ holds exactly what this tool builds")


@in_one_line
def main() -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.build_models", __doc__)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="build again and compare")
    action.add_argument(
        "--measure", action="store_true", help="write into the cards how far ours are from float"
    )
    parser.add_argument("clips", nargs="?", type=Path, help="folder of clips to measure on")
    arguments = parser.parse_args()
    if arguments.check:
        check()
    elif arguments.measure:
        found = measure(clips_folder(arguments.clips))
        rewrite(MODELS / f"{DETECTOR}.md", "agreement", detector_table(found))
        rewrite(MODELS / f"{LANDMARKS}.md", "agreement", landmarks_table(found))
        print(landmarks_table(found) + "\n" + detector_table(found))
    else:
        build(MODELS)
        write_manifest(MODELS)
        for source in SOURCES:
            rewrite(MODELS / f"{source.name}.md", "facts", facts(source, MODELS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
