// A conversation as it is said, for both sides: messages appear, the other side's presence and typing are told,
// and what is typed leaves without leaving the page. Without this script the page's own forms do the same.
const TYPING_EVERY_MS = 3000;
const place = document.querySelector("[data-talk]");
if (place) startTalk(place);

function startTalk(place) {
  const said = place.querySelector("[data-said]");
  const standing = place.querySelector("[data-standing]");
  const form = place.querySelector("form[data-say]");
  const names = JSON.parse(place.dataset.names), words = JSON.parse(place.dataset.words);
  const clock = new Intl.DateTimeFormat(place.dataset.locale, { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Paris" });
  const last = () => Number(said.lastElementChild?.dataset.number ?? 0);
  said.setAttribute("aria-live", "polite"); // a role of its own would take its items out of a list
  said.tabIndex = 0;

  function add(message) {
    if (message.number <= last()) return;
    const item = document.createElement("li");
    item.className = `by-${message.author}`;
    item.dataset.number = message.number;
    const head = document.createElement("p"), text = document.createElement("p"), who = document.createElement("strong");
    head.className = "muted";
    who.textContent = message.by || names[message.author];
    head.append(who, ` · ${clock.format(new Date(message.at))}`);
    text.className = "said";
    text.textContent = message.text;
    item.append(head, text);
    said.append(item);
    item.scrollIntoView({ block: "nearest" });
  }

  function tell(now) {
    const word = now.state === "ended" ? words.ended : now.state === "waiting" && words.waiting ? words.waiting
      : now.is_typing ? words.typing : now.is_there ? words.there : words.away;
    standing.textContent = word.replace("{name}", now.taken_by);
    if (now.state === "ended" && form) form.hidden = true;
  }

  let source = null, over = false;
  function open() {
    if (over || source) return;
    source = new EventSource(`${place.dataset.talk}&after=${last()}`);
    source.addEventListener("message", (event) => add(JSON.parse(event.data)));
    source.addEventListener("standing", (event) => {
      const now = JSON.parse(event.data);
      tell(now);
      if (now.state === "ended") {
        over = true;
        close();
      }
    });
    source.addEventListener("error", () => {
      standing.textContent = words.lost;
      close();
      setTimeout(open, 2000 + Math.random() * 1000);
    });
  }
  function close() {
    source?.close();
    source = null;
  }
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();

  if (!form) return;
  const field = form.querySelector("textarea");
  let typedAt = 0;
  field.addEventListener("input", () => {
    if (!place.dataset.typing || Date.now() - typedAt < TYPING_EVERY_MS) return;
    typedAt = Date.now();
    const body = new URLSearchParams(new FormData(form));
    body.delete("text");
    fetch(place.dataset.typing, { method: "POST", body }).catch(() => {});
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.sending || !field.value.trim()) return;
    form.dataset.sending = "1";
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (answer.type !== "opaqueredirect") {
        form.submit(); // refused: the page says why, and keeps what was typed
        return;
      }
      field.value = "";
      const key = form.elements.idempotency_key;
      if (key) key.value = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
      field.focus();
    } catch {
      standing.textContent = words.lost; // the same key is sent again: it is said once
    } finally {
      delete form.dataset.sending;
    }
  });
}
