// Every way in for a picture: drop, paste, choose, photograph.

import { byId } from "./dom.js";

/** Call `take(file)` for every picture that the visitor gives. */
export function listen(take) {
  const takeFirst = (files) => {
    if (files?.length) take(files[0]);
  };
  for (const [button, input] of [["choose", "file"], ["photo", "camera"]]) {
    byId(button).addEventListener("click", () => byId(input).click());
    byId(input).addEventListener("change", (event) => {
      takeFirst(event.target.files);
      event.target.value = "";
    });
  }
  document.addEventListener("paste", (event) => takeFirst(event.clipboardData?.files));
  listenForDrops(takeFirst);
}

function listenForDrops(takeFirst) {
  // Entering a child fires "leave" on its parent, so that only a count tells whether the pointer is still inside.
  let depth = 0;
  const show = () => document.body.classList.toggle("dragging", depth > 0);
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    show();
  });
  document.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    show();
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    show();
    takeFirst(event.dataTransfer?.files);
  });
}
