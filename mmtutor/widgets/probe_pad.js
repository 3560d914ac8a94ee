// The probe pad's page side: an anywidget module without any dependency.
//
// `texts`, `chosen` and `first` are shared with Python, which learns from the lines and sends the
// examples and a window of the list: names, chances, and the pictures' bytes. Names and lines come
// from outside: they are only ever shown as text, never as HTML.

const SHARED = ["texts", "chosen", "first", "_shown", "_error"];
const MOVES = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

// ---- Small tools ---------------------------------------------------------------------------------

/** A picture of the bytes from `at` on: all of red, then all of green, then all of blue. */
function picture(raw, at, side, name) {
  const canvas = html("canvas", { width: side, height: side, role: "img", "aria-label": name, title: name });
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  const plane = side * side;
  for (let pixel = 0; pixel < plane; pixel++) {
    const colour = [0, 1, 2].map((channel) => raw[at * 3 * plane + channel * plane + pixel]);
    image.data.set([...colour, 255], 4 * pixel);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Make a group of elements choosable: one is chosen and in the tab order, arrows move on from it. */
function radios(elements, choose) {
  const there = () => elements.filter((element) => !element.hidden);
  elements.forEach((element, at) => {
    element.setAttribute("role", "radio");
    element.addEventListener("click", () => choose(at));
    element.addEventListener("keydown", (event) => {
      const moved = MOVES[event.key];
      if (!moved) return;
      event.preventDefault();
      const next = clamp(at + moved, 0, there().length - 1);
      choose(next);
      elements[next].focus();
    });
  });
  return (chosen) => elements.forEach((element, at) => {
    element.setAttribute("aria-checked", at === chosen);
    element.tabIndex = at === chosen ? 0 : -1;
  });
}

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** One line for the examples of a class, and the pictures that were understood. */
function line(name, at, fixed, change) {
  const input = html("input", { type: "text", class: "mm-line", spellcheck: "false", "aria-label": `examples of ${name}` });
  const found = html("div", { class: "mm-found" });
  input.addEventListener("change", () => change({ texts: (texts) => texts.map((text, k) => (k === at ? input.value : text)) }));
  const draw = ({ texts, _shown, raw }) => {
    if (document.activeElement !== input) input.value = texts[at];
    const before = _shown.examples.slice(0, at).flat().length;
    const pictures = _shown.examples[at].map((label, k) => picture(raw, before + k, fixed.side, label));
    const words = _shown.words[at].map((word) => html("span", { class: "mm-word" }, word));
    const unknown = _shown.unknown[at].length ? [html("span", { class: "mm-unknown" }, `not known: ${_shown.unknown[at].join(", ")}`)] : [];
    found.replaceChildren(...pictures, ...words, ...unknown);
  };
  const label = html("span", { class: "mm-class" }, name);
  return { element: html("div", { class: `mm-strip mm-class-${at}` }, html("div", { class: "mm-control" }, label, input), found), draw };
}

/** What was learnt, or why nothing was; screen readers speak it when it changes. */
function sentence() {
  const says = html("div", { class: "mm-says", role: "status", "aria-live": "polite" });
  const error = html("div", { class: "mm-error", role: "alert" });
  const draw = ({ _shown, _error }) => {
    says.textContent = _shown.says;
    says.classList.toggle("mm-old", Boolean(_error));
    error.textContent = _error;
  };
  return { element: html("div", {}, says, error), draw };
}

/** Which class's list is seen, and how far down. */
function list(fixed, change) {
  const buttons = fixed.classes.map((name, at) => html("button", { type: "button", class: `mm-choice mm-class-${at}` }, `likeliest of ${name} first`));
  const mark = radios(buttons, (chosen) => change({ chosen, first: 0 }));
  const slider = html("input", { type: "range", class: "mm-slider", min: 0, step: 1, "aria-label": "place in the list" });
  const place = html("span", { class: "mm-place" });
  slider.addEventListener("input", () => change({ first: Number(slider.value) }));
  const draw = ({ _shown, chosen, first }) => {
    buttons.forEach((button, at) => { button.hidden = at >= _shown.classes; });
    mark(chosen);
    slider.max = _shown.last;
    slider.value = first;
    place.textContent = `from place ${(first + 1).toLocaleString("en")}`;
    slider.setAttribute("aria-valuetext", place.textContent);
  };
  const group = html("div", { class: "mm-choices", role: "radiogroup", "aria-label": "class" }, ...buttons);
  return { element: html("div", { class: "mm-list" }, group, html("div", { class: "mm-control" }, slider, place)), draw };
}

/** The window of the list; a press makes a picture an example of a class. */
function grid(fixed, change) {
  const tiles = html("div", { class: "mm-tiles", role: "group", "aria-label": "sorted pictures" });
  const menu = html("div", { class: "mm-menu", role: "group", "aria-label": "make it an example" });
  let picked = null;
  const pick = (tile) => {
    picked = tile;
    menu.replaceChildren(tile ? `“${tile.name}” is an example of ` : "Press a picture to make it an example.", ...(tile ? fixed.classes.map(add) : []));
  };
  const add = (name, at) => {
    const button = html("button", { type: "button", class: "mm-choice" }, name);
    button.addEventListener("click", () => {
      change({ texts: (texts) => texts.map((text, k) => (k === at ? `${text} ${picked.symbol}`.trim() : text)) });
      pick(null);
    });
    return button;
  };
  const draw = ({ _shown, raw, chosen }) => {
    const before = _shown.examples.flat().length;
    const focused = [...tiles.children].indexOf(document.activeElement);
    tiles.replaceChildren(..._shown.tiles.map(({ name, symbol, chance }, k) => {
      const percent = `${Math.round(100 * chance)}\u00a0%`;
      const bar = html("span", { class: `mm-bar mm-class-${chosen}` });
      bar.style.width = `${100 * chance}%`;
      const tile = html("button", { type: "button", class: "mm-tile", "aria-label": `${name}, ${percent}` }, picture(raw, before + k, fixed.side, name), bar, html("span", { class: "mm-value" }, percent));
      tile.addEventListener("click", () => pick({ name, symbol }));
      return tile;
    }));
    if (focused >= 0) tiles.children[Math.min(focused, tiles.children.length - 1)]?.focus();
  };
  pick(null);
  return { element: html("div", { class: "mm-grid" }, tiles, menu), draw };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const fixed = model.get("_fixed");
  /** Take what a part wants changed to the model; a function changes what is there. */
  const change = (shared) => {
    Object.entries(shared).forEach(([name, value]) => model.set(name, typeof value === "function" ? value(model.get(name)) : value));
    model.save_changes();
  };
  const lines = fixed.classes.map((name, at) => line(name, at, fixed, change));
  const parts = [...lines, sentence(), list(fixed, change), grid(fixed, change)];
  // While the reader is in here, no key is the notebook's: see fusion_dial.js.
  const names = { role: "group", "aria-label": "probe pad", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-widget mm-probe", ...names }, ...parts.map((part) => part.element));
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const view = Object.fromEntries(SHARED.map((name) => [name, model.get(name)]));
    view.raw = bytes(model.get("_pictures"));
    parts.forEach((part) => part.draw(view));
  };
  const watched = [...SHARED, "_pictures"];
  watched.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => watched.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
