// What is typed and not sent stays with the tab: another form of the page may be sent, the language changed, a link
// pressed, the session may end; whoever comes back to the form within the half hour finds it as it was left.
const PREFIX = "draft ";
const LIFE_MS = 30 * 60 * 1000;
const DRAFTS_MAX = 30;
const CHARACTERS_MAX = 60_000;
// Made for each page, or what tells forms of one address apart.
const ONCE = ["idempotency_key"];
const FRESH = ["csrf", "page_of", ...ONCE];
const OF_THE_PAGE = [...FRESH, "revision", "seen", "was"];
const agent = document.body.dataset.agent || "";
const status = Number(document.body.dataset.status || 200);
const refused = status >= 400 || !agent;

export function startDrafts() {
  settle();
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.form;
      if (form && isKept(form) && event.target.name) write(form);
    });
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (new URL(form.action, location.href).pathname === "/logout") clear();
    else if (!event.defaultPrevented && isKept(form)) send(form);
  });
  // The answer is awaited on the request itself: the part of the page that it replaces may hold the form, and nothing
  // that the form says after that reaches the document.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches("form") || !isKept(form)) return;
    const key = send(form);
    const answer = event.detail.xhr;
    answer.addEventListener("readystatechange", () => {
      if (answer.readyState === XMLHttpRequest.DONE) answered(key, answer);
    });
  });
  document.addEventListener("htmx:afterSettle", restoreAll);
  addEventListener("pageshow", (event) => event.persisted && unsend(0));
  restoreAll();
}

// A form that is written into while it is under way stays a form that was sent.
function send(form) {
  const key = keyOf(form);
  const once = [...form.querySelectorAll("input[type=hidden]")].filter((one) => ONCE.includes(one.name));
  update(key, (draft) => ({ ...draft, sent: true, once: once.map((one) => [one.name, one.value]) }));
  return key;
}

function answered(key, answer) {
  const taken = answer.status >= 200 && answer.status < 400 && !answer.getResponseHeader("HX-Redirect");
  // An answer from another address than the form's: it was taken, and only the page to show next has failed.
  const moved = answer.responseURL && !isAt(key, new URL(answer.responseURL).pathname);
  if (taken || moved) sessionStorage.removeItem(key);
  else update(key, (draft) => unsent(draft, answer.status, (value) => answer.responseText.includes(`value="${value}"`)));
}

function isAt(key, path) {
  return key.startsWith(`${PREFIX}${agent} ${path} `);
}

// Whether it was done is not known when nothing answered, when what answered had failed, or when the form is shown again
// with the key that it was sent with: that key stays with what was typed, so that sending it again does not do it twice.
function unsent(draft, status, shows) {
  const { once, ...rest } = draft;
  const decided = status >= 400 && status < 500 && !once?.some(([, value]) => shows(value));
  return { ...rest, sent: false, ...(decided || !once ? {} : { once }) };
}

function isShown(value) {
  return [...document.querySelectorAll("input[type=hidden]")].some((one) => ONCE.includes(one.name) && one.value === value);
}

// The page that follows says whether what was sent was taken.
function settle() {
  for (const [key, draft] of drafts()) {
    if (Date.now() - draft.at > LIFE_MS) sessionStorage.removeItem(key);
    else if (draft.sent && !refused) sessionStorage.removeItem(key);
  }
  if (refused) unsend(status);
}

function unsend(status) {
  for (const [key, draft] of drafts()) if (draft.sent) keep(key, unsent(draft, isAt(key, location.pathname) ? status : 0, isShown));
}

function isKept(form) {
  return form.method === "post" && agent && !form.matches("[data-autosave]")
    && !form.querySelector("input[type=password], input[name=code]")
    && !["/logout", "/preferences"].includes(new URL(form.action, location.href).pathname);
}

function keyOf(form) {
  const hidden = [...form.querySelectorAll("input[type=hidden]")].filter((one) => !OF_THE_PAGE.includes(one.name))
    .map((one) => `${one.name}=${one.value}`).join("&");
  return `${PREFIX}${agent} ${new URL(form.getAttribute("action") || location.pathname, location.href).pathname} ${hidden}`;
}

function fieldsOf(form) {
  return [...form.elements].filter((one) => one.name && !FRESH.includes(one.name)
    && !["file", "password", "submit", "button"].includes(one.type));
}

// Card numbers stay nowhere, not even with the tab.
const DIGITS = /(?<!\d)\d(?:[\s.,/_-]*\d){11,18}(?![\s.,/_-]*\d)/g;

