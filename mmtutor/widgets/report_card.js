// The report card's page side: an anywidget module without any dependency.
//
// Python sends all rows and dots once, and an item with what it shows whenever a dot is opened or a
// page is turned. What the reader sets is shared with Python: whoever changes it, `draw` runs.
// Names, questions and answers come from outside: they are only ever shown as text, never as HTML.

const SHARED = ["models", "dimensions", "order", "between", "alone", "rows", "opened", "page", "_given", "_item"];
const OF_CHART = ["models", "dimensions", "order", "between", "rows", "_given"]; // what moves dots
const DIMENSIONS = "dimensions";
const LANE = 13; // pixels between two models in a row
const LEAST = 2; // so many lanes a row is high at least
const WAITING = {}; // no item yet
const [ALONE, ONE_OF_MANY] = [192, 72]; // the side of a picture on the page, and of a film's frame
const [MEAN, LOW, HIGH, FAILED, SAT] = [0, 1, 2, 3, 4]; // the places in a dot

/** The signs of matplotlib, in a square of 12 by 12. */
const SIGNS = {
  o: "M6 1a5 5 0 1 0 .01 0z",
  s: "M1.5 1.5h9v9h-9z",
  "^": "M6 .5L11.5 10.8H.5z",
  v: "M6 11.5L.5 1.2h11z",
  P: "M4 .5h4V4h3.5v4H8v3.5H4V8H.5V4H4z",
  D: "M6 0L12 6 6 12 0 6z",
  X: "M3 .5L6 3.5 9 .5 11.5 3 8.5 6l3 3L9 11.5l-3-3-3 3L.5 9l3-3-3-3z",
};

// ---- Small tools ---------------------------------------------------------------------------------

const equal = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);
const button = (style, ...children) => html("button", { type: "button", class: `mm-choice ${style}` }, ...children);
const many = (number, one, several) => `${number} ${number === 1 ? one : several}`;
const percent = (share) => `${Number((100 * share).toFixed(1))} %`;
const points = (gap) => `${gap < 0 ? "−" : "+"}${Math.abs(100 * gap).toFixed(1)}`;
const union = (some, others) => [...new Set([...some, ...others])];

/** Write a text where it is another than before: a screen reader speaks only what changes. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A model's sign in its colour. */
function sign([colour, mark]) {
  const path = svg("path", { d: SIGNS[mark] ?? SIGNS.o });
  path.style.fill = colour;
  return svg("svg", { viewBox: "0 0 12 12", class: "mm-sign", "aria-hidden": "true" }, path);
}

// ---- What is shown -------------------------------------------------------------------------------

/** The rows of a view with their dots by model, filtered and in order: { name, gap, dots, at }. */
function rowsOf({ _given, models, dimensions, order, between, rows }) {
  const view = _given.views.find((one) => one.name === rows);
  const numbers = models.map((name) => _given.models.indexOf(name)).sort((a, b) => a - b);
  const [one, other] = between.map((name) => view.cells[_given.models.indexOf(name)]);
  const found = view.rows.map((name, at) => ({
    name,
    at,
    gap: one[at] && other[at] ? one[at][MEAN] - other[at][MEAN] : null,
    dots: numbers.filter((number) => view.cells[number][at]).map((number) => ({ number, cell: view.cells[number][at] })),
  }));
  if (rows !== DIMENSIONS) return found;
  const chosen = found.filter(({ name }) => dimensions.includes(name));
  return order === "gap" ? chosen.sort((a, b) => (b.gap ?? -2) - (a.gap ?? -2)) : chosen;
}

/** The dot that is open; nothing where none is. */
function cellOf({ _given, rows, opened: [model, row] }) {
  const view = _given.views.find((one) => one.name === rows);
  return view.cells[_given.models.indexOf(model)]?.[view.rows.indexOf(row)];
}

/** How the rows stand, in words. */
function orderSays({ order, between: [one, other] }, rows) {
  if (order === "exam") return "in the order of the exam";
  const apart = rows.filter(({ gap }) => gap !== null);
  if (!apart.length) return `by the gap of “${one}” over “${other}”: no row has both`;
  const [most, least] = [apart[0], apart[apart.length - 1]];
  const ends = `from ${points(most.gap)} points in ${most.name} to ${points(least.gap)} in ${least.name}`;
  return `by the gap of “${one}” over “${other}”: ${ends}`;
}

