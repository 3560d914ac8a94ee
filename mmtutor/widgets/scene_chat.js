// The scene chat's page side: an anywidget module without any dependency.
//
// `things`, `chosen`, `question` and `lit` are shared with Python, which draws the scene and asks
// the model whenever one of them changes. A thing is [kind, colour, left, top, size], in numbers.
// Texts come from outside: they are only ever shown as text, never as HTML.

const SHARED = ["things", "chosen", "question", "lit", "_shown", "_log", "_error"];
const MOVES = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
const NEXT = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
const LARGE = 5; // each pixel of the picture is so many wide on the page
const LEAP = 8; // pixels that an arrow key moves a thing with Shift
const [KIND, COLOUR, LEFT, TOP, SIZE] = [0, 1, 2, 3, 4];

// ---- Small tools ---------------------------------------------------------------------------------

const button = (style, ...children) => html("button", { type: "button", class: style }, ...children);

/** How wide and high a thing is, in pixels. */
function extent(fixed, thing) {
  const [high, wide] = fixed.extents[thing[KIND]][thing[SIZE]];
  return { wide, high };
}

/** The same things, one of them changed so far as the canvas allows. */
function changed(fixed, things, at, values) {
  const thing = Object.assign([...things[at]], values);
  const { wide, high } = extent(fixed, thing);
  thing[LEFT] = clamp(thing[LEFT], 0, fixed.side - wide);
  thing[TOP] = clamp(thing[TOP], 0, fixed.side - high);
  return things.map((other, place) => (place === at ? thing : other));
}

/** A line of radio buttons; `choose` gets the place of the chosen one. */
function radios(label, buttons, choose) {
  buttons.forEach((element, at) => {
    element.setAttribute("role", "radio");
    element.addEventListener("click", () => choose(at));
    element.addEventListener("keydown", (event) => {
      const moved = NEXT[event.key];
      if (!moved) return;
      event.preventDefault();
      const next = clamp(at + moved, 0, buttons.length - 1);
      choose(next);
      buttons[next].focus();
    });
  });
  const mark = (chosen) => buttons.forEach((element, at) => {
    element.setAttribute("aria-checked", at === chosen);
    element.tabIndex = at === chosen ? 0 : -1;
  });
  return { element: html("div", { class: "mm-choices", role: "radiogroup", "aria-label": label }, ...buttons), mark };
}

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** The picture, lit where the model looked, the strongest patch framed. */
function picture(fixed) {
  const { side, grid: [rows, columns] } = fixed;
  const canvas = html("canvas", { width: side, height: side, class: "mm-picture", role: "img" });
  const frame = html("div", { class: "mm-frame" });
  frame.style.width = `${100 / columns}%`;
  frame.style.height = `${100 / rows}%`;
  const context = canvas.getContext("2d");
  const draw = (view) => {
    const look = new Float32Array(bytes(view.look()).slice().buffer);
    const top = look.reduce((most, weight) => Math.max(most, weight), 1e-9);
    const pixels = bytes(view.pixels());
    const image = context.createImageData(side, side);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const patch = Math.floor((y * rows) / side) * columns + Math.floor((x * columns) / side);
        const bright = view.lit ? fixed.dim + (1 - fixed.dim) * (look[patch] / top) : 1;
        const at = y * side + x;
        for (let c = 0; c < 3; c++) image.data[4 * at + c] = Math.round(pixels[3 * at + c] * bright);
        image.data[4 * at + 3] = 255;
      }
    context.putImageData(image, 0, 0);
    const best = look.indexOf(look.reduce((most, weight) => Math.max(most, weight), -1));
    frame.style.left = `${(100 / columns) * (best % columns)}%`;
    frame.style.top = `${(100 / rows) * Math.floor(best / columns)}%`;
    frame.hidden = !view.lit;
    canvas.setAttribute("aria-label", `the scene${view.lit ? ", lit where the model looked" : ""}`);
  };
  return { elements: [canvas, frame], draw };
}

