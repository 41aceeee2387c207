// Elements and text nodes only: nothing here, or anywhere in this page, reads markup from a string.

const SVG = "http://www.w3.org/2000/svg";

/** Puts children into a node: nodes as they are, everything else as text; empty values are left out. */
export function fill(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

function set(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "class") node.setAttribute("class", value);
  else if (name === "style") Object.assign(node.style, value);
  else if (name === "data") Object.assign(node.dataset, value);
  else if (name.startsWith("on") && typeof value === "function") node.addEventListener(name.slice(2), value);
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** An element with its attributes, listeners (`onclick`) and children. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  return fill(node, ...children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  return fill(node, ...children);
}

/** Empties a node and fills it again. */
export function refill(node, ...children) {
  node.replaceChildren();
  return fill(node, ...children);
}

const shapes = {
  check: "M3 8.5l3.2 3.2L13 4.8",
  cross: "M4 4l8 8M12 4l-8 8",
  back: "M10 3L5 8l5 5",
  send: "M2.5 13.5L14 8 2.5 2.5 4.6 8z",
  hash: "M6 2.5L4.6 13.5M11.4 2.5L10 13.5M3 6h10.5M2.5 10.2H13",
  home: "M2.5 7.5L8 3l5.5 4.5V13h-4V9.5h-3V13h-4z",
  eye: "M1.8 8S4 4 8 4s6.2 4 6.2 4S12 12 8 12 1.8 8 1.8 8zM8 9.6a1.6 1.6 0 100-3.2 1.6 1.6 0 000 3.2z",
  theme: "M8 2.2a5.8 5.8 0 100 11.6zM8 2.2a5.8 5.8 0 010 11.6",
  down: "M4 6l4 4 4-4",
};

/** A small line drawing; decorative, so hidden from screen readers. */
export function icon(name) {
  const path = svg("path", { d: shapes[name] });
  return svg("svg", { viewBox: "0 0 16 16", class: `icon icon-${name}`, "aria-hidden": "true" }, path);
}
