// The temperature dial's page side: an anywidget module without any dependency.
//
// `temperature` and `row` are shared with Python: whoever changes one, `draw` runs. What is computed
// here is computed in mmtutor/plots/temperature.py by the same formulas; a test in a browser proves
// that the two agree. Labels come from outside: they are only ever shown as text, never as HTML.

const SHARED = ["temperature", "row"];
const STOPS = 200; // of the slider, which moves in powers of ten
const STILL = 5e-4; // see mmtutor/plots/temperature.py
const HAIR = 1e-9; // differences below this are the computer's rounding

// ---- Small tools ---------------------------------------------------------------------------------

const sum = (values) => values.reduce((total, value) => total + value, 0);
const transpose = (table) => table[0].map((_, column) => table.map((row) => row[column]));
const twoDigits = (value) => (Math.floor(100 * value + 0.5 + HAIR) / 100).toFixed(2);
const threeFigures = (value) => String(Number(value.toPrecision(3)));

/** A number with its sign and three digits at most. */
function signed(value) {
  const size = Math.abs(value);
  const text = size < 9.995 ? twoDigits(size) : (Math.floor(10 * size + 0.5 + HAIR) / 10).toFixed(1);
  return text === "0.00" ? text : `${value < 0 ? "−" : "+"}${text}`;
}

// ---- The numbers: as in mmtutor/plots/temperature.py ---------------------------------------------

/** The softmax of cosines / τ along each row. */
function shares(cosines, temperature) {
  return cosines.map((row) => {
    const top = Math.max(...row);
    const weights = row.map((value) => Math.exp((value - top) / temperature));
    return weights.map((weight) => weight / sum(weights));
  });
}

/** InfoNCE in nats, the mean of both directions. */
function loss(cosines, temperature) {
  const oneWay = (table) => sum(table.map((row, place) => {
    const top = Math.max(...row);
    const total = sum(row.map((value) => Math.exp((value - top) / temperature)));
    return (top - row[place]) / temperature + Math.log(total);
  })) / table.length;
  return (oneWay(cosines) + oneWay(transpose(cosines))) / 2;
}

/** The gradient of the loss with respect to the cosines. */
function gradient(cosines, temperature) {
  const [across, down] = [shares(cosines, temperature), transpose(shares(transpose(cosines), temperature))];
  const scale = 2 * cosines.length * temperature;
  return across.map((row, i) => row.map((share, j) => (share + down[i][j] - (i === j ? 2 : 0)) / scale));
}

/** The line under the slider: the loss, and which wrong column a row has most trouble with. */
function sentence(view) {
  const { left, right, temperature, row, gradients } = view;
  const chance = twoDigits(Math.log(left.length));
  const costs = `τ = ${threeFigures(temperature)}: loss ${twoDigits(view.loss)} nats (chance ln ${left.length} = ${chance})`;
  const pushes = gradients[row].map((value, column) => (column === row ? 0 : value));
  const [most, total] = [Math.max(...pushes), sum(pushes)];
  if (total < STILL) return `${costs}; in row “${left[row]}” hardly anything is pushed any more`;
  const column = pushes.findIndex((value) => value >= most * (1 - HAIR));
  const share = Math.floor((100 * most) / total + 0.5 + HAIR);
  return `${costs}; in row “${left[row]}” the hardest wrong text, “${right[column]}”, takes ${share} % of the push`;
}

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** The slider over ln τ. */
function slider([low, high], change) {
  const input = html("input", { type: "range", min: 0, max: STOPS, step: 1, class: "mm-slider", "aria-label": "temperature" });
  const shown = html("span", { class: "mm-level", "aria-hidden": "true" });
  const span = Math.log(high / low);
  input.addEventListener("input", () => {
    const exact = low * Math.exp((span * Number(input.value)) / STOPS);
    change({ temperature: Math.min(high, Math.max(low, Number(exact.toPrecision(3)))) });
  });
  const draw = ({ temperature }) => {
    input.value = Math.round((STOPS * Math.log(temperature / low)) / span);
    shown.textContent = threeFigures(temperature);
    input.setAttribute("aria-valuetext", `τ = ${shown.textContent}`);
  };
  const ends = [html("span", { class: "mm-name" }, "sharp"), html("span", { class: "mm-name" }, "flat")];
  const element = html("label", { class: "mm-control" }, html("span", {}, "τ"), ends[0], input, ends[1], shown);
  return { element, draw };
}

