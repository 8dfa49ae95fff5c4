// The connection to /live: resumes from the last event seen, says how it is, gives up when the session ends.
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];
const OFFLINE_AFTER_MS = 12_000;
const HIDDEN_CLOSE_MS = 60_000;

export function startFeed({ address, onTransaction, onState, onGap, onOpen }) {
  let source = null, lastId = null, tries = 0, timer = 0, lostAt = 0, hiddenTimer = 0, ended = false;

  function open() {
    clearTimeout(timer);
    timer = 0;
    if (ended || source) return;
    const url = lastId ? `${address}&last_event_id=${encodeURIComponent(lastId)}` : address;
    source = new EventSource(url);
    source.onopen = () => {
      tries = 0;
      lostAt = 0;
      onState("live");
      onOpen();
    };
    source.onerror = () => {
      close();
      retry();
    };
    source.addEventListener("transaction", (event) => {
      lastId = event.lastEventId || lastId;
      onTransaction(JSON.parse(event.data));
    });
    source.addEventListener("too_old", () => {
      lastId = null;
      onGap();
    });
    // The server dropped what we were too slow to read, or restarts: resume from the last event we have.
    for (const kind of ["lost", "closing", "session_ended"]) {
      source.addEventListener(kind, () => {
        close();
        retry();
      });
    }
  }

  function close() {
    source?.close();
    source = null;
  }

  async function retry() {
    lostAt ||= Date.now();
    const offline = Date.now() - lostAt > OFFLINE_AFTER_MS || navigator.onLine === false;
    onState(offline ? "offline" : "reconnecting", lostAt);
    if (await sessionEnded()) {
      ended = true;
      onState("ended");
      return;
    }
    if (timer || source) return;
    // A little chance keeps many screens from coming back at the same instant.
    timer = setTimeout(open, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)] * (0.8 + Math.random() * 0.4));
  }

  async function sessionEnded() {
    try {
      return (await fetch("/session", { cache: "no-store" })).status === 401;
    } catch {
      return false;
    }
  }

  addEventListener("online", open);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(close, HIDDEN_CLOSE_MS);
    else open();
  });
  open();
}
