// The search of a static site: notes with every word and facet of the address, newest first.
"use strict";

const place = document.getElementById("found");
const said = place.dataset;
const status = place.querySelector("[role=status]");
const asked = new URLSearchParams(location.search);
const PAGE = 50;
const MOST = 12; // values of a group offered as filters

const fold = (text) => text.normalize("NFKC").toLowerCase();
const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

// A number of notes; some of them are only likely of their kind: 14 + 23.
function tally(count, likely = 0) {
  const parts = likely ? [count - likely, likely] : [count];
  const number = parts.map((part) => part.toLocaleString("en")).join(" + ");
  return count === 1 && !likely ? said.one : said.many.replace("2", number);
}

const isMarker = ([group, value]) => group === "kind" && value.startsWith("likely ");

// The number of the value that marks notes which only likely are of a kind.
const likelyValue = (index, kind) => index.values.findIndex(([g, v]) => g === "kind" && v === `likely ${kind}`);

// --- The query ---------------------------------------------------------------------------------------------------

// A Latin word matches whole words: AP does not match API.
function pattern(word) {
  const begin = /^[a-z0-9]/.test(word) ? "(?<![a-z0-9])" : "";
  const end = /[a-z0-9]$/.test(word) ? "(?![a-z0-9])" : "";
  return begin + escaped(word) + end;
}

function words(text) {
  return [...fold(text).matchAll(/(-?)(?:"([^"]+)"|([^\s"]+))/g)].map(([, minus, phrase, word]) => {
    const name = (phrase ?? word).trim().replace(/\s+/g, " ");
    return { name, without: minus === "-", whole: Boolean(phrase), found: new RegExp(pattern(name)) };
  });
}

// The selected value numbers by group; services may require all of them.
function selections(index) {
  const groups = Object.keys(index.groups).filter((group) => asked.has(group));
  return groups.map((group) => {
    const values = asked.getAll(group).map((value) => index.values.findIndex(([g, v]) => g === group && v === value));
    return { every: group === "service" && asked.get("match") === "all", values };
  });
}

function search(index) {
  const wanted = words(asked.get("q") ?? "");
  const selected = selections(index);
  // A word may be in the trail or name a service of the note; quoted words must be in its text.
  const has = ([, text, , values, trail, attached], { name, whole, found }) =>
    found.test(fold(whole ? text : [text, ...trail, attached ?? ""].join("\n"))) ||
    (Object.hasOwn(index.names, name) && index.names[name].some((number) => values.includes(number)));
  const found = index.notes.filter(
    (note) =>
      selected.every(({ every, values }) => values[every ? "every" : "some"]((number) => note[3].includes(number))) &&
      wanted.every((word) => has(note, word) !== word.without),
  );
  const markers = asked.getAll("kind").map((kind) => likelyValue(index, kind));
  const isLikely = (note) => markers.some((number) => note[3].includes(number));
  const likely = found.filter(isLikely);
  return [found.filter((note) => !isLikely(note)).concat(likely), likely.length];
}

// --- The results --------------------------------------------------------------------------------------------------

// Marks are offsets in the original text: fold it in pieces of a base character with its combining marks.
function marked(text, found) {
  const pieces = text.match(/[^][\p{M}\uff9e\uff9f]*/gu) ?? [];
  const origin = pieces.flatMap((piece, number) => Array(fold(piece).length).fill(number));
  const plain = pieces.map(fold).join("");
  const inside = new Set();
  for (const match of found ? plain.matchAll(found) : []) {
    for (let at = match.index; at < match.index + match[0].length; at++) inside.add(origin[at]);
  }
  const parts = [];
  pieces.forEach((piece, number) => {
    const last = parts.at(-1);
    if (last?.inside === inside.has(number)) last.text += piece;
    else parts.push({ inside: inside.has(number), text: piece });
  });
  return parts.map((part) => (part.inside ? element("mark", {}, part.text) : part.text));
}

