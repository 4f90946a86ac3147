"""`python -m tools.lab build`: make the lab's machine, or say what keeps it from that.

`python -m tools.lab needs` says all that is missing here; with `--install`, as root on Debian, it
is installed first. `python -m tools.lab start` measures a start, and puts it into the lab's README.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.environment import ToolError, argument_parser
from tools.lab import needs
from tools.lab.start import write_start
from tools.lab.steps import made
from tools.lab.stock import stock_system


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    parser = argument_parser("tools.lab", __doc__)
    parser.add_argument("command", choices=["build", "needs", "start"])
    parser.add_argument("--install", action="store_true", help="install what is missing")
    parser.add_argument(
        "--before",
        type=Path,
        metavar="FILE",
        help="with start: an earlier start's figures",
    )
    options = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        if options.command == "needs":
            if options.install:
                needs.install(needs.missing())
            missing = needs.missing()
            print(needs.in_words(missing), file=sys.stderr if missing else sys.stdout)
            return 1 if missing else 0
        if options.command == "start":
            write_start(options.before)
            return 0
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
