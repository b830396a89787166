// Claims that are answered one after the other: arrows choose one, y and n answer it, u takes back the last answer.
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
  if (claim) claim.inert = true; // answered once, until the next page has come
});

const every = main.querySelector("#choose-all");
every?.addEventListener("click", () => {
  const boxes = [...main.querySelectorAll('[name="about"]')];
  const all = boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = !all;
});

// One goes on where the address leads, else at the first; the browser puts the focus there, so this comes after.
addEventListener("load", () =>
  setTimeout(() => (main.querySelector(".claim:target") ?? claims[0])?.focus({ preventScroll: true })),
);