/** What the chart shows, in a sentence. */
function chartSays(view, rows) {
  const { models, rows: way, _given } = view;
  if (!models.length) return "No model is chosen.";
  if (!rows.length) return "No dimension is chosen.";
  const shown = new Set(rows.flatMap(({ dots }) => dots.map(({ number }) => number))).size;
  if (way === DIMENSIONS) {
    const all = `${models.length} of ${many(_given.models.length, "model", "models")} in ${rows.length} of ${many(_given.views[0].rows.length, "dimension", "dimensions")}`;
    return `${all}, ${orderSays(view, rows)}.`;
  }
  if (!shown) return `None of the chosen models was examined with “${way}”.`;
  return `Pictures changed (${way}): ${many(rows.length, "row", "rows")}, ${many(shown, "model", "models")}.`;
}

/** Which items lie behind the open dot, in a sentence. */
function dotSays(view) {
  const { opened: [model, row], rows: way, _item } = view;
  if (_item.count === undefined) return "Python is asked for the item …";
  if (way !== DIMENSIONS) {
    if (!_item.count) return `No picture shows what “${way}” is.`;
    return `${way} ${row}, picture ${_item.page + 1} of ${_item.count}. What “${model}” said to changed pictures is not kept.`;
  }
  const cell = cellOf(view);
  const failed = `“${model}” failed ${cell[FAILED] || "none"} of ${many(cell[SAT], "item", "items")} in ${row}`;
  const other = otherOf(view);
  const left = cell[FAILED] && other ? `; ${_item.count || "none"} of them “${other}” has right` : "";
  return `${failed}${left}.${_item.count ? ` This is number ${_item.page + 1}.` : ""}`;
}

/** The model that must have right what the open one failed; nothing where that is not asked. */
function otherOf({ alone, order, between, opened: [model] }) {
  if (!alone || order !== "gap" || !between.includes(model)) return null;
  return between[1 - between.indexOf(model)];
}

/** What was said, in a sentence; nothing where nothing is known. */
function saidSays({ outcome, said }) {
  if (!outcome) return "";
  if (typeof said === "string") return `It said: “${said}” (${outcome}).`;
  return outcome === "refused" ? "It refused to answer." : `Its answer was ${outcome}; what it said is not kept.`;
}

// ---- The filters: each gives { element, draw(view) } ---------------------------------------------

/** Checkboxes for models or dimensions under a headline that counts them; all, or none. */
function boxes(name, all, looks, open, change) {
  const inputs = [];
  const chosen = () => all.filter((_, at) => inputs[at].checked);
  const labels = all.map((text, at) => {
    const input = html("input", { type: "checkbox" });
    inputs.push(input);
    input.addEventListener("change", () => change({ [name]: chosen() }));
    return html("label", { class: "mm-box" }, input, ...(looks ? [sign(looks[at])] : []), html("span", {}, text));
  });
  const [every, none] = [button("", "all"), button("", "none")];
  put(every, { "aria-label": `all ${name}` });
  put(none, { "aria-label": `no ${name}` });
  every.addEventListener("click", () => change({ [name]: all }));
  none.addEventListener("click", () => change({ [name]: [] }));
  const summary = html("summary");
  const group = html("div", { class: "mm-boxes", role: "group", "aria-label": name }, ...labels);
  const element = html("details", { class: "mm-fold" }, summary, group, html("div", { class: "mm-choices" }, every, none));
  element.open = open;
  const draw = (view) => {
    all.forEach((one, at) => (inputs[at].checked = view[name].includes(one)));
    write(summary, `${name}: ${view[name].length} of ${all.length}`);
    if (name === "dimensions") element.hidden = view.rows !== DIMENSIONS;
  };
  return { element, draw };
}

/** A list to choose one from, with its name before it. */
function select(label, options, read, set, shown = () => true) {
  const list = html("select", { class: "mm-choice", "aria-label": label }, ...options.map(([value, text]) => html("option", { value }, text)));
  list.addEventListener("change", () => set(list.value));
  const element = html("label", {}, html("span", { class: "mm-soft" }, label), list);
  const draw = (view) => {
    list.value = read(view);
    element.hidden = !shown(view);
  };
  return { element, draw };
}

/** A checkbox with its name. */
function check(label, read, set, shown) {
  const input = html("input", { type: "checkbox" });
  input.addEventListener("change", () => set(input.checked));
  const element = html("label", {}, input, label);
  const draw = (view) => {
    input.checked = read(view);
    element.hidden = !shown(view);
  };
  return { element, draw };
}

