// Answer claims by key: arrows select one, y and n answer it, u undoes the last answer.
"use strict";

const claims = [...main.querySelectorAll(".claim")];
const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
document.addEventListener("keydown", (event) => {
  if (composes(event) || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPED_IN)) return;
  const claim = event.target.closest(".claim");
  const shortcut = `[aria-keyshortcuts="${CSS.escape(event.key)}"]`;
  const button = claim?.querySelector(shortcut) ?? main.querySelector(`.deed ${shortcut}`);
  const step = claim && STEPS[event.key];
  if (!button && !step) return;
  event.preventDefault();
  if (step) return claims[claims.indexOf(claim) + step]?.focus();
  button.click();
  if (claim) claim.inert = true; // accept one answer until the next page is shown
});

const every = main.querySelector("#choose-all");
every?.addEventListener("click", () => {
  const boxes = [...main.querySelectorAll('[name="about"]')];
  const all = boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = !all;
});

// Continue at the claim in the address, else at the first; after the browser has set the focus, unless the reader has.
addEventListener("load", () =>
  setTimeout(() => {
    if (document.querySelector(":focus:not([tabindex='-1'], #undo)")) return;
    (main.querySelector(".claim:target") ?? claims[0])?.focus({ preventScroll: true });
  }),
);
