"use strict";
// Plays one line, or the whole session, at a press: its lamps move and its sound is heard.
(() => {
  const plays = JSON.parse(document.getElementById("plays").textContent);
  const FLASH_S = 0.5; // No lamp, nor all together, begins to brighten twice within this, nor to dim.
  const DARK_S = 0.5; // Before a line plays its lamps are dark, so that its beginning is seen.
  const SOFT_S = 0.006, LOUD = 0.15; // Tones begin and end softly, and are not loud.
  const DARK = [0, 0, 0, 0, 0, 0, 0];
  const sum = (levels) => Math.round(levels.reduce((a, b) => a + b, 0) * 1e6) / 1e6;
  let sound = null;

  // As the panel's own limiter: what may not change yet follows as soon as it may.
  function reversals(shown) {
    let brightens = false;
    const began = { true: -FLASH_S, false: -FLASH_S };
    return {
      free: (wanted, now) => wanted === shown || wanted > shown === brightens
        || now >= began[wanted > shown] + FLASH_S,
      note: (level, now) => {
        if (level === shown) return;
        if (level > shown !== brightens) { brightens = level > shown; began[brightens] = now; }
        shown = level;
      },
    };
  }

  function board(svg) {
    const circles = [...svg.querySelectorAll(".lamp")];
    const drawn = circles.map((lamp) => Number(lamp.getAttribute("fill-opacity")));
    const lamps = drawn.map(reversals), panel = reversals(sum(drawn));
    let shown = drawn;
    return {
      drawn,
      // Returns whether the lamps are as they are meant to be.
      show(target, now) {
        const allowed = target.map((level, i) => (lamps[i].free(level, now) ? level : shown[i]));
        if (panel.free(sum(allowed), now)) {
          allowed.forEach((level, i) => {
            lamps[i].note(level, now);
            circles[i].setAttribute("fill-opacity", level.toFixed(2));
          });
          panel.note(sum(allowed), now);
          shown = allowed;
        }
        return shown.every((level, i) => level === target[i]);
      },
    };
  }

  function levels(play, at) {
    const once = play.lights.reduce((seconds, step) => seconds + step[0], 0);
    let before = DARK;
    if (play.repeats && at >= once) before = play.lights[play.lights.length - 1][1];
    if (play.repeats) at %= once;
    for (const [seconds, now, fades] of play.lights) {
      if (at < seconds) {
        return fades ? now.map((level, i) => before[i] + (level - before[i]) * at / seconds) : now;
      }
      at -= seconds;
      before = now;
    }
    return DARK;
  }

  function length(play) {
    const lit = play.lights.reduce((seconds, step) => seconds + step[0], 0);
    const heard = play.tones.reduce((seconds, tone) => seconds + tone[1], 0);
    return Math.max(play.repeats ? 2 * lit : lit, heard);
  }

  function sing(tones) {
    sound ??= new AudioContext();
    sound.resume();
    const oscillator = sound.createOscillator(), volume = sound.createGain();
    oscillator.type = "triangle";
    oscillator.connect(volume).connect(sound.destination);
    volume.gain.value = 0;
    let at = sound.currentTime + DARK_S, sounds = false;
    for (const [hertz, seconds] of tones) {
      if (hertz) oscillator.frequency.setValueAtTime(hertz, at);
      if (Boolean(hertz) !== sounds) volume.gain.setTargetAtTime(hertz ? LOUD : 0, at, SOFT_S);
      sounds = Boolean(hertz);
      at += seconds;
    }
    volume.gain.setTargetAtTime(0, at, SOFT_S);
    oscillator.start();
    oscillator.stop(at + 10 * SOFT_S);
    return () => {
      volume.gain.cancelScheduledValues(0);
      volume.gain.setTargetAtTime(0, sound.currentTime, SOFT_S);
      oscillator.stop(sound.currentTime + 10 * SOFT_S);
    };
  }

  let playing = null; // The line that plays, since when, and how to hush it.
  const moving = new Set(); // Boards whose lamps may not yet be as they are drawn.

  function stop() {
    playing.hush();
    playing.button.setAttribute("aria-pressed", "false");
    playing = null;
  }

  function frame(time) {
    const now = time / 1000;
    if (playing && now >= playing.since + DARK_S + playing.length) stop();
    for (const one of moving) {
      const at = playing?.board === one ? now - playing.since - DARK_S : null;
      if (at === null) {
        if (one.show(one.drawn, now)) moving.delete(one);
      } else {
        one.show(at < 0 ? DARK : levels(playing.play, at), now);
        playing.tell(at);
      }
    }
    if (moving.size) requestAnimationFrame(frame);
  }

  function wire(button, svg, play, tell) {
    const own = board(svg);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const again = playing?.button === button;
      const idle = moving.size === 0;
      if (playing) stop();
      if (again) return;
      button.setAttribute("aria-pressed", "true");
      const since = performance.now() / 1000;
      playing = { button, board: own, play, since, length: length(play), tell, hush() {} };
      if (window.AudioContext) playing.hush = sing(play.tones);
      moving.add(own);
      if (idle) requestAnimationFrame(frame);
    });
  }

  for (const button of document.querySelectorAll(".play")) {
    const svg = button.parentElement.querySelector(".board");
    wire(button, svg, plays.lines[button.dataset.play], () => {});
  }

  const watch = document.querySelector(".watch"), button = watch.querySelector("button");
  const told = watch.querySelector(".told"), face = watch.querySelector(".face");
  const [, , width, height] = face.getAttribute("viewBox").split(" ");
  wire(button, watch.querySelector(".board"), plays.session, (at) => {
    const [, words, x, y] = plays.session.told.filter(([since]) => since <= Math.max(at, 0)).pop();
    if (told.textContent === words) return;
    told.textContent = words;
    face.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  });
  watch.hidden = false;
  document.documentElement.classList.add("plays");
})();
