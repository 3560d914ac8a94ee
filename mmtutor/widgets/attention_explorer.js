// The attention explorer's page side: an anywidget module without any dependency.
//
// Python sends the maps once, as 16-bit fixed point. `query`, `head`, `layer` and `step` are shared
// with Python: whoever changes one, `draw` runs and every part of the picture follows.
// Over a picture, or where attention the other way round is given, pointing at a key is a question
// back to the queries: the view then has an `answer`, the weights that light them up.
// Labels come from outside: they are only ever shown as text, never as HTML.

const ONE = 65535; // a weight of 1, see ONE in attention_explorer.py
const SHARED = ["query", "head", "layer", "step"];
const PLAY_MILLISECONDS = 350;

// ---- Small tools ---------------------------------------------------------------------------------

const range = (count) => Array.from({ length: count }, (_, index) => index);
const number = (weight) => weight.toFixed(2);
const shorten = (label) => (label.length > 14 ? label.slice(0, 13) + "…" : label);

/** A tiny bitmap as a data: address, one pixel per value; `color(index)` gives [r, g, b, alpha]. */
function bitmap(width, height, color) {
  const canvas = html("canvas", { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let index = 0; index < width * height; index++) image.data.set(color(index), 4 * index);
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

/** An SVG image that shows each pixel of a bitmap as a sharp square. */
function pixels(x, y, width, height) {
  return svg("image", { x, y, width, height, preserveAspectRatio: "none", class: "mm-pixels" });
}

/** Which cell of a table of rows and columns, spread over an element, lies under the pointer? */
function cellUnder(event, element, rows, columns) {
  const box = element.getBoundingClientRect();
  const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  const index = (share, count) => clamp(Math.floor(share * count), 0, count - 1);
  return { row: index(y, rows), column: index(x, columns) };
}

/** A frame around a box that can be seen on any colour: a dark line under a bright one. */
function frame(kind) {
  const classes = ["mm-frame-under", `mm-frame mm-frame-${kind}`];
  const lines = classes.map((name) => svg("rect", { class: name }));
  const move = ({ x, y, width, height }) => {
    const around = { x: x - 2, y: y - 2, width: width + 4, height: height + 4 }; // hides no cell
    lines.forEach((line) => put(line, around));
  };
  return { element: svg("g", {}, ...lines), move };
}

/** A number centred on (x, y), never outside `width`: on a white plate, or bare in a colour of ink. */
function plate(width) {
  const back = svg("rect", { width: 34, height: 18, rx: 3, class: "mm-plate" });
  const text = svg("text", { class: "mm-plate-text" });
  const element = svg("g", { class: "mm-number" }, back, text);
  const move = (x, y, label, ink = null) => {
    const middle = clamp(x, 17, width - 17);
    put(back, { x: middle - 17, y: y - 9 });
    put(text, { x: middle, y });
    back.style.display = ink ? "none" : "";
    text.style.fill = ink ?? "black";
    text.textContent = label;
  };
  return { element, move };
}

// ---- The data ------------------------------------------------------------------------------------

/** The maps of one direction, and for each layer the end of its bar. */
function readMaps(bytes, steps, layers, heads, size) {
  const fixed = new Uint16Array(bytes.slice().buffer);
  /** The map of a head as one flat run, row after row; in fixed point. */
  const map = (step, layer, head) => {
    const start = ((step * layers + layer) * heads + head) * size;
    return fixed.subarray(start, start + size);
  };
  /** The largest weight that a layer can show, over all its heads and steps: the end of its bar. */
  const tops = range(layers).map((layer) => {
    let top = 0;
    for (let step = 0; step < steps; step++)
      for (let head = 0; head < heads; head++)
        for (const value of map(step, layer, head)) top = Math.max(top, value);
    return top || ONE;
  });
  return { map, tops };
}

/** Everything that never changes, read once from the model. */
function readExplorer(model) {
  const [steps, layers, heads, queries, keys] = model.get("_shape");
  const bytes = (name) => {
    const view = model.get(name);
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  };
  const read = (name) => readMaps(bytes(name), steps, layers, heads, queries * keys);
  const { map, tops } = read("_weights");
  const hasBack = bytes("_back").length > 0;
  const hasPicture = model.get("_grid").length === 2;
  const back = hasBack ? read("_back") : null;
  const palette = bytes("_palette");
  const dim = model.get("_dim");
  const picture = bytes("_picture");

  /** Every query's weight for a key: what the key gives it, or without a way back, what it gives. */
  const answer = (step, layer, head, key) => {
    const row = hasBack
      ? back.map(step, layer, head).subarray(key * queries, (key + 1) * queries)
      : map(step, layer, head).filter((_, index) => index % keys === key);
    return { row, top: (back ?? { tops }).tops[layer], best: strongest(row) };
  };

  return {
    steps, layers, heads, queries, keys, map, tops, picture, hasPicture, back, answer,
    answers: hasPicture || hasBack, // words over words without a way back stay as they are
    queryLabels: model.get("_query_labels"),
    keyLabels: model.get("_key_labels"),
    stepLabels: model.get("_step_labels"),
    pictureSize: model.get("_picture_size"),
    grid: model.get("_grid"),
    boxes: model.get("_boxes"),
    row: (step, layer, head, query) =>
      map(step, layer, head).subarray(query * keys, (query + 1) * keys),
    ink: (value, top) => (value > 0.55 * top ? "black" : "white"), // what reads on that colour
    brightness: (value, top) => dim + (1 - dim) * (value / top), // of a patch in the picture
    color: (value, top) => palette.subarray(3 * Math.round((255 * value) / top)).subarray(0, 3),
  };
}

/** The index of the largest weight, or -1 where all weights are the same. */
function strongest(row) {
  let best = 0;
  row.forEach((value, index) => { if (value > row[best]) best = index; });
  return row.length > 1 && row.every((value) => value === row[0]) ? -1 : best;
}

/** A key in words: its label, or its place in the picture's grid. */
function keyName(explorer, key) {
  if (!explorer.hasPicture) return `“${explorer.keyLabels[key]}”`;
  const columns = explorer.grid[1];
  return `patch row ${Math.floor(key / columns)}, column ${key % columns}`;
}

/** The line under the picture: what the reader should see in it. */
function sentence(explorer, view) {
  const who = `“${explorer.queryLabels[view.query]}”`;
  const best = strongest(view.row);
  const weight = (key) => number(view.row[key] / ONE);
  const name = (key) => keyName(explorer, key);
  if (view.answer && (explorer.back || view.answer.best >= 0)) return answerSentence(explorer, view);
  if (view.hover !== null) return `${who} gives ${name(view.hover)} a weight of ${weight(view.hover)}`;
  if (best >= 0) return `${who} looks most at ${name(best)}: ${weight(best)}`;
  if (view.row[0] > 0) return `${who} looks at every key alike: ${weight(0)}`;
  return `${who} looks nowhere: all weights are 0`;
}

/** The same from the key's side: which query it looks at, or gets most from. */
function answerSentence(explorer, { answer, hover }) {
  const name = keyName(explorer, hover);
  const weight = number(answer.row[Math.max(answer.best, 0)] / ONE);
  if (answer.best < 0) return `${name} looks at every query alike: ${weight}`;
  const verb = explorer.back ? "looks most at" : "gets most from";
  return `${name} ${verb} “${explorer.queryLabels[answer.best]}”: ${weight}`;
}

// ---- The parts: each gives { element, draw(view) } -----------------------------------------------

/** Head, layer and step; only those that leave a choice. */
function controls(explorer, change) {
  const choice = (name, count) => {
    const options = range(count).map((index) => html("option", { value: index }, `${name} ${index}`));
    const select = html("select", { "aria-label": name, class: `mm-${name}` }, ...options);
    select.addEventListener("change", () => change({ [name]: Number(select.value) }));
    const element = html("label", {}, html("span", {}, name), select);
    element.hidden = count < 2;
    return { element, draw: (view) => { select.value = view[name]; } };
  };
  const choices = [choice("head", explorer.heads), choice("layer", explorer.layers)];
  const parts = [...choices, history(explorer, change)];
  const element = html("div", { class: "mm-controls" }, ...parts.map((part) => part.element));
  element.hidden = parts.every((part) => part.element.hidden);
  const draw = (view) => parts.forEach((part) => part.draw(view));
  return { element, draw, stop: parts[2].stop, playing: parts[2].playing };
}

/** The slider over the training history, and a button that plays it. */
function history(explorer, change) {
  const last = explorer.steps - 1;
  const slider = html("input", { type: "range", min: 0, max: last, class: "mm-step", "aria-label": "training step" });
  const label = html("output", { class: "mm-step-label" });
  const button = html("button", { type: "button", class: "mm-play" });
  let timer = null;

  const stop = () => { clearInterval(timer); timer = null; name(); };
  const name = () => { button.textContent = timer ? "❚❚ Pause" : "▶ Play"; };
  const advance = () => {
    if (Number(slider.value) >= last) stop();
    else change({ step: Number(slider.value) + 1 });
  };
  const play = () => {
    if (Number(slider.value) >= last) change({ step: 0 });
    timer = setInterval(advance, PLAY_MILLISECONDS);
    name();
  };
  button.addEventListener("click", () => (timer ? stop() : play()));
  slider.addEventListener("input", () => { stop(); change({ step: Number(slider.value) }); });
  name();

  const draw = (view) => {
    slider.value = view.step;
    label.textContent = `step ${explorer.stepLabels[view.step]}`;
    slider.setAttribute("aria-valuetext", label.textContent);
  };
  const element = html("div", { class: "mm-history" }, button, slider, label);
  element.hidden = last < 1;
  return { element, draw, stop, playing: () => timer !== null };
}

/** The query tokens. One of them is in the tab order; arrows move on from it. An answer shades them. */
function queryTokens(explorer, change) {
  const tokens = explorer.queryLabels.map((label, query) => {
    const token = html("button", { type: "button", role: "radio", class: "mm-token" }, label);
    const choose = () => change({ query });
    for (const event of ["pointerenter", "focus", "click"]) token.addEventListener(event, choose);
    return token;
  });
  const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  const name = "query token (who looks)";
  // Each number has its place under its word from the start, so that nothing jumps when it comes.
  const numbers = tokens.map(() => html("span", { class: "mm-weight mm-answer" }));
  const words = tokens.map((token, query) => html("span", { class: "mm-word" }, token, numbers[query]));
  const children = explorer.answers ? words : tokens;
  const group = html("div", { role: "radiogroup", class: "mm-tokens", "aria-label": name }, ...children);
  group.addEventListener("keydown", (event) => {
    if (!(event.key in moves)) return;
    event.preventDefault();
    tokens[clamp(tokens.indexOf(event.target) + moves[event.key], 0, tokens.length - 1)].focus();
  });
  const heading = caption("query (who looks)", "query");
  const draw = (view) => {
    const { answer } = view;
    tokens.forEach((token, query) => {
      token.setAttribute("aria-checked", query === view.query);
      token.tabIndex = query === view.query ? 0 : -1;
      shadeToken(explorer, token, answer?.row[query], answer?.top);
      token.classList.toggle("mm-strongest", answer?.best === query);
      numbers[query].textContent = answer ? number(answer.row[query] / ONE) : "";
    });
    if (!explorer.back) return; // else the two change places while a key is the one who looks
    heading.textContent = answer ? `key (where ${keyName(explorer, view.hover)} looks)` : "query (who looks)";
    heading.className = `mm-caption mm-caption-${answer ? "key" : "query"}`;
  };
  const element = html("div", { class: "mm-line" }, heading, group);
  return { element, draw };
}

/** A token in the colour of its weight; without a weight, in its own. */
function shadeToken(explorer, token, value, top) {
  token.style.background = top ? `rgb(${explorer.color(value, top).join(" ")})` : "";
  token.style.color = top ? explorer.ink(value, top) : "";
}

/** A small heading with the colour of queries or of keys, or without one. */
function caption(text, kind = "plain") {
  return html("div", { class: `mm-caption mm-caption-${kind}` }, text);
}

/** The chosen head, large, over words: every key with its weight as its colour and as a number. */
function keyTokens(explorer, change) {
  const numbers = explorer.keyLabels.map(() => html("span", { class: "mm-weight" }));
  const tokens = explorer.keyLabels.map((label, key) => {
    const token = html("div", { class: "mm-key" }, html("span", {}, label), numbers[key]);
    token.addEventListener("pointerenter", () => change({ hover: key, asks: true }));
    token.addEventListener("pointerleave", () => change({ hover: null }));
    return token;
  });
  const draw = (view) => tokens.forEach((token, key) => {
    const value = view.row[key];
    shadeToken(explorer, token, value, view.top);
    token.classList.toggle("mm-strongest", key === view.best);
    numbers[key].textContent = number(value / ONE);
  });
  const size = tokens.length > 16 ? "mm-keys mm-many" : "mm-keys";
  const element = html("div", { class: size }, ...tokens);
  return { element, draw };
}

/** The picture as one head's weights light it; `large` adds the grid's numbers and the weight. */
function pictureOverlay(explorer, size, large) {
  const [height, width] = explorer.pictureSize;
  const [rows, columns] = explorer.grid;
  const scale = size / Math.max(height, width);
  const [wide, high] = [width * scale, height * scale];
  const [cellWide, cellHigh] = [wide / columns, high / rows];
  const edge = large ? 16 : 0; // room for the numbers of rows and columns

  const ground = pixels(0, 0, wide, high);
  const rgb = explorer.picture;
  ground.setAttribute("href", bitmap(width, height, (i) => [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], 255]));
  const overlay = pixels(0, 0, wide, high);
  const best = frame("key");
  const label = plate(wide);
  const inside = svg("g", { transform: `translate(${edge} ${edge})` }, ground, overlay, best.element);
  const box = `0 0 ${wide + edge} ${high + edge}`;
  const element = svg("svg", { viewBox: box, width: wide + edge, role: "img", class: "mm-picture" }, inside);
  if (large) inside.append(label.element, ...gridNumbers(rows, columns, cellWide, cellHigh));

  const draw = (row, top, shown, name) => {
    // Black laid over the picture multiplies its colours by one number: it dims them, hues stay.
    const shade = (i) => [0, 0, 0, Math.round(255 * (1 - explorer.brightness(row[i], top)))];
    overlay.setAttribute("href", bitmap(columns, rows, shade));
    element.setAttribute("aria-label", name);
    best.element.style.display = label.element.style.display = shown < 0 ? "none" : "";
    if (shown < 0) return;
    const [x, y] = [(shown % columns) * cellWide, Math.floor(shown / columns) * cellHigh];
    best.move({ x, y, width: cellWide, height: cellHigh });
    label.move(x + cellWide / 2, y + cellHigh / 2, number(row[shown] / ONE));
  };
  /** The patch under the pointer. */
  const patchAt = (event) => {
    const cell = cellUnder(event, ground, rows, columns);
    return cell.row * columns + cell.column;
  };
  return { element, draw, patchAt, overlay, scale };
}

/** Row and column numbers along the edges of the picture, from 0 as in the code. */
function gridNumbers(rows, columns, cellWide, cellHigh) {
  const text = (x, y, label) => svg("text", { x, y, class: "mm-tick mm-middle" }, String(label));
  const along = (count, at) => (count > 16 ? [] : range(count).map(at));
  return [
    ...along(columns, (column) => text((column + 0.5) * cellWide, -8, column)),
    ...along(rows, (row) => text(-8, (row + 0.5) * cellHigh, row)),
  ];
}

/** The chosen head, large, over the picture. A patch under the pointer asks the words. */
function largePicture(explorer, change) {
  const picture = pictureOverlay(explorer, 290, true);
  const { element } = picture;
  const truth = trueBox(explorer, picture.scale);
  picture.overlay.after(truth.element);
  element.addEventListener("pointermove", (event) => change({ hover: picture.patchAt(event), asks: true }));
  element.addEventListener("pointerleave", () => change({ hover: null }));
  const walk = walkPatches(explorer, element, change);
  const draw = (view) => {
    picture.draw(view.row, view.top, view.hover ?? view.best, sentence(explorer, view));
    element.classList.toggle("mm-looks", Boolean(explorer.back && view.answer));
    truth.draw(view.query);
    walk.draw(view);
  };
  return { element, draw };
}

/** The same by keyboard: arrows move the question from patch to patch, Escape takes it back. */
function walkPatches(explorer, element, change) {
  const [rows, columns] = explorer.grid;
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  let patch = 0; // where the keyboard stands: the hovered patch, or else the strongest
  const ask = (down, right) => {
    const row = clamp(Math.floor(patch / columns) + down, 0, rows - 1);
    const column = clamp((patch % columns) + right, 0, columns - 1);
    change({ hover: row * columns + column, asks: true });
  };
  put(element, { tabindex: 0, role: "application", "aria-roledescription": "picture, arrows choose a patch" });
  element.addEventListener("focus", () => { if (element.matches(":focus-visible")) ask(0, 0); });
  element.addEventListener("blur", () => change({ hover: null }));
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") change({ hover: null });
    if (!(event.key in moves)) return;
    event.preventDefault();
    ask(...moves[event.key]);
  });
  return { draw: (view) => { patch = Math.max(view.hover ?? view.best, 0); } };
}

