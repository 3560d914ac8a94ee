// The caption desk's page side: an anywidget module without any dependency.
//
// `picture`, `beginning`, `way`, `temperature`, `draw` and `word` are shared with Python. For each
// caption Python sends its words, a sentence and a look for each of them, and a verdict: so that
// choosing a word asks nobody. Texts come from outside: they are only ever shown as text, never as
// HTML.

const SHARED = ["picture", "beginning", "way", "temperature", "draw", "word", "_shown", "_error"];
const MOVES = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
const LARGE = 5; // each pixel of the picture is so many wide on the page

// ---- Small tools ---------------------------------------------------------------------------------

/** Move on from one of several elements with the arrow keys. */
function arrows(element, at, count, choose) {
  element.addEventListener("keydown", (event) => {
    const moved = MOVES[event.key];
    if (!moved) return;
    event.preventDefault();
    choose(clamp(at + moved, 0, count - 1), true);
  });
}

/** Mark which of several elements is chosen; it alone is in the tab order. */
function mark(elements, chosen) {
  elements.forEach((element, at) => {
    element.setAttribute("aria-checked", at === chosen);
    element.tabIndex = at === chosen ? 0 : -1;
  });
}

/** A line of radio buttons; `choose` gets the place of the chosen one. */
function radios(label, names, style, choose) {
  const buttons = names.map((name) => html("button", { type: "button", role: "radio", class: style }, name));
  const pick = (at, focus) => {
    choose(at);
    if (focus) buttons[at].focus();
  };
  buttons.forEach((button, at) => {
    button.addEventListener("click", () => pick(at, false));
    arrows(button, at, buttons.length, pick);
  });
  return { buttons, element: html("div", { class: "mm-choices", role: "radiogroup", "aria-label": label }, ...buttons) };
}

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** The picture, each patch as bright as its weight at the chosen word; the strongest is framed. */
function picture(fixed) {
  const { wide, high, grid: [rows, columns] } = fixed;
  const canvas = html("canvas", { width: wide, height: high, class: "mm-picture", role: "img" });
  canvas.style.width = `${LARGE * wide}px`;
  const frame = html("div", { class: "mm-frame" });
  frame.style.width = `${100 / columns}%`;
  frame.style.height = `${100 / rows}%`;
  const context = canvas.getContext("2d");
  const draw = (view) => {
    const all = new Float32Array(bytes(view.looks()).slice().buffer);
    const look = all.subarray(view.word * rows * columns, (view.word + 1) * rows * columns);
    const top = all.reduce((most, weight) => Math.max(most, weight), 1e-9);
    const pixels = bytes(view.pixels());
    const image = context.createImageData(wide, high);
    for (let y = 0; y < high; y++)
      for (let x = 0; x < wide; x++) {
        const patch = Math.floor((y * rows) / high) * columns + Math.floor((x * columns) / wide);
        const bright = fixed.dim + (1 - fixed.dim) * (look[patch] / top);
        const at = y * wide + x;
        for (let c = 0; c < 3; c++) image.data[4 * at + c] = Math.round(pixels[3 * at + c] * bright);
        image.data[4 * at + 3] = 255;
      }
    context.putImageData(image, 0, 0);
    const best = look.indexOf(look.reduce((most, weight) => Math.max(most, weight), -1));
    frame.style.left = `${(100 / columns) * (best % columns)}%`;
    frame.style.top = `${(100 / rows) * Math.floor(best / columns)}%`;
    canvas.setAttribute("aria-label", `picture ${view.picture + 1}, lit where the model looks at “${view._shown.words[view.word]}”`);
  };
  return { element: html("div", { class: "mm-canvas" }, canvas, frame), draw };
}

/** Which picture: a button that goes on to the next. */
function next(fixed, change) {
  const button = html("button", { type: "button", class: "mm-choice mm-next" }, "next picture");
  let now = 0;
  button.addEventListener("click", () => change({ picture: (now + 1) % fixed.pictures }));
  const count = html("span", { class: "mm-quiet mm-count" });
  const draw = (view) => {
    now = view.picture;
    count.textContent = `${now + 1} of ${fixed.pictures}`;
  };
  return { element: html("div", { class: "mm-control" }, button, count), draw };
}

