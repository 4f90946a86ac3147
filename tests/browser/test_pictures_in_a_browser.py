"""The pictures in the documents, as a browser with its own fonts draws them."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from tests.browser.chromium import opened
from tools.environment import ROOT

PICTURES = [
    *("device/coach/witnesses.svg", "device/vision/from_the_side.svg", "tools/session.svg"),
    *(f"firmware_config/{name}.svg" for name in ("box", "breadboard", "stand", "wiring")),
]

# A line's box is that of its font, which leaves room above small letters and below: the middle half
# of it is full of letters.
WORDS = """
<script>
const whole = document.querySelector("svg").getBoundingClientRect();
const words = [...document.querySelectorAll("text")].map((text) => {
  const box = text.getBoundingClientRect();
  return { said: text.textContent, left: box.left, right: box.right,
           top: box.top + box.height / 4, bottom: box.bottom - box.height / 4 };
});
const wrong = words.filter((one) => one.left < whole.left || one.right > whole.right
  || one.top < whole.top || one.bottom > whole.bottom).map((one) => [one.said]);
words.forEach((one, place) => words.slice(0, place).forEach((other) => {
  if (Math.max(one.left, other.left) < Math.min(one.right, other.right)
      && Math.max(one.top, other.top) < Math.min(one.bottom, other.bottom))
    wrong.push([other.said, one.said]);
}));
const told = document.createElement("pre");
told.id = "told";
told.textContent = JSON.stringify({ words: words.length, wrong });
document.body.append(told);
</script>
"""


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("font", ["DejaVu Sans", "Liberation Serif"])
def test_no_words_cover_others_or_are_cut_off(picture: str, font: str, tmp_path: Path) -> None:
    """In a wide font, and in a narrow one with other letters."""
    page = tmp_path / "page.html"
    style = f"<style>text {{ font-family: '{font}' }}</style>"
    drawn = (ROOT / picture).read_text(encoding="utf-8")
    page.write_text(f"<!doctype html><meta charset=utf-8>{style}{drawn}{WORDS}", encoding="utf-8")
    document, said = opened(page)
    assert not said
    told = re.search(r'<pre id="told">(.*?)</pre>', document, re.S)
    assert told is not None
    found = json.loads(html.unescape(told[1]))
    assert found["words"] > 5
    assert found["wrong"] == []
