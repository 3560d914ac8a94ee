// The depth lens's page side: an anywidget module without any dependency.
//
// `text`, `place`, `depth` and `head` are shared with Python. Python reads the text and sends all
// guesses, sentences and maps of it at once, so that scrubbing through depth asks nobody.
// Texts come from outside: they are only ever shown as text, never as HTML.

const SHARED = ["place", "depth", "head", "_shown", "_error"];
const SIDE = 116; // of a head's map on the page, in pixels

// ---- Small tools ---------------------------------------------------------------------------------

const range = (count) => Array.from({ length: count }, (_, index) => index);

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** The text to read; the model reads when Enter is pressed or the box is left. */
function box(change) {
  const input = html("input", { type: "text", class: "mm-text", spellcheck: "false", "aria-label": "text to read" });
  const error = html("div", { class: "mm-error", role: "alert" });
  input.addEventListener("change", () => change({ text: input.value }));
  const draw = ({ text, error: said }) => {
    if (document.activeElement !== input) input.value = text;
    error.textContent = said;
  };
  return { element: html("div", {}, html("label", { class: "mm-control" }, "text", input), error), draw };
}

/** The tokens, one of which is pointed at; behind each stands how much the chosen head looks at it. */
function tokens(change) {
  const element = html("div", { class: "mm-tokens", role: "radiogroup", "aria-label": "token" });
  let buttons = [];
  const build = (labels) => {
    buttons = labels.map((label, place) => {
      const button = html("button", { type: "button", role: "radio", class: "mm-token" }, label);
      button.addEventListener("click", () => change({ place }));
      button.addEventListener("keydown", (event) => {
        const moved = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!moved) return;
        event.preventDefault();
        const next = clamp(place + moved, 0, labels.length - 1);
        change({ place: next });
        buttons[next].focus();
      });
      return button;
    });
    element.replaceChildren(...buttons);
  };
  const draw = (view) => {
    const { shown, place } = view;
    if (view.fresh) build(shown.tokens);
    buttons.forEach((button, key) => {
      button.setAttribute("aria-checked", key === place);
      button.tabIndex = key === place ? 0 : -1;
      const weight = view.depth ? view.weight(view.head, place, key) : 0;
      button.style.boxShadow = weight ? `inset 0 -${Math.round(6 * weight)}px 0 var(--mm-look)` : "none";
    });
  };
  return { element, draw };
}

/** The slider through depth. */
function slider(change) {
  const input = html("input", { type: "range", min: 0, step: 1, class: "mm-slider", "aria-label": "depth" });
  const label = html("span", { class: "mm-stop", "aria-hidden": "true" });
  input.addEventListener("input", () => change({ depth: Number(input.value) }));
  const draw = ({ shown, depth }) => {
    input.max = shown.stops.length - 1;
    input.value = depth;
    label.textContent = shown.stops[depth];
    input.setAttribute("aria-valuetext", shown.stops[depth]);
  };
  return { element: html("label", { class: "mm-control" }, "stop", input, label), draw };
}

/** The sentence; screen readers speak it when it changes. */
function spoken() {
  const element = html("div", { class: "mm-sentence", role: "status", "aria-live": "polite" });
  const draw = ({ shown, depth, place }) => { element.textContent = shown.sentences[depth][place]; };
  return { element, draw };
}

/** The likeliest next tokens. */
function guesses() {
  const rows = html("tbody");
  const element = html("table", { class: "mm-guesses" }, html("caption", {}, "next token, if it stopped here"), rows);
  const draw = ({ shown, depth, place }) => {
    rows.replaceChildren(...shown.guesses[depth][place].map(([name, share]) => {
      const bar = html("div", { class: "mm-bar" });
      bar.style.width = `${100 * share}%`;
      return html("tr", {}, html("th", { scope: "row" }, name), html("td", { class: "mm-track" }, bar), html("td", {}, share.toFixed(2)));
    }));
  };
  return { element, draw };
}

/** A map for each head of the block that was read last; a map is a button that chooses its head. */
function heads(change, palette) {
  const line = html("div", { class: "mm-caption" });
  const row = html("div", { class: "mm-heads", role: "group", "aria-label": "heads" });
  let buttons = [];
  const build = (count, size) => {
    buttons = range(count).map((head) => {
      const canvas = html("canvas", { width: size, height: size, class: "mm-map" });
      const mark = html("div", { class: "mm-mark" });
      const button = html("button", { type: "button", class: "mm-head" }, html("div", { class: "mm-plane" }, canvas, mark), html("span", {}, `head ${head}`));
      button.addEventListener("click", () => change({ head }));
      return button;
    });
    row.replaceChildren(...buttons);
  };
  const paint = (canvas, size, weight) => {
    const context = canvas.getContext("2d");
    const image = context.createImageData(size, size);
    range(size * size).forEach((cell) => {
      const color = 3 * Math.round(255 * weight(Math.floor(cell / size), cell % size));
      image.data.set([palette[color], palette[color + 1], palette[color + 2], 255], 4 * cell);
    });
    context.putImageData(image, 0, 0);
  };
  const draw = (view) => {
    const [, count, size] = view.shown.shape;
    if (view.fresh) build(count, size);
    row.hidden = view.depth === 0;
    line.textContent = view.depth === 0
      ? "the embedding has looked nowhere yet"
      : `where each head of block ${view.depth} looked: a row is a token that looks, brightest is ${view.shown.tops[view.depth - 1].toFixed(2)}; orange under a token is how much head ${view.head} looks at it from “${view.shown.tokens[view.place]}”`;
    if (view.depth === 0) return;
    buttons.forEach((button, head) => {
      button.setAttribute("aria-pressed", head === view.head);
      paint(button.querySelector("canvas"), size, (query, key) => view.weight(head, query, key));
      const mark = button.querySelector(".mm-mark").style;
      [mark.top, mark.height] = [`${(SIDE * view.place) / size}px`, `${Math.max(3, SIDE / size)}px`];
    });
  };
  return { element: html("div", {}, line, row), draw };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  /** Take what a part wants changed to the model; the model calls draw. */
  const change = (shared) => {
    Object.entries(shared).forEach(([name, value]) => model.set(name, value));
    model.save_changes();
  };
  const parts = [box(change), tokens(change), slider(change), spoken(), guesses(), heads(change, bytes(model.get("_palette")))];
  const [text, line, depth, sentence, bars, maps] = parts.map((part) => part.element);
  // While the reader is in here, no key is the notebook's: see fusion_dial.js.
  const names = { role: "group", "aria-label": "depth lens", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-lens", ...names }, text, line, depth, sentence, html("div", { class: "mm-panels" }, bars, maps));
  root.addEventListener("keydown", (event) => event.stopPropagation());

  let drawn = null;
  const draw = () => {
    const [place, at, head, shown, error] = SHARED.map((name) => model.get(name));
    if (place >= shown.shape[2]) return; // the place belongs to a text that has not come yet
    const [, count, size] = shown.shape;
    const weights = bytes(model.get("_maps"));
    const weight = (of, query, key) => weights[(((at - 1) * count + of) * size + query) * size + key] / 255;
    const view = { text: model.get("text"), place, depth: at, head, shown, error, weight, fresh: shown !== drawn };
    drawn = shown;
    parts.forEach((part) => part.draw(view));
  };
  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => SHARED.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
