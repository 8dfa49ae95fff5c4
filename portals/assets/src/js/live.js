// The live list: batches, pause, waiting rows, counters.
import { drawChart } from "./parts/chart.js";
import { startFeed } from "./parts/feed.js";
import { keepFocus } from "./parts/focus.js";
import { makeListing } from "./parts/listing.js";
import { makeRows } from "./parts/rows.js";

const BATCH_MS = 250; // at most four changes of the page a second
const CALM_BATCHES = 4; // after so many without a new one, what is not drawn yet is drawn
const COUNTERS_MS = 5000;
const IDLE_MS = 10 * 60_000; // well inside the 15 idle minutes that end a session: polling must not keep one alive

const factsElement = document.getElementById("live-facts");
if (factsElement) startList(JSON.parse(factsElement.textContent));
drawChart();
if (document.querySelector("#counters[data-live]")) startCounters();

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

  const listing = makeListing(body, rows);
  let fresh = new Map(); // new rows that wait, oldest first, no more than the list holds
  let changed = new Map(); // new states of rows on the page
  let freshCount = 0; // all that wait, those beyond what the list holds too
  let calm = 0; // batches since something was put on the page
  let paused = false, state = "connecting", lostAt = 0;

  // Nothing moves under a pointer, under the keyboard focus, or under the eyes of who scrolled down.
  let pointerInside = false;
  const held = () => pointerInside || body.contains(document.activeElement) || table.getBoundingClientRect().top < 0;
  body.addEventListener("pointerenter", (event) => { pointerInside = event.pointerType === "mouse"; });
  body.addEventListener("pointerleave", () => { pointerInside = false; });

  function receive(x) {
    if (listing.has(x.id)) changed.set(x.id, x);
    else {
      if (!fresh.has(x.id)) {
        freshCount++;
        if (fresh.size >= listing.max) fresh.delete(fresh.keys().next().value);
      }
      fresh.set(x.id, x);
    }
  }

  function flush() {
    if (paused) return;
    for (const x of changed.values()) listing.update(x);
    changed.clear();
    if (fresh.size && !held()) insert();
    else calm++;
    if (calm >= CALM_BATCHES) drawRest();
  }

  function insert() {
    listing.put([...fresh.values()].reverse());
    fresh = new Map();
    freshCount = 0;
    calm = 0;
    none.hidden = true;
    // The page's own cursor would now skip what was let go here. Rows of the same millisecond are shown twice
    // rather than never.
    if (older && listing.tookOff()) {
      const moment = new Date(Date.parse(listing.lastMoment()) + 1).toISOString();
      older.href = older.dataset.before.replace("BEFORE", encodeURIComponent(moment));
    }
  }

  // A slice a frame, so that nothing holds the page for long.
  let drawing = 0;
  function drawRest() {
    if (drawing || listing.isWhole) return;
    drawing = requestAnimationFrame(() => {
      drawing = 0;
      listing.drawRest();
      if (paused || calm || held()) drawRest();
    });
  }
  // Who stops the list wants to read it, who scrolls or steps into it wants the rows that follow.
  addEventListener("scroll", drawRest, { passive: true });
  body.addEventListener("focusin", drawRest);

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
    drawRest();
    show();
  });
  waitingBar.addEventListener("click", () => {
    if (body.contains(document.activeElement)) document.activeElement.blur();
    if (paused) pause.click();
    if (fresh.size) insert();
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
    const answer = await fetch(facts.recent, { cache: "no-store", redirect: "error" }).catch(() => null);
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
  setInterval(async () => {
    if (document.hidden || Date.now() - lastInput > IDLE_MS) return;
    const answer = await fetch(`/counters${location.search}`, { cache: "no-store", redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    // The plot and the open table stay; only figures and table rows are replaced.
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of [".figures-of", ".chart tbody"]) {
      const now = place.querySelector(part), then = next.querySelector(part);
      if (now && then) keepFocus(now, () => now.replaceWith(document.adoptNode(then)));
    }
    drawChart();
  }, COUNTERS_MS);
}
