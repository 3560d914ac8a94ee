// The frame pad's page side: an anywidget module without any dependency.
//
// Python sends all pictures once, as bytes. `column` and `row` are shared with Python: whoever changes
// one, `draw` runs. Texts come from outside: they are only ever shown as text, never as HTML.

const SHARED = ["column", "row"];
const LARGE = 224; // the side of the large picture on the page
const MAP = 340; // and of the plane

/** Draw one picture at a place of a canvas: dark ink on white paper. */
function paint(context, ink, [, columns, high, wide], row, column, x, y) {
  const pixels = context.createImageData(wide, high);
  const start = (row * columns + column) * high * wide;
  for (let i = 0; i < high * wide; i++) {
    pixels.data.fill(255 - ink[start + i], 4 * i, 4 * i + 3);
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, x, y);
}

/** A slider over the columns or the rows. */
function slider(name, label, count, change) {
  const input = html("input", { type: "range", min: 0, max: count - 1, step: 1, class: `mm-slider mm-${name}`, "aria-label": label });
  input.addEventListener("input", () => change({ [name]: Number(input.value) }));
  const element = html("label", { class: "mm-control" }, html("span", { class: "mm-name" }, label), input);
  const draw = (view) => {
    input.value = view[name];
    input.setAttribute("aria-valuetext", view.text);
  };
  return { element, draw };
}

/** The whole plane, small, with a frame around the chosen picture; pointing or dragging chooses. */
function plane(ink, sizes, change) {
  const [rows, columns, high, wide] = sizes;
  const canvas = html("canvas", { width: columns * wide, height: rows * high, class: "mm-map", "aria-hidden": "true" });
  canvas.style.width = `${MAP}px`;
  const context = canvas.getContext("2d");
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) paint(context, ink, sizes, row, column, column * wide, row * high);
  const mark = html("div", { class: "mm-mark" });
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
    change({ column: clamp(column, 0, columns - 1), row: clamp(row, 0, rows - 1) });
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    point(event);
  });
  canvas.addEventListener("pointermove", (event) => { if (event.buttons) point(event); });
  const draw = (view) => {
    const place = { left: view.column / columns, top: view.row / rows, width: 1 / columns, height: 1 / rows };
    for (const [name, share] of Object.entries(place)) mark.style[name] = `${100 * share}%`;
  };
  return { element: html("div", { class: "mm-plane" }, canvas, mark), draw };
}

/** The chosen picture, large, and its text; screen readers speak the text when it changes. */
function large(ink, sizes) {
  const [, , high, wide] = sizes;
  const canvas = html("canvas", { width: wide, height: high, class: "mm-large", role: "img" });
  canvas.style.width = `${Math.round(LARGE * Math.max(1, wide / high))}px`;
  const line = html("div", { class: "mm-text", role: "status", "aria-live": "polite" });
  const draw = (view) => {
    paint(canvas.getContext("2d"), ink, sizes, view.row, view.column, 0, 0);
    canvas.setAttribute("aria-label", view.text);
    line.textContent = view.text;
  };
  return { element: html("div", { class: "mm-one" }, canvas, line), draw };
}

function render({ model, el }) {
  const [sizes, texts, names] = ["_sizes", "_texts", "_names"].map((name) => model.get(name));
  const ink = bytes(model.get("_ink"));

  /** Take what a part wants changed to the model; the model calls draw. */
  const change = (shared) => {
    const changed = Object.entries(shared).filter(([name, value]) => model.get(name) !== value);
    changed.forEach(([name, value]) => model.set(name, value));
    if (changed.length) model.save_changes();
  };
  const many = sizes[0] > 1;
  const sliders = [slider("column", names[0], sizes[1], change), ...(many ? [slider("row", names[1], sizes[0], change)] : [])];
  const pictures = [...(many ? [plane(ink, sizes, change)] : []), large(ink, sizes)];
  const parts = [...sliders, ...pictures];
  // While the reader is in here, no key is the notebook's: see fusion_dial.js.
  const about = { role: "group", "aria-label": "pad of pictures", "data-lm-suppress-shortcuts": "true" };
  const row = (name, some) => html("div", { class: name }, ...some.map((part) => part.element));
  const root = html("div", { class: "mm-pad", ...about }, row("mm-controls", sliders), row("mm-pictures", pictures));
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const [column, at] = SHARED.map((name) => model.get(name));
    const view = { column, row: at, text: texts[at][column] };
    parts.forEach((part) => part.draw(view));
  };
  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => SHARED.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