function hit(index, [href, text, stands, values, trail], found) {
  const [url, title, facts] = index.places[stands];
  const told = values.map((number) => index.values[number]);
  const kind = told.find(([group]) => group === "kind");
  const services = told.filter(([group]) => group === "service");
  const crumbs = trail.map((crumb) => element("span", {}, ...marked(crumb, found)));
  const when = element("span", { class: "age" }, facts);
  const tags = services.map(([, , label]) => element("span", {}, label));
  if (kind && !["statement", "label"].includes(kind[1])) {
    tags.unshift(element("span", { class: `kind ${kind[1]}` }, kind[2]));
  }
  const likely = told.find(isMarker);
  if (likely) tags.unshift(element("span", { class: `kind ${likely[1]}` }, likely[2]));
  const quoted = element("a", { href }, ...marked(text, found));
  return element(
    "li",
    {},
    element("p", { class: "crumbs", lang: said.lang }, element("a", { href: url }, title), ...crumbs, " ", when),
    element(
      "div",
      { class: "note" },
      element("p", { class: "told-so text", lang: said.lang }, quoted),
      element("div", { class: "tags" }, ...tags.flatMap((tag) => [tag, " "])),
    ),
  );
}

function address(group, value) {
  const query = new URLSearchParams(asked);
  if (asked.getAll(group).includes(value)) query.delete(group, value);
  else query.append(group, value);
  return `?${query}`;
}

function chip(index, [group, value, label], told) {
  const inside = [element("span", { class: "group" }, index.groups[group]), " ", label, " ", told];
  return element("li", {}, element("a", { class: "chip", href: address(group, value) }, ...inside));
}

function chosen(index) {
  const pairs = Object.keys(index.groups).flatMap((group) => asked.getAll(group).map((value) => [group, value]));
  const known = pairs.map(([group, value]) => index.values.find(([g, v]) => g === group && v === value));
  const chips = known.map((value, at) => chip(index, value ?? [...pairs[at], pairs[at][1]], "×"));
  return chips.length ? [element("ul", { class: "chips" }, ...chips)] : [];
}

function narrowing(index, notes) {
  const counts = new Map();
  for (const note of notes) for (const number of note[3]) counts.set(number, (counts.get(number) ?? 0) + 1);
  const commonest = [...counts].filter(([, count]) => count < notes.length).sort(([, a], [, b]) => b - a);
  const lists = ["kind", "year", "event", "service"].map((group) => {
    const values = commonest.filter(([number]) => index.values[number][0] === group && !isMarker(index.values[number]));
    const likely = (number) => counts.get(likelyValue(index, index.values[number][1])) ?? 0;
    return values
      .slice(0, MOST)
      .map(([number, count]) => chip(index, index.values[number], tally(count, likely(number))));
  });
  const inside = lists.filter((list) => list.length).map((list) => element("ul", { class: "chips" }, ...list));
  return inside.length ? [element("details", { class: "rest" }, element("summary", {}, said.narrow), ...inside)] : [];
}

function show(index) {
  const [notes, likely] = search(index);
  const found = words(asked.get("q") ?? "").filter((word) => !word.without);
  const marks = found.length ? new RegExp(found.map((word) => pattern(word.name)).join("|"), "g") : null;
  const list = element("ul", { class: "tree" });
  const more = element("button", { class: "quiet", type: "button" }, said.more);
  const next = () => {
    const first = list.children.length;
    list.append(...notes.slice(first, first + PAGE).map((note) => hit(index, note, marks)));
    if (list.children.length >= notes.length) more.remove();
    if (first) list.children[first].querySelector(".note a").focus();
  };
  more.addEventListener("click", next);
  status.textContent = notes.length ? tally(notes.length, likely) : said.none;
  place.append(...chosen(index), ...narrowing(index, notes));
  if (notes.length) place.append(element("section", { class: "card" }, list, element("p", { class: "more" }, more)));
  next();
}

document.getElementById("q").value = asked.get("q") ?? "";
fetch(said.notes)
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
  .then(show, () => document.getElementById("away").classList.remove("no-script")); // opened from a disk: only the lists work
