// The film player's page side: an anywidget module without any dependency.
//
// Python sends all films and scores once. `film`, `frame` and `threshold` are shared with Python:
// whoever changes one, `draw` runs and every part follows. The sentences are put together here as in
// mmtutor/plots/film_player.py; a test in a browser proves that the two agree. Names come from
// outside: they are only ever shown as text, never as HTML.

const SHARED = ["film", "frame", "threshold"];
const PICTURE = 240; // the longer side of the picture on the page, in its pixels
const [LEFT, PLOT, RIGHT] = [56, 460, 14]; // widths: numbers, chart, rim
const [TOP, HIGH, BOTTOM] = [12, 210, 40]; // heights: rim, chart, numbers
const ROOM = 0.06; // of the chart's height, above and below all scores
const LEAP = 10; // steps of the threshold with Page Up and Page Down

// ---- Small tools ---------------------------------------------------------------------------------

const button = (style, ...children) => html("button", { type: "button", class: `mm-choice ${style}` }, ...children);
const isScore = (score) => score !== null;

/** A number as the axis shows it. */
const short = (number) => String(Number(number.toPrecision(3)));

// ---- In words: as in mmtutor/plots/film_player.py ------------------------------------------------

const many = (number, one, several) => `${number} ${number === 1 ? one : several}`;

/** What a frame is at a threshold: "hit", "miss", "false alarm", or nothing to speak of. */
function kindOf(score, odd, threshold) {
  if (!isScore(score)) return "";
  if (odd) return score > threshold ? "hit" : "miss";
  return score > threshold ? "false alarm" : "";
}

/** How many frames of some films are what. */
function countsSay({ scores, odd }, films, threshold) {
  const kinds = films.flatMap((film) => scores[film].map((score, frame) => kindOf(score, odd[film][frame], threshold)));
  const count = (kind) => kinds.filter((one) => one === kind).length;
  return [
    many(count("hit"), "hit", "hits"),
    many(count("miss"), "miss", "misses"),
    many(count("false alarm"), "false alarm", "false alarms"),
  ].join(", ");
}

/** How many frames after the first odd one an alarm comes; -1 where none does. */
function firstAlarm({ scores, odd }, film, threshold) {
  return scores[film].slice(odd[film].indexOf(true)).findIndex((score) => isScore(score) && score > threshold);
}

/** What becomes of one film. */
function filmSays(fixed, film, threshold) {
  const said = `${fixed.names[film]}: ${countsSay(fixed, [film], threshold)}`;
  const begin = fixed.odd[film].indexOf(true);
  if (begin < 0) return `${said}. Nothing is odd in it.`;
  const delay = firstAlarm(fixed, film, threshold);
  const late = delay === 0 ? "at once" : `${many(delay, "frame", "frames")} late`;
  return `${said}. It is odd from frame ${begin} on: ${delay < 0 ? "no alarm comes" : `the first alarm comes ${late}`}.`;
}

/** What becomes of all films at the same threshold. */
function allSay(fixed, threshold) {
  const films = [...fixed.names.keys()];
  const strange = films.filter((film) => fixed.odd[film].includes(true));
  const usual = films.filter((film) => !strange.includes(film));
  const caught = strange.filter((film) => firstAlarm(fixed, film, threshold) >= 0).length;
  const called = usual.filter((film) => fixed.scores[film].some((score) => isScore(score) && score > threshold)).length;
  const frames = countsSay(fixed, films, threshold);
  return `All ${many(films.length, "film", "films")}: ${frames}. Caught are ${caught} of ${strange.length} odd films, alarmed ${called} of ${usual.length} usual ones.`;
}

/** What is to be said of the frame that is shown. */
function frameSays(fixed, { film, frame, threshold }) {
  const score = fixed.scores[film][frame];
  const alarm = isScore(score) && score > threshold;
  const said = isScore(score) ? `score ${short(score)}${alarm ? ", alarm" : ""}` : "no score yet";
  return { alarm, text: `frame ${frame}: ${said}` };
}

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** Which film is shown. */
function selector({ names }, change) {
  const options = names.map((name, film) => html("option", { value: film }, name));
  const element = html("select", { class: "mm-choice mm-film", "aria-label": "film" }, ...options);
  element.addEventListener("change", () => change({ film: Number(element.value), frame: 0 }));
  const draw = ({ film }) => { element.value = film; };
  return { element: html("label", { class: "mm-control" }, html("span", { class: "mm-soft" }, "film"), element), draw };
}

