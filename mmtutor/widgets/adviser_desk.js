// The adviser's desk, its page side: an anywidget module without any dependency.
//
// `turns`, `state`, `error` and `_cards` come from Python; what is typed, and the wish to be
// forgotten, go there as messages. `adviser_page.js` draws the same from a small server's answers.
// Texts come from outside: they are only ever shown as text, never as HTML.

const SHARED = ["turns", "state", "error", "_cards"];
const RIM = 8; // pixels above the newest message

// ---- Small tools ---------------------------------------------------------------------------------

const button = (style, ...children) => html("button", { type: "button", class: style }, ...children);
const named = (card, number) => card?.title ?? `card ${number}`;

// ---- Cards ---------------------------------------------------------------------------------------

/** A card: picture, title, price; `name` says which it is, `box` where an answer was seen. */
function postcard(card, number, name, box = null) {
  const [width, height] = card?.size ?? [1, 1]; // so that its place is kept before it is drawn
  const picture = html("img", { src: card?.picture ?? "data:,", alt: `picture of ${named(card, number)}`, draggable: "false", width, height });
  const window = html("div", { class: "mm-window" }, picture);
  if (card && box) window.append(frame(card.size, box));
  const words = [html("span", { class: "mm-title" }, named(card, number)), html("span", { class: "mm-price" }, `price ${card?.price ?? "?"}`)];
  return html("figure", { class: "mm-card" }, window, html("figcaption", {}, html("span", { class: "mm-soft" }, name), ...words));
}

/** A frame over the place of the evidence, in shares of the picture. */
function frame([wide, high], [left, top, right, bottom]) {
  const name = `the answer was seen here: ${left} to ${right} pixels from the left, ${top} to ${bottom} from the top`;
  const element = html("div", { class: "mm-frame", role: "img", "aria-label": name });
  element.title = name;
  const sides = { left: left / wide, top: top / high, width: (right - left) / wide, height: (bottom - top) / high };
  for (const [side, share] of Object.entries(sides)) element.style[side] = `${100 * share}%`;
  return element;
}

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** One message and its reply. */
function turnOf(turn, cards, ordinals) {
  const name = (number) => {
    const place = turn.shown.indexOf(number);
    return [number === turn.about ? "about this one" : "", place < 0 ? "" : ordinals[place] ?? `number ${place + 1}`].filter(Boolean).join(", ");
  };
  const parts = [
    html("div", { class: "mm-said" }, html("span", { class: "mm-unseen" }, "you: "), turn.said),
    html("div", { class: "mm-reply" }, html("span", { class: "mm-unseen" }, "adviser: "), turn.reply || "(it says nothing)"),
    html("div", { class: "mm-soft mm-sure" }, `how sure: ${turn.confidence.toFixed(3)}`),
  ];
  const row = turn.cards.map((number) => postcard(cards[number], number, name(number), number === turn.about ? turn.box : null));
  if (row.length) parts.push(html("div", { class: "mm-row" }, ...row));
  return html("div", { class: "mm-turn" }, ...parts);
}

/** The conversation. New turns are appended, so that a screen reader hears them and no more. */
function log(ordinals) {
  const element = html("div", { class: "mm-log", role: "log", tabindex: "0", "aria-label": "conversation" });
  let drawn = [];
  const draw = ({ turns, _cards }) => {
    const now = turns.map((turn) => JSON.stringify(turn));
    if (drawn.some((turn, at) => turn !== now[at])) [drawn] = [[], element.replaceChildren()];
    const fresh = turns.slice(drawn.length).map((turn) => turnOf(turn, _cards, ordinals));
    element.append(...fresh);
    if (fresh.length) element.scrollTop = fresh.at(-1).offsetTop - RIM;
    drawn = now;
  };
  return { element, draw };
}

/** The box for a message; Enter says it. What failed stays, so that it can be mended. */
function box(model) {
  const input = html("input", { type: "text", class: "mm-box", autocomplete: "off", spellcheck: "false", placeholder: "do you have a red star ?", "aria-label": "your message" });
  const say = button("mm-choice mm-say", "say");
  const error = html("div", { class: "mm-error", role: "alert" });
  let heard = 0;
  const send = () => model.send({ say: input.value });
  say.addEventListener("click", send);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) send(); // an input method's Enter is its own
  });
  const draw = (view) => {
    if (view.turns.length !== heard) input.value = "";
    heard = view.turns.length;
    error.textContent = view.error;
  };
  const field = html("label", { class: "mm-field" }, html("span", { class: "mm-soft" }, "Say something (Enter)"), input);
  return { element: html("div", {}, html("div", { class: "mm-control mm-line" }, field, say), error), draw };
}

/** All that the adviser keeps of the customer, in plain sight, and the button that deletes it. */
function kept(model, ordinals) {
  const wanted = html("dl", { class: "mm-wanted" });
  const table = html("div", { class: "mm-row mm-table" });
  const said = html("ol", { class: "mm-kept" });
  const count = html("div", { class: "mm-count", role: "status", "aria-live": "polite" });
  const forget = button("mm-choice mm-forget", "forget me");
  forget.addEventListener("click", () => model.send({ forget: true }));
  const part = (name, element) => html("section", { "aria-label": name }, html("h4", {}, name), element);
  const draw = ({ state, _cards }) => {
    const { wanted: wishes = {}, shown = [], said: messages = [], more = {} } = state;
    const pairs = [...Object.entries(wishes), ...Object.entries(more)];
    wanted.replaceChildren(...pairs.flatMap(([name, value]) => [html("dt", {}, name), html("dd", {}, value)]));
    if (!pairs.length) wanted.append(html("dd", { class: "mm-soft" }, "nothing"));
    table.replaceChildren(...shown.map((number, at) => postcard(_cards[number], number, ordinals[at] ?? `number ${at + 1}`)));
    if (!shown.length) table.append(html("span", { class: "mm-soft" }, "none"));
    said.replaceChildren(...messages.map((text) => html("li", {}, text)));
    const things = pairs.length + shown.length + messages.length;
    count.textContent = sentence("wanted" in state, things, messages.length);
  };
  const parts = [part("wanted", wanted), part("cards shown last", table), part("messages kept", html("div", {}, count, said))];
  const element = html("div", { class: "mm-state", role: "group", "aria-label": "what the adviser keeps of you" },
    html("h3", {}, "What it keeps of you"), ...parts, forget);
  return { element, draw };
}

/** What is said of how much is kept. */
function sentence(looked, things, messages) {
  if (!looked) return "This adviser has no state to look at.";
  if (!things) return "Nothing of you is kept.";
  return messages === 1 ? "1 message" : `${messages} messages`;
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const ordinals = model.get("_ordinals");
  const chat = [log(ordinals), box(model)];
  const state = kept(model, ordinals);
  // JupyterLab's own shortcuts would take the keys away.
  const names = { role: "group", "aria-label": "adviser's desk", "data-lm-suppress-shortcuts": "true" };
  const root = html("div", { class: "mm-widget mm-adviser", ...names },
    html("div", { class: "mm-chat" }, ...chat.map((part) => part.element)), state.element);
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const draw = () => {
    const view = Object.fromEntries(SHARED.map((name) => [name, model.get(name)]));
    [...chat, state].forEach((part) => part.draw(view));
  };
  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  el.append(root);
  draw();
  return () => SHARED.forEach((name) => model.off(`change:${name}`, draw));
}

export default { render };
