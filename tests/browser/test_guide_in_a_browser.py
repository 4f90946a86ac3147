"""The guide for the person in bed, printed, and as a browser shows and plays it."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from device.language import ENGLISH, LANGUAGES
from device.panel import patterns, scheduler
from tests.browser.chromium import PHONE, axe, opened
from tools.guide import page, session

SOUND = "--autoplay-policy=no-user-gesture-required"

# Time passes when a test says so, frame by frame; the sounds are the browser's own, taken down.
CLOCK = """
<script>
window.heard = [];
const sounds = AudioParam.prototype.setValueAtTime;
AudioParam.prototype.setValueAtTime = function (hertz, at) {
  heard.push(hertz);
  return sounds.call(this, hertz, at);
};
let now = 0, due = [];
window.requestAnimationFrame = (frame) => due.push(frame);
performance.now = () => now;
</script>
"""

WATCH = """
<script>
const boards = [...document.querySelectorAll(".board")].map((board) => {
  const lamps = [...board.querySelectorAll(".lamp")];
  return { lamps, drawn: null, before: null, began: {}, seen: new Set() };
});
let shortest = 1e9;
// Takes down how soon after one another a light begins to brighten twice, or to dim.
function reversal(began, light, change) {
  const way = Math.sign(change), of = (began[light] ??= {});
  if (!way || way === of.way) return;
  if (way in of) shortest = Math.min(shortest, (now - of[way]) / 1000);
  Object.assign(of, { way, [way]: now });
}
let watched = boards; // Those that may move: to look at all, at every frame, takes long.
function look() {
  for (const board of watched) {
    const levels = board.lamps.map((lamp) => Number(lamp.getAttribute("fill-opacity")));
    const before = board.before ?? levels;
    const sum = (some) => Math.round(some.reduce((a, b) => a + b, 0) * 100);
    levels.forEach((level, lamp) => reversal(board.began, lamp, level - before[lamp]));
    reversal(board.began, "all", sum(levels) - sum(before));
    board.seen.add(levels.join());
    board.drawn ??= levels.join();
    board.before = levels;
  }
}
look();
function wait(seconds, watch = () => {}) {
  for (const until = now + seconds * 1000; now < until;) {
    now += 1000 / 30;
    for (const frame of due.splice(0)) frame(now);
    look();
    watch();
  }
}
function tell(seen) {
  const note = document.createElement("pre");
  note.id = "seen"; note.textContent = JSON.stringify(seen); document.body.append(note);
}
const pressed = () => document.querySelectorAll("[aria-pressed=true]").length;
</script>
"""

PLAY_LINES = """
<script>
const played = {}, buttons = [...document.querySelectorAll(".play")];
for (const button of buttons) {
  heard.length = 0;
  const board = boards.find(({ lamps }) => button.parentElement.contains(lamps[0]));
  board.seen.clear();
  watched = [...watched.slice(-1), board];
  button.click();
  const on = pressed();
  wait(1.2);
  played[button.dataset.play] = [[...heard], board.seen.size, on];
}
watched = boards;
for (const button of buttons.slice(0, 3))
  for (let press = 0; press < 9; press++) { button.click(); wait(0.07); }
