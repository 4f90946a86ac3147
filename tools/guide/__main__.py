"""`python -m tools.guide`: the guide for the person in bed, device/panel/guide.html, and
`guide.de.html` and so on in the other languages.

It is one file: pages to print, and in a browser every line of it plays. What each light and sound
means is taken from the patterns that the panel plays. The faces are drawn anew, too.
"""

from __future__ import annotations

import sys

from device.language import LANGUAGES
from tools.environment import argument_parser
from tools.guide import faces
from tools.guide.page import OUT, file_name, page


def main() -> int:
    """Draw the faces and write the guide in each language; return the exit code."""
    argument_parser("tools.guide", __doc__).parse_args()
    faces.OUT.write_bytes(faces.packed(faces.sheet()))
    for language in LANGUAGES:
        out = OUT / file_name(language)
        out.write_text(page(language), encoding="utf-8")
        print(f"{out} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