/** The beginning of the caption, written by hand; the model goes on when Enter is pressed. */
function beginning(change) {
  const input = html("input", { type: "text", class: "mm-beginning", spellcheck: "false", placeholder: "such as: a red", "aria-label": "beginning of the caption" });
  const error = html("div", { class: "mm-error", role: "alert" });
  input.addEventListener("change", () => change({ beginning: input.value }));
  const draw = (view) => {
    if (document.activeElement !== input) input.value = view.beginning;
    error.textContent = view._error;
  };
  return { element: html("label", { class: "mm-box" }, html("span", { class: "mm-quiet" }, "It begins (Enter: go on)"), input, error), draw };
}

/** How the model goes on: a way, and for a sample its temperature and another throw. */
function way(fixed, change) {
  const { buttons, element } = radios("how the next words are chosen", fixed.ways, "mm-choice mm-way", (at) => change({ way: at }));
  const slider = html("input", { type: "range", class: "mm-slider", min: fixed.coolest, max: fixed.hottest, step: 0.1, "aria-label": "temperature" });
  const level = html("span", { class: "mm-level" });
  const again = html("button", { type: "button", class: "mm-choice mm-again" }, "throw again");
  let throws = 0;
  slider.addEventListener("input", () => change({ temperature: Number(slider.value) }));
  again.addEventListener("click", () => change({ draw: throws + 1 }));
  const heat = html("div", { class: "mm-control" }, html("span", { class: "mm-quiet" }, "temperature"), slider, level, again);
  const draw = (view) => {
    throws = view.draw;
    mark(buttons, view.way);
    const off = view.way !== fixed.ways.length - 1;
    slider.disabled = again.disabled = off;
    heat.classList.toggle("mm-off", off);
    slider.value = view.temperature;
    level.textContent = view.temperature.toFixed(1);
  };
  return { element: html("div", { class: "mm-box" }, element, heat), draw };
}

/** The caption: each word is a button; what was written by hand stands in italics. */
function caption(change) {
  const group = html("div", { class: "mm-caption", role: "radiogroup", "aria-label": "words of the caption" });
  let shown = null;
  let buttons = [];
  const draw = (view) => {
    if (view._shown !== shown) {
      shown = view._shown;
      const made = radios("", shown.words, "mm-word", (word) => change({ word }));
      buttons = made.buttons;
      buttons.forEach((button, at) => button.classList.toggle("mm-given", at < shown.given));
      group.replaceChildren(...buttons);
    }
    mark(buttons, view.word);
  };
  return { element: group, draw };
}

/** What is said of the chosen word, and whether the caption is true. */
function sentences() {
  const word = html("div", { class: "mm-sentence" });
  const verdict = html("div", { class: "mm-verdict" });
  const draw = ({ _shown, word: at }) => {
    word.textContent = _shown.sentences[at];
    verdict.textContent = _shown.verdict;
  };
  return { element: html("div", { role: "status", "aria-live": "polite" }, verdict, word), draw };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const fixed = model.get("_fixed");
  const change = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const left = [picture(fixed), next(fixed, change)];
  const right = [beginning(change), way(fixed, change), caption(change), sentences()];
  const column = (style, parts) => html("div", { class: style }, ...parts.map((part) => part.element));
  // JupyterLab's own shortcuts would take the keys away.
  const names = { role: "group", "aria-label": "caption desk", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-desk", ...names }, column("mm-left", left), column("mm-right", right));
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const view = Object.fromEntries(SHARED.map((name) => [name, model.get(name)]));
    view.word = Math.min(view.word, view._shown.words.length - 1);
    view.pixels = () => model.get("_pixels");
    view.looks = () => model.get("_looks");
    [...left, ...right].forEach((part) => part.draw(view));
  };
  const watched = [...SHARED, "_pixels", "_looks"];
  watched.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => watched.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