/** A button over each thing: drag it, or move it with the arrow keys; Delete removes it. */
function handles(fixed, change) {
  const layer = html("div", { class: "mm-handles", role: "group", "aria-label": "things of the scene" });
  let view = null;
  let places = [];
  const put = (at, values) => {
    const things = changed(fixed, view.things, at, values);
    const moved = [LEFT, TOP].some((side) => things[at][side] !== view.things[at][side]);
    if (moved || view.chosen !== at) change({ things, chosen: at });
  };
  const handle = (at) => {
    const element = button("mm-handle");
    let held = null; // where the thing was taken, in pixels from its corner
    const pixel = (event) => {
      const box = layer.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top].map((where) => (where * fixed.side) / box.width);
    };
    element.addEventListener("pointerdown", (event) => {
      const [x, y] = pixel(event);
      held = [x - view.things[at][LEFT], y - view.things[at][TOP]];
      element.setPointerCapture(event.pointerId);
      put(at, {});
    });
    element.addEventListener("pointermove", (event) => {
      if (!held) return;
      const [x, y] = pixel(event);
      put(at, { [LEFT]: Math.round(x - held[0]), [TOP]: Math.round(y - held[1]) });
    });
    for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => (held = null));
    element.addEventListener("focus", () => put(at, {}));
    element.addEventListener("keydown", (event) => {
      const [thing, moved] = [view.things[at], MOVES[event.key]];
      const step = event.shiftKey ? LEAP : 1;
      if (moved) put(at, { [LEFT]: thing[LEFT] + step * moved[0], [TOP]: thing[TOP] + step * moved[1] });
      else if (event.key === "Delete") remove(view, change);
      else return;
      event.preventDefault();
    });
    return element;
  };
  const draw = (now) => {
    view = now;
    if (places.length !== view.things.length) {
      const focused = layer.contains(document.activeElement);
      places = view.things.map((_, at) => handle(at));
      layer.replaceChildren(...places);
      if (focused) places[view.chosen].focus();
    }
    const names = Object.keys(fixed.colours);
    places.forEach((element, at) => {
      const thing = view.things[at];
      const { wide, high } = extent(fixed, thing);
      const box = { left: thing[LEFT], top: thing[TOP], width: wide, height: high };
      for (const [side, pixels] of Object.entries(box)) element.style[side] = `${(100 * pixels) / fixed.side}%`;
      element.classList.toggle("mm-chosen", at === view.chosen);
      element.setAttribute("aria-pressed", at === view.chosen);
      element.setAttribute("aria-label", `${names[thing[COLOUR]]} ${fixed.kinds[thing[KIND]]}, ${thing[LEFT]} pixels from the left, ${thing[TOP]} from the top`);
    });
  };
  return { elements: [layer], draw };
}

/** Take the chosen thing away, unless it is the last. */
function remove({ things, chosen }, change) {
  if (things.length === 1) return;
  const left = things.filter((_, at) => at !== chosen);
  change({ things: left, chosen: Math.min(chosen, left.length - 1) });
}

/** Put another thing like the chosen one into the first ninth of the canvas that is free. */
function add(fixed, { things, chosen }, change) {
  const cell = Math.floor(fixed.side / 3);
  const free = [...Array(9).keys()].map((at) => [2 + cell * (at % 3), 2 + cell * Math.floor(at / 3)]);
  const clear = ([left, top]) => things.every((thing) => {
    const { wide, high } = extent(fixed, thing);
    return thing[LEFT] >= left + cell - 2 || thing[LEFT] + wide <= left || thing[TOP] >= top + cell - 2 || thing[TOP] + high <= top;
  });
  const [left, top] = free.find(clear) ?? free[0];
  const like = things[chosen];
  change({ things: [...things, [like[KIND], like[COLOUR], left, top, like[SIZE]]], chosen: things.length });
}

/** What the chosen thing is: its kind and its colour; and another one, or one less. */
function tools(fixed, change) {
  let view = null;
  const set = (place, value) => change({ things: changed(fixed, view.things, view.chosen, { [place]: value }) });
  const inks = Object.entries(fixed.colours).map(([name, ink]) => {
    const one = button("mm-ink");
    one.style.background = `rgb(${ink})`;
    one.setAttribute("aria-label", name);
    one.title = name;
    return one;
  });
  const colours = radios("colour of the chosen thing", inks, (at) => set(COLOUR, at));
  const kinds = html("select", { class: "mm-choice mm-kind", "aria-label": "kind of the chosen thing" }, ...fixed.kinds.slice(0, fixed.offered).map((name, at) => html("option", { value: at }, name)));
  kinds.addEventListener("change", () => set(KIND, Number(kinds.value)));
  const more = button("mm-choice mm-add", "add one");
  const less = button("mm-choice mm-remove", "remove");
  more.addEventListener("click", () => add(fixed, view, change));
  less.addEventListener("click", () => remove(view, change));
  const light = html("input", { type: "checkbox" });
  light.addEventListener("change", () => change({ lit: light.checked }));
  const draw = (now) => {
    view = now;
    const thing = view.things[view.chosen];
    colours.mark(thing[COLOUR]);
    kinds.value = thing[KIND];
    more.disabled = view.things.length >= fixed.most;
    less.disabled = view.things.length === 1;
    light.checked = view.lit;
  };
  const element = html("div", { class: "mm-tools" },
    colours.element,
    html("div", { class: "mm-control" }, kinds, more, less),
    html("label", { class: "mm-control" }, light, "lit where the model looked"));
  return { element, draw };
}