/** The true box of what the chosen query names, dashed: what its look is to be compared with. */
function trueBox(explorer, scale) {
  const lines = ["mm-box-under", "mm-box"].map((name) => svg("rect", { class: name }));
  const element = svg("g", {}, ...lines);
  const draw = (query) => {
    const box = explorer.boxes[query] ?? [];
    element.style.display = box.length ? "" : "none";
    if (!box.length) return;
    const [x, y, right, bottom] = box.map((pixel) => pixel * scale);
    lines.forEach((line) => put(line, { x, y, width: right - x, height: bottom - y }));
  };
  return { element, draw };
}

/** The whole map of the chosen head: a row per query, a column per key. */
function heatMap(explorer, change) {
  const { queries, keys } = explorer;
  const cellWide = Math.min(36, 300 / keys);
  const cellHigh = Math.min(32, 300 / queries);
  const longest = (labels) => Math.max(...labels.map((label) => shorten(label).length));
  const left = 7.6 * longest(explorer.queryLabels) + 34; // pixels: a letter is about 7.6 wide
  const turned = longest(explorer.keyLabels) * 7.6 > cellWide;
  const above = turned ? 7.6 * longest(explorer.keyLabels) + 34 : 42;
  const [wide, high] = [cellWide * keys, cellHigh * queries];

  const image = pixels(0, 0, wide, high);
  const chosen = frame("query");
  const asked = frame("key");
  const label = plate(wide);
  const ticks = mapTicks(explorer, cellWide, cellHigh, turned);
  const axis = (x, y, turn, name) => {
    const transform = `translate(${x} ${y}) rotate(${turn})`;
    return svg("text", { transform, class: "mm-tick mm-middle mm-axis" }, name);
  };
  const inside = svg("g", { transform: `translate(${left} ${above})` }, image, ...ticks.elements);
  inside.append(
    axis(wide / 2, 12 - above, 0, "key (where)"),
    axis(12 - left, high / 2, -90, "query (who looks)"),
    chosen.element,
    asked.element,
    label.element,
  );
  // The vertical name of the axis may need more height than a map of few rows.
  const low = Math.min(0, above + high / 2 - 58);
  const deep = Math.max(above + high + 12, above + high / 2 + 58);
  const box = `0 ${low} ${left + wide + 12} ${deep - low}`;
  const element = svg("svg", { viewBox: box, width: left + wide + 12, role: "img", class: "mm-map" }, inside);

  image.addEventListener("pointermove", (event) => {
    const cell = cellUnder(event, image, queries, keys);
    change({ query: cell.row, hover: cell.column, asks: false });
  });
  image.addEventListener("pointerleave", () => change({ hover: null }));

  const draw = (view) => {
    const shade = (i) => [...explorer.color(view.map[i], view.top), 255];
    image.setAttribute("href", bitmap(keys, queries, shade));
    const name = `attention map of head ${view.head}, layer ${view.layer}: ${queries} queries by ${keys} keys`;
    element.setAttribute("aria-label", name);
    const shown = view.hover ?? view.best;
    chosen.move({ x: 0, y: view.query * cellHigh, width: wide, height: cellHigh });
    asked.move({ x: shown * cellWide, y: 0, width: cellWide, height: high });
    ticks.draw(view.query, shown);
    label.element.style.display = shown < 0 ? "none" : "";
    asked.element.style.display = view.answer ? "" : "none";
    if (shown < 0) return;
    // In a cell that has room for it; else beside the cell, so that its colour can be seen.
    const inCell = cellWide >= 32;
    const beside = (cellWide / 2 + 20) * ((shown + 1) * cellWide + 40 < wide ? 1 : -1);
    const x = (shown + 0.5) * cellWide + (inCell ? 0 : beside);
    const ink = inCell ? explorer.ink(view.row[shown], view.top) : null;
    label.move(x, (view.query + 0.5) * cellHigh, number(view.row[shown] / ONE), ink);
  };
  return { element, draw };
}