wait(5);
const still = boards.every(({ before, drawn }) => before.join() === drawn);
tell({ played, shortest, still, pressed: pressed() });
</script>
"""

PLAY_SESSION = """
<script>
const told = [], faces = new Set();
const words = document.querySelector(".told"), face = document.querySelector(".watch .face");
watched = boards.slice(0, 1);
document.querySelector(".begin").click();
while (pressed() && now < 70_000) {
  wait(0.1, () => {
    if (told[told.length - 1] !== words.textContent) told.push(words.textContent);
    faces.add(face.getAttribute("viewBox"));
  });
}
tell({ told, faces: faces.size, seconds: now / 1000, heard, shortest, lit: boards[0].seen.size });
</script>
"""

LOOK = """
<script>
addEventListener("load", async () => {
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const sizes = {};
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !one.checkVisibility()) continue;
    const scale = one.getScreenCTM ? one.getScreenCTM().a : 1;
    const points = parseFloat(getComputedStyle(one).fontSize) * scale * 72 / 96;
    const sheet = one.closest("section").className;
    sizes[sheet] = Math.min(sizes[sheet] ?? 1e9, points);
  }
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const seen = {
    sizes, wide: document.documentElement.scrollWidth > innerWidth,
    requests: performance.getEntriesByType("resource").map((entry) => entry.name)
      .filter((name) => !name.startsWith("data:")),
    axe: found.violations.map((one) => [one.id, ...one.nodes.map((node) => node.html)]),
  };
  if (parent !== window) parent.postMessage(JSON.stringify(seen), "*");
  else {
    const note = document.createElement("pre");
    note.id = "seen"; note.textContent = JSON.stringify(seen); document.body.append(note);
  }
});
</script>
"""


def seen_in(
    folder: Path,
    *flags: str,
    scripts: str,
    before: str = "",
    phone: bool = False,
    language: str = ENGLISH,
) -> dict[str, Any]:
    """What a browser made of the guide, told by scripts of the test's own in a copy of it."""
    text = (page.OUT / page.file_name(language)).read_text(encoding="utf-8")
    # The guide itself lets no script run but its own, not even these.
    text, gone = re.subn(r"script-src '[^']*'", "script-src 'unsafe-inline'", text)
    assert gone == 1
    copy = folder / "guide.html"
    text = text.replace("<style>", f"{before}<style>", 1)
    copy.write_text(text.replace("</body>", f"{scripts}</body>"), encoding="utf-8")
    if phone:
        (folder / "phone.html").write_text(PHONE.format(page=copy.name), encoding="utf-8")
        copy = folder / "phone.html"
    document, console = opened(copy, *flags)
    found = re.search(r'<pre id="seen">(.*?)</pre>', document, re.S)
    assert found is not None, document[-500:]
    assert console == []
    seen: dict[str, Any] = json.loads(html.unescape(found[1]))
    return seen


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_is_four_pages_to_print_on_either_paper(
    tmp_path: Path, paper: str, language: str
) -> None:
    text = (page.OUT / page.file_name(language)).read_text(encoding="utf-8")
    assert text.count("@page {") == 1
    (tmp_path / "guide.html").write_text(
        text.replace("@page {", f"@page {{ size: {paper};"), encoding="utf-8"
    )
    printed = tmp_path / "guide.pdf"
    opened(tmp_path / "guide.html", "--no-pdf-header-footer", f"--print-to-pdf={printed}")
    assert re.findall(rb"/Count (\d+)", printed.read_bytes()) == [b"4"]


def test_its_own_script_runs_under_its_own_policy_and_nothing_else_is_asked_for() -> None:
    document, console = opened(page.OUT / page.file_name(ENGLISH))
    assert console == []
    assert re.search(r'<html[^>]* class="plays"', document)


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_desk_it_is_large_enough_and_axe_finds_nothing_wrong(
    tmp_path: Path, language: str
) -> None:
    seen = seen_in(
        tmp_path, "--window-size=1100,900", before=axe(), scripts=LOOK, language=language
    )
    assert seen["axe"] == []
    assert seen["requests"] == []
    assert not seen["wide"]
    sizes = seen["sizes"]
    assert sizes["sheet-1"] >= 14
    assert min(sizes["sheet-2"], sizes["sheet-3"], sizes["sheet-4"]) >= 11 - 1e-3


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_a_phone_in_the_dark_and_axe_finds_nothing_wrong(
    tmp_path: Path, language: str
) -> None:
    seen = seen_in(
        tmp_path,
        "--force-dark-mode",
        before=axe(),
        scripts=LOOK,
        phone=True,
        language=language,
    )
    assert seen["axe"] == []
    assert not seen["wide"]


def test_every_line_plays_its_lights_and_its_sound_and_never_flashes(tmp_path: Path) -> None:
    seen = seen_in(
        tmp_path,
        SOUND,
        before=CLOCK,
        scripts=WATCH + PLAY_LINES,
    )
    every = patterns.all_patterns()
    names = {line.pattern.name for line in page.session_lines()}
    names |= {line.pattern.name for lines in page.other_lines().values() for line in lines}
    names |= {fault.line.pattern.name for fault in page.fault_lines()}
    assert set(seen["played"]) == names
    for name, (heard, lit, pressed) in seen["played"].items():
        tones = [round(tone.frequency, 1) for tone in every[name].melody if tone.frequency]
        assert heard == tones, name
        assert lit > 1, name
        assert pressed == 1, name
    assert seen["shortest"] >= scheduler.SHORTEST_FLASH_S - 1e-3, (
        "not even for who presses in haste"
    )
    assert seen["pressed"] == 0
    assert seen["still"]


def test_a_session_can_be_watched_and_heard_in_a_minute(tmp_path: Path) -> None:
    seen = seen_in(
        tmp_path,
        SOUND,
        before=CLOCK,
        scripts=WATCH + PLAY_SESSION,
    )
    one = session.session()
    assert seen["told"] == [told.words for told in one.told]
    assert one.now <= seen["seconds"] <= 60
    assert seen["faces"] == 6
    assert seen["lit"] > 20
    _, tones = session.lights(list(session.played(one)))
    assert seen["heard"] == [round(tone.frequency, 1) for tone in tones if tone.frequency]
    assert seen["shortest"] >= scheduler.SHORTEST_FLASH_S - 1e-3
