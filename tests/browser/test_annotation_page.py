"""The page that annotates a recording: keys mark lifts, and what it saves is scored at once."""

from __future__ import annotations

import base64
import html
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from device.camera import VideoFileCamera
from tests.browser.chromium import opened
from tests.recording import EDGES, desk
from tests.videos import FPS, HEIGHT, WIDTH, picture
from tools.clips import recorded
from tools.evaluate.__main__ import main as evaluate
from tools.record.__main__ import PAGE

PATIENCE_MS = 900_000
"""The page's own time, which passes at once while nothing happens in it."""

WORK = """
<script>
(async () => {
  const files = new DataTransfer();
  for (const [name, data] of Object.entries(FILES))
    files.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
  await open([...files.files]);
  const press = async (key, more = {}) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    document.body.dispatchEvent(event);
    await going;
  };
  const link = HTMLAnchorElement.prototype;
  const seen = { saved: [], told: [] };
  link.click = function () { seen.saved.push(this.download); };
  const told = () => seen.told.push(document.getElementById("said").textContent);
  DO
  seen.annotation = annotation();
  seen.times = times;
  seen.requests = performance.getEntriesByType("resource").map((entry) => entry.name)
    .filter((name) => !name.startsWith("blob:"));
  const note = document.createElement("pre");
  note.id = "seen"; note.textContent = JSON.stringify(seen); document.body.append(note);
})();
</script>
"""


def worked(folder: Path, files: list[Path], script: str) -> dict[str, Any]:
    """What became of the page with these files chosen, after the keys that `script` presses."""
    data = {path.name: base64.b64encode(path.read_bytes()).decode() for path in files}
    work = WORK.replace("DO", script).replace("FILES", json.dumps(data))
    page = folder / "page.html"
    page.write_text(PAGE.read_text(encoding="utf-8").replace("</body>", f"{work}</body>"))
    document, console = opened(page, f"--virtual-time-budget={PATIENCE_MS}")
    found = re.search(r'<pre id="seen">(.*?)</pre>', document, re.S)
    assert found is not None, (document[-500:], console)
    assert console == []
    seen: dict[str, Any] = json.loads(html.unescape(found[1]))
    assert seen["requests"] == []
    return seen


def test_a_set_marked_with_the_keys_is_scored_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "sets"
    with desk(reps=3) as here:
        assert here.run(folder, "share\nkeep\n") == 0
    marks = [[lift[edge] for edge in EDGES] for lift in here.lifts]

    seen = worked(
        tmp_path,
        [folder / "set-001.csv", folder / "set-001.mp4"],
        f"""
        for (const lift of {json.dumps(marks)})
          for (const [edge, time] of lift.entries()) {{
            // As somebody would: near it, past it, and back by a picture.
            await go(time - 0.5);
            while (moment <= time && moment < length) await press("ArrowRight");
            if (moment > time + 0.001) await press("ArrowLeft");
            await press(String(edge + 1));
          }}
        document.getElementById("fingers").value = "true";
        await press("s");
        """,
    )

    assert seen["saved"] == ["set-001.json"]
    note = seen["annotation"]
    marked = [[event[edge] for edge in EDGES] for event in note["events"]]
    assert marked == [pytest.approx(lift, abs=0.001) for lift in marks]
    assert (note["lifts_held_2s"], note["count_ambiguous"], note["fingers"]) == (4, False, True)
    assert note["annotated_by"] == "by eye, picture by picture, with the signal beside it"
    (folder / "set-001.json").write_text(json.dumps(note))
    figures = tmp_path / "figures.out"
    assert evaluate([str(folder), "--jobs", "1", "--json", str(figures)]) == 0
    (clip,) = json.loads(figures.read_text())["clips"]
    assert (clip["counted"], clip["exact"], len(clip["start_errors"])) == (4, True, 4)


def test_a_film_alone_is_gone_through_by_its_own_times(tmp_path: Path) -> None:
    film = tmp_path / "phone.mp4"
    with av.open(film, "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"bf": "2", "g": "12"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(40):
            shown = av.VideoFrame.from_ndarray(picture(number), "rgb24")
            # As on a phone: its pictures come faster in light than in the dark.
            shown.pts, shown.time_base = number * 33 + max(0, number - 20) * 9, Fraction(1, 1000)
            out.mux(stream.encode(shown))
        out.mux(stream.encode(None))

    seen = worked(tmp_path, [film], 'await press("End"); await press("1");')

    times = [frame.time for frame in recorded(VideoFileCamera(film))]
    assert seen["times"] == pytest.approx(times, abs=0.001)
    assert seen["annotation"]["events"][0]["start_s"] == seen["times"][-1]


TRACE = """\
# LiftLight trace, version 1
time_s,face,brightness,lift,left,right
"""


def test_what_is_not_finished_is_not_saved_and_a_doubtful_hold_is_said_to_be_one(
    tmp_path: Path,
) -> None:
    trace = tmp_path / "set-007.csv"
    trace.write_text(TRACE + "".join(f"{n / 10:g},1,90,.1,.1,.1\n" for n in range(300)))
    seen = worked(
        tmp_path,
        [trace],
        """
        const mark = async (keys, ...times) => {
          for (const [n, time] of times.entries()) { await go(time); await press(keys[n]); }
        };
        await press("2"); told();
        await mark("123", 1.0, 1.5, 4.0);
        await press("s"); told();
        await mark("4", 4.5);
        await mark("1234", 6.0, 6.5, 8.3, 9.0);  // held for 1.8 s
        await mark("1234", 11.0, 11.5, 12.5, 13.0);  // held for 1.0 s
        await mark("14", 15.0, 17.0); await press("t");
        await mark("14", 20.0, 22.0); await press("Delete"); await press("z");
        await press("t"); await press("t");
        await mark("1234", 24.0, 25.0, 24.5, 26.0);
        await press("s"); told();
        await press("Delete");
        await press("s"); told();
        """,
    )
    assert "Begin with 1" in seen["told"][0]
    assert "missing: is at rest" in seen["told"][1]
    assert "the hold ends before the hold begins" in seen["told"][2]
    assert seen["saved"] == ["set-007.json"]
    note = seen["annotation"]
    kinds = [event["type"] for event in note["events"]]
    assert kinds == ["lift", "lift", "short_lift", "partial_lift", "one_sided_lift"]
    assert (note["count_ambiguous"], note["count_range"], note["lifts_held_2s"]) == (
        True,
        [1, 2],
        2,
    )
    assert note["annotated_by"] == "by eye, on the signal alone"
