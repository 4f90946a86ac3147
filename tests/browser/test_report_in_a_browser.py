"""report.html as a browser shows it: plots drawn, numbers right, nothing asked of any network."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from device.clock import ClockSource
from device.journal import connect, connect_to_read
from device.language import ENGLISH, LANGUAGES
from device.sync.report import write_report
from tests.browser.chromium import PHONE, axe, opened
from tools.long_log import write_weeks

LOOK = """
<script>
addEventListener("load", () => setTimeout(() => {
  const painted = (canvas) => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const colours = new Set();
    for (let at = 0; at < pixels.length; at += 4)
      if (pixels[at + 3] > 200) colours.add(pixels.slice(at, at + 3).join());
    return colours.size;
  };
  const cells = (id) => [...document.querySelectorAll(`#${id} tbody tr`)]
    .map((row) => [...row.children].map((cell) => cell.textContent.trim()));
  const pointed = (id) => {
    const over = document.querySelector(`#${id} .u-over`);
    const { left, top, width, height } = over.getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + height / 2, movementX: 1 };
    for (const name of ["mouseenter", "mousemove"]) over.dispatchEvent(new MouseEvent(name, at));
    return over.closest("li").querySelector("p").textContent;
  };
  const seen = {
    names: [...document.querySelectorAll(".lifts p")].map((one) => one.textContent),
    plots: Object.fromEntries([...document.querySelectorAll(".plot")]
      .map((plot) => [plot.id, [...plot.querySelectorAll("canvas")].map(painted)[0] ?? 0])),
    legends: Object.fromEntries([...document.querySelectorAll(".plot")]
      .map((plot) => [plot.id, [...plot.querySelectorAll(".u-value")].map((v) => v.textContent)])),
    weeks: cells("weeks"), lifts: cells("lifts"),
    requests: performance.getEntriesByType("resource").map((entry) => entry.name),
    wide: document.documentElement.scrollWidth > innerWidth,
    paper: getComputedStyle(document.body).backgroundColor,
    broken: [...document.querySelectorAll(".calendar .date, .calendar .what")]
      .filter((one) => one.scrollWidth > one.closest("td").clientWidth
        || (one.matches(".what") && one.getBoundingClientRect().height > 30))
      .concat([...document.querySelectorAll(".lifts p")]
        .filter((one) => one.scrollWidth > one.clientWidth + 1))
      .map((one) => one.textContent),
    stored: [...document.cookie, ...Object.keys(localStorage), ...Object.keys(sessionStorage)],
    owned: window.owned ?? null,
  };
  if (document.querySelector(".lifts")) seen.pointed = pointed("plot-lift-1");
  const tell = () => {
    if (parent !== window) { parent.postMessage(JSON.stringify(seen), "*"); return; }
    const note = document.createElement("pre");
    note.id = "seen"; note.textContent = JSON.stringify(seen); document.body.append(note);
  };
  const look = async () => {
    if (window.person) seen.person = await window.person;
    if (window.axe) {
      const { violations } = await axe.run(document, { resultTypes: ["violations"] });
      seen.axe = violations.map((one) => [one.id, ...one.nodes.map((n) => n.html)]);
    }
    tell();
  };
  look();
}, 300));
</script>
"""


def seen_in(report: Path, *flags: str, more: str = "", phone: bool = False) -> dict[str, Any]:
    """What a browser made of the report, told by a script of the test's own in a copy of it."""
    page = report.with_name(f"{report.stem}-looked-at.html")
    text = report.read_text(encoding="utf-8")
    page.write_text(text.replace("</body>", f"{more}{LOOK}</body>"), encoding="utf-8")
    if phone:
        shown, page = page, report.with_name("phone.html")
        page.write_text(PHONE.format(page=shown.name), encoding="utf-8")
    document, console = opened(page, *flags)
    found = re.search(r'<pre id="seen">(.*?)</pre>', document, re.S)
    assert found is not None, document[-500:]
    seen: dict[str, Any] = json.loads(html.unescape(found[1]))
    assert console == []
    return seen


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    journal = write_weeks(folder / "journal.db", 12, hurt_in=10, massaged=(1, 5))
    write_report(journal, folder / "report.html")
    return folder


