"""`python -m tools.lab build`: make the lab's machines, or say what keeps it from that."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tools.environment import ROOT, ToolError
from tools.lab.installed import installed_system
from tools.lab.steps import lab_folder

SESSION = ROOT / "tests" / "lab" / "session.csv"


def main() -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.lab", description=__doc__)
    parser.add_argument("command", choices=["build"])
    parser.add_argument("--trace", type=Path, default=SESSION, help="what its camera sees")
    options = parser.parse_args()
    began = time.monotonic()
    try:
        system, seen = installed_system(options.trace)
    except ToolError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    print(f"The machine is {system.disk}.")
    print(f"install.sh took {seen.first_seconds:.0f} s in it.")
    for made in sorted(lab_folder().glob("*/.seconds")):
        print(f"  {made.parent.name}: {made.read_text().strip()} s when it was made")
    print(f"This time: {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
