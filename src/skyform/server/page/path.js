// The path through the questions, and below it every number in tables.

import { bars, el, interval, kindName, percent } from "./dom.js";

// Below this share the volunteers would be divided; the same bound as for "likely".
const CLEAR = 0.66;

/** The lower part of the page. `tree` (null for a model that answers none) and `taxonomies` come from the model's description. */
export function moreView(answer, { tree, taxonomies }) {
  const numbers = numbersView(answer, { tree, taxonomies });
  if (!tree) return [numbers];
  const path = pathView(answer, tree);
  const isGalaxy = !answer.kind || answer.kind.id === "galaxy";
  const folded = () => el("details", { class: "numbers" }, el("summary", {}, "The path, if it were a galaxy"), path);
  return [isGalaxy ? path : folded(), numbers];
}

function pathView(answer, tree) {
  const questions = Object.fromEntries(tree.questions.map((q) => [q.id, q]));
  const steps = answer.path_taken.map((id) => {
    const question = questions[id.split(".")[0]];
    return stepView(question, { taken: id, answer });
  });
  return el(
    "section",
    { class: "path", "aria-labelledby": "path-title" },
    el("h2", { id: "path-title" }, "The path to the answer"),
    el(
      "p",
      { class: "quiet" },
      "Volunteers of Galaxy Zoo are asked one question after another. The bars are how they would vote on this picture, " +
        "the soft end is the 90\u00a0% interval, and the line above gets thinner as fewer of them come that way.",
    ),
    el("ol", { class: "steps" }, ...steps),
  );
}

function stepView(question, { taken, answer }) {
  const estimates = answer.answers.filter((a) => a.question === question.id);
  const asked = answer.asked[question.id] ?? 1;
  const divided = estimates.find((a) => a.id === taken).fraction < CLEAR;
  return el(
    "li",
    { class: "step", vars: { asked: asked.toFixed(3) } },
    el("h3", {}, question.text),
    bars(
      estimates.map((a) => ({
        name: a.text,
        at: a.fraction,
        low: a.low,
        high: a.high,
        likely: a.id === taken,
        note: `, between ${interval(a.low, a.high)}${a.id === taken ? ", the likely answer" : ""}`,
      })),
      { label: question.text },
    ),
    el(
      "p",
      { class: "quiet" },
      asked > 0.995 ? "Asked of everyone." : `Asked of ${percent(asked)}.`,
      divided ? " They would be divided." : "",
    ),
  );
}

function numbersView(answer, { tree, taxonomies }) {
  const texts = Object.fromEntries((tree?.questions ?? []).map((q) => [q.id, q.text]));
  const answers = tree && table(
    "Answers to every question",
    ["Question", "Answer", "Share of those asked", "90\u00a0% interval", "Share of everyone"],
    answer.answers.map((a) => [
      texts[a.question] ?? a.question,
      a.text,
      percent(a.fraction),
      interval(a.low, a.high),
      percent(a.cumulative),
    ]),
  );
  const classes = table(
    "Class in every scheme",
    ["Scheme", "Number", "Class", "Confidence", "In words"],
    Object.values(answer.classes).map((c) => [
      taxonomies[c.taxonomy]?.name ?? c.taxonomy,
      String(c.number),
      c.name,
      percent(c.confidence),
      c.chance,
    ]),
  );
  const own = Object.values(taxonomies)
    .filter((t) => t.learned && answer.classes[t.id])
    .map((t) =>
      table(
        `Probability of each class: ${t.name}`,
        ["Class", "Number", "Probability"],
        t.classes.map((c, i) => [c.name, String(c.number), percent(answer.classes[t.id].probabilities[i])]),
      ),
    );
  const kinds = answer.kind && table(
    "Kind of object",
    ["Kind", "Probability"],
    Object.entries(answer.kind.probabilities).map(([id, p]) => [kindName(id), percent(p)]),
  );
  const file = new Blob([JSON.stringify(answer, null, 2)], { type: "application/json" });
  const link = el("a", { href: URL.createObjectURL(file), download: `${answer.id}.json` }, "Save the answer as JSON");
  return el("details", { class: "numbers" }, el("summary", {}, "All the numbers"), ...own, kinds, classes, answers, el("p", {}, link));
}

function table(caption, head, rows) {
  const row = (cells) => el("tr", {}, el("th", { scope: "row" }, cells[0]), ...cells.slice(1).map((c) => el("td", {}, c)));
  return el(
    "div",
    { class: "table", tabIndex: 0, role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, ...head.map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", {}, ...rows.map(row)),
    ),
  );
}