/** The frame that is shown; its rim says whether there is an alarm. */
function picture(fixed, pixels) {
  const { frames, high, wide } = fixed;
  const canvas = html("canvas", { width: wide, height: high, class: "mm-picture", role: "img", tabindex: 0 });
  const large = PICTURE / Math.max(high, wide);
  canvas.style.width = `${large * wide}px`;
  canvas.style.height = `${large * high}px`;
  const context = canvas.getContext("2d");
  const label = html("div", { class: "mm-now" });
  const draw = (view) => {
    const image = context.createImageData(wide, high);
    const start = (view.film * frames + view.frame) * high * wide;
    for (let at = 0; at < high * wide; at++) {
      for (let c = 0; c < 3; c++) image.data[4 * at + c] = pixels[3 * (start + at) + c];
      image.data[4 * at + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    const { alarm, text } = frameSays(fixed, view);
    canvas.classList.toggle("mm-alarm", alarm);
    canvas.setAttribute("aria-label", `${fixed.names[view.film]}, ${text}. Space plays, left and right arrows step.`);
    label.textContent = text;
  };
  return { element: html("div", {}, canvas, label), draw };
}

/** Play and pause, and a step to either side. */
function buttons(player) {
  const back = button("mm-back", "back");
  const play = button("mm-play");
  const on = button("mm-on", "on");
  put(back, { "aria-label": "one frame back" });
  put(on, { "aria-label": "one frame on" });
  back.addEventListener("click", () => player.step(-1));
  play.addEventListener("click", () => player.toggle());
  on.addEventListener("click", () => player.step(1));
  const draw = ({ plays }) => { play.textContent = plays ? "pause" : "play"; };
  return { element: html("div", { class: "mm-choices", role: "group", "aria-label": "play" }, back, play, on), draw };
}

/** The scores of the film over time, what is odd, where the film is, and the threshold to drag. */
function chart(fixed, change) {
  const { frames, span: [least, most], steps } = fixed;
  const room = ROOM * (most - least);
  const [low, top] = [least - room, most + room];
  const x = (frame) => LEFT + (PLOT * (frame + 0.5)) / frames;
  const y = (score) => TOP + (HIGH * (top - clamp(score, low, top))) / (top - low);
  const line = svg("g", { class: "mm-threshold", role: "slider", tabindex: 0, "aria-label": "threshold", "aria-orientation": "vertical", "aria-valuemin": short(least), "aria-valuemax": short(most) });
  const [still, moving] = [svg("g", { "aria-hidden": "true" }), svg("g", { "aria-hidden": "true" })];
  const size = { viewBox: `0 0 ${LEFT + PLOT + RIGHT} ${TOP + HIGH + BOTTOM}`, width: LEFT + PLOT + RIGHT };
  const element = svg("svg", { ...size, class: "mm-chart" }, still, moving, line);
  const held = { threshold: 0, on: false };
  const set = (threshold) => change({ threshold: clamp(threshold, least, most) });
  const where = (event) => {
    const box = element.getBoundingClientRect();
    const scale = (LEFT + PLOT + RIGHT) / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  };

  line.addEventListener("pointerdown", (event) => {
    held.on = true;
    line.setPointerCapture(event.pointerId);
    event.stopPropagation(); // the chart under it would jump to a frame
  });
  line.addEventListener("pointermove", (event) => {
    if (held.on) set(top - ((where(event)[1] - TOP) * (top - low)) / HIGH);
  });
  for (const end of ["pointerup", "pointercancel"]) line.addEventListener(end, () => { held.on = false; });
  element.addEventListener("pointerdown", (event) => {
    const frame = Math.floor(((where(event)[0] - LEFT) * frames) / PLOT);
    change({ frame: clamp(frame, 0, frames - 1) });
  });
  line.addEventListener("keydown", (event) => {
    const step = (most - least) / steps;
    const moves = { ArrowUp: step, ArrowDown: -step, PageUp: LEAP * step, PageDown: -LEAP * step, Home: -Infinity, End: Infinity };
    if (!(event.key in moves)) return;
    event.preventDefault();
    set(held.threshold + moves[event.key]);
  });

  const draw = ({ film, frame, threshold }) => {
    held.threshold = threshold;
    const [scores, odd] = [fixed.scores[film], fixed.odd[film]];
    still.replaceChildren(...bands(odd, x, PLOT / frames), ...axes(frames, [least, most], x, y));
    moving.replaceChildren(...curve(scores, x, y), ...points(scores, odd, threshold, x, y), head(frame, x));
    const at = y(threshold);
    line.replaceChildren(
      svg("rect", { x: LEFT, y: at - 9, width: PLOT, height: 18, class: "mm-grip" }),
      svg("line", { x1: LEFT, x2: LEFT + PLOT, y1: at, y2: at, class: "mm-level" }),
      svg("circle", { cx: LEFT + PLOT, cy: at, r: 7, class: "mm-knob" }),
    );
    put(line, { "aria-valuenow": short(threshold), "aria-valuetext": `threshold ${short(threshold)}` });
  };
  return { element, draw };
}

/** A band behind every odd frame. */
function bands(odd, x, wide) {
  const frames = [...odd.keys()].filter((frame) => odd[frame]);
  return frames.map((frame) => svg("rect", { x: x(frame) - wide / 2, y: TOP, width: wide, height: HIGH, class: "mm-odd" }));
}

/** The numbers and names of both axes. */
function axes(frames, [least, most], x, y) {
  const every = Math.ceil(frames / 16);
  const below = [...Array(frames).keys()].filter((frame) => frame % every === 0);
  const times = below.map((frame) => svg("text", { x: x(frame), y: TOP + HIGH + 13, class: "mm-tick mm-middle" }, String(frame)));
  const marks = [least, (least + most) / 2, most].map((score) => svg("text", { x: LEFT - 8, y: y(score), class: "mm-tick mm-last" }, short(score)));
  const turn = `rotate(-90 9 ${TOP + HIGH / 2})`;
  return [
    ...times,
    ...marks,
    svg("path", { d: `M${LEFT} ${TOP}V${TOP + HIGH}H${LEFT + PLOT}`, class: "mm-axis" }),
    svg("text", { x: LEFT + PLOT / 2, y: TOP + HIGH + 31, class: "mm-middle" }, "frame"),
    svg("text", { x: 9, y: TOP + HIGH / 2, transform: turn, class: "mm-middle" }, "score"),
  ];
}

/** The scores, joined where there are any. */
function curve(scores, x, y) {
  const parts = scores.map((score, frame) => {
    if (!isScore(score)) return "";
    const joined = frame > 0 && isScore(scores[frame - 1]);
    return `${joined ? "L" : "M"}${x(frame)} ${y(score)}`;
  });
  return [svg("path", { d: parts.join(""), class: "mm-curve" })];
}

/** Full dots for hits, empty ones for misses, crosses for false alarms. */
function points(scores, odd, threshold, x, y) {
  return [...scores.keys()].flatMap((frame) => {
    const kind = kindOf(scores[frame], odd[frame], threshold);
    if (!kind) return [];
    const [cx, cy] = [x(frame), y(scores[frame])];
    if (kind === "false alarm") return [svg("path", { d: `M${cx - 5} ${cy - 5}l10 10m0 -10l-10 10`, class: "mm-false" })];
    return [svg("circle", { cx, cy, r: 5, class: `mm-${kind}` })];
  });
}

/** Where the film is. */
function head(frame, x) {
  return svg("line", { x1: x(frame), x2: x(frame), y1: TOP, y2: TOP + HIGH, class: "mm-head" });
}

/** The two sentences; screen readers speak them when they change. */
function spoken(fixed) {
  const [one, all] = [html("div", { class: "mm-one" }), html("div", { class: "mm-all" })];
  const draw = ({ film, threshold }) => {
    const said = [filmSays(fixed, film, threshold), allSay(fixed, threshold)];
    [one, all].forEach((line, at) => { if (line.textContent !== said[at]) line.textContent = said[at]; });
  };
  return { element: html("div", { class: "mm-said", role: "status", "aria-live": "polite" }, one, all), draw };
}

/** What the marks and keys mean. */
function legend() {
  const entries = ["● hit", "○ miss", "× false alarm", "orange: truly odd", "drag the dashed line, or ↑ ↓", "space plays, ← → step"];
  return { element: html("div", { class: "mm-legend" }, ...entries.map((text) => html("span", {}, text))), draw: () => {} };
}

// ---- The whole -----------------------------------------------------------------------------------

/** Plays: moves `frame` on, `rate` times a second, and tells Python when it stops. */
function playing(model, { frames, rate }, draw) {
  let timer = null;
  const move = (by) => model.set("frame", (model.get("frame") + by + frames) % frames);
  const stop = () => {
    if (timer === null) return;
    clearInterval(timer);
    timer = null;
    model.save_changes();
    draw();
  };
  const toggle = () => {
    if (timer !== null) return stop();
    timer = setInterval(() => move(1), 1000 / rate);
    draw();
  };
  const step = (by) => {
    stop();
    model.set("frame", clamp(model.get("frame") + by, 0, frames - 1));
    model.save_changes();
  };
  return { toggle, step, stop, plays: () => timer !== null };
}

function render({ model, el }) {
  const fixed = model.get("_fixed");
  let parts = [];
  const draw = () => {
    const view = Object.fromEntries(SHARED.map((name) => [name, model.get(name)]));
    view.plays = player.plays();
    parts.forEach((part) => part.draw(view));
  };
  const player = playing(model, fixed, draw);
  const change = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const left = [selector(fixed, change), picture(fixed, bytes(model.get("_pixels"))), buttons(player)];
  const right = [chart(fixed, change), spoken(fixed), legend()];
  parts = [...left, ...right];
  const column = (name, some) => html("div", { class: name }, ...some.map((part) => part.element));
  // While the reader is in here, no key is the notebook's.
  const names = { role: "group", "aria-label": "film player", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-widget mm-player", ...names }, column("mm-left", left), column("mm-right", right));

  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.target.tagName === "SELECT") return; // its arrows choose a film
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") player.step(event.key === "ArrowLeft" ? -1 : 1);
    else if (event.key === " " && event.target.tagName !== "BUTTON") player.toggle(); // a button's own click
    else return;
    event.preventDefault();
  });

  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => {
    player.stop();
    SHARED.forEach((name) => model.off(`change:${name}`, draw));
  };
}

export default { render };