/** What the rows are, how they are ordered, and between which two models the gap is. */
function selects({ models, views }, model, change) {
  const names = models.map((name) => [name, name]);
  const byDimension = ({ rows }) => rows === DIMENSIONS;
  const byGap = (view) => byDimension(view) && view.order === "gap";
  const setRows = (rows) => {
    const { cells } = views.find((view) => view.name === rows);
    const examined = rows === DIMENSIONS ? [] : models.filter((_, at) => cells[at].some((cell) => cell));
    change({ rows, opened: [], page: 0, models: union(model.get("models"), examined) });
  };
  const setBetween = (at) => (name) => {
    const between = model.get("between").map((old, place) => (place === at ? name : old));
    change({ between, models: union(model.get("models"), between) });
  };
  const setOrder = (order) => change({ order, models: order === "gap" ? union(model.get("models"), model.get("between")) : model.get("models") });
  const parts = [
    select("rows", views.map(({ name }) => [name, name]), (view) => view.rows, setRows, () => views.length > 1),
    select("order", [["exam", "as in the exam"], ["gap", "by the gap"]], (view) => view.order, setOrder, byDimension),
    select("gap of", names, (view) => view.between[0], setBetween(0), byGap),
    select("over", names, (view) => view.between[1], setBetween(1), byGap),
    check("open only what the other of the two has right", (view) => view.alone, (alone) => change({ alone, page: 0 }), byGap),
  ];
  const element = html("div", { class: "mm-selects" }, ...parts.map((part) => part.element));
  return { element, draw: (view) => parts.forEach((part) => part.draw(view)) };
}

/** The lines' names, and the keys. */
function legend({ levels }) {
  const lines = levels.map(([name], at) => html("span", {}, html("span", { class: `mm-line mm-level${at % 4}` }), name));
  const keys = "dots: ↑ ↓ the next, ← → the same model in another row, Enter opens, Page Up and Page Down turn, Escape closes";
  const [before, after] = [html("span", {}, "mean with its 95 % interval"), html("span", {}, keys)];
  const draw = ({ rows }) => lines.forEach((line) => (line.hidden = rows !== DIMENSIONS));
  return { element: html("div", { class: "mm-legend" }, before, ...lines, after), draw };
}

// ---- The chart -----------------------------------------------------------------------------------

/** A row with a name and what stands over the axis from 0 to 100 %. */
function rowWith(style, name, ...children) {
  return html("div", { class: `mm-row ${style}` }, html("div", { class: "mm-name" }, ...name), html("div", { class: "mm-lanes" }, ...children));
}

/** Something at a share of the axis. */
function at(share, tag, attributes, ...children) {
  const element = html(tag, attributes, ...children);
  element.style.left = `${100 * share}%`;
  return element;
}

/** The numbers of the axis. */
function axis() {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => at(share, "span", { class: "mm-tick" }, percent(share)));
  const element = rowWith("mm-axis", [html("span", { class: "mm-soft" }, "right answers")], ...ticks);
  put(element, { "aria-hidden": "true" });
  return element;
}

/** A dot that can be opened, and its interval. */
function dotOf({ _given, rows: way }, row, { number, cell }, lane) {
  const name = _given.models[number];
  const behind = cell[FAILED] === null ? "" : `; failed ${cell[FAILED]} of ${cell[SAT]}`;
  const label = `${name}, ${way === DIMENSIONS ? row.name : `${way} ${row.name}`}: ${percent(cell[MEAN])}, ${percent(cell[LOW])} to ${percent(cell[HIGH])}${behind}`;
  const element = at(cell[MEAN], "button", { type: "button", class: "mm-dot", "aria-label": label, title: label, "aria-expanded": "false", tabindex: -1 }, sign(_given.looks[number]));
  const reach = at(cell[LOW], "span", { class: "mm-reach", "aria-hidden": "true" });
  reach.style.width = `${100 * (cell[HIGH] - cell[LOW])}%`;
  reach.style.background = _given.looks[number][0];
  element.style.height = `${LANE}px`;
  for (const one of [element, reach]) one.style.top = `${LANE * (lane + 0.5)}px`;
  return { element, reach, model: name, row: row.name };
}

/** A row of dots, lane by lane, with its levels. */
function dotRow(view, row) {
  const dots = row.dots.map((dot, place) => dotOf(view, row, dot, place + Math.max(0, LEAST - row.dots.length) / 2));
  const levels = view.rows === DIMENSIONS ? view._given.levels.map(([name, shares]) => [name, shares[row.at] ?? null]) : [];
  const lines = levels.map(([, share], place) => share !== null && at(share, "span", { class: `mm-level mm-level${place % 4}`, "aria-hidden": "true" })).filter(Boolean);
  const gap = view.rows === DIMENSIONS && view.order === "gap" ? ` ${row.gap === null ? "no gap" : points(row.gap)}` : "";
  const element = rowWith("", [row.name, html("span", { class: "mm-gap" }, gap)], ...lines, ...dots.flatMap((dot) => [dot.reach, dot.element]));
  element.lastChild.style.height = `${LANE * Math.max(LEAST, dots.length)}px`;
  const said = levels.filter(([, share]) => share !== null).map(([name, share]) => `${name} ${percent(share)}`);
  put(element, { role: "group", "aria-label": [row.name, ...said].join(", ") });
  return { element, dots };
}

