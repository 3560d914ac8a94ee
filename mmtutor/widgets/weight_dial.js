// The weight dial's page side: an anywidget module without any dependency.
//
// Python sends all results once, with the means and where ties begin. `pair` and `place` are shared
// with Python: whoever changes one, `draw` runs and every part follows. The sentence is put together
// here as in mmtutor/plots/weights.py; a test in a browser proves that the two agree. Names come from
// outside: they are only ever shown as text, never as HTML.

const SHARED = ["pair", "place"];
const HAIR = 1e-9; // differences below this are the computer's rounding
const [LEFT, PLOT, RIGHT] = [62, 420, 24]; // widths: numbers, chart, rim
const [TOP, HIGH, BOTTOM] = [14, 320, 46]; // heights: rim, chart, numbers

// ---- Small tools ---------------------------------------------------------------------------------

const range = (count) => Array.from({ length: count }, (_, index) => index);
const tenths = (share) => String(Math.floor(1000 * share + 0.5 + HAIR) / 10);
const percent = (share) => `${tenths(share)} %`;
const weights = (ratio) => `${ratio} : 1`;

// ---- In words: as in mmtutor/plots/weights.py ----------------------------------------------------

/** What one task scores with a weight. */
function saidOf({ tasks, means, ties }, task, place) {
  const [value, best] = [means[task][place], Math.max(...means[task])];
  const away = `${tenths(best - value)} points under its best`;
  return `${tasks[task]} ${percent(value)}, ${ties[task][place] ? "within the noise of its best" : away}`;
}

/** What both tasks score with a weight, and alone. */
function sentence(pair, place) {
  const [one, two] = pair.tasks;
  const said = [0, 1].map((task) => saidOf(pair, task, place));
  return `${one} : ${two} = ${weights(pair.ratios[place])}; ${said.join("; ")}; alone ${pair.alone.map(percent).join(" and ")}`;
}

/** How many labels the two tasks have. */
const title = ({ tasks, labels }) => tasks.map((task, place) => `${task}: ${labels[place]} labels`).join(", ");

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** The pairs as buttons. The chosen one is in the tab order; arrows move on from it. */
function pairs(all, change) {
  const buttons = all.map(({ name }, pair) => {
    const button = html("button", { type: "button", role: "radio", class: "mm-choice mm-pair" }, name);
    button.addEventListener("click", () => change({ pair }));
    return button;
  });
  const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  const group = html("div", { role: "radiogroup", class: "mm-choices", "aria-label": "pair of tasks" }, ...buttons);
  group.addEventListener("keydown", (event) => {
    if (!(event.key in moves)) return;
    event.preventDefault();
    const pair = clamp(buttons.indexOf(event.target) + moves[event.key], 0, buttons.length - 1);
    buttons[pair].focus();
    change({ pair });
  });
  const draw = (view) => buttons.forEach((button, pair) => {
    button.setAttribute("aria-checked", pair === view.pair);
    button.tabIndex = pair === view.pair ? 0 : -1;
  });
  return { element: html("div", { class: "mm-control" }, group), draw };
}

/** The slider over the weights, from the second task's end to the first one's. */
function slider(count, change) {
  const input = html("input", { type: "range", min: 0, max: count - 1, step: 1, class: "mm-slider", "aria-label": "weights of the two tasks" });
  const ends = [html("span", { class: "mm-name mm-end" }), html("span", { class: "mm-name" })];
  const shown = html("span", { class: "mm-level", "aria-hidden": "true" }); // the slider says it itself
  input.addEventListener("input", () => change({ place: Number(input.value) }));
  const draw = ({ found, place }) => {
    const [one, two] = found.tasks;
    input.value = place;
    shown.textContent = weights(found.ratios[place]);
    ends[0].textContent = two;
    ends[1].textContent = one;
    input.setAttribute("aria-valuetext", `${one} to ${two} as ${found.ratios[place]} to 1`);
  };
  return { element: html("label", { class: "mm-control" }, ends[0], input, ends[1], shown), draw };
}

/** The sentence; screen readers speak it when it changes. */
function spoken() {
  const element = html("div", { class: "mm-sentence", role: "status", "aria-live": "polite" });
  const draw = ({ found, place }) => { element.textContent = sentence(found, place); };
  return { element, draw };
}

/** The chart: bands of ties, lines of being alone, the curve of all weights, the chosen one. */
function chart() {
  const [wide, high] = [LEFT + PLOT + RIGHT, TOP + HIGH + BOTTOM];
  const still = svg("g", { "aria-hidden": "true" });
  const moving = svg("g", { "aria-hidden": "true" });
  const element = svg("svg", { viewBox: `0 0 ${wide} ${high}`, width: wide, class: "mm-chart", role: "img" }, still, moving);
  let drawn = null; // the pair that stands there
  const draw = ({ found, place }) => {
    const [[low, right], [bottom, top]] = found.span;
    const x = (share) => LEFT + (PLOT * (share - low)) / (right - low);
    const y = (share) => TOP + HIGH - (HIGH * (share - bottom)) / (top - bottom);
    if (drawn !== found) still.replaceChildren(...bands(found, x, y), ...axes(found, x, y), ...alone(found, x, y), ...curve(found, x, y));
    drawn = found;
    moving.replaceChildren(...chosen(found, place, x, y));
    element.setAttribute("aria-label", `${title(found)}: right answers of both, by weight`);
  };
  return { element, draw };
}

