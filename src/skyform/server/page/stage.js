// The picture, the frame that was found in it, and the evidence over the frame.

import { preview } from "./api.js";
import { byId, el, svg } from "./dom.js";
import { paintEvidence, paintLegend } from "./evidence.js";

/** Show the visitor's picture; resolves once it is on the page, or once it is clear that it cannot be shown. */
export async function showPicture(file, { isNewest }) {
  byId("evidence-control").hidden = true;
  byId("caption").textContent = file.name || "Pasted picture";
  const stage = byId("stage");
  stage.replaceChildren();
  stage.classList.remove("empty");
  setRatio(1);
  const image = (await loaded(file)) ?? (await preview(file).then(loaded, () => null));
  if (!isNewest()) return;
  if (!image) {
    stage.classList.add("empty");
    stage.replaceChildren(el("p", {}, "This file cannot be shown as a picture."));
    return;
  }
  image.alt = "Your picture";
  setRatio(image.naturalWidth / image.naturalHeight);
  stage.replaceChildren(image);
}

async function loaded(blob) {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

function setRatio(ratio) {
  byId("stage").style.setProperty("--ratio", String(ratio));
}

/** Draw the frame and the evidence of an answer over the picture. */
export function showFindings({ frame, evidence, evidence_of, answers, kind }, { name, taxonomies }) {
  if (!frame) return;
  setRatio(frame.width / frame.height);
  const whole = frame.side >= 0.98 * Math.max(frame.width, frame.height);
  byId("caption").textContent =
    `${name} · ${frame.width} × ${frame.height} pixels` +
    (whole ? " · the whole picture was looked at" : " · the marked square was looked at");
  if (evidence) {
    const canvas = el("canvas", { class: "evidence", "aria-hidden": "true" });
    for (const [property, value, length] of [
      ["left", frame.x, frame.width],
      ["top", frame.y, frame.height],
      ["width", frame.side, frame.width],
      ["height", frame.side, frame.height],
    ]) {
      canvas.style.setProperty(property, `${(100 * value) / length}%`);
    }
    paintEvidence(canvas, evidence);
    byId("stage").append(canvas);
    const what = answers.find((a) => a.id === evidence_of)?.text ?? className(evidence_of, taxonomies) ?? kind?.name;
    byId("evidence-label").textContent = `What “${what}” rests on`;
    byId("evidence-control").hidden = false;
    paintLegend(byId("legend"));
    setOpacity();
  }
  if (!whole) byId("stage").append(corners(frame));
}

// Evidence for a class of the model's own is named `scheme:class`.
function className(id, taxonomies) {
  const classes = Object.values(taxonomies).flatMap((t) => t.classes.map((c) => [`${t.id}:${c.id}`, c.name]));
  return Object.fromEntries(classes)[id];
}

export function setOpacity() {
  const slider = byId("opacity");
  slider.setAttribute("aria-valuetext", `${slider.value} %`);
  byId("stage").style.setProperty("--evidence", String(slider.value / 100));
}

// Four corner marks, like those of a viewfinder; a dark line under a light one reads on any picture.
function corners({ x, y, side, width, height }) {
  const [x2, y2, arm] = [x + side, y + side, side * 0.14];
  const path =
    `M${x} ${y + arm}V${y}H${x + arm}M${x2 - arm} ${y}H${x2}V${y + arm}` +
    `M${x2} ${y2 - arm}V${y2}H${x2 - arm}M${x + arm} ${y2}H${x}V${y2 - arm}`;
  return svg(
    "svg",
    { class: "frame", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { d: path, class: "under" }),
    svg("path", { d: path, class: "over" }),
  );
}
