// The mood lab's page side: an anywidget module without any dependency.
//
// `text`, `eyes`, `mouth`, `tone`, `person` and `covered` are shared with Python. For each scene
// Python sends the face, the voice and four verdicts at once (all seen, and each of three covered),
// so that covering asks nobody. Texts come from outside: they are only ever shown as text, never as
// HTML.

const SHARED = ["text", "eyes", "mouth", "tone", "person", "covered", "_shown", "_error"];
const MOVES = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
const [WIDE, HIGH] = [300, 44]; // of the wave, in its own units

// ---- Small tools ---------------------------------------------------------------------------------

/** 16-bit samples as numbers from -1 to 1. */
function samples(value) {
  const raw = bytes(value);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Float32Array.from({ length: raw.byteLength / 2 }, (_, at) => view.getInt16(2 * at, true) / 32768);
}

const percent = (share) => `${Math.round(100 * share)} %`;
const css = (share) => `${100 * share}%`;

/** Make a group of elements choosable: one is chosen and in the tab order, arrows move on from it. */
function radios(elements, choose) {
  elements.forEach((element, at) => {
    element.setAttribute("role", "radio");
    element.addEventListener("click", () => choose(at));
    element.addEventListener("keydown", (event) => {
      const moved = MOVES[event.key];
      if (!moved) return;
      event.preventDefault();
      const next = clamp(at + moved, 0, elements.length - 1);
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

/** A line of buttons with a name, of which one is chosen. */
function choice(name, label, options, change) {
  const buttons = options.map((option) => html("button", { type: "button", class: "mm-choice" }, option));
  const mark = radios(buttons, (at) => change({ [name]: at }));
  const group = html("div", { class: "mm-choices", role: "radiogroup", "aria-label": label }, ...buttons);
  return { element: html("div", { class: "mm-control" }, html("span", { class: "mm-name" }, label), group), draw: (view) => mark(view[name]) };
}

/** The sentence; the model reads it when Enter is pressed or the box is left. */
function box(change) {
  const input = html("input", { type: "text", class: "mm-sentence-box", spellcheck: "false", "aria-label": "sentence" });
  const error = html("div", { class: "mm-error", role: "alert" });
  input.addEventListener("change", () => change({ text: input.value }));
  const draw = ({ text, _shown, _error }) => {
    if (document.activeElement !== input) input.value = text;
    const unknown = _shown.unknown.length ? `words it does not know: ${_shown.unknown.join(", ")}` : "";
    error.textContent = _error || unknown;
    error.classList.toggle("mm-note", !_error);
  };
  return { element: html("div", { class: "mm-strip mm-words" }, input, error), draw };
}

/** The face, and what its eyes and its mouth do. */
function face(fixed, change) {
  const canvas = html("canvas", { width: fixed.side, height: fixed.side, class: "mm-portrait", role: "img" });
  const context = canvas.getContext("2d");
  const parts = [choice("eyes", "eyes", fixed.eyes, change), choice("mouth", "mouth", fixed.senses, change)];
  const other = html("button", { type: "button", class: "mm-choice mm-other" }, "another person");
  let person = 0;
  other.addEventListener("click", () => change({ person: person + 1 }));
  const draw = (view) => {
    person = view.person;
    const grey = bytes(view.face());
    const image = context.createImageData(fixed.side, fixed.side);
    grey.forEach((level, at) => image.data.set([level, level, level, 255], 4 * at));
    context.putImageData(image, 0, 0);
    canvas.setAttribute("aria-label", `a face, eyes ${fixed.eyes[view.eyes]}, mouth ${fixed.senses[view.mouth]}`);
    parts.forEach((part) => part.draw(view));
  };
  const column = html("div", { class: "mm-column" }, ...parts.map((part) => part.element), other);
  return { element: html("div", { class: "mm-strip mm-face" }, html("div", { class: "mm-looks" }, canvas, column)), draw };
}

/** The voice: its wave, its tone, and a button that plays it. */
function voice(fixed, change) {
  const line = svg("path", { fill: "none", stroke: "var(--mm-of-voice)", "stroke-width": "0.8" });
  const wave = svg("svg", { class: "mm-wave", viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": "wave of the voice" }, line);
  const tone = choice("tone", "tone", fixed.senses, change);
  const play = html("button", { type: "button", class: "mm-choice mm-play" }, "▶ play");
  let heard = new Float32Array(0);
  let speaker = null; // one for the page: a browser allows a few only
  play.addEventListener("click", () => {
    speaker ??= new AudioContext();
    const sound = speaker.createBuffer(1, heard.length, fixed.rate);
    sound.copyToChannel(heard, 0);
    const source = new AudioBufferSourceNode(speaker, { buffer: sound });
    source.connect(speaker.destination);
    source.start();
  });
  const draw = (view) => {
    heard = samples(view.wave());
    const loudest = heard.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    const step = 4; // every fourth sample is enough for the eye
    let path = "";
    for (let at = 0; at < heard.length; at += step) {
      const [x, y] = [(WIDE * at) / heard.length, HIGH / 2 - (HIGH / 2 - 1) * (heard[at] / loudest)];
      path += `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    }
    line.setAttribute("d", path);
    tone.draw(view);
  };
  return { element: html("div", { class: "mm-strip mm-voice" }, html("div", { class: "mm-control" }, tone.element, play), wave), draw };
}

/** What the rule says, and what the model does; screen readers speak it when it changes. */
function sentences() {
  const rule = html("div", { class: "mm-rule" });
  const model = html("div", { class: "mm-model" });
  const draw = ({ _shown, covered }) => {
    rule.textContent = `The rule: ${_shown.rule}`;
    model.textContent = _shown.model[covered].replaceAll(" %", "\u00a0%"); // no line ends there
  };
  return { element: html("div", { role: "status", "aria-live": "polite" }, rule, model), draw };
}

/** One bar with a label and a number. */
function bar(tag, style, label) {
  const fill = html("div", { class: "mm-bar" });
  const track = html("div", { class: "mm-track" }, fill);
  const value = html("span", { class: "mm-value" });
  const element = html(tag, { class: `mm-row mm-${style}`, ...(tag === "button" ? { type: "button" } : {}) }, html("span", { class: "mm-label" }, label), track, value);
  return { element, fill, track, value };
}

/** Four verdicts, one with everything and three with one thing covered; a row chooses what is covered. */
function covers(fixed, change) {
  const rows = fixed.shown.map((label, at) => bar("button", at ? fixed.modalities[at - 1] : "everything", label));
  rows.forEach(({ track }) => track.append(html("div", { class: "mm-half" })));
  const mark = radios(rows.map((row) => row.element), (covered) => change({ covered }));
  const draw = ({ _shown, covered }) => {
    mark(covered);
    rows.forEach(({ fill, value }, at) => {
      const positive = _shown.positive[at];
      fill.style.left = css(Math.min(0.5, positive)); // from the middle to the probability
      fill.style.width = css(Math.abs(positive - 0.5));
      const likelier = Number(positive >= 0.5);
      value.textContent = `${fixed.senses[likelier]} ${percent(likelier ? positive : 1 - positive)}`;
    });
  };
  const caption = html("div", { class: "mm-caption" }, `what is meant, from ${fixed.senses[0]} (left) to ${fixed.senses[1]} (right); choose what is covered`);
  return { element: html("div", {}, caption, html("div", { role: "radiogroup", "aria-label": "covered" }, ...rows.map((row) => row.element))), draw };
}

/** Where the model looks: the shares of words, face and voice. */
function looks(fixed) {
  const caption = html("div", { class: "mm-caption" });
  const rows = fixed.modalities.map((name) => bar("div", name, name));
  const draw = ({ _shown, covered }) => {
    caption.textContent = `where it looks, ${fixed.shown[covered]}; the rule's decider is in bold`;
    rows.forEach(({ element, fill, value }, at) => {
      const share = _shown.shares[covered][at];
      fill.style.width = css(share);
      value.textContent = percent(share);
      element.classList.toggle("mm-decides", at === _shown.decider);
      element.classList.toggle("mm-off", covered === at + 1);
    });
  };
  return { element: html("div", {}, caption, ...rows.map((row) => row.element)), draw };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const fixed = model.get("_fixed");
  /** Take what a part wants changed to the model; the model calls draw. */
  const change = (shared) => {
    Object.entries(shared).forEach(([name, value]) => model.set(name, value));
    model.save_changes();
  };
  const scene = [box(change), face(fixed, change), voice(fixed, change)];
  const answer = [sentences(), covers(fixed, change), looks(fixed)];
  const column = (name, parts) => html("div", { class: name }, ...parts.map((part) => part.element));
  // While the reader is in here, no key is the notebook's: see fusion_dial.js.
  const names = { role: "group", "aria-label": "mood lab", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-widget mm-moods", ...names }, column("mm-scene", scene), column("mm-answer", answer));
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const view = Object.fromEntries(SHARED.map((name) => [name, model.get(name)]));
    view.face = () => model.get("_face");
    view.wave = () => model.get("_wave");
    [...scene, ...answer].forEach((part) => part.draw(view));
  };
  const watched = [...SHARED, "_face", "_wave"];
  watched.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => watched.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
