// The fusion dial's page side: an anywidget module without any dependency.
//
// Python sends all results once. `rule`, `picture` and `sound` are shared with Python: whoever
// changes one, `draw` runs and every part follows. Who wins and who ties is decided here by the same
// rule as in mmtutor/plots/dial.py (`standing`); a test in a browser proves that the two agree.
// Names come from outside: they are only ever shown as text, never as HTML.

const SHARED = ["rule", "picture", "sound"];
const CLEAR = 0.02; // above chance: see mmtutor/plots/dial.py
const HAIR = 1e-9; // differences below this are the computer's rounding
const KINDS = { "picture alone": "picture", "sound alone": "sound" }; // all others are fused
const [NAMES, PLOT, NUMBERS] = [146, 430, 124]; // widths of the chart's three columns
const [TOP, ROW, BOTTOM] = [24, 25, 42]; // heights: levels' names, one row, axis

// ---- Small tools ---------------------------------------------------------------------------------

const range = (count) => Array.from({ length: count }, (_, index) => index);
const tenths = (share) => Math.floor(1000 * share + 0.5 + HAIR) / 10;
const percent = (share) => `${tenths(share)} %`;
const kind = (name) => (Object.hasOwn(KINDS, name) ? KINDS[name] : "fused");

// ---- Who wins: as in mmtutor/plots/dial.py -------------------------------------------------------

const mean = (seeds) => seeds.reduce((sum, value) => sum + value, 0) / seeds.length;

/** The standard error of the difference of two means, from their pooled variance. */
function error(first, second) {
  const squares = [first, second].flatMap((seeds) => seeds.map((value) => (value - mean(seeds)) ** 2));
  const pooled = squares.reduce((sum, value) => sum + value, 0) / (first.length + second.length - 2);
  return Math.sqrt(pooled * (1 / first.length + 1 / second.length));
}

/** Who wins, and who is less than two standard errors behind; models are given by their index. */
function standing(scores, chance) {
  const means = scores.map(mean);
  const top = Math.max(...means);
  const winner = means.findIndex((value) => value > top - HAIR);
  const close = (index) => top - means[index] < 2 * error(scores[winner], scores[index]) + HAIR;
  const ties = range(scores.length).filter((index) => index !== winner && close(index));
  return { means, winner, ties, clear: top - chance > CLEAR };
}

/** The line under the controls: what the reader should see in the rows. */
function sentence(dial, { means, winner, ties, clear, limit }) {
  const [name, value] = [dial.variants[winner], percent(means[winner])];
  const best = `the limit is ${percent(limit)}`;
  if (!clear) return `nobody clearly beats chance; ${name} has ${value}; ${best}`;
  const verb = ties.length === 1 ? "other is" : "others are";
  const noise = ties.length ? `${ties.length} ${verb} within its noise` : "no other is within its noise";
  return `${name} wins with ${value}; ${noise}; ${best}`;
}

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** The rules as buttons. The chosen one is in the tab order; arrows move on from it. */
function rules(dial, change) {
  const buttons = dial.rules.map((name, rule) => {
    const button = html("button", { type: "button", role: "radio", class: "mm-rule" }, name);
    button.addEventListener("click", () => change({ rule }));
    return button;
  });
  const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  const group = html("div", { role: "radiogroup", class: "mm-rules", "aria-label": "rule that gives the label" }, ...buttons);
  group.addEventListener("keydown", (event) => {
    if (!(event.key in moves)) return;
    event.preventDefault();
    const rule = clamp(buttons.indexOf(event.target) + moves[event.key], 0, buttons.length - 1);
    buttons[rule].focus();
    change({ rule });
  });
  const draw = (view) => buttons.forEach((button, rule) => {
    button.setAttribute("aria-checked", rule === view.rule);
    button.tabIndex = rule === view.rule ? 0 : -1;
  });
  const element = html("div", { class: "mm-control" }, html("span", { class: "mm-name" }, "rule"), group);
  return { element, draw };
}