/** The sentence; screen readers speak it when it changes. */
function spoken() {
  const element = html("div", { class: "mm-sentence", role: "status", "aria-live": "polite" });
  const draw = (view) => { element.textContent = sentence(view); };
  return { element, draw };
}

/** A table of numbers on colours; `look(view)` gives its numbers, their texts and their colours. */
function grid(title, { left, right }, look, change) {
  const cells = left.map(() => right.map(() => html("td")));
  const heads = left.map((label, row) => {
    const button = html("button", { type: "button", class: "mm-row-name", title: label }, label);
    button.addEventListener("click", () => change({ row }));
    return button;
  });
  const columns = right.map((label) => html("th", { scope: "col" }, html("span", { title: label }, label)));
  const rows = cells.map((row, place) => html("tr", {}, html("th", { scope: "row" }, heads[place]), ...row));
  const caption = html("caption", {}, title);
  const element = html("table", { class: "mm-grid" }, caption, html("tbody", {}, ...rows), html("tfoot", {}, html("tr", {}, html("td"), ...columns)));
  const draw = (view) => {
    const { texts, colors, note } = look(view);
    caption.textContent = `${title}${note}`;
    rows.forEach((row, place) => row.classList.toggle("mm-chosen", place === view.row));
    heads.forEach((head, place) => head.setAttribute("aria-pressed", place === view.row));
    cells.forEach((row, i) => row.forEach((cell, j) => {
      cell.textContent = texts[i][j];
      cell.style.background = `rgb(${colors[i][j].join(", ")})`;
      cell.style.color = isBright(colors[i][j]) ? "black" : "white";
    }));
  };
  return { element, draw };
}

/** Does black read better than white on a colour? By its relative luminance (WCAG 2.2). */
function isBright(color) {
  const [red, green, blue] = color.map((value) =>
    value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179;
}

const each = (table, change) => table.map((row) => row.map(change));

/** The colour of a share from 0 to 1 in a palette of 256 colours. */
function colorOf(palette, share) {
  const place = 3 * Math.round(255 * share);
  return [...palette.subarray(place, place + 3)];
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const labels = { left: model.get("_left"), right: model.get("_right") };
  const cosines = model.get("_cosines");
  const [attention, diverging] = ["_attention", "_gradient"].map((name) => bytes(model.get(name)));

  /** Take what a part wants changed to the model; the model calls draw. */
  const change = (shared) => {
    const changed = Object.entries(shared).filter(([name, value]) => model.get(name) !== value);
    changed.forEach(([name, value]) => model.set(name, value));
    if (changed.length) model.save_changes();
  };
  const softmax = (view) => ({
    texts: each(view.shares, (value) => value.toFixed(2)),
    colors: each(view.shares, (value) => colorOf(attention, value)),
    note: "",
  });
  const pulls = (view) => {
    const top = Math.max(...view.gradients.flat().map(Math.abs)) || 1;
    return {
      texts: each(view.gradients, signed),
      colors: each(view.gradients, (value) => colorOf(diverging, (value / top + 1) / 2)),
      note: `, largest ${signed(top).slice(1) || "0.00"}`,
    };
  };
  const parts = [
    slider(model.get("_range"), change),
    spoken(),
    grid("softmax of each row", labels, softmax, change),
    grid("gradient: − pull, + push", labels, pulls, change),
  ];
  const [control, line, ...grids] = parts.map((part) => part.element);
  // While the reader is in here, no key is the notebook's: see fusion_dial.js.
  const names = { role: "group", "aria-label": "temperature dial", "data-lm-suppress-shortcuts": "true" };
  const hint = html("div", { class: "mm-source" }, "press a row's name to ask about that row");
  const root = html("div", { class: "mm-tau", ...names }, control, line, html("div", { class: "mm-grids" }, ...grids), hint);
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const [temperature, row] = SHARED.map((name) => model.get(name));
    const computed = { shares: shares(cosines, temperature), gradients: gradient(cosines, temperature), loss: loss(cosines, temperature) };
    parts.forEach((part) => part.draw({ ...labels, temperature, row, ...computed }));
  };
  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => SHARED.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