/** The chart, its dots in one stop of the tab key, and under a row the items behind its open dot. */
function chart(change, panel) {
  const element = html("div", { class: "mm-chart" });
  const state = { rows: [], dots: [], now: 0, shown: null };
  const same = (dot, [model, row]) => dot.model === model && dot.row === row;
  const open = (dot) => change({ opened: dot.element.getAttribute("aria-expanded") === "true" ? [] : [dot.model, dot.row], page: 0 });
  const here = (place, focus) => {
    state.now = clamp(place, 0, state.dots.length - 1);
    state.dots.forEach((dot, at) => (dot.element.tabIndex = at === state.now ? 0 : -1));
    if (focus) state.dots[state.now]?.element.focus();
  };
  const likewise = (step) => {
    const { model } = state.dots[state.now];
    let place = state.now + step;
    while (state.dots[place] && state.dots[place].model !== model) place += step;
    return state.dots[place] ? place : state.now;
  };
  element.addEventListener("keydown", (event) => {
    if (!event.target.classList.contains("mm-dot")) return;
    const moves = { ArrowDown: () => state.now + 1, ArrowUp: () => state.now - 1, ArrowRight: () => likewise(1), ArrowLeft: () => likewise(-1), Home: () => 0, End: () => state.dots.length - 1 };
    if (!(event.key in moves)) return;
    event.preventDefault();
    here(moves[event.key](), true);
  });
  const build = (view) => {
    const held = state.dots.find((dot) => dot.element === document.activeElement) ?? null;
    const before = state.dots[state.now];
    state.rows = view.found.map((row) => dotRow(view, row));
    state.dots = state.rows.flatMap((row) => row.dots);
    state.dots.forEach((dot, place) => {
      dot.element.addEventListener("click", () => open(dot));
      dot.element.addEventListener("focus", () => here(place, false));
    });
    element.replaceChildren(axis(), ...state.rows.map((row) => row.element));
    here(Math.max(0, before ? state.dots.findIndex((dot) => same(dot, [before.model, before.row])) : 0), held !== null);
  };
  const draw = (view) => {
    const moved = !state.shown || OF_CHART.some((name) => !equal(state.shown[name], view[name]));
    if (moved) build(view);
    state.shown = view;
    state.dots.forEach((dot) => put(dot.element, { "aria-expanded": same(dot, view.opened) }));
    const row = state.rows.find(({ dots }) => dots.some((dot) => same(dot, view.opened)));
    if (!row) panel.remove();
    else if (row.element.nextSibling !== panel) {
      row.element.after(panel);
      panel.scrollIntoView?.({ block: "nearest" });
    }
  };
  const back = () => here(state.now, true);
  return { element, draw, back };
}

// ---- The items behind a dot ----------------------------------------------------------------------

