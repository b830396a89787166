// Upload dropped files and folders one by one, each with a line of its own.

const box = document.getElementById("dropped");
const list = box.querySelector("ol");
box.querySelector("button").addEventListener("click", () => (box.hidden = true));

// Upload files, or the files in dropped folders if the browser gives their entries.
export async function take(files, entries) {
  entries = entries.filter(Boolean);
  const single = document.getElementById("file");
  if (single && files.length === 1 && !entries.some((entry) => entry.isDirectory)) return show(single, files[0]);
  if (entries.length) files = (await Promise.all(entries.map(filesOf))).flat();
  list.replaceChildren();
  box.hidden = false;
  box.focus();
  const lines = files.map(lineOf);
  let taken = 0;
  for (const [place, file] of files.entries()) taken += await send(file, lines[place]);
  if (taken) await fetch("/sync", { method: "POST", redirect: "manual" }).catch(() => {}); // the uploads are listed in any case
  document.getElementById("status").textContent = box.querySelector(".summed").textContent =
    box.dataset.summed.replace("{taken}", taken).replace("{files}", files.length);
}

// A file dropped on the form is previewed first.
function show(field, file) {
  const one = new DataTransfer();
  one.items.add(file);
  field.files = one.files;
  field.form.requestSubmit();
}

async function filesOf(entry) {
  if (entry.name.startsWith(".")) return []; // hidden files of systems and editors
  if (entry.isFile) return [await new Promise((found, failed) => entry.file(found, failed))];
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    const some = await new Promise((found, failed) => reader.readEntries(found, failed)); // at most 100 per call
    if (!some.length) return files;
    for (const each of some) files.push(...(await filesOf(each)));
  }
}

function lineOf(file) {
  const line = list.appendChild(document.createElement("li"));
  line.append(file.name, " ", Object.assign(document.createElement("progress"), { value: 0, ariaLabel: file.name }));
  return line;
}

function send(file, line) {
  return new Promise((done) => {
    const request = new XMLHttpRequest(); // fetch reports no upload progress
    request.responseType = "json";
    request.open("POST", "/add?more=1&name=" + encodeURIComponent(file.name));
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => (line.querySelector("progress").value = event.loaded / event.total);
    request.onloadend = () => {
      const taken = request.status === 201;
      const told = document.createElement("span");
      told.className = taken ? "facts" : "error";
      told.textContent = taken ? request.response.message : (request.response?.detail ?? box.dataset.lost);
      line.querySelector("progress").replaceWith(told);
      done(taken);
    };
    request.send(file);
  });
}
