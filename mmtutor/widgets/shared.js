// What the widgets share: each widget's own module stands below it, in one file for the browser.

/** An HTML element with attributes and children (elements or plain text). */
function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  put(element, attributes);
  element.append(...children);
  return element;
}

/** The same for SVG. */
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  put(element, attributes);
  element.append(...children);
  return element;
}

/** Give an element its attributes. */
function put(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

/** The bytes that Python sent, whatever buffer they came in. */
function bytes(value) {
  return value.buffer ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);
}

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