/** What was said before; a line asks its question again, of the scene as it is now. */
function log(change) {
  const lines = html("div", { class: "mm-log", role: "log", "aria-label": "said before" });
  let shown = null;
  const draw = ({ _log }) => {
    if (_log === shown) return;
    shown = _log;
    lines.replaceChildren(..._log.map(({ question, answer, right }) => {
      const line = button("mm-line", html("span", {}, question), html("b", {}, answer), { true: "✓", false: "✗" }[right] ?? "");
      line.title = "ask again";
      line.addEventListener("click", () => change({ question }));
      return line;
    }));
    lines.scrollTop = lines.scrollHeight;
  };
  return { element: lines, draw };
}

/** The present question, its answer, whether it is right, and where the model looked. */
function turn() {
  const [question, answer, verdict, look] = ["question", "answer", "verdict", "look"].map((name) => html("div", { class: `mm-${name}` }));
  const draw = ({ _shown }) => {
    question.textContent = _shown.question;
    answer.textContent = _shown.answer || "(nothing)";
    verdict.textContent = _shown.verdict;
    verdict.className = `mm-verdict mm-${_shown.right}`;
    look.textContent = _shown.look;
  };
  return { element: html("div", { class: "mm-turn", role: "status", "aria-live": "polite" }, question, answer, verdict, look), draw };
}

/** The box for a question; Enter asks. */
function box(change) {
  const input = html("input", { type: "text", class: "mm-box", spellcheck: "false", placeholder: "what colour is the star ?", "aria-label": "your question" });
  const error = html("div", { class: "mm-error", role: "alert" });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !input.value.trim()) return;
    change({ question: input.value });
    input.select();
  });
  const draw = ({ _error }) => (error.textContent = _error);
  return { element: html("div", {}, html("label", {}, html("span", { class: "mm-soft" }, "Ask (Enter)"), input), error), draw };
}

/** A button for each type of question; each press asks the next of its type about this scene. */
function suggestions(fixed, change) {
  let view = null;
  const buttons = fixed.types.map((type) => {
    const one = button("mm-choice", type);
    one.addEventListener("click", () => {
      const texts = view._shown.questions[type];
      change({ question: texts[(texts.indexOf(view._shown.question) + 1) % texts.length] });
    });
    return one;
  });
  const draw = (now) => {
    view = now;
    fixed.types.forEach((type, at) => (buttons[at].disabled = !view._shown.questions[type].length));
  };
  const group = html("div", { class: "mm-choices", role: "group", "aria-label": "questions by type" }, ...buttons);
  return { element: html("div", {}, html("span", { class: "mm-soft" }, "or the next question of a type"), group), draw };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const fixed = model.get("_fixed");
  const change = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const scene = [picture(fixed), handles(fixed, change)];
  const canvas = html("div", { class: "mm-canvas" }, ...scene.flatMap((part) => part.elements));
  canvas.style.width = canvas.style.height = `${LARGE * fixed.side}px`;
  const left = [tools(fixed, change)];
  const right = [log(change), turn(), box(change), suggestions(fixed, change)];
  const elements = (parts) => parts.map((part) => part.element);
  // JupyterLab's own shortcuts would take the keys away.
  const names = { role: "group", "aria-label": "scene chat", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-widget mm-chat", ...names },
    html("div", { class: "mm-left" }, canvas, ...elements(left)),
    html("div", { class: "mm-right" }, ...elements(right)));
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const view = Object.fromEntries(SHARED.map((name) => [name, model.get(name)]));
    view.chosen = Math.min(view.chosen, view.things.length - 1);
    view.pixels = () => model.get("_pixels");
    view.look = () => model.get("_look");
    [...scene, ...left, ...right].forEach((part) => part.draw(view));
  };
  const watched = [...SHARED, "_pixels", "_look"];
  watched.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => watched.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