/** Token labels along the map, as many as there is room for; the chosen pair is bold. */
function mapTicks(explorer, cellWide, cellHigh, turned) {
  const label = (text, attributes) =>
    svg("text", { class: "mm-tick", ...attributes }, shorten(text), svg("title", {}, text));
  const rows = explorer.queryLabels.map((text, query) =>
    label(text, { x: -6, y: (query + 0.5) * cellHigh, "text-anchor": "end" }));
  const columns = explorer.keyLabels.map((text, key) => {
    const middle = (key + 0.5) * cellWide;
    return turned
      ? label(text, { transform: `translate(${middle} -6) rotate(-90)` })
      : label(text, { x: middle, y: -10, "text-anchor": "middle" });
  });
  /** Show every n-th label, and the chosen one instead of those too near to it. */
  const thin = (labels, cell, chosen) => {
    const every = Math.max(1, Math.ceil(13 / cell));
    labels.forEach((element, index) => {
      const near = chosen >= 0 && index !== chosen && Math.abs(index - chosen) * cell < 13;
      element.style.display = index === chosen || (index % every === 0 && !near) ? "" : "none";
      element.classList.toggle("mm-chosen", index === chosen);
    });
  };
  const draw = (query, key) => { thin(rows, cellHigh, query); thin(columns, cellWide, key); };
  return { elements: [...rows, ...columns], draw };
}