CHOOSE = """
<script>
// A person chooses two pictures and a file that is none, and writes a note.
const choose = async (id, file) => {
  const chosen = new DataTransfer();
  chosen.items.add(file);
  const input = document.getElementById(id);
  input.files = chosen.files;
  input.dispatchEvent(new Event("change"));
  // The browser's time runs ahead while it decodes a picture: wait until it has said something.
  const canvas = document.getElementById(id.replace("picture", "shown"));
  for (let turn = 0; canvas.hidden && !problem() && turn < 600; turn += 1) {
    await new Promise((done) => setTimeout(done, 50));
    Array.from({ length: 50000 }, Math.random).sort();
  }
};
const picture = async (colour, width, height) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, width, height);
  return new File([await new Promise((done) => canvas.toBlob(done))], "me.png");
};
const shown = (name) => {
  const canvas = document.getElementById("shown-" + name);
  const dot = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  dot.drawImage(canvas, 0, 0, 1, 1);
  const { left, top } = canvas.getBoundingClientRect();
  return { hidden: canvas.hidden, size: [canvas.width, canvas.height], left, top,
    label: canvas.getAttribute("aria-label"),
    colour: [...dot.getImageData(0, 0, 1, 1).data.slice(0, 3)] };
};
const problem = () => document.getElementById("picture-problem").textContent;
window.person = (async () => {
  const told = { empty: shown("before") };
  await choose("picture-before", await picture("rgb(200, 0, 0)", 300, 400));
  await choose("picture-after", await picture("rgb(0, 0, 200)", 1800, 2400));
  Object.assign(told, { before: shown("before"), after: shown("after"), fine: problem() });
  await choose("picture-after", new File(["no picture"], "letter.txt"));
  Object.assign(told, { letter: shown("after"), said: problem() });
  document.getElementById("forget").click();
  Object.assign(told, { gone: shown("before") });
  const note = document.getElementById("note");
  const small = note.clientHeight;
  note.value = "It went well.\\n".repeat(40);
  note.dispatchEvent(new Event("input"));
  told.note = [small, note.clientHeight, note.scrollHeight];
  return told;
})();
</script>
"""


def test_two_pictures_are_compared_in_the_window_and_nothing_is_kept(folder: Path) -> None:
    flags = ("--window-size=1100,900", "--virtual-time-budget=60000")
    told = seen_in(folder / "report.html", *flags, more=CHOOSE)

    person = told["person"]
    assert person["empty"]["hidden"]
    before, after = person["before"], person["after"]
    assert (before["size"], before["colour"]) == ([300, 400], [200, 0, 0])
    assert (after["size"], after["colour"]) == ([1200, 1600], [0, 0, 200]), "no larger than shown"
    assert before["left"] < after["left"]
    assert before["top"] == after["top"], "side by side"
    assert before["label"] == "Before: your picture"
    assert person["fine"] == ""
    assert person["letter"]["hidden"]
    assert person["said"].startswith("This browser cannot show that file.")
    assert person["gone"]["hidden"]
    assert person["gone"]["size"] == [1, 1], "not even its pixels stay"
    assert told["requests"] == []
    assert told["stored"] == []


def test_all_of_a_note_is_on_the_page_that_is_printed(folder: Path) -> None:
    told = seen_in(folder / "report.html", "--virtual-time-budget=60000", more=CHOOSE)
    small, grown, needed = told["person"]["note"]
    assert small < grown
    assert grown >= needed - 2


def test_the_page_may_load_nothing_at_all(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'\"" in page
    )


def test_without_a_clock_every_plot_is_drawn_by_session(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 2, source=ClockSource.UNTRUSTED)
    write_report(journal, tmp_path / "report.html")

    seen = seen_in(tmp_path / "report.html", "--window-size=1100,900")

    assert all(colours > 3 for colours in seen["plots"].values()), seen["plots"]
    assert seen["legends"]["plot-reps"] == ["6", "10"], "the latest session, and its reps"
    assert [row[:3] for row in seen["weeks"]] == [[str(n), "1", "10"] for n in range(1, 7)]


