// Widgets without a kernel: what a notebook holds of each, and the few things that its page asks
// of a kernel's model. A page that is opened from a file may not load modules, so that each
// widget's script comes as a plain one (see `live.py`) that leaves its `render` in `mmLive`.

window.mmLive ??= {};

/** What a widget's page knows of its Python side: values by name, and who is told of a change. */
class KeptModel {
  constructor(values) {
    this.values = values;
    this.heard = {};
  }
  get(name) { return this.values[name]; }
  set(name, value) {
    const changed = this.values[name] !== value;
    this.values[name] = value;
    if (changed) for (const tell of [...(this.heard[`change:${name}`] ?? [])]) tell();
  }
  on(event, tell) { (this.heard[event] ??= []).push(tell); }
  off(event, tell) { this.heard[event] = (this.heard[event] ?? []).filter((other) => other !== tell); }
  save_changes() {} // nobody listens
}

/** The bytes that a word of base64 stands for, as Jupyter hands them to a page. */
function viewOf(word) {
  return new DataView(Uint8Array.from(atob(word), (letter) => letter.charCodeAt(0)).buffer);
}

/** Draw a widget where it stands, from the state beside it. */
function wake(place) {
  const { values, bytes } = JSON.parse(place.querySelector("script[type='application/json']").textContent);
  for (const [name, word] of Object.entries(bytes)) values[name] = viewOf(word);
  const ground = place.querySelector(".mm-live-ground");
  mmLive[place.dataset.widget].render({ model: new KeptModel(values), el: ground });
}

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".mm-live").forEach(wake));