function holdsCardNumber(text) {
  return [...text.matchAll(DIGITS)].some(([found]) => {
    const digits = [...found].filter((sign) => sign >= "0" && sign <= "9").map(Number).reverse();
    const sum = digits.reduce((all, digit, at) => all + (at % 2 ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit), 0);
    return sum % 10 === 0;
  });
}

function contentOf(form) {
  return fieldsOf(form).filter((one) => !holdsCardNumber(one.value)).map((one) => [one.name, ["checkbox", "radio"].includes(one.type) ? one.checked : one.value,
    ["checkbox", "radio"].includes(one.type) ? one.value : ""]);
}

function write(form) {
  const content = contentOf(form);
  if (JSON.stringify(content).length > CHARACTERS_MAX) return;
  const before = read(keyOf(form)) || {};
  keep(keyOf(form), { ...before, at: Date.now(), sent: Boolean(before.sent && form.dataset.sent), content });
}

function keep(key, draft) {
  try {
    sessionStorage.setItem(key, JSON.stringify(draft));
    const all = drafts().sort((a, b) => a[1].at - b[1].at);
    for (const [oldest] of all.slice(0, Math.max(0, all.length - DRAFTS_MAX))) sessionStorage.removeItem(oldest);
  } catch (error) {
    console.warn("what was typed could not be kept", error);
  }
}

function update(key, change) {
  const draft = read(key);
  if (draft) keep(key, change(draft));
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) || "null");
  } catch {
    return null;
  }
}

function drafts() {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).map((key) => [key, read(key)])
    .filter(([, draft]) => draft);
}

function clear() {
  for (const [key] of drafts()) sessionStorage.removeItem(key);
}

function restoreAll() {
  for (const form of document.querySelectorAll("form[method=post]")) {
    if (!isKept(form)) continue;
    const draft = read(keyOf(form));
    if (draft && !draft.sent) restore(form, draft);
  }
}

function restore(form, draft) {
  for (const [name, value] of draft.once || []) {
    const field = [...form.querySelectorAll("input[type=hidden]")].find((one) => one.name === name);
    if (field) field.value = value;
  }
  const fields = fieldsOf(form);
  // A part of a page may hold a form that was refused while the page itself was not.
  const isRefused = refused || "refused" in form.dataset;
  const was = isRefused ? originals(draft) : {};
  let changed = false;
  for (const [name, value, choice] of draft.content) {
    // A page that refused shows what a colleague saved meanwhile in the fields that were not touched here.
    if (was[name] && (typeof value === "boolean" ? was[name].includes(choice) : was[name].join()) === value) continue;
    const at = fields.findIndex((one) => one.name === name
      && (!["checkbox", "radio"].includes(one.type) || one.value === choice));
    if (at < 0) continue;
    const [field] = fields.splice(at, 1);
    const isTick = ["checkbox", "radio"].includes(field.type);
    if ((isTick ? field.checked : field.value) === value) continue;
    // A form that was refused tells who wrote meanwhile and holds the newest revision.
    if (field.type === "hidden" && isRefused) continue;
    if (field.type === "hidden") field.dataset.given ??= field.value;
    if (isTick) field.checked = value;
    else field.value = value;
    changed = changed || field.type !== "hidden";
  }
  // What is kept from here on was typed by somebody who was shown the newest revision.
  if (isRefused) keep(keyOf(form), { ...draft, at: Date.now(), content: contentOf(form) });
  if (!changed) return;
  for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  // A form that was refused says itself why it holds what was typed.
  if (!("refused" in form.dataset) && !form.querySelector(".kept-draft")) form.prepend(notice(form));
}

function originals(draft) {
  try {
    return JSON.parse(draft.content.find(([name]) => name === "was")?.[1] || "{}");
  } catch {
    return {};
  }
}

function notice(form) {
  const words = document.body.dataset;
  const box = document.createElement("div");
  box.className = "notice kept-draft";
  box.setAttribute("role", "status");
  const text = document.createElement("p");
  text.textContent = words.draft;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = words.forget;
  button.addEventListener("click", () => {
    sessionStorage.removeItem(keyOf(form));
    form.reset();
    // A hidden field has no value to be reset to.
    for (const one of form.querySelectorAll("[data-given]")) one.value = one.dataset.given;
    box.remove();
  });
  const inside = document.createElement("div");
  inside.className = "stack";
  inside.append(text, button);
  box.append(inside);
  return box;
}
