// The speaker's page side: an anywidget module without any dependency.
//
// `text` and `speed` are shared with Python, which answers with two pictures, a sound and a sentence.
// The pictures grow while the sound plays. `head` is the step that is looked at: it is the page's own
// and stands at the last step when nothing plays. Letters come from outside: they are only ever shown
// as text, never as HTML.

const SHARED = ["text", "speed", "_shown", "_error"];
const PICTURES = ["_weights", "_mel", "_wav"];

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** The box for a text; Enter says it. */
function box(change) {
  const input = html("input", { type: "text", class: "mm-box", spellcheck: "false", placeholder: "271", "aria-label": "text to say" });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !input.value.trim()) return;
    change({ text: input.value });
    input.select();
  });
  let shown = null;
  const draw = ({ text }) => {
    if (text !== shown) input.value = shown = text; // what is being typed stays
  };
  return { element: html("label", { class: "mm-control" }, html("span", { class: "mm-soft" }, "say (Enter)"), input), draw };
}

/** The slider of the speed: the number follows at once, the sound when it is let go. */
function slider({ slowest, fastest }, change) {
  const input = html("input", { type: "range", class: "mm-speed", min: slowest, max: fastest, step: 0.1, "aria-label": "speed" });
  const value = html("span", { class: "mm-value" });
  const show = () => {
    value.textContent = `× ${Number(input.value).toFixed(1)}`;
    input.setAttribute("aria-valuetext", `${Number(input.value).toFixed(1)} times as fast`);
  };
  input.addEventListener("input", show);
  input.addEventListener("change", () => change({ speed: Number(input.value) }));
  const draw = ({ speed }) => { input.value = speed; show(); };
  return { element: html("label", { class: "mm-control" }, html("span", { class: "mm-soft" }, "speed"), input, value), draw };
}

/** Play and stop. */
function playButton(player) {
  const element = html("button", { type: "button", class: "mm-choice mm-play" });
  element.addEventListener("click", () => player.toggle());
  return { element, draw: ({ plays }) => { element.textContent = plays ? "stop" : "play"; } };
}

