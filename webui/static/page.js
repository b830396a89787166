// Progressive enhancement: results while typing, keyboard shortcuts, copying. Pages work without it.
// Each page is the response to its address; the script replaces <main> by that of another address.
"use strict";

const form = document.getElementById("search");
const box = document.getElementById("q");
const main = document.getElementById("main");
const TYPING = 150; // ms without input before a search
const COMPOSING = 450; // ms while an input method composes; Android composes every word

// --- Replacing <main> ----------------------------------------------------------------------------------------------

let running = null; // the request whose response will replace <main>
let shown = location.pathname + location.search; // the address of <main>
let typed = false; // whether typing made the newest history entry; the next input replaces it

function visit(address, { push = true, typing = false, keepIfEmpty = false, scroll = null } = {}) {
  resting = clearTimeout(resting);
  running?.abort();
  const request = (running = new XMLHttpRequest()); // parses into a document, so no string becomes HTML here
  request.responseType = "document";
  request.open("GET", address);
  request.setRequestHeader("Accept", "text/html");
  request.onload = () => {
    const page = request.response?.getElementById("main");
    const found = page?.querySelector("#found");
    const path = (url) => new URL(url, location).pathname;
    if (!page || path(request.responseURL) !== path(address)) return location.assign(address); // a redirect
    if (keepIfEmpty && found?.dataset.total === "0" && document.getElementById("found")) return stale();
    if (push) history.replaceState({ scroll: scrollY }, "");
    replaceMain(page, request.response.title);
    for (const link of document.querySelectorAll("[hreflang]")) {
      link.href = request.response.querySelector(`[hreflang=${link.hreflang}]`).getAttribute("href");
    }
    const reached = found ? found.dataset.address : address;
    if (push) history[typing && typed ? "replaceState" : "pushState"](null, "", reached);
    shown = location.pathname + location.search;
    typed = typing;
    if (found) status.textContent = found.dataset.status;
    if (scroll !== null) scrollTo(0, scroll);
  };
  request.onerror = () => location.assign(address);
  request.onloadend = () => (running = null);
  request.send();
}

// While typing, an empty result does not replace hits: they stay, with a hint that Enter searches as typed.
const status = document.getElementById("status");
function stale() {
  document.getElementById("found").classList.add("stale");
  status.textContent = status.dataset.typing.replace("{text}", box.value);
  status.classList.remove("unseen");
}

function replaceMain(page, title) {
  status.classList.add("unseen");
  const { id, name, value } = document.activeElement;
  const kept = new Map([...main.querySelectorAll("details[id], .find")].map((e) => [e.id, e.open ?? e.value]));
  const drawer = document.querySelector("#filters:popover-open");
  const scrolled = document.getElementById("filters")?.scrollTop;
  main.replaceChildren(...page.childNodes);
  document.title = title;
  for (const details of main.querySelectorAll("details[id]")) details.open = kept.get(details.id) ?? details.open;
  for (const find of main.querySelectorAll(".find")) {
    find.value = kept.get(find.id) ?? "";
    if (find.value) narrow(find);
  }
  const filters = document.getElementById("filters");
  if (drawer) filters?.showPopover();
  if (filters) filters.scrollTop = scrolled ?? 0;
  const again = id ? document.getElementById(id) : main.querySelector(`[name="${name}"][value="${CSS.escape(value)}"]`);
  if (again?.matches(".note")) again.tabIndex = -1;
  if (again !== box) again?.focus({ preventScroll: true });
}

function asked() {
  const pairs = [...new FormData(form)].filter(([key, value]) => key === "q" || value);
  return "/?" + new URLSearchParams(pairs);
}

addEventListener("popstate", (event) => {
  running?.abort();
  if (location.pathname + location.search === shown) return; // a link within this page
  visit(location.href, { push: false, scroll: event.state?.scroll ?? 0 });
  box.value = last = new URLSearchParams(location.search).get("q") ?? "";
});

// --- Results while typing, with input methods ---------------------------------------------------------------------

let resting; // the timer of the search to come, undefined if there is none
let last = box.value;

function searchAfter(wait) {
  clearTimeout(resting);
  resting = setTimeout(() => {
    last = box.value;
    suggest();
    visit(`${asked()}&typing=1`, { typing: true, keepIfEmpty: true });
  }, wait);
}

const composes = (event) => event.isComposing || event.keyCode === 229;

box.addEventListener("input", (event) => {
  // An empty box has no suggestions; an input after recent searches has its own.
  if (!box.value.trim() || list.querySelector("[data-forget]")) closeSuggestions();
  if (box.value !== last || composes(event)) searchAfter(composes(event) ? COMPOSING : TYPING);
});
box.addEventListener("compositionend", () => searchAfter(0));
box.addEventListener("change", () => remember(box.value));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  remember((last = box.value));
  closeSuggestions();
  visit(asked());
  if (matchMedia("(pointer: coarse)").matches) box.blur(); // hide the on-screen keyboard, which covers the hits
});
document.addEventListener("change", (event) => {
  if (event.target.form === form && event.target !== box) visit(asked());
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-swap]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  visit(link.getAttribute("href"), { scroll: link.dataset.swap === "top" ? 0 : null });
});

// --- Suggestions: a combobox over a list of links ----------------------------------------------------------------

const list = document.getElementById("suggestions");
let chosen = -1;
let suggesting = null;

function suggest() {
  if (!box.value.trim()) return;
  const value = box.value;
  const request = (suggesting = new XMLHttpRequest());
  request.responseType = "document";
  request.open("GET", "/suggest" + asked().slice(1));
  request.setRequestHeader("Accept", "text/html");
  request.onload = () => {
    if (suggesting !== request || value !== box.value || document.activeElement !== box) return;
    offer(request.response?.querySelectorAll("[role=option]") ?? []);
  };
  request.send();
}

