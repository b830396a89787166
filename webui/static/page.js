// What a script adds to pages that work without it: results as one types, copying.
// Every page is the answer to its address; the script only puts the <main> of another address in place of this one.
"use strict";

const form = document.getElementById("search");
const box = document.getElementById("q");
const main = document.getElementById("main");
const TYPING = 150; // ms of rest before a search
const COMPOSING = 450; // the same while an input method composes: Android composes every word

// --- Another page in place of this one ---------------------------------------------------------------------------

let running = null;
let typed = false; // whether the newest address came from typing: the next typed one takes its place in the history

function visit(address, { push = true, typing = false, keepIfEmpty = false, scroll = null } = {}) {
  running?.abort();
  const request = (running = new XMLHttpRequest()); // not fetch: it parses into a document, so no text becomes HTML here
  request.responseType = "document";
  request.open("GET", address);
  request.setRequestHeader("Accept", "text/html");
  request.onload = () => {
    const page = request.response?.getElementById("main");
    const found = page?.querySelector("#found");
    if (!page) return location.assign(address);
    if (keepIfEmpty && found?.dataset.total === "0") return;
    if (push) history.replaceState({ scroll: scrollY }, "");
    replaceMain(page, request.response.title);
    const shown = found ? found.dataset.address : address;
    if (push) history[typing && typed ? "replaceState" : "pushState"](null, "", shown);
    typed = typing;
    if (found) document.getElementById("status").textContent = found.dataset.status;
    if (scroll !== null) scrollTo(0, scroll);
  };
  request.onerror = () => location.assign(address);
  request.send();
}

function replaceMain(page, title) {
  const id = document.activeElement?.id;
  const open = new Map([...main.querySelectorAll("details[id]")].map((e) => [e.id, e.open]));
  const sought = new Map([...main.querySelectorAll(".find")].map((e) => [e.id, e.value]));
  const drawer = document.querySelector("#filters:popover-open");
  const scrolled = document.getElementById("filters")?.scrollTop;
  main.replaceChildren(...page.childNodes);
  document.title = title;
  for (const details of main.querySelectorAll("details[id]")) details.open = open.get(details.id) ?? details.open;
  for (const find of main.querySelectorAll(".find")) {
    find.value = sought.get(find.id) ?? "";
    if (find.value) narrow(find);
  }
  const filters = document.getElementById("filters");
  if (drawer) filters?.showPopover();
  if (filters) filters.scrollTop = scrolled ?? 0;
  if (id && id !== box.id) document.getElementById(id)?.focus({ preventScroll: true });
}

function asked() {
  const pairs = [...new FormData(form)].filter(([key, value]) => key === "q" || value);
  return "/?" + new URLSearchParams(pairs);
}

addEventListener("popstate", (event) => {
  visit(location.href, { push: false, scroll: event.state?.scroll ?? 0 });
  box.value = new URLSearchParams(location.search).get("q") ?? "";
});

// --- Results as one types, by the rules of input methods ----------------------------------------------------------

let resting = 0;
let last = box.value;

function searchAfter(wait, composing) {
  clearTimeout(resting);
  resting = setTimeout(() => {
    last = box.value;
    visit(asked(), { typing: true, keepIfEmpty: composing });
  }, wait);
}

const composes = (event) => event.isComposing || event.keyCode === 229;

box.addEventListener("input", (event) => {
  if (box.value !== last || composes(event)) searchAfter(composes(event) ? COMPOSING : TYPING, composes(event));
});
box.addEventListener("compositionend", () => searchAfter(0, false));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(resting);
  visit(asked());
});
document.addEventListener("change", (event) => {
  if (event.target.form === form && event.target !== box) visit(asked());
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-swap]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  visit(link.href, { scroll: link.dataset.swap === "top" ? 0 : null });
});

// --- Small things -------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || composes(event) || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  box.focus();
  box.select();
});

function narrow(find) {
  const sought = find.value.normalize("NFKC").toLowerCase();
  const group = find.closest("fieldset");
  for (const item of group.querySelectorAll("li")) {
    item.hidden = !item.textContent.normalize("NFKC").toLowerCase().includes(sought);
  }
  if (sought) for (const details of group.querySelectorAll("details")) details.open = true;
}
document.addEventListener("input", (event) => {
  if (event.target.matches(".find")) narrow(event.target);
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a.cite");
  if (!link || !navigator.clipboard) return;
  event.preventDefault();
  const text = await (await fetch(link.href)).text();
  await navigator.clipboard.writeText(text);
  const said = link.textContent;
  document.getElementById("status").textContent = link.textContent = link.dataset.done;
  setTimeout(() => (link.textContent = said), 2000);
});

for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const intake = event.target.closest?.("form.intake:has(#file)");
    if (!intake || !event.dataTransfer.types.includes("Files")) return; // dropped words are the box's own affair
    event.preventDefault();
    document.getElementById("text").classList.toggle("dragged", name === "dragover");
    if (name !== "drop") return;
    document.getElementById("file").files = event.dataTransfer.files;
    intake.requestSubmit();
  });
}