/** Small multiples: where the query looks in every head. Each is a button that chooses its head. */
function headButtons(explorer, change) {
  const small = () => (explorer.hasPicture ? pictureOverlay(explorer, 76, false) : strip(explorer));
  const heads = range(explorer.heads).map((head) => {
    const picture = small();
    const label = html("span", { class: "mm-head-label" });
    const kind = explorer.hasPicture ? "mm-thumbnail" : "mm-strip";
    const button = html("button", { type: "button", class: `mm-head-button ${kind}` }, label, picture.element);
    button.addEventListener("click", () => change({ head }));
    return { button, picture, label };
  });
  const draw = (view) => heads.forEach(({ button, picture, label }, head) => {
    const row = explorer.row(view.step, view.layer, head, view.query);
    const best = strongest(row);
    const where = best < 0 ? "every key alike" : `${keyName(explorer, best)} ${number(row[best] / ONE)}`;
    label.textContent = `head ${head} · ${explorer.hasPicture ? number(row[Math.max(best, 0)] / ONE) : where}`;
    button.setAttribute("aria-pressed", head === view.head);
    button.setAttribute("aria-label", `head ${head} looks most at ${where}`);
    picture.draw(row, view.top, best, `head ${head}`);
  });
  const buttons = heads.map((head) => head.button);
  const group = html("div", { class: "mm-head-buttons", role: "group", "aria-label": "every head" }, ...buttons);
  const element = html("div", { class: "mm-heads" }, caption("the same query in every head"), group);
  element.hidden = explorer.heads < 2;
  return { element, draw };
}

