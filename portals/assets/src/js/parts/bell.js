// The bell asks every half minute, and rests while nobody looks at the page. Asking keeps no session alive.
const EVERY_MS = 30_000;

export function startBell() {
  const count = document.getElementById("unread");
  if (!count) return;
  let asked = Date.now();
  const ask = () => {
    if (document.hidden || Date.now() - asked < EVERY_MS - 1_000) return;
    asked = Date.now();
    count.dispatchEvent(new CustomEvent("bell-due"));
  };
  setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", ask);
}
