"""`python -m tools.lab build`: make the lab's machine, or say what keeps it from that."""

from __future__ import annotations

import sys
import time

from tools.environment import ToolError, argument_parser
from tools.lab.steps import made
from tools.lab.stock import stock_system


def main() -> int:
    """Run one command; return its exit code."""
    parser = argument_parser("tools.lab", __doc__)
    parser.add_argument("command", choices=["build"])
    parser.parse_args()
    began = time.monotonic()
    try:
        system = stock_system()
    except ToolError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    print(f"The machine is {system.disk}, made in {time.monotonic() - began:.0f} s.")
    for piece in made():
        print(f"  {piece} when it was made")
    return 0


if __name__ == "__main__":
    sys.exit(main())
