// The drawing desk's page side: an anywidget module without any dependency.
//
// Python sends every moment of some drawings as bytes. What the reader sets is shared with Python:
// whoever changes it, `draw` runs. Captions come from outside: they are only ever shown as text.

const SHARED = ["first", "second", "between", "guidance", "steps", "seed", "time", "_sizes", "_ink", "_error"];
const LARGE = 96; // the side of a picture on the page

/** A line to type a caption into; it is taken with Enter, or when the reader leaves it. */
function caption(name, label, change) {
  const input = html("input", { type: "text", class: "mm-caption", "aria-label": label, spellcheck: "false" });
  input.addEventListener("change", () => change({ [name]: input.value }));
  const element = html("label", { class: "mm-control" }, html("span", { class: "mm-name" }, label), input);
  return { element, draw: (view) => { if (document.activeElement !== input) input.value = view[name]; } };
}

/** A slider with its value beside it. */
function slider(name, label, [low, high, step], digits, change) {
  const input = html("input", { type: "range", min: low, max: high, step, class: `mm-slider mm-${name}`, "aria-label": label });
  const said = html("span", { class: "mm-said" });
  input.addEventListener("input", () => change({ [name]: Number(input.value) }));
  const element = html("label", { class: "mm-control" }, html("span", { class: "mm-name" }, label), input, said);
  const draw = (view) => {
    input.value = view[name];
    said.textContent = view[name].toFixed(digits);
    input.setAttribute("aria-valuetext", said.textContent);
  };
  return { element, draw };
}

/** A button that throws the dice again. */
function dice(change, model) {
  const element = html("button", { type: "button", class: "mm-choice" }, "other noise");
  element.addEventListener("click", () => change({ seed: model.get("seed") + 1 }));
  return { element, draw: () => {} };
}

/** All drawings at one moment: dark ink on white paper. */
function gallery() {
  const element = html("div", { class: "mm-gallery", role: "img" });
  const draw = (view) => {
    const [moments, pictures, high, wide] = view._sizes;
    const moment = Math.round(view.time * (moments - 1));
    while (element.children.length > pictures) element.lastChild.remove();
    while (element.children.length < pictures) element.append(html("canvas", { "aria-hidden": "true" }));
    [...element.children].forEach((canvas, place) => {
      Object.assign(canvas, { width: wide, height: high });
      canvas.style.width = `${LARGE}px`;
      const pixels = canvas.getContext("2d").createImageData(wide, high);
      const start = (moment * pictures + place) * high * wide;
      for (let i = 0; i < high * wide; i++) {
        pixels.data.fill(255 - view.ink[start + i], 4 * i, 4 * i + 3);
        pixels.data[4 * i + 3] = 255;
      }
      canvas.getContext("2d").putImageData(pixels, 0, 0);
    });
    element.setAttribute("aria-label", view.text);
  };
  return { element, draw };
}

/** What is shown, in a sentence, and what could not be drawn; screen readers speak it. */
function status() {
  const line = html("div", { class: "mm-text", role: "status", "aria-live": "polite" });
  const error = html("div", { class: "mm-error", role: "alert" });
  const draw = (view) => {
    line.textContent = view.text;
    error.textContent = view._error;
  };
  return { element: html("div", {}, line, error), draw };
}

/** A sentence about the present pictures. */
function sentence({ first, second, between, guidance, steps, time, _sizes: [moments, pictures] }) {
  const now = Math.round(time * (moments - 1)) / (moments - 1);
  const way = second && between > 0 ? ` → “${second}” (${between.toFixed(2)})` : "";
  return `${pictures} drawings of “${first}”${way}, guidance ${guidance.toFixed(2)}, ${steps} steps, at t = ${now.toFixed(2)}`;
}

function render({ model, el }) {
  /** Take what a part wants changed to the model; the model calls draw. */
  const change = (shared) => {
    const changed = Object.entries(shared).filter(([name, value]) => model.get(name) !== value);
    changed.forEach(([name, value]) => model.set(name, value));
    if (changed.length) model.save_changes();
  };
  const [guidance, steps] = model.get("_most");
  const asked = [caption("first", "draw", change), caption("second", "on the way to", change), slider("between", "between", [0, 1, 0.05], 2, change)];
  const dials = [slider("guidance", "guidance", [0, guidance, 0.25], 2, change), slider("steps", "steps", [1, steps, 1], 0, change), dice(change, model)];
  const time = slider("time", "time", [0, 1, 0.01], 2, change);
  const parts = [...asked, ...dials, gallery(), time, status()];
  const row = (...some) => html("div", { class: "mm-controls" }, ...some.map((part) => part.element));
  // While the reader is in here, no key is the notebook's: see fusion_dial.js.
  const about = { role: "group", "aria-label": "drawing desk", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-widget mm-desk", ...about }, row(...asked), row(...dials), ...parts.slice(6).map((part) => part.element));
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const view = Object.fromEntries(SHARED.map((name) => [name, model.get(name)]));
    Object.assign(view, { ink: bytes(view._ink), text: sentence(view) });
    parts.forEach((part) => part.draw(view));
  };
  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => SHARED.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