/** A picture, or the frames of a film. */
function pictures({ pixels, sizes: [frames, high, wide], shown }) {
  const all = bytes(pixels);
  const side = frames === 1 ? ALONE : ONE_OF_MANY;
  return [...Array(frames).keys()].map((frame) => {
    const label = frames === 1 ? shown : `${shown}: frame ${frame + 1} of ${frames}`;
    const canvas = html("canvas", { width: wide, height: high, role: "img", "aria-label": label });
    canvas.style.width = canvas.style.height = `${side}px`;
    const image = canvas.getContext("2d").createImageData(wide, high);
    for (let i = 0; i < high * wide; i++) {
      const start = 3 * (frame * high * wide + i);
      image.data.set([all[start], all[start + 1], all[start + 2], 255], 4 * i);
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  });
}

/** The wave of a sound, and a button that plays it. */
function wave({ peaks, wav, shown }) {
  const path = peaks.map(([low, high], i) => `M${i + 0.5} ${-high}V${-low}`).join("");
  const most = peaks.flat().reduce((top, peak) => Math.max(top, Math.abs(peak)), 1e-6);
  const strokes = svg("path", { d: path, "vector-effect": "non-scaling-stroke", fill: "none" });
  const drawn = svg("svg", { viewBox: `0 ${-most} ${peaks.length} ${2 * most}`, preserveAspectRatio: "none", class: "mm-wave", role: "img", "aria-label": shown }, strokes);
  const play = button("mm-play", "play");
  play.addEventListener("click", () => {
    const audio = new Audio(URL.createObjectURL(new Blob([bytes(wav)], { type: "audio/wav" })));
    audio.addEventListener("ended", () => URL.revokeObjectURL(audio.src));
    audio.play().catch(() => {}); // no loudspeaker, or not allowed to: the wave is still there
  });
  return [drawn, play];
}

/** What an item shows, asks and wants, what was said, and the way to the next one. */
function items(change, close) {
  const [head, question, options, answer, said] = ["mm-soft", "mm-question", "mm-options", "mm-answer", "mm-said"].map((style) => html("div", { class: style }));
  const shown = html("div", { class: "mm-shown" });
  const [before, next, shut] = [button("mm-before", "previous"), button("mm-next", "next"), button("mm-close", "close")];
  const turn = html("div", { class: "mm-choices mm-turn" }, before, next, shut);
  const about = html("div", { class: "mm-about" }, head, question, options, answer, said, turn);
  const element = html("div", { class: "mm-items", role: "group", "aria-label": "items behind the dot" }, shown, about);
  let view = null;
  const go = (step) => {
    const page = view.page + step;
    if (page >= 0 && page < (view._item.count ?? 0)) change({ page });
  };
  before.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  shut.addEventListener("click", close);
  const texts = (item) => [
    [question, item.question ?? ""],
    [options, item.options ? `It could say: ${item.options.join(", ")}.` : ""],
    [answer, item.answer ? `Right: “${item.answer}”.` : ""],
    [said, saidSays(item)],
  ];
  const draw = (now) => {
    const item = now._item;
    if (view?._item !== item) shown.replaceChildren(...(item.pixels ? pictures(item) : item.peaks ? wave(item) : []));
    view = now;
    if (!view.opened.length) return;
    write(head, dotSays(view));
    texts(item).forEach(([line, text]) => write(line, text));
    const last = (item.count ?? 0) - 1;
    // Not `disabled`: a button that has the focus must keep it at the last page.
    put(before, { "aria-disabled": view.page <= 0 });
    put(next, { "aria-disabled": view.page >= last });
    turn.firstChild.hidden = turn.children[1].hidden = last < 0;
  };
  return { element, draw, go };
}

/** What is shown, and which item is open; screen readers speak it when it changes. */
function spoken() {
  const [all, one] = [html("div"), html("div", { class: "mm-unseen" })];
  const draw = (view) => {
    const { opened, _item } = view;
    write(all, chartSays(view, view.found));
    const asked = _item.question ? ` ${_item.question} Right: ${_item.answer}. ${saidSays(_item)}` : "";
    write(one, opened.length && _item.count !== undefined ? dotSays(view) + asked : "");
  };
  return { element: html("div", { class: "mm-says", role: "status", "aria-live": "polite" }, all, one), draw };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const change = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const close = () => {
    change({ opened: [], page: 0 });
    dots.back();
  };
  const behind = items(change, close);
  const dots = chart(change, behind.element);
  const filters = html("div", { class: "mm-filters" });
  let [given, parts] = [null, []];
  const build = () => {
    const open = [...filters.querySelectorAll("details")].map((fold) => fold.open);
    given = model.get("_given");
    parts = [
      boxes("models", given.models, given.looks, open[0] ?? true, change),
      boxes("dimensions", given.views[0].rows, null, open[1] ?? false, change),
      selects(given, model, change),
      legend(given),
    ];
    filters.replaceChildren(...parts.map((part) => part.element));
  };
  const status = spoken();
  // While the reader is in here, no key is the notebook's.
  const names = { role: "group", "aria-label": "report card", "data-lm-suppress-shortcuts": "true" };
  const inner = html("div", { class: "mm-report" }, filters, status.element, dots.element);
  const root = html("div", { class: "mm-widget mm-reportcard", ...names }, inner);
  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (!model.get("opened").length || event.target.tagName === "SELECT") return;
    const keys = { Escape: close, PageDown: () => behind.go(1), PageUp: () => behind.go(-1) };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });

  const draw = () => {
    if (given !== model.get("_given")) build();
    const view = Object.fromEntries(SHARED.map((name) => [name, model.get(name)]));
    if (!cellOf(view)) view.opened = []; // of other rows: Python closes it in a moment
    if (!equal(view._item.dot, view.opened)) view._item = WAITING;
    view.found = rowsOf(view);
    [...parts, behind, dots, status].forEach((part) => part.draw(view));
  };
  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => SHARED.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