/** One head's weights over the keys as a strip of cells, one per key. */
function strip(explorer) {
  const [cell, high] = [Math.min(160 / explorer.keys, 22), 18];
  const wide = cell * explorer.keys;
  const image = pixels(0, 0, wide, high);
  const best = frame("key");
  const box = `-5 -5 ${wide + 10} ${high + 10}`;
  const element = svg("svg", { viewBox: box, width: wide + 10, role: "img" }, image, best.element);
  const draw = (row, top, shown, name) => {
    image.setAttribute("href", bitmap(explorer.keys, 1, (i) => [...explorer.color(row[i], top), 255]));
    element.setAttribute("aria-label", name);
    best.element.style.display = shown < 0 ? "none" : "";
    if (shown >= 0) best.move({ x: shown * cell, y: 0, width: cell, height: high });
  };
  return { element, draw };
}

/** The bar from 0 to the largest weight, with its numbers; with a way back, each way has its own. */
function colorBar(explorer) {
  const bar = (color) => {
    const stops = range(17).map((i) => `rgb(${color(i).join(" ")})`);
    const element = html("div", { class: "mm-bar" });
    element.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    return element;
  };
  const light = (i) => Array(3).fill(Math.round(255 * explorer.brightness(i, 16)));
  const bars = [html("span", {}, "attention weight"), bar((i) => explorer.color(i, 16))];
  if (explorer.hasPicture) bars.push(html("span", {}, "in the picture"), bar(light));
  const element = html("div", { class: "mm-bar-line" }, ...bars);
  const [from, to] = explorer.hasPicture ? ["word", "patch"] : ["query", "key"];
  const line = (name, tops) => {
    const numbers = [0, 0.5, 1].map(() => html("span"));
    element.append(html("span", {}, name), html("div", { class: "mm-scale-numbers" }, ...numbers));
    return (view) => numbers.forEach((text, i) => { text.textContent = number(((tops[view.layer] / ONE) * i) / 2); });
  };
  const lines = [line(explorer.back ? `${from} → ${to}` : "", explorer.tops)];
  if (explorer.back) lines.push(line(`${to} → ${from}`, explorer.back.tops));
  return { element, draw: (view) => lines.forEach((draw) => draw(view)) };
}

