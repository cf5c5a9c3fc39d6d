// Small helpers: elements without markup in strings, and numbers in words that people read.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `props` are properties, except `class`, `aria-*`, `role` and `data-*`, which are attributes; `vars` are CSS variables. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "vars") {
      for (const [key, v] of Object.entries(value)) node.style.setProperty(`--${key}`, v);
    } else if (name === "class" || name === "role" || name === "scope" || name.includes("-")) {
      node.setAttribute(name, value);
    } else {
      node[name] = value;
    }
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

/** An SVG element with attributes. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const byId = (id) => document.getElementById(id);

/** 0.934 as "93 %", never a false 0 or 100. */
export function percent(p) {
  if (p > 0.995) return "over 99\u00a0%";
  if (p < 0.005) return "under 1\u00a0%";
  return `${Math.round(100 * p)}\u00a0%`;
}

/** An interval as "86 to 99 %". */
export function interval(low, high) {
  const [a, b] = [low, high].map((p) => Math.round(100 * p));
  return a === b ? `${a}\u00a0%` : `${a}\u2013${b}\u00a0%`;
}

/** "the object is cut" as "The object is cut." */
export function asSentence(text) {
  const t = text.trim();
  return t[0].toUpperCase() + t.slice(1) + (/[.?]$/.test(t) ? "" : ".");
}

const KIND_NAMES = {
  galaxy: "Galaxy",
  cluster: "Star cluster",
  nebula: "Nebula",
  lens: "Gravitational lens",
  none: "None of these",
};

/** A kind of object as a person reads it; an id that this page does not know stays as it is. */
export const kindName = (id) => KIND_NAMES[id] ?? id;

/** Rows of name, bar and number. Each item: { name, at, low, high, likely, note }. */
export function bars(items, { label }) {
  return el("ul", { class: "bars", "aria-label": label }, ...items.map(bar));
}

function bar({ name, at, low = at, high = at, likely = false, note = "" }) {
  const vars = { at: at * 100 + "%", low: low * 100 + "%", high: high * 100 + "%" };
  return el(
    "li",
    { class: likely ? "bar likely" : "bar" },
    el("span", { class: "bar-name" }, name),
    el("span", { class: "bar-number" }, percent(at), note ? el("span", { class: "unseen" }, note) : null),
    el("span", { class: high > low ? "bar-track soft" : "bar-track", "aria-hidden": "true", vars }),
  );
}
