// The bug bench's page side: an anywidget module without any dependency.
//
// Python sends all cases once, pictures and sounds as bytes already painted. `case` is shared with
// Python: whoever changes it, `draw` runs. Texts come from outside: they are only ever shown as text,
// never as HTML.

const HEIGHT = 192; // of a picture or a sound on the page, in pixels
const WIDEST = 380;
const MOVES = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

// ---- Small tools ---------------------------------------------------------------------------------

const percent = (share) => `${Math.round(100 * share)} %`;
const css = (share) => `${100 * share}%`;

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** Buttons of which one is chosen. It is in the tab order; arrows move on from it. */
function choices(label, names, style, choose) {
  const buttons = names.map((name, at) => {
    const button = html("button", { type: "button", role: "radio", class: "mm-choice" }, name);
    button.addEventListener("click", () => choose(at));
    button.addEventListener("keydown", (event) => {
      const moved = MOVES[event.key];
      if (!moved) return;
      event.preventDefault();
      const next = clamp(at + moved, 0, names.length - 1);
      choose(next);
      buttons[next].focus();
    });
    return button;
  });
  const element = html("div", { class: `mm-choices ${style}`, role: "radiogroup", "aria-label": label }, ...buttons);
  const mark = (chosen) => buttons.forEach((button, at) => {
    button.setAttribute("aria-checked", at === chosen);
    button.tabIndex = at === chosen ? 0 : -1;
  });
  return { element, mark };
}

/** The modalities, and under them the bugs of the chosen one. */
function menu(cases, change) {
  const names = [...new Set(cases.map((one) => one.modality))];
  const of = (name) => cases.map((one, at) => at).filter((at) => cases[at].modality === name);
  const modalities = choices("modality", names, "", (at) => change(of(names[at])[0]));
  const lists = names.map((name) => choices(`bug of ${name}`, of(name).map((at) => cases[at].name), "mm-bugs", (at) => change(of(name)[at])));
  const draw = ({ shown, at }) => {
    const chosen = names.indexOf(shown.modality);
    modalities.mark(chosen);
    lists.forEach((list, place) => {
      list.element.hidden = place !== chosen;
      list.mark(of(names[place]).indexOf(at));
    });
  };
  return { elements: [modalities.element, ...lists.map((list) => list.element)], draw };
}

/** A line of text that follows the chosen case. */
function line(style, text, live = false) {
  const element = html("div", { class: style, ...(live ? { role: "status", "aria-live": "polite" } : {}) });
  const draw = ({ shown }) => { element.textContent = text(shown).replaceAll(" %", "\u00a0%"); }; // no line ends there
  return { element, draw };
}

/** One example as it was prepared: tokens, a picture or a sound, and what numbers it holds. */
function view(side, pixels) {
  const title = html("div", { class: "mm-title" });
  const body = html("div");
  const numbers = html("div", { class: "mm-numbers" });
  const said = html("div", { class: "mm-said" });
  const tokens = ({ tokens: words, marked }) => html("div", { class: "mm-tokens" }, ...words.map((word, at) => html("span", { class: marked[at] ? "mm-token mm-marked" : "mm-token" }, word)));
  const picture = ({ size: [high, wide], begin }, name) => {
    const canvas = html("canvas", { width: wide, height: high, role: "img", "aria-label": name });
    canvas.style.height = `${HEIGHT}px`;
    canvas.style.width = `${Math.min(WIDEST, Math.round((HEIGHT * wide) / high))}px`;
    const context = canvas.getContext("2d");
    const image = context.createImageData(wide, high);
    for (let at = 0; at < high * wide; at++) {
      for (let colour = 0; colour < 3; colour++) image.data[4 * at + colour] = pixels[begin + 3 * at + colour];
      image.data[4 * at + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    return canvas;
  };
  const draw = ({ shown }) => {
    const one = shown[side];
    title.textContent = side === "right" ? "right" : `with the bug: ${shown.name}`;
    body.replaceChildren(one.tokens ? tokens(one) : picture(one, `${shown.modality}, ${title.textContent}`));
    numbers.textContent = one.numbers;
    said.textContent = side === "bugged" && shown.said ? `The model that was trained right says: ${shown.said}` : "";
  };
  return { element: html("div", { class: "mm-view" }, title, body, numbers, said), draw };
}

/** What each answer scores in three ways, as bars; guessing is a dashed line. */
function scores(ways) {
  const rows = html("tbody");
  const heads = ["answer", ...ways].map((name) => html("th", { scope: "col" }, name));
  const element = html("table", { class: "mm-scores" }, html("thead", {}, html("tr", {}, ...heads)), rows);
  const cell = (score, chance) => {
    const bar = html("div", { class: "mm-bar" });
    bar.style.width = css(score);
    const guess = html("div", { class: "mm-chance" });
    guess.style.left = css(chance);
    return html("td", {}, html("div", { class: "mm-score" }, html("div", { class: "mm-track" }, bar, guess), html("span", { class: "mm-value" }, percent(score))));
  };
  const draw = ({ shown }) => {
    rows.replaceChildren(...shown.scores.map(([name, chance, ...three]) => html("tr", {}, html("th", { scope: "row" }, name), ...three.map((score) => cell(score, chance)))));
  };
  return { element, draw };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const cases = model.get("_cases");
  const pixels = bytes(model.get("_pixels"));
  /** Take the chosen case to the model; the model calls draw. */
  const change = (at) => {
    if (at === model.get("case")) return;
    model.set("case", at);
    model.save_changes();
  };
  const choose = menu(cases, change);
  const says = line("mm-says", (shown) => shown.says);
  const [right, bugged] = ["right", "bugged"].map((side) => view(side, pixels));
  const sentence = line("mm-sentence", (shown) => shown.sentence, true);
  const table = scores(model.get("_ways"));
  const parts = [choose, says, right, bugged, sentence, table];
  const below = html("div", {}, html("div", { class: "mm-views" }, right.element, bugged.element), sentence.element, table.element);
  const legend = html("div", { class: "mm-legend" }, "Share of right answers; dashed: guessing. Pictures and sounds are painted on the scale of the right one.");
  // While the reader is in here, no key is the notebook's: see fusion_dial.js.
  const names = { role: "group", "aria-label": "bug bench", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-widget mm-bench", ...names }, ...choose.elements, says.element, below, legend);
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const at = model.get("case");
    below.className = `mm-${cases[at].modality}`;
    parts.forEach((part) => part.draw({ shown: cases[at], at }));
  };
  model.on("change:case", draw);
  el.append(root);
  draw();
  return () => model.off("change:case", draw);
}

export default { render };