/** A slider over the levels of loss of one modality. */
function loss(dial, name, change) {
  const label = `lost ${name}s`;
  const slider = html("input", { type: "range", min: 0, max: dial.lost.length - 1, step: 1, class: `mm-slider mm-${name}`, "aria-label": `share of ${label}` });
  const shown = html("span", { class: "mm-level", "aria-hidden": "true" }); // the slider says it itself
  slider.addEventListener("input", () => change({ [name]: Number(slider.value) }));
  const draw = (view) => {
    slider.value = view[name];
    shown.textContent = percent(dial.lost[view[name]]);
    slider.setAttribute("aria-valuetext", shown.textContent);
  };
  const element = html("label", { class: "mm-control" }, html("span", { class: "mm-name" }, label), slider, shown);
  return { element, draw };
}

/** The sentence; screen readers speak it when it changes. */
function spoken(dial) {
  const element = html("div", { class: "mm-sentence", role: "status", "aria-live": "polite" });
  const draw = (view) => { element.textContent = sentence(dial, view); };
  return { element, draw };
}

/** What colours, dots and marks mean. */
function legend() {
  const dot = (name, text) => html("span", { class: "mm-entry" }, html("span", { class: `mm-swatch mm-${name}` }), text);
  const mark = html("span", { class: "mm-entry" }, html("span", { class: "mm-swatch-mean" }), "mean");
  const entries = [dot("picture", "picture alone"), dot("sound", "sound alone"), dot("fused", "fused"), mark];
  const rest = ["a dot for every seed", "tie: less than two standard errors behind"];
  return html("div", { class: "mm-legend" }, ...entries, ...rest.map((text) => html("span", {}, text)));
}

/** The chart: the axis, the two levels, a row for every model. */
function chart(dial) {
  const [wide, high] = [NAMES + PLOT + NUMBERS, TOP + ROW * dial.variants.length + BOTTOM];
  const axis = svg("g", { class: "mm-axis", "aria-hidden": "true" });
  const rows = dial.variants.map((name, index) => modelRow(dial, name, index));
  const levels = [level("chance"), level("limit")];
  const list = svg("g", { role: "list", "aria-label": "accuracy of every model" }, ...rows.map((row) => row.element));
  const element = svg("svg", { viewBox: `0 0 ${wide} ${high}`, width: wide, class: "mm-chart" }, axis, list);
  element.append(...levels.map((part) => part.element));
  let drawn = null; // the rule whose axis stands there
  const draw = (view) => {
    const x = (share) => NAMES + (PLOT * (share - view.low)) / (1 - view.low);
    if (drawn !== view.rule) axis.replaceChildren(...ticks(dial, view.low, x));
    drawn = view.rule;
    rows.forEach((row) => row.draw(view, x));
    levels[0].draw(view.chance, x, "left");
    levels[1].draw(view.limit, x, "right"); // never below chance: the names stay apart
  };
  return { element, draw };
}

/** The numbers of the axis, and faint lines through the rows. */
function ticks(dial, low, x) {
  const bottom = TOP + ROW * dial.variants.length;
  const every = low < 0.4 - HAIR ? 0.2 : 0.1;
  const count = Math.floor((1 - low) / every + HAIR) + 1;
  const marks = range(count).flatMap((index) => {
    const share = low + index * every;
    const line = svg("line", { x1: x(share), x2: x(share), y1: TOP, y2: bottom + 4, class: "mm-grid" });
    return [line, svg("text", { x: x(share), y: bottom + 14, class: "mm-tick mm-middle" }, percent(share))];
  });
  const label = { x: NAMES + PLOT / 2, y: bottom + 33, class: "mm-tick mm-middle" };
  return [...marks, svg("text", label, "accuracy on unseen pairs")];
}