def test_plots_are_drawn_and_every_number_is_the_journals(folder: Path) -> None:
    seen = seen_in(folder / "report.html", "--window-size=1100,900")

    each = {f"plot-lift-{number}" for number in range(1, 13)}
    assert set(seen["plots"]) == {"plot-reps", "plot-holds", "plot-control", *each}
    assert all(colours > 3 for colours in seen["plots"].values()), seen["plots"]
    assert seen["requests"] == []
    connection = connect_to_read(folder / "journal.db")
    holds = connection.execute(
        "SELECT hold_s FROM lifts WHERE number IS NOT NULL"
        " AND session = (SELECT max(id) FROM sessions) ORDER BY id"
    ).fetchall()
    by_week = connection.execute(
        "SELECT (session - 1) / 3, count(number), avg(CASE WHEN reason IS NULL THEN hold_s END),"
        " count(reason) FROM lifts GROUP BY 1"
    ).fetchall()
    connection.close()
    shown = [row[2] for row in seen["lifts"] if row[0].isdigit()]
    assert shown == [f"{hold:.2f}" for (hold,) in holds]
    named = [name for name in seen["names"] if name.startswith("Rep")]
    assert named == [f"Rep {n} held {hold:.1f} s" for n, (hold,) in enumerate(holds, start=1)]
    assert re.fullmatch(r"\S.* \d\.\d s: \d\.\d\d", seen["pointed"]), "it answers a pointer"
    assert len(seen["weeks"]) == len(by_week) == 12
    for row, (_, reps, hold, refused) in zip(seen["weeks"], by_week, strict=True):
        assert (row[1], row[2], row[3], row[6]) == ("3", str(reps), f"{hold:.2f}", str(refused))
    assert seen["legends"]["plot-reps"][1] == str(by_week[-1][1])
    assert seen["legends"]["plot-holds"][3] == f"{by_week[-1][2]:.2f}"


def test_it_fits_a_phone_in_the_dark(folder: Path) -> None:
    light = seen_in(folder / "report.html", phone=True)
    dark = seen_in(folder / "report.html", "--force-dark-mode", phone=True)
    assert not light["wide"]
    assert light["broken"] == [], "no cell of the calendar breaks"
    assert light["paper"] != dark["paper"]
    assert all(colours > 3 for colours in dark["plots"].values())


def test_what_the_log_says_is_text_and_never_runs(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 1)
    attack = "</script><script>window.owned=1</script><img src=x onerror=window.owned=2>"
    connection = connect(journal)
    connection.execute("UPDATE sessions SET exercise = ?, ending = ?", (attack, attack))
    connection.execute("UPDATE lifts SET notes = ?", (attack.replace(" ", "\N{NO-BREAK SPACE}"),))
    connection.close()
    write_report(journal, tmp_path / "report.html")

    seen = seen_in(tmp_path / "report.html")

    assert seen["owned"] is None
    assert seen["lifts"][-1][4].startswith("</script>")


def test_axe_finds_nothing_wrong_light_or_dark(folder: Path) -> None:
    script = axe()
    for flags, phone in (("--window-size=1100,900", False), ("--force-dark-mode", True)):
        assert seen_in(folder / "report.html", flags, more=script, phone=phone)["axe"] == []


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != ENGLISH])
@pytest.mark.parametrize("phone", [False, True])
def test_in_every_language_it_fits_and_axe_finds_nothing_wrong(
    folder: Path, tmp_path: Path, language: str, phone: bool
) -> None:
    report = tmp_path / "report.html"
    write_report(folder / "journal.db", report, language=language)
    assert f'<html lang="{language}">' in report.read_text(encoding="utf-8")
    seen = seen_in(report, "--window-size=1100,900", more=axe(), phone=phone)
    assert seen["axe"] == []
    assert not seen["wide"]
    assert seen["broken"] == []
    assert seen["requests"] == []
    legend = seen["legends"]["plot-holds"]
    assert any("," in value for value in legend), "numbers are written as in that language"
