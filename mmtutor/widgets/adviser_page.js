// The adviser's desk in a page of its own: what anywidget's model does, by requests to the server
// that `mmtutor advisor` starts. Addresses are relative: all of them begin with the page's token.

import desk from "./adviser_desk.js";

const CLOSED = "The shop is closed: start it again with mmtutor advisor.";

/** Stands in for anywidget's model: holds what the server answered, and tells who listens. */
class Model {
  constructor() {
    this.values = { turns: [], state: {}, error: "", cards: {}, ordinals: [] };
    this.listeners = new Map();
  }
  get(name) {
    return this.values[name.replace("_", "")];
  }
  on(event, listener) {
    this.listeners.set(event, listener);
  }
  off(event) {
    this.listeners.delete(event);
  }
  /** Tell the server, and show what it answers. */
  send(told) {
    return this.ask(told.forget ? "forget" : "reply", { text: told.say ?? "" });
  }
  async ask(what, told) {
    const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(told) };
    try {
      const answer = await fetch(what, options);
      if (!answer.ok) throw new Error(answer.status);
      Object.assign(this.values, await answer.json());
    } catch {
      this.values.error = CLOSED;
    }
    new Set(this.listeners.values()).forEach((listener) => listener());
  }
}

const model = new Model();
await model.ask("view", {});
desk.render({ model, el: document.querySelector("main") });
