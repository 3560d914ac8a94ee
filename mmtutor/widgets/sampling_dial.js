// The sampling dial's page side: an anywidget module without any dependency.
//
// `text`, `temperature`, `top_p` and `top_k` are shared with Python, which asks the model and sends
// the bars and the sentence; the buttons send a message. Whoever changes something, `draw` runs.
// Texts come from outside: they are only ever shown as text, never as HTML.

const SHARED = ["text", "temperature", "top_p", "top_k", "_bars", "_sentence", "_error"];

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** The text: it can be typed into, and it grows. */
function page(change) {
  const area = html("textarea", { class: "mm-text", rows: 5, spellcheck: "false", "aria-label": "prompt and text" });
  const error = html("div", { class: "mm-error", role: "alert" });
  area.addEventListener("input", () => change({ text: area.value }));
  const draw = ({ text, _error }) => {
    if (area.value !== text && document.activeElement !== area) {
      area.value = text;
      area.scrollTop = area.scrollHeight;
    }
    error.textContent = _error;
  };
  return { element: html("div", {}, area, error), draw };
}

/** A slider; `read` turns its place into a value, `place` the other way round, `say` names a value. */
function slider(name, label, { last, read, place, say }, change) {
  const input = html("input", { type: "range", min: 0, max: last, step: 1, class: "mm-slider", "aria-label": label });
  const shown = html("span", { class: "mm-level", "aria-hidden": "true" });
  input.addEventListener("input", () => change({ [name]: read(Number(input.value)) }));
  const draw = (view) => {
    input.value = place(view[name]);
    shown.textContent = say(view[name]);
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  return { element: html("label", { class: "mm-control" }, html("span", { class: "mm-name" }, label), input, shown), draw };
}

const dials = (size, hottest) => [
  ["temperature", "temperature", { last: 20 * hottest, read: (x) => x / 20, place: (t) => 20 * t, say: (t) => (t ? t.toFixed(2) : "0: greedy") }],
  ["top_p", "top-p", { last: 19, read: (x) => (x + 1) / 20, place: (p) => 20 * p - 1, say: (p) => (p < 1 ? p.toFixed(2) : "1: all") }],
  ["top_k", "top-k", { last: size - 1, read: (x) => (x === size - 1 ? 0 : x + 1), place: (k) => (k ? k - 1 : size - 1), say: (k) => (k ? String(k) : "all") }],
];

/** The sentence; screen readers speak it when it changes. */
function spoken() {
  const element = html("div", { class: "mm-sentence", role: "status", "aria-live": "polite" });
  const draw = ({ _sentence }) => { element.textContent = _sentence; };
  return { element, draw };
}

/** The likeliest tokens: an outline for what the model says, a bar for what the dials leave of it. */
function chart() {
  const rows = html("tbody");
  const caption = html("caption", {}, "next token: outline as the model says it, bar as the dials have it");
  const element = html("table", { class: "mm-bars" }, caption, rows);
  const bar = (share, kind) => {
    const made = html("div", { class: kind });
    made.style.width = `${100 * share}%`;
    return made;
  };
  const draw = ({ _bars }) => {
    rows.replaceChildren(..._bars.map(([name, before, after]) => html(
      "tr", { class: after > 0 ? "" : "mm-gone" },
      html("th", { scope: "row" }, name),
      html("td", { class: "mm-track" }, bar(before, "mm-before"), bar(after, "mm-after")),
      html("td", {}, after > 0 ? after.toFixed(2) : "out"),
    )));
  };
  return { element, draw };
}

/** The buttons that let the text grow and bring the prompt back. */
function buttons(send) {
  const made = [
    ["one token", { do: "grow", count: 1 }],
    ["50 tokens", { do: "grow", count: 50 }],
    ["back to the prompt", { do: "restart" }],
  ].map(([label, message]) => {
    const button = html("button", { type: "button", class: "mm-button" }, label);
    button.addEventListener("click", () => send(message));
    return button;
  });
  return { element: html("div", { class: "mm-buttons" }, ...made), draw: () => {} };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  /** Take what a part wants changed to the model; the model calls draw. */
  const change = (shared) => {
    Object.entries(shared).forEach(([name, value]) => model.set(name, value));
    model.save_changes();
  };
  const sliders = dials(model.get("_size"), model.get("_hottest")).map((dial) => slider(...dial, change));
  const [text, press, line, bars] = [page(change), buttons((message) => model.send(message)), spoken(), chart()];
  const parts = [text, press, ...sliders, line, bars];
  // While the reader is in here, no key is the notebook's: see fusion_dial.js.
  const names = { role: "group", "aria-label": "sampling dial", "data-lm-suppress-shortcuts": "true" };
  const turned = html("div", { class: "mm-dials" }, ...sliders.map((part) => part.element), line.element);
  const panels = html("div", { class: "mm-panels" }, turned, bars.element);
  const root = html("div", { class: "mm-sampling", ...names }, text.element, press.element, panels);
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const view = Object.fromEntries(SHARED.map((name) => [name, model.get(name)]));
    parts.forEach((part) => part.draw(view));
  };
  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => SHARED.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