/** The sentence that says what the picture shows; screen readers speak it when it changes. */
function spoken(explorer) {
  const text = html("strong");
  const where = html("span", { class: "mm-where" });
  const element = html("div", { class: "mm-sentence", role: "status", "aria-live": "polite" }, text, where);
  const draw = (view) => {
    text.textContent = sentence(explorer, view);
    const parts = [`head ${view.head}`, `layer ${view.layer}`, `step ${explorer.stepLabels[view.step]}`];
    const choices = [explorer.heads, explorer.layers, explorer.steps];
    const shown = parts.filter((_, i) => choices[i] > 1);
    where.textContent = shown.length ? ` (${shown.join(", ")})` : "";
  };
  return { element, draw };
}

// ---- The whole -----------------------------------------------------------------------------------

function render({ model, el }) {
  const explorer = readExplorer(model);
  let hover = null; // the key under the pointer: this page's own, Python need not know
  let asks = false; // is the key itself pointed at, and not a cell of the map?

  /** Take what a part wants changed to the model and to the page. */
  const change = ({ hover: newHover = hover, asks: newAsks = asks, ...shared }) => {
    const hovered = newHover !== hover || newAsks !== asks;
    [hover, asks] = [newHover, newAsks];
    const changed = Object.entries(shared).filter(([name, value]) => model.get(name) !== value);
    changed.forEach(([name, value]) => model.set(name, value)); // calls draw
    if (changed.length) model.save_changes();
    else if (hovered) draw();
  };

  const bar = controls(explorer, change);
  const tokens = queryTokens(explorer, change);
  const large = explorer.hasPicture ? largePicture(explorer, change) : keyTokens(explorer, change);
  const map = heatMap(explorer, change);
  const heads = headButtons(explorer, change);
  const scale = colorBar(explorer);
  const line = spoken(explorer);
  const parts = [bar, tokens, large, map, heads, scale, line];

  const orange = explorer.hasPicture ? "; orange: the strongest patch, or where you point" : "";
  const dashed = explorer.boxes.length ? "; white dashes: true box" : "";
  const where = `in the chosen head${orange}${dashed}`;
  const left = html("div", { class: "mm-large" }, caption(`key (where), ${where}`, "key"), large.element);
  const right = html("div", { class: "mm-right" }, caption("the whole map of the chosen head"), map.element);
  (explorer.hasPicture ? right : left).append(heads.element); // where there is room
  const panels = html("div", { class: "mm-panels" }, left, right);
  // While the reader is in here, no key is the notebook's: neither its one-letter shortcuts, nor the
  // arrows, which JupyterLab would take away from the slider.
  const names = { role: "group", "aria-label": "attention explorer", "data-lm-suppress-shortcuts": "true" };
  const kind = explorer.answers ? "mm-explorer mm-two-way" : "mm-explorer";
  const root = html("div", { class: kind, ...names });
  root.addEventListener("keydown", (event) => event.stopPropagation());
  root.append(bar.element, tokens.element, line.element, panels, scale.element);

  const draw = () => {
    const [query, head, layer, step] = SHARED.map((name) => model.get(name));
    const row = explorer.row(step, layer, head, query);
    const map = explorer.map(step, layer, head);
    const asked = asks && hover !== null && explorer.answers;
    const answer = asked ? explorer.answer(step, layer, head, hover) : null;
    const top = explorer.tops[layer];
    const view = { query, head, layer, step, hover, row, map, top, best: strongest(row), answer };
    line.element.setAttribute("aria-live", bar.playing() ? "off" : "polite");
    parts.forEach((part) => part.draw(view));
  };
  SHARED.forEach((name) => model.on(`change:${name}`, draw));
  draw();
  el.append(root);
  return () => {
    bar.stop();
    SHARED.forEach((name) => model.off(`change:${name}`, draw));
  };
}

export default { render };