/** A picture of numbers from 0 to 255, (time, place): time to the right, places upwards. */
function paint(canvas, numbers, [times, places], until, colours) {
  canvas.width = times;
  canvas.height = places;
  const context = canvas.getContext("2d");
  const image = context.createImageData(times, places);
  for (let time = 0; time < Math.min(times, until); time++) {
    for (let place = 0; place < places; place++) {
      const at = 4 * ((places - 1 - place) * times + time);
      const colour = 3 * numbers[time * places + place];
      for (let c = 0; c < 3; c++) image.data[at + c] = colours[colour + c];
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

/** Attention over letters and frames below it, up to the head. */
function pictures(palettes) {
  const look = html("canvas", { class: "mm-look", role: "img", tabindex: 0 });
  const mel = html("canvas", { class: "mm-mel", role: "img", "aria-label": "log-mel picture of what was said" });
  const letters = html("div", { class: "mm-letters", "aria-hidden": "true" });
  const element = html("div", { class: "mm-pictures" }, letters, look, html("div", { class: "mm-name" }, "mel band"), mel);
  const draw = ({ _shown: shown, head, weights, mels }) => {
    const until = head + 1;
    paint(look, weights, [shown.steps, shown.letters.length], until, palettes.subarray(0, 768));
    paint(mel, mels, [shown.frames, shown.bands], Math.round((until * shown.frames) / shown.steps), palettes.subarray(768));
    letters.replaceChildren(...shown.letters.map((letter) => html("span", {}, letter === " " ? "␣" : letter)));
    letters.children[shown.strongest[head]].classList.add("mm-here");
    look.setAttribute("aria-label", `attention of letters over time; ${shown.looks}. Left and right arrows step, space plays.`);
  };
  return { element, draw, focus: look };
}

/** What the head stands at. */
function now() {
  const element = html("div", { class: "mm-now" });
  const draw = ({ _shown: shown, head }) => {
    const at = ((head + 0.5) * shown.seconds) / shown.steps;
    const letter = shown.letters[shown.strongest[head]];
    element.textContent = `${at.toFixed(2)} s: most at ${letter === " " ? "the space" : letter === "end" ? "the end" : letter}`;
  };
  return { element, draw };
}

/** What was said, or why nothing was; screen readers speak it when it changes. */
function sentences() {
  const said = html("div", { class: "mm-said", role: "status", "aria-live": "polite" });
  const error = html("div", { class: "mm-error", role: "alert" });
  const draw = ({ _shown, _error }) => {
    if (said.textContent !== _shown.says) said.textContent = _shown.says;
    if (error.textContent !== _error) error.textContent = _error;
  };
  return { element: html("div", {}, said, error), draw };
}

/** What the keys do. */
function legend() {
  const entries = ["digits or their names", "space plays, ← → step", "bright: much attention"];
  return { element: html("div", { class: "mm-legend" }, ...entries.map((text) => html("span", {}, text))), draw: () => {} };
}

// ---- The whole -----------------------------------------------------------------------------------

/** Plays the sound and moves the head along with it; without a loudspeaker the head moves alone. */
function playing(model, draw) {
  const state = { head: model.get("_shown").steps - 1, timer: null, audio: null };
  const last = () => model.get("_shown").steps - 1;
  const stop = () => {
    if (state.timer === null) return;
    cancelAnimationFrame(state.timer);
    state.timer = null;
    state.audio.pause();
    URL.revokeObjectURL(state.audio.src);
    draw();
  };
  const tick = (begun) => {
    const { steps, seconds } = model.get("_shown");
    state.head = clamp(Math.floor(((performance.now() - begun) / 1000 / seconds) * steps), 0, steps - 1);
    if (performance.now() - begun > 1000 * seconds) return stop();
    state.timer = requestAnimationFrame(() => tick(begun));
    draw();
  };
  const start = () => {
    const sound = new Blob([bytes(model.get("_wav"))], { type: "audio/wav" });
    state.audio = new Audio(URL.createObjectURL(sound));
    state.audio.play().catch(() => {}); // no loudspeaker, or not allowed to: the picture still grows
    tick(performance.now());
  };
  const step = (by) => {
    stop();
    state.head = clamp(state.head + by, 0, last());
    draw();
  };
  const reset = () => {
    stop();
    state.head = last();
    draw();
  };
  return {
    toggle: () => (state.timer === null ? start() : stop()),
    step,
    stop,
    reset,
    head: () => clamp(state.head, 0, last()),
    plays: () => state.timer !== null,
  };
}

function render({ model, el }) {
  let parts = [];
  const draw = () => {
    const view = Object.fromEntries(SHARED.map((name) => [name, model.get(name)]));
    const made = { weights: bytes(model.get("_weights")), mels: bytes(model.get("_mel")) };
    parts.forEach((part) => part.draw({ ...view, ...made, head: player.head(), plays: player.plays() }));
  };
  const player = playing(model, draw);
  const change = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const top = [box(change), playButton(player), slider(model.get("_fixed"), change)];
  const rest = [pictures(bytes(model.get("_palettes"))), now(), sentences(), legend()];
  parts = [...top, ...rest];
  // While the reader is in here, no key is the notebook's.
  const names = { role: "group", "aria-label": "speaker", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-widget mm-speaker", ...names },
    html("div", { class: "mm-top" }, ...top.map((part) => part.element)),
    ...rest.map((part) => part.element));

  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.target.tagName !== "CANVAS") return; // a box, a slider and a button have keys of their own
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") player.step(event.key === "ArrowLeft" ? -1 : 1);
    else if (event.key === " ") player.toggle();
    else return;
    event.preventDefault();
  });

  // Sent together, heard one by one: drawn once, when all are here.
  let waiting = null;
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => player.reset(), 0);
  };
  const watched = [...SHARED, ...PICTURES];
  watched.forEach((name) => model.on(`change:${name}`, later));
  el.append(root);
  draw();
  return () => {
    clearTimeout(waiting);
    player.stop();
    watched.forEach((name) => model.off(`change:${name}`, later));
  };
}

export default { render };
