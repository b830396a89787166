// The bookmarklet: sends the current page to the server, whose address replaces ADDRESS.
(() => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: "ADDRESS", target: "_blank" });
  Object.assign(form, { enctype: "multipart/form-data", acceptCharset: "utf-8" });
  for (const [name, value] of [
    ["url", location.href],
    ["page", "<!DOCTYPE html>\n" + document.documentElement.outerHTML],
  ]) {
    const field = document.createElement("textarea"); // an input drops line breaks
    form.append(Object.assign(field, { name, value }));
  }
  document.body.append(form);
  form.submit();
  form.remove();
})();
