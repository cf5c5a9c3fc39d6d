// The right-hand side: the sentence, how sure it is, what to know before trusting it, and the classes of each scheme.

import { asSentence, bars, el, kindName, percent } from "./dom.js";

// The schemes that people ask for, in this order; the others are in the table of all numbers.
const SHOWN = ["hubble", "galaxy10_sdss", "galaxy10_decals", "galaxy_zoo_1"];
// More bars than this nobody compares.
const MOST = 12;
// They make the answer worth little, so that they stand before it.
const GRAVE = ["unfamiliar", "not-a-galaxy", "nothing-found", "blank", "unsure"];

/** The answer's column. `scheme` is the id of the taxonomy that was last chosen. */
export function answerView(answer, { taxonomies, scheme, onScheme }) {
  const { kind } = answer;
  const own = Object.values(taxonomies).find((t) => t.learned && answer.classes[t.id]);
  return [
    el("h1", { id: "sentence", tabIndex: -1 }, answer.sentence),
    kind && !own ? el("p", { class: "sure" }, ...kindWords(kind)) : null,
    flagsView(answer.flags, { grave: own ? GRAVE.filter((code) => code !== "not-a-galaxy") : GRAVE }),
    own ? ownView(answer.classes[own.id], own) : null,
    kind && own ? el("h2", {}, "Kind of object") : null,
    kind && own ? el("p", {}, ...kindWords(kind)) : null,
    kind && !plainlyGalaxy(kind) ? kindBars(kind) : null,
    mayBeGalaxy(kind) ? schemesView(answer, { taxonomies, scheme, onScheme, title: own ? "Its class by the tree" : "Its class" }) : null,
  ].filter(Boolean);
}

// A model that names no kinds takes every picture for a galaxy.
const mayBeGalaxy = (kind) => !kind || kind.id === "galaxy";
// Then the kind needs no more than its line; the numbers are in the table below.
const plainlyGalaxy = (kind) => kind.id === "galaxy" && kind.confidence > 0.9;

// The classes that the model learnt of its own, before everything that it says by the tree.
function ownView(choice, taxonomy) {
  const others = choice.answer_set.filter((id) => id !== choice.id);
  const names = Object.fromEntries(taxonomy.classes.map((c) => [c.id, c.name]));
  const title = el("h2", { id: "own-title" }, `Its class: ${taxonomy.name}`);
  const doubt = others.length
    ? el("p", { class: "quiet" }, `Not ruled out: ${others.map((id) => names[id] ?? id).join(", ")}.`)
    : null;
  return el("section", { class: "schemes", "aria-labelledby": "own-title" }, title, ...classView(choice, taxonomy), doubt);
}

function kindBars(kind) {
  const items = Object.entries(kind.probabilities).map(([id, at]) => ({
    name: kindName(id),
    at,
    likely: id === kind.id,
  }));
  return bars(items, { label: "Kind of object" });
}

function kindWords(kind) {
  const name = kindName(kind.id);
  if (kind.chance === "unlikely") {
    return [`No kind of object stands out; the first is: ${kind.name}, ${percent(kind.confidence)}.`];
  }
  return [`${name}: `, el("strong", {}, `${kind.chance}, ${percent(kind.confidence)}`)];
}

function flagsView(flags, { grave }) {
  if (!flags.length) return null;
  const items = flags.map((f) =>
    el("li", { class: grave.includes(f.code) ? "grave" : "" }, asSentence(f.text)),
  );
  return el("div", { class: "flags" }, el("h2", {}, "About your picture"), el("ul", {}, ...items));
}

function schemesView(answer, { taxonomies, scheme, onScheme, title }) {
  const known = SHOWN.filter((id) => answer.classes[id] && taxonomies[id] && !taxonomies[id].learned);
  if (!known.length) return null;
  const first = known.includes(scheme) ? scheme : known[0];
  const panel = el("div", { class: "scheme", id: "scheme", role: "tabpanel", tabIndex: 0 });
  const tabs = known.map((id) =>
    el("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": "scheme" }, taxonomies[id].name),
  );
  const select = (i, { focus = false } = {}) => {
    tabs.forEach((tab, k) => {
      tab.setAttribute("aria-selected", String(k === i));
      tab.tabIndex = k === i ? 0 : -1;
    });
    if (focus) tabs[i].focus();
    panel.setAttribute("aria-labelledby", tabs[i].id);
    panel.replaceChildren(...classView(answer.classes[known[i]], taxonomies[known[i]]));
    onScheme(known[i]);
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => select(i));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      select((to + tabs.length) % tabs.length, { focus: true });
    });
  });
  select(known.indexOf(first));
  return el(
    "div",
    { class: "schemes" },
    el("h2", { id: "schemes-title" }, title),
    el("div", { class: "tabs", role: "tablist", "aria-labelledby": "schemes-title" }, ...tabs),
    panel,
  );
}

function classView(choice, taxonomy) {
  const unclear = choice.chance === "unlikely";
  const all = taxonomy.classes.map((c, i) => ({
    name: c.name,
    at: choice.probabilities[i],
    likely: c.id === choice.id,
  }));
  const items = all.length > MOST ? [...all].sort((a, b) => b.at - a.at).slice(0, MOST) : all;
  return [
    el(
      "p",
      { class: "class-name" },
      unclear ? "No class stands out" : choice.name,
      el("span", { class: "quiet" }, unclear ? "" : ` ${choice.chance}, ${percent(choice.confidence)} · class ${choice.number}`),
    ),
    choice.coverage < 0.5
      ? el("p", { class: "quiet" }, `These classes cover only ${percent(choice.coverage)} of the votes expected for this picture.`)
      : null,
    bars(items, { label: `Probability of each class of ${taxonomy.name}` }),
    items.length < all.length ? el("p", { class: "quiet" }, `The ${MOST} most probable of ${all.length} classes.`) : null,
  ].filter(Boolean);
}

/** What went wrong and what to do, with the ways on. */
export function refusalView(refusal, { onRetry, onAnother }) {
  const retry = ["offline", "busy", "classify-timeout", "upload-timeout", "internal-error", "unknown"];
  return [
    el("h1", { id: "sentence", tabIndex: -1 }, refusal.message),
    refusal.remedy ? el("p", { class: "lead" }, refusal.remedy) : null,
    el(
      "p",
      { class: "actions" },
      retry.includes(refusal.code) ? el("button", { class: "button strong", type: "button", onclick: onRetry }, "Try again") : null,
      el("button", { class: "button", type: "button", onclick: onAnother }, "Choose another picture"),
    ),
    refusal.requestId ? el("p", { class: "quiet" }, `${refusal.code} · request ${refusal.requestId}`) : null,
  ].filter(Boolean);
}

/** The layout of the answer to come, while it is being worked out. */
export function waitingView() {
  const line = (width) => el("div", { class: "ghost", vars: { width } });
  return [
    el("h1", { id: "sentence", class: "quiet", tabIndex: -1 }, "Looking at the picture…"),
    el("div", { "aria-hidden": "true" }, line("40%"), line("100%"), line("92%"), line("96%"), line("60%")),
  ];
}
