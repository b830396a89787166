// Recent searches, stored in this browser only.

const MOST = 8;

function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem("searches"));
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string").slice(0, MOST) : [];
  } catch {
    return []; // nothing stored, or invalid
  }
}

function keep(searches) {
  try {
    localStorage.setItem("searches", JSON.stringify(searches));
  } catch {} // the search continues without it
}

export const forget = () => keep([]);

export function remember(text) {
  const search = text.trim();
  if (search) keep([search, ...recent().filter((one) => one !== search)].slice(0, MOST));
}

// List the searches below an empty box, then the entry that deletes them.
export function options(label, forgets) {
  const searches = recent().map((search, place) => {
    const group = Object.assign(document.createElement("span"), { className: "group", textContent: label });
    return option(place, [group, search], { address: "/?" + new URLSearchParams({ q: search }) });
  });
  return searches.length ? [...searches, option("forget", [forgets], { forget: "" })] : [];
}

function option(name, content, data) {
  const item = Object.assign(document.createElement("li"), { id: `recent-${name}` });
  item.setAttribute("role", "option");
  Object.assign(item.dataset, data);
  item.append(...content);
  return item;
}
