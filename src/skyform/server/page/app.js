// The page: a picture in, an answer out. State is the newest picture and the scheme last chosen.

import { classify, models, Refusal, sampleFile, samples } from "./api.js";
import { answerView, refusalView, waitingView } from "./answer.js";
import { byId, el } from "./dom.js";
import { listen } from "./intake.js";
import { moreView } from "./path.js";
import { setOpacity, showFindings, showPicture } from "./stage.js";

const state = { turn: 0, scheme: "hubble", description: null };

function describe() {
  // Asked once, and again only if it failed.
  state.description ??= models().catch((error) => {
    state.description = null;
    throw error;
  });
  return state.description;
}

async function take(file) {
  const turn = ++state.turn;
  const isNewest = () => turn === state.turn;
  toResult(waitingView(), { status: "Looking at the picture…" });
  const picture = showPicture(file, { isNewest });
  try {
    const described = await describe();
    refuseTooLarge(file, described.limits);
    const answer = await classify(file);
    await picture;
    if (isNewest()) showAnswer(answer, { file, described });
  } catch (error) {
    if (isNewest()) showRefusal(error, file);
  }
}

function refuseTooLarge(file, limits) {
  if (file.size <= limits.max_upload_bytes) return;
  throw new Refusal({
    code: "upload-too-large",
    message: `The file has ${mebibytes(file.size)}; this server takes at most ${mebibytes(limits.max_upload_bytes)}.`,
    remedy: "Send a smaller version of the picture, or a cut-out around the object.",
  });
}

const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1).replace(/\.0$/, "")} MiB`;

function showAnswer(answer, { file, described }) {
  const model = described.models[0];
  const taxonomies = Object.fromEntries(model.taxonomies.map((t) => [t.id, t]));
  const onScheme = (id) => (state.scheme = id);
  toResult(answerView(answer, { taxonomies, scheme: state.scheme, onScheme }), { status: answer.sentence });
  byId("more").replaceChildren(...moreView(answer, { tree: model.tree, taxonomies }));
  showFindings(answer, { name: file.name || "Pasted picture", taxonomies });
  byId("sentence").focus({ preventScroll: true });
}

function showRefusal(error, file) {
  const refusal =
    error instanceof Refusal
      ? error
      : new Refusal({ code: "unknown", message: "The answer could not be shown.", remedy: "Reload the page and try again." });
  const view = refusalView(refusal, { onRetry: () => take(file), onAnother: () => byId("file").click() });
  toResult(view, { status: `${refusal.message} ${refusal.remedy}` });
  byId("sentence").focus({ preventScroll: true });
}

function toResult(view, { status }) {
  const first = byId("result").hidden;
  byId("start").hidden = true;
  byId("result").hidden = false;
  byId("again").hidden = false;
  byId("more").replaceChildren();
  byId("answer").replaceChildren(...view);
  byId("status").textContent = status;
  if (first) window.scrollTo(0, 0);
}

function toStart() {
  state.turn += 1;
  byId("start").hidden = false;
  byId("result").hidden = true;
  byId("again").hidden = true;
  byId("status").textContent = "";
  byId("choose").focus();
}

async function showSamples() {
  const list = await samples().catch(() => []);
  byId("samples").hidden = !list.length;
  byId("sample-list").replaceChildren(...list.map(sampleView));
}

function sampleView(sample) {
  const image = el("img", { src: sample.url, alt: "", loading: "lazy", decoding: "async" });
  const open = async () => {
    try {
      take(await sampleFile(sample));
    } catch (error) {
      showRefusal(error, new File([], sample.file));
    }
  };
  return el(
    "li",
    {},
    el("button", { type: "button", onclick: open }, image, el("span", {}, sample.title)),
    el("p", { class: "credit" }, [sample.credit, sample.licence].filter(Boolean).join(", ")),
  );
}

async function showModel() {
  const described = await describe().catch(() => null);
  if (!described) return;
  const [model] = described.models;
  byId("model").textContent = `Model ${model.id}.`;
  const own = model.taxonomies.find((t) => t.learned);
  if (own) {
    // Another model, another question: the page is written for the one that comes with Skyform.
    byId("question").textContent = "What does this picture show?";
    byId("lead").textContent = `Give a picture, and see which class it belongs to and how sure that is: ${listed(own.classes)}.`;
  }
  byId("limits").textContent = `JPEG, PNG, WebP, TIFF, GIF, BMP or FITS, up to ${mebibytes(described.limits.max_upload_bytes)}.`;
}

const listed = (classes) =>
  classes.length > 8 ? `one of ${classes.length}` : classes.map((c) => (c.name.includes(",") ? `“${c.name}”` : c.name)).join(", ");

listen(take);
byId("again").addEventListener("click", toStart);
byId("opacity").addEventListener("input", setOpacity);
showSamples();
showModel();