/** A level to compare with: a grey dashed line with its name and number over it. */
function level(name) {
  const line = svg("line", { y1: TOP - 4, class: "mm-level-line" });
  const text = svg("text", { y: TOP - 12, class: "mm-level-name" });
  const element = svg("g", { class: `mm-of-${name}` }, line, text);
  const draw = (share, x, side) => {
    const bottom = element.ownerSVGElement.viewBox.baseVal.height - BOTTOM;
    put(line, { x1: x(share), x2: x(share), y2: bottom });
    put(text, { x: x(share) + (side === "left" ? -4 : 4), "text-anchor": side === "left" ? "end" : "start" });
    text.textContent = `${name}: ${percent(share)}`;
  };
  return { element, draw };
}

/** One model: its name, a dot for every seed, the mark of the mean, its number and its place. */
function modelRow(dial, name, index) {
  const y = TOP + ROW * (index + 0.5);
  const ground = svg("rect", { x: 0, y: y - ROW / 2 + 1, width: NAMES + PLOT + NUMBERS, height: ROW - 2, rx: 4, class: "mm-ground" });
  const label = svg("text", { x: NAMES - 14, y, class: "mm-model" }, name);
  const line = svg("line", { x1: NAMES, x2: NAMES + PLOT, y1: y, y2: y, class: "mm-grid" });
  const dots = range(dial.seeds).map(() => svg("circle", { cy: y, r: 5.5, class: "mm-dot" }));
  const mark = svg("rect", { y: y - 9, width: 2, height: 18, class: "mm-mean" });
  const value = svg("text", { x: NAMES + PLOT + 60, y, class: "mm-value" });
  const badge = svg("text", { x: NAMES + PLOT + 72, y, class: "mm-place" });
  const element = svg("g", { role: "listitem", class: `mm-row mm-${kind(name)}` }, ground, label, line, ...dots, mark, value, badge);
  const draw = (view, x) => {
    const place = index === view.winner ? "wins" : view.ties.includes(index) ? "tie" : "";
    const rank = view.clear ? place : ""; // at chance nobody has won anything
    dots.forEach((dot, seed) => dot.setAttribute("cx", x(view.scores[index][seed])));
    mark.setAttribute("x", x(view.means[index]) - 1);
    value.textContent = `${tenths(view.means[index]).toFixed(1)} %`;
    badge.textContent = rank;
    element.classList.toggle("mm-wins", rank === "wins");
    element.classList.toggle("mm-ties", rank === "tie");
    const seeds = view.scores[index].map(percent).join(", ");
    element.setAttribute("aria-label", `${name}: mean ${percent(view.means[index])}${rank && `, ${rank}`}; seeds ${seeds}`);
  };
  return { element, draw };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const results = model.get("_results");
  const dial = { ...results, seeds: results.accuracy[0][0][0][0].length };

  /** Take what a part wants changed to the model; the model calls draw. */
  const change = (shared) => {
    const changed = Object.entries(shared).filter(([name, value]) => model.get(name) !== value);
    changed.forEach(([name, value]) => model.set(name, value));
    if (changed.length) model.save_changes();
  };

  const controls = [rules(dial, change), loss(dial, "picture", change), loss(dial, "sound", change)];
  const bar = html("div", { class: "mm-controls" }, ...controls.map((part) => part.element));
  const line = spoken(dial);
  const rows = chart(dial);
  const parts = [...controls, line, rows];
  // While the reader is in here, no key is the notebook's: neither its one-letter shortcuts, nor the
  // arrows, which JupyterLab would take away from the sliders.
  const names = { role: "group", "aria-label": "fusion dial", "data-lm-suppress-shortcuts": "true" };
  const source = html("div", { class: "mm-source" }, dial.source);
  const root = html("div", { class: "mm-dial", ...names }, bar, line.element, rows.element, legend(), source);
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const [rule, picture, sound] = SHARED.map((name) => model.get(name));
    const scores = dial.accuracy[rule][picture][sound];
    const levels = { limit: dial.limit[rule][picture][sound], chance: dial.chance[rule], low: dial.low[rule] };
    const view = { rule, picture, sound, scores, ...levels, ...standing(scores, levels.chance) };
    parts.forEach((part) => part.draw(view));
  };
  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => SHARED.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
