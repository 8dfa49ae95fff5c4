// Who else has this record open: says so every 15 seconds while the page is visible, shows the others in a quiet line.
const EVERY_MS = 15_000;
const TYPING = "input:not([type=hidden]):not([type=search]), textarea, select";

export function startOnlookers() {
  let line = null, timer = 0;
  const dirty = new WeakSet();

  const isEditing = () => {
    const record = line?.closest(".record") ?? document;
    return [...record.querySelectorAll("form")].some((form) => dirty.has(form));
  };

  const words = (more) => new URLSearchParams({
    id: line.dataset.id, csrf: line.dataset.csrf, editing: isEditing() ? "1" : "0", ...more,
  });

  async function say() {
    clearTimeout(timer);
    if (!line?.isConnected || document.hidden) return;
    const asked = line;
    try {
      const answer = await fetch("/onlookers", { method: "POST", body: words({}), redirect: "manual" });
      // Nothing moves when nothing changed, so a reader of the screen is not interrupted.
      const text = answer.ok ? await answer.text() : "";
      if (asked === line && asked.innerHTML !== text.trim()) asked.innerHTML = text.trim();
      if (answer.status === 403 || answer.status === 404 || answer.type === "opaqueredirect") return;
    } catch {
      // Offline: the next round says it again.
    }
    timer = setTimeout(say, EVERY_MS);
  }

  function leave() {
    if (line) navigator.sendBeacon("/onlookers", words({ gone: "1" }));
  }

  function find() {
    const found = document.querySelector("[data-onlookers]");
    if (found === line) return;
    const before = line?.dataset.id;
    if (before && before !== found?.dataset.id) leave();
    line = found;
    if (line) say();
  }

  document.addEventListener("input", (event) => {
    const form = event.target.matches?.(TYPING) && event.target.closest(".record form");
    if (!form || dirty.has(form)) return;
    dirty.add(form);
    say();
  });
  document.addEventListener("htmx:afterSettle", find);
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : say()));
  addEventListener("pagehide", leave);
  // The side panel empties itself without a request when it closes.
  new MutationObserver(() => line && !line.isConnected && find()).observe(document.body, { childList: true, subtree: true });
  find();
}
