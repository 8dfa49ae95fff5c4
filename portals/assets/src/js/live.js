// The live list: batches, pause, waiting rows, counters. The DOM holds at most ROWS_MAX rows.
import { drawChart } from "./chart.js";
import { startFeed } from "./feed.js";
import { makeRows } from "./rows.js";

const ROWS_MAX = 200;
const ROWS_PER_FRAME = 40;
const BATCH_MS = 250; // at most four changes of the page a second
const HIGHLIGHT_MAX = 12; // above this many at once a highlight would only flicker
const COUNTERS_MS = 5000;
const IDLE_MS = 10 * 60_000; // well inside the 15 idle minutes that end a session: polling must not keep one alive

const factsElement = document.getElementById("live-facts");
if (factsElement) startList(JSON.parse(factsElement.textContent));
if (document.getElementById("counters")) startCounters();

function startList(facts) {
  const words = facts.words;
  const rows = makeRows(facts);
  const body = document.getElementById("rows");
  const table = body.closest("table");
  const waitingBar = document.getElementById("waiting");
  const waitingText = waitingBar.querySelector("span");
  const none = document.getElementById("none");
  const older = document.getElementById("older");
  const pause = document.getElementById("pause");
  const connection = document.querySelector("[data-connection]");

  const shown = new Map([...body.rows].map((row) => [row.dataset.id, row]));
  let fresh = new Map(); // new rows that wait, oldest first, at most ROWS_MAX
  let changed = new Map(); // new states of rows on the page
  let freshCount = 0; // all that wait, those beyond ROWS_MAX too
  let dropped = false; // whether rows fell off the end since the link to older ones was set
  let paused = false, state = "connecting", lostAt = 0;

  // Nothing moves under a pointer, under the keyboard focus, or under the eyes of who scrolled down.
  let pointerInside = false;
  const held = () => pointerInside || body.contains(document.activeElement) || table.getBoundingClientRect().top < 0;
  body.addEventListener("pointerenter", (event) => { pointerInside = event.pointerType === "mouse"; });
  body.addEventListener("pointerleave", () => { pointerInside = false; });

  function receive(x) {
    if (shown.has(x.id)) changed.set(x.id, x);
    else {
      if (!fresh.has(x.id)) {
        freshCount++;
        if (fresh.size >= ROWS_MAX) fresh.delete(fresh.keys().next().value);
      }
      fresh.set(x.id, x);
    }
  }

  function flush() {
    if (paused) return;
    if (changed.size) {
      for (const [id, x] of changed) {
        const row = shown.get(id);
        if (row) rows.update(row, x);
      }
      changed = new Map();
    }
    if (fresh.size && !inserting) insert();
  }

  // Oldest first, a slice a frame: a burst never holds the page for longer than one of them. Rows that fall off the
  // end are filled anew at the top, so that hours of payments need the memory of ROWS_MAX rows.
  let inserting = 0;
  function insert(force = false) {
    cancelAnimationFrame(inserting);
    inserting = 0;
    if (!fresh.size || (!force && (paused || held()))) return;
    const highlight = fresh.size <= HIGHLIGHT_MAX;
    const part = document.createDocumentFragment();
    let count = 0;
    for (const [id, x] of fresh) {
      if (count++ === ROWS_PER_FRAME) break;
      fresh.delete(id);
      const row = rows.fill(recycled(), x);
      row.classList.toggle("fresh", highlight);
      shown.set(id, row);
      part.prepend(row);
    }
    freshCount = fresh.size;
    body.prepend(part);
    none.hidden = true;
    if (fresh.size) inserting = requestAnimationFrame(() => insert(force));
    if (dropped) pointOlder();
  }

  function recycled() {
    if (shown.size < ROWS_MAX) return rows.make();
    const last = body.rows[body.rows.length - 1];
    if (!last) return rows.make();
    last.remove();
    shown.delete(last.dataset.id);
    changed.delete(last.dataset.id);
    last.className = "";
    dropped = true;
    return last;
  }

  function pointOlder() {
    dropped = false;
    // The page's own cursor would now skip what was let go here. Rows of the same millisecond are shown twice
    // rather than never.
    const last = body.rows[body.rows.length - 1].querySelector("time").dateTime;
    const moment = new Date(Date.parse(last) + 1).toISOString();
    if (older) older.href = older.dataset.before.replace("BEFORE", encodeURIComponent(moment));
  }

  function show() {
    const waits = freshCount > 0 && (paused || held());
    waitingBar.hidden = !waits;
    if (waits) waitingText.textContent = freshCount === 1 ? words.waiting_one : rows.formats.count(freshCount) + words.waiting_many;
    const seen = paused && state === "live" ? "paused" : state;
    if (connection.dataset.connection === seen) return;
    connection.dataset.connection = seen;
    const text = connection.querySelector("span");
    text.textContent = seen === "offline" ? words.offline + rows.formats.clock(lostAt) : words[seen];
    if (seen === "ended") {
      const link = document.createElement("a");
      link.href = `/login?ended=1&next=${encodeURIComponent(location.pathname + location.search)}`;
      link.textContent = words.log_in;
      text.append(" · ", link);
    }
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.querySelector("use").setAttribute("href", `${facts.icons}#${paused ? "play" : "pause"}`);
    pause.querySelector("span").textContent = paused ? words.resume : words.pause;
    flush();
    show();
  });
  waitingBar.addEventListener("click", () => {
    if (body.contains(document.activeElement)) document.activeElement.blur();
    if (paused) pause.click();
    insert(true);
    scrollTo({ top: 0 });
    show();
  });
  setInterval(() => {
    flush();
    show();
  }, BATCH_MS);

  // Between the page and the feed, and after a gap, a few may have passed unseen: read the newest again.
  let catchUp = true;
  async function readRecent() {
    const answer = await fetch(facts.recent, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return;
    for (const x of (await answer.json()).data.reverse()) {
      // What the feed said meanwhile is newer than this answer.
      if (!changed.has(x.id) && !fresh.has(x.id)) receive(x);
    }
  }

  startFeed({
    address: facts.feed,
    onTransaction: receive,
    onState: (next, since) => {
      state = next;
      lostAt = since ?? 0;
      show();
    },
    onGap: () => {
      catchUp = true;
      const gap = document.getElementById("gap");
      gap.hidden = false;
      gap.querySelector("span").textContent = words.gap;
      readRecent();
    },
    onOpen: () => {
      if (catchUp) readRecent();
      catchUp = false;
    },
  });
}

function startCounters() {
  const place = document.getElementById("counters");
  let lastInput = Date.now();
  for (const kind of ["pointermove", "keydown", "scroll"]) addEventListener(kind, () => { lastInput = Date.now(); }, { passive: true });
  drawChart();
  setInterval(async () => {
    if (document.hidden || Date.now() - lastInput > IDLE_MS) return;
    const answer = await fetch("/counters", { cache: "no-store", redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    // The plot and the open table stay; only figures and table rows are replaced.
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of [".figures", ".chart tbody"]) {
      const now = place.querySelector(part), then = next.querySelector(part);
      if (now && then) now.replaceWith(document.adoptNode(then));
    }
    drawChart();
  }, COUNTERS_MS);
}