/** What is within the noise of each task's best weight. */
function bands({ edges }, x, y) {
  const across = svg("rect", { x: x(edges[0]), y: TOP, width: Math.max(0, LEFT + PLOT - x(edges[0])), height: HIGH, class: "mm-band" });
  return [across, svg("rect", { x: LEFT, y: TOP, width: PLOT, height: Math.max(0, y(edges[1]) - TOP), class: "mm-band" })];
}

/** A round step that gives two to six numbers on an axis. */
function step(low, high) {
  return [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2].find((size) => (high - low) / size <= 6) ?? 0.2;
}

/** The numbers and names of both axes. */
function axes({ tasks, span }, x, y) {
  const marks = span.flatMap(([low, high], task) => {
    const size = step(low, high);
    const first = Math.ceil(low / size - HAIR);
    return range(Math.floor(high / size + HAIR) - first + 1).map((number) => {
      const share = (first + number) * size;
      const at = task ? { x: LEFT - 8, y: y(share), class: "mm-tick mm-last" } : { x: x(share), y: TOP + HIGH + 14, class: "mm-tick mm-middle" };
      return svg("text", at, tenths(share));
    });
  });
  const frame = svg("path", { d: `M${LEFT} ${TOP}V${TOP + HIGH}H${LEFT + PLOT}`, class: "mm-frame" });
  const below = svg("text", { x: LEFT + PLOT / 2, y: TOP + HIGH + 36, class: "mm-middle" }, `${tasks[0]}: right answers (%)`);
  const turn = `rotate(-90 12 ${TOP + HIGH / 2})`;
  const beside = svg("text", { x: 12, y: TOP + HIGH / 2, transform: turn, class: "mm-middle" }, `${tasks[1]}: right answers (%)`);
  return [...marks, frame, below, beside];
}

/** What each task scores alone. */
function alone({ alone: [across, up] }, x, y) {
  return [
    svg("line", { x1: x(across), x2: x(across), y1: TOP, y2: TOP + HIGH, class: "mm-alone" }),
    svg("line", { x1: LEFT, x2: LEFT + PLOT, y1: y(up), y2: y(up), class: "mm-alone" }),
    svg("text", { x: x(across) - 5, y: TOP + 9, class: "mm-tick mm-last" }, "alone"),
    svg("text", { x: LEFT + 5, y: y(up) - 9, class: "mm-tick" }, "alone"),
  ];
}

/** All weights, joined in their order. */
function curve({ means }, x, y) {
  const points = means[0].map((value, place) => [x(value), y(means[1][place])]);
  const line = svg("polyline", { points: points.map((point) => point.join(",")).join(" "), class: "mm-curve" });
  return [line, ...points.map(([cx, cy]) => svg("circle", { cx, cy, r: 3.5, class: "mm-point" }))];
}

/** The chosen weight: a dot for every seed, and their mean. */
function chosen({ means, scores }, place, x, y) {
  const [across, up] = scores.map((task) => task[place]);
  const dots = across.map((value, seed) => svg("circle", { cx: x(value), cy: y(up[seed]), r: 3, class: "mm-seed" }));
  return [...dots, svg("circle", { cx: x(means[0][place]), cy: y(means[1][place]), r: 7, class: "mm-chosen" })];
}

/** What the marks mean. */
function legend() {
  const entries = ["big dot: the chosen weights", "small dots: their seeds", "grey: within the noise of a task's best; darker: of both"];
  const labels = html("span", { class: "mm-labels" });
  const element = html("div", { class: "mm-legend" }, labels, ...entries.map((text) => html("span", {}, text)));
  const draw = ({ found }) => { labels.textContent = title(found); };
  return { element, draw };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const all = model.get("_pairs");

  /** Take what a part wants changed to the model; the model calls draw. */
  const change = (shared) => {
    const changed = Object.entries(shared).filter(([name, value]) => model.get(name) !== value);
    changed.forEach(([name, value]) => model.set(name, value));
    if (changed.length) model.save_changes();
  };
  const parts = [pairs(all, change), slider(all[0].ratios.length, change), spoken(), chart(), legend()];
  // While the reader is in here, no key is the notebook's: see fusion_dial.js.
  const names = { role: "group", "aria-label": "weight dial", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-widget mm-weigh", ...names }, ...parts.map((part) => part.element));
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const [pair, place] = SHARED.map((name) => model.get(name));
    parts.forEach((part) => part.draw({ pair, place, found: all[pair] }));
  };
  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => SHARED.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
