"use strict";
// Draws the plots from the numbers in #plots, and again when the colours or the width change.
// Below it: two pictures side by side, and notes. Neither leaves the window by itself.
(() => {
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const { words } = plots;
  const language = document.documentElement.lang;
  const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);
  const DAY = 86400;
  const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC");
  const month = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { month: "short", day: "numeric", timeZone: "UTC" });
  const date = (seconds) => (seconds === null || seconds === undefined ? "" : month.format(seconds * 1000));
  // Rounded as the tables are, then written as the language does.
  const written = (value, decimals) => Number(value.toFixed(decimals))
    .toLocaleString(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const number = (decimals) => (_, value) => (value === null || value === undefined ? "" : written(value, decimals));
  let drawn = [];

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const names = ["ink", "muted", "line", "amber", "green", "amber-soft", "green-soft", "span"];
    return Object.fromEntries(names.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
  }

  // The spans in which the source expects a change: shaded, and named where there is room.
  function expectedSpans(colour) {
    return (plot) => {
      const { ctx, bbox } = plot;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      for (const [index, span] of plots.expected.entries()) {
        const left = plot.valToPos(span.from, "x", true);
        const right = plot.valToPos(span.to, "x", true);
        ctx.fillStyle = colour.span;
        ctx.fillRect(left, bbox.top, right - left, bbox.height);
        ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
        ctx.fillStyle = colour.muted;
        const from = Math.max(left, bbox.left) + 4 * devicePixelRatio;
        const next = plots.expected[index + 1];
        const until = next ? plot.valToPos(next.from, "x", true) : right;
        const room = Math.min(until, bbox.left + bbox.width) - from;
        const name = [fill(words.source, { span: span.name }), span.name].find((text) => ctx.measureText(text).width < room);
        if (name) ctx.fillText(name, from, bbox.top + 13 * devicePixelRatio);
      }
      ctx.restore();
    };
  }

  function axes(colour, x, y) {
    const look = {
      stroke: colour.muted, font: "12px system-ui, sans-serif",
      grid: { stroke: colour.line, width: 1 }, ticks: { stroke: colour.line, width: 1 },
    };
    return [{ ...look, ...x }, { ...look, size: 44, ...y }];
  }

  function mondays(plot, axis, from, to, step) {
    const ticks = [];
    for (let at = plots.reps[0][0]; at <= to; at += step) ticks.push(at);
    return ticks;
  }

  // Along a plot go weeks, or the numbers of sessions that have no date.
  const along = plots.byNumber
    ? { label: words.session, name: (at) => (at === null || at === undefined ? "" : String(at)), incrs: [1, 2, 5, 10, 20, 50], space: 36 }
    : { label: words.week, name: date, incrs: [7, 14, 28, 56, 112, 224].map((days) => days * DAY), space: 70 };

  function overWeeks(colour, series, y, range) {
    return {
      tzDate: utc, height: 210, cursor: { drag: { x: false, y: false } },
      scales: { x: { time: !plots.byNumber, range: () => plots.axis }, y: { range } },
      axes: axes(colour, { values: (_, ticks) => ticks.map(along.name), splits: mondays, space: along.space, incrs: along.incrs }, y),
      series: [{ label: along.label, value: (_, value) => along.name(value) }, ...series],
      hooks: {
        drawClear: [expectedSpans(colour)],
        // The legend tells the latest week or session, until somebody points at another.
        ready: [(plot) => plot.setLegend({ idx: plot.data[0].length - 1 })],
      },
    };
  }

  const line = (label, stroke, decimals, more) => ({
    label, stroke, width: 2, points: { size: 5, fill: stroke }, value: number(decimals), spanGaps: true, ...more,
  });

  // One small plot a lift, all on the same scale, so that they can be compared.
  function lifts(colour) {
    const longest = Math.max(...plots.lifts.map((lift) => lift.outline.at(-1)[0]));
    const top = Math.max(1.15, ...plots.lifts.flatMap((lift) => lift.outline.map((point) => point[1] * 1.1)));
    return Object.fromEntries(plots.lifts.map((lift, index) => [`plot-lift-${index + 1}`, [{
      height: 110, cursor: { drag: { x: false, y: false }, points: { size: 5 } }, legend: { show: false },
      padding: [4, 4, 0, 4],
      scales: { x: { time: false, range: () => [-0.5, longest] }, y: { range: () => [-0.05, top] } },
      axes: axes(colour,
        { values: (_, ticks) => ticks.map((tick) => tick + " s"), incrs: [1, 2, 5, 10], space: 30, size: 24, gap: 2, font: "11px system-ui, sans-serif", ticks: { show: false } },
        { size: 0, splits: () => [0, 1], values: () => ["", ""], ticks: { show: false } }),
      series: [{}, {
        stroke: lift.counted ? colour.amber : colour.muted, width: 2, dash: lift.counted ? [] : [5, 4], points: { show: false },
      }],
      hooks: { drawClear: [heldSpan(lift, colour)], setCursor: [sayWhere(lift)] },
    }, [lift.outline.map((point) => point[0]), lift.outline.map((point) => point[1])]]]));
  }

  function heldSpan(lift, colour) {
    return ({ ctx, bbox, valToPos }) => {
      const [left, right] = lift.held.map((at) => valToPos(at, "x", true));
      ctx.fillStyle = lift.counted ? colour["amber-soft"] : colour.line;
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    };
  }

  // The line above a lift tells the point that somebody points at, and else how long it was held.
  function sayWhere(lift) {
    return (plot) => {
      const said = plot.root.closest("li").querySelector(".at");
      const { idx } = plot.cursor;
      said.textContent = idx === null || idx === undefined
        ? fill(words.held, { seconds: written(lift.held[1] - lift.held[0], 1) })
        : `${written(plot.data[0][idx], 1)} s: ${written(plot.data[1][idx], 2)}`;
    };
  }

  function all(colour) {
    const most = Math.max(10, ...plots.reps[1]);
    const longest = Math.max(3, ...plots.holds[2].filter((hold) => hold !== null)) * 1.2;
    return {
      "plot-reps": [overWeeks(colour, [{
        label: words.reps, stroke: colour.amber, fill: colour["amber-soft"], width: 1, points: { show: false },
        paths: uPlot.paths.bars({ size: [0.7, 40] }), value: number(0),
      }], {}, () => [0, most * 1.25]), plots.reps],
      "plot-holds": [{
        ...overWeeks(colour, [
          { label: words.shortest, stroke: colour.muted, width: 1, points: { size: 3 }, value: number(2), spanGaps: true },
          { label: words.longest, stroke: colour.muted, width: 1, points: { size: 3 }, value: number(2), spanGaps: true },
          line(words.mean, colour.amber, 2),
        ], { values: (_, ticks) => ticks.map((tick) => tick.toLocaleString(language) + " s") }, () => [0, longest]),
        bands: [{ series: [2, 1], fill: colour["amber-soft"] }],
      }, plots.holds],
      "plot-control": [overWeeks(colour, [
        line(words.counted, colour.amber, 1),
        line(words.steady, colour.green, 1, { dash: [6, 4] }),
      ], { incrs: [1, 2, 5] }, () => [0, 12]), plots.control],
      ...lifts(colour),
    };
  }

  function draw() {
    drawn.forEach((plot) => plot.destroy());
    drawn = [];
    for (const [id, [options, data]] of Object.entries(all(colours()))) {
      const place = document.getElementById(id);
      if (place === null || data[0].length === 0) continue;
      drawn.push(new uPlot({ ...options, width: place.clientWidth }, data, place));
    }
  }

  // A canvas takes a picture straight from its file, so the page needs no right to load anything.
  const LARGEST_PX = 1600;
  const names = ["before", "after"];
  const problem = document.getElementById("picture-problem");
  const canvas = (name) => document.getElementById("shown-" + name);
  const title = (name) => document.querySelector(`label[for="picture-${name}"]`).textContent;

  function forget(name) {
    Object.assign(canvas(name), { width: 1, height: 1, hidden: true });
    canvas(name).setAttribute("aria-label", fill(words.noPicture, { name: title(name) }));
  }

  async function show(name, file) {
    forget(name);
    problem.textContent = "";
    if (!file) return;
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, LARGEST_PX / Math.max(picture.width, picture.height));
      const [width, height] = [picture.width, picture.height].map((size) => Math.max(1, Math.round(size * scale)));
      Object.assign(canvas(name), { width, height, hidden: false });
      canvas(name).getContext("2d").drawImage(picture, 0, 0, width, height);
      canvas(name).setAttribute("aria-label", fill(words.yourPicture, { name: title(name) }));
      picture.close();
    } catch {
      problem.textContent = problem.dataset.said;
    }
  }

  for (const name of names) {
    const chosen = document.getElementById("picture-" + name);
    chosen.addEventListener("change", () => show(name, chosen.files[0]));
  }
  document.getElementById("forget").addEventListener("click", () => names.forEach((name) => {
    document.getElementById("picture-" + name).value = "";
    show(name, null);
  }));

  const note = document.getElementById("note");
  const asLargeAsItsText = () => { note.style.height = "auto"; note.style.height = note.scrollHeight + "px"; };
  note.addEventListener("input", asLargeAsItsText);
  document.getElementById("print").addEventListener("click", () => print());
  document.getElementById("save-note").addEventListener("click", () => {
    const link = document.createElement("a");
    const made = URL.createObjectURL(new Blob([note.value], { type: "text/plain" }));
    link.setAttribute("href", made);
    link.download = words.notesFile;
    link.click();
    setTimeout(() => URL.revokeObjectURL(made), 1000);
  });

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("print").addEventListener("change", draw);
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) { width = innerWidth; draw(); }
  });
})();