// Recent searches: their script is loaded once, when there is one to store or to offer; then it acts at once.
let searches;
const recent = () => (searches ??= import(list.dataset.script));
const remember = (text) => recent().then((script) => script.remember(text));

async function recall() {
  const script = await recent();
  if (!box.value && document.activeElement === box) offer(script.options(list.dataset.recent, list.dataset.forget));
}

function offer(options) {
  list.replaceChildren(...options);
  list.hidden = !options.length;
  box.setAttribute("aria-expanded", String(!list.hidden));
  choose(-1);
}

function choose(index) {
  chosen = index;
  [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
  box.setAttribute("aria-activedescendant", list.children[index]?.id ?? "");
}

function closeSuggestions() {
  suggesting = null; // those on their way would cover the results
  offer([]);
}

function take(option) {
  closeSuggestions();
  resting = clearTimeout(resting);
  if ("forget" in option.dataset) return recent().then((script) => script.forget());
  const address = option.dataset.address;
  if (!address.startsWith("/?")) return location.assign(address);
  box.value = last = new URLSearchParams(address.slice(2)).get("q") ?? "";
  remember(box.value);
  visit(address);
}

box.addEventListener("keydown", (event) => {
  if (composes(event)) return; // the key belongs to the input method
  const count = list.children.length;
  if (event.key === "Escape" && !list.hidden) {
    closeSuggestions();
    event.preventDefault(); // keep the words
  } else if (!list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    choose((chosen + (event.key === "ArrowDown" ? 2 : count + 1)) % (count + 1) - 1);
    event.preventDefault();
  } else if (event.key === "Enter" && chosen >= 0) {
    event.preventDefault();
    take(list.children[chosen]);
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    walk(1); // go to the first hit
  }
});
list.addEventListener("mousedown", (event) => event.preventDefault()); // keep the focus in the box
list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) take(option);
});
box.addEventListener("blur", closeSuggestions);
box.addEventListener("focus", recent, { once: true }); // loaded before the page is left
box.addEventListener("click", () => box.value || recall());

// --- Other --------------------------------------------------------------------------------------------------------

const TYPED_IN = "input:not([type=checkbox], [type=radio]), textarea, select";
const help = document.querySelector(".syntax summary");

// j and k go through the hits; so do the arrows from the box or from a hit, elsewhere they scroll.
function walk(step) {
  const notes = [...main.querySelectorAll(".note")];
  const here = notes.indexOf(document.activeElement.closest(".note"));
  const next = notes[here < 0 ? (step > 0 ? 0 : notes.length - 1) : here + step];
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const OPEN_MENU = ".menu[open], .syntax[open]";
const KEYS = {
  "/": () => (box.focus(), box.select(), box.value || recall()),
  "?": () => (help?.click(), help?.focus()),
  j: () => walk(1),
  k: () => walk(-1),
};
const AT_A_NOTE = {
  ArrowDown: KEYS.j,
  ArrowUp: KEYS.k,
  Enter: (note) => note.querySelector(".permalink")?.click(),
};
document.addEventListener("keydown", (event) => {
  if (composes(event) || event.altKey || event.target.closest(TYPED_IN)) return;
  const withControl = event.ctrlKey || event.metaKey;
  if (withControl && (event.shiftKey || event.key.toLowerCase() !== "k")) return;
  const note = event.target.matches(".note") && event.target;
  const open = event.target.closest(OPEN_MENU);
  const act = KEYS[withControl ? "/" : event.key] ?? (note && AT_A_NOTE[event.key]);
  if (event.key === "Escape" && open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (act) {
    event.preventDefault();
    act(note);
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(OPEN_MENU)) menu.open = menu.contains(event.target);
});

const plain = (text) => // fold width, case and kana, remove gaps
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s_\u30fb-]/g, "")
    .replace(/[\u3041-\u3096]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) + 96));

let aliases; // of services by value; loaded with the first input

async function narrow(find) {
  if (find.id === "find=service") aliases ??= await (await fetch("/aliases")).json();
  const sought = plain(find.value);
  const group = find.parentElement;
  for (const item of group.querySelectorAll("li")) {
    const names = aliases?.[item.querySelector("input").value] ?? "";
    item.hidden = !plain(`${item.textContent} ${names}`).includes(sought);
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
  status.textContent = link.textContent = link.dataset.done;
  setTimeout(() => (link.textContent = said), 2000);
});

// Update the progress of running work each second, in place, without losing the focus. A search that is due comes
// first, and a slow response is waited for.
if (main.querySelector("[data-running]")) {
  setInterval(() => {
    if (!running && !resting && main.querySelector("[data-running]")) visit(location.href, { push: false });
  }, 1000);
}

// Files and folders can be dropped anywhere; the upload script is loaded with the first drop.
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, async (event) => {
    const { types, files, items } = event.dataTransfer;
    if (!types.includes("Files")) return; // leave dropped text to its field
    event.preventDefault();
    document.body.classList.toggle("dragged", name === "dragover");
    if (name !== "drop") return;
    const dropped = [[...files], [...items].map((item) => item.webkitGetAsEntry())]; // invalid after the event
    (await import(document.getElementById("dropped").dataset.script)).take(...dropped);
  });
}

document.getElementById("print")?.addEventListener("click", () => print());

// One key undoes the last change; after the browser has set the focus, unless the reader has.
addEventListener("load", () =>
  setTimeout(() => {
    if (document.querySelector(":focus:not([tabindex='-1'])")) return;
    (main.querySelector("[autofocus]") ?? main.querySelector("#undo"))?.focus({ preventScroll: true });
  }),
);
