// Which transactions the live list holds, newest first, and which of them are drawn.
// A few new ones go on top of what is there. When many come at once the list runs: only what fills the screen is
// drawn, and what follows is kept as facts until `drawRest` is called. Hours of payments need the memory of ROWS_MAX.
const ROWS_MAX = 200;
const FEW = 12;
const DRAWN_AT_ONCE = 40;
const SPARE_ROWS = 8; // below the edge of the screen, for who begins to scroll

export function makeListing(body, rows) {
  const drawn = new Map([...body.rows].map((row) => [row.dataset.id, row]));
  let kept = []; // transactions that follow the drawn rows
  let screenful = 0;
  let dropped = false;
  addEventListener("resize", () => { screenful = 0; });

  function fill(row, x) {
    drawn.delete(row.dataset.id);
    drawn.set(x.id, row);
    row.className = "";
    row.transaction = x;
    return rows.fill(row, x);
  }

  function takeLast() {
    const row = body.rows[body.rows.length - 1];
    drawn.delete(row.dataset.id);
    row.remove();
    return row;
  }

  function putOnTop(newest) {
    const part = document.createDocumentFragment();
    for (const x of newest) {
      const row = fill(makeRoom() ?? rows.make(), x);
      row.classList.add("fresh");
      part.append(row);
    }
    body.prepend(part);
  }

  // Lets the oldest go when the list is full, and returns its row if it had one.
  function makeRoom() {
    if (drawn.size + kept.length < ROWS_MAX) return null;
    dropped = true;
    return kept.pop() ? null : takeLast();
  }

  function run(newest) {
    const room = rowsOnScreen();
    const there = [...body.rows];
    const staying = Math.max(0, Math.min(there.length, room - newest.length));
    const leaving = there.slice(staying);
    // Rows that the server drew are the oldest here: their facts are not known, so they are let go.
    const after = [...newest.slice(room), ...leaving.map((row) => row.transaction).filter(Boolean), ...kept];
    kept = after.slice(0, ROWS_MAX - room);
    dropped ||= kept.length < after.length || leaving.some((row) => !row.transaction);
    for (const row of leaving) drawn.delete(row.dataset.id);
    const part = document.createDocumentFragment();
    for (const x of newest.slice(0, room)) {
      // With nothing staying, each row is written where it stands.
      const row = leaving.shift() ?? rows.make();
      if (staying || !row.isConnected) part.append(row);
      fill(row, x);
    }
    for (const row of leaving) row.remove();
    if (staying) body.prepend(part);
    else body.append(part);
  }

  function rowsOnScreen() {
    screenful ||= Math.ceil(innerHeight / (body.rows[0]?.offsetHeight || 32)) + SPARE_ROWS;
    return Math.min(screenful, ROWS_MAX);
  }

  return {
    max: ROWS_MAX,
    has: (id) => drawn.has(id) || kept.some((x) => x.id === id),
    get isWhole() {
      return kept.length === 0;
    },
    // Whether something fell off the end since this was last asked.
    tookOff() {
      const answer = dropped;
      dropped = false;
      return answer;
    },
    lastMoment: () => kept.at(-1)?.received_at ?? body.rows[body.rows.length - 1].querySelector("time").dateTime,
    put: (newest) => (newest.length > FEW ? run : putOnTop)(newest),
    update(x) {
      const row = drawn.get(x.id);
      if (row) rows.update(row, x);
      if (row?.transaction) row.transaction = x;
      const place = row ? -1 : kept.findIndex((other) => other.id === x.id);
      if (place >= 0) kept[place] = x;
    },
    drawRest() {
      const part = document.createDocumentFragment();
      const open = new URLSearchParams(location.search).get("open"); // in the panel beside the list
      for (const x of kept.splice(0, DRAWN_AT_ONCE)) {
        const row = fill(rows.make(), x);
        if (x.id === open) row.className = "current";
        part.append(row);
      }
      body.append(part);
    },
  };
}
