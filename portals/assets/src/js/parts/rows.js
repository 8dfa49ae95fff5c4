// Draws rows of transactions exactly as the server does (transactions/row.html).
import { makeFormats } from "./formats.js";

const MORE = {
  company: (x) => x.company?.name,
  approval: (x) => x.approval_code,
  rrn: (x) => x.rrn,
  stan: (x) => x.stan,
};
const SVG = "http://www.w3.org/2000/svg";

export function makeRows(facts) {
  const formats = makeFormats(facts.locale, facts.places);
  const template = document.createElement("tr");
  const more = facts.more ?? [];
  for (const name of ["time", "state", "amount num", "card", "store", "terminal", "reason", "kind", ...more]) {
    const cell = document.createElement("td");
    cell.className = `c-${name}`;
    template.append(cell);
  }
  const link = document.createElement("a");
  link.className = "row-link";
  link.append(document.createElement("time"));
  template.cells[0].append(link);
  const dots = document.createElement("span");
  dots.className = "dots";
  dots.textContent = "··";
  const pills = new Map();
  // Shapes of one's own cost the browser far less than hundreds of references into the sprite.
  let sprite = null;
  fetch(facts.icons).then((answer) => answer.text()).then((text) => {
    sprite = new DOMParser().parseFromString(text, "image/svg+xml");
    pills.clear();
  }).catch(() => {});

  function pill(state) {
    let made = pills.get(state);
    if (!made) {
      const [tone, icon, word] = facts.states[state] ?? ["calm", "circle-question-mark", state];
      made = document.createElement("span");
      made.className = `pill ${tone}`;
      const drawing = document.createElementNS(SVG, "svg");
      drawing.setAttribute("class", "i");
      drawing.setAttribute("aria-hidden", "true");
      const symbol = sprite?.getElementById(icon);
      if (symbol) {
        drawing.setAttribute("viewBox", symbol.getAttribute("viewBox"));
        for (const shape of symbol.children) drawing.append(document.importNode(shape, true));
      } else {
        const use = document.createElementNS(SVG, "use");
        use.setAttribute("href", `${facts.icons}#${icon}`);
        drawing.append(use);
      }
      made.append(drawing, word);
      pills.set(state, made);
    }
    return made.cloneNode(true);
  }

  const reason = (code) => (!code || code === "approved" || code === "none" ? "" : facts.reasons[code] ?? code);

  // What stands, so that rows add up to their sum, and what was asked beside it; a refund gives money back.
  function write(cell, x) {
    const asked = formats.money(x.kind === "refund" ? { ...x.amount, amount: -x.amount.amount } : x.amount);
    const stands = x.net_amount ? formats.money(x.net_amount) : asked;
    if (stands === asked) {
      cell.textContent = asked;
      return;
    }
    const beside = document.createElement("small");
    beside.className = "asked";
    const held = x.kind === "authorisation" && ["approved", "partially_approved"].includes(x.state);
    beside.textContent = (held ? facts.held : facts.asked).replace("{amount}", asked);
    cell.replaceChildren(...(x.net_amount.amount ? [`${stands} `] : []), beside);
  }

  // The hour in Paris, and that of the store beside it where the two differ (kit.py, Formats.clock).
  function writeTime(link, x) {
    const first = link.firstChild;
    const moment = first.tagName === "TIME" ? first : first.firstChild;
    const there = formats.beside(x.received_at, x.store?.time_zone);
    moment.dateTime = x.received_at;
    moment.title = formats.exact(x.received_at) + (there && `, ${there}`);
    moment.textContent = formats.clock(x.received_at);
    if (!there) {
      if (moment !== first) link.replaceChildren(moment);
      return;
    }
    const both = document.createElement("span");
    both.className = "two-clocks";
    const small = document.createElement("small");
    small.className = "there";
    small.textContent = there;
    both.append(moment, " ", small);
    link.replaceChildren(both);
  }

  return {
    formats,
    make: () => template.cloneNode(true),
    // Writes a transaction into a row, a new one or one that showed another before.
    fill(row, x) {
      row.dataset.id = x.id;
      const [time, , , card, store, terminal, , kind] = row.cells;
      time.firstChild.href = `/transactions/${x.id}`;
      writeTime(time.firstChild, x);
      if (x.card?.last_four) card.replaceChildren(`${facts.brands[x.card.brand] ?? x.card.brand ?? ""} `, dots.cloneNode(true), x.card.last_four);
      else card.textContent = "–";
      store.textContent = x.store?.name ?? "";
      terminal.textContent = x.terminal?.terminal ?? "";
      kind.textContent = facts.kinds[x.kind] ?? x.kind;
      for (let place = 0; place < more.length; place++) row.cells[8 + place].textContent = MORE[more[place]](x) ?? "";
      this.update(row, x);
      return row;
    },
    // What may change after a transaction was first seen: its state, its reason and what stands of it. The row stays where it is.
    update(row, x) {
      const net = String(x.net_amount?.amount ?? "");
      if (row.dataset.state === x.state && row.dataset.reason === x.reason?.code && row.dataset.net === net) return;
      row.dataset.state = x.state;
      row.dataset.net = net;
      row.dataset.reason = x.reason?.code;
      row.cells[1].replaceChildren(pill(x.state));
      write(row.cells[2], x);
      row.cells[6].textContent = reason(x.reason?.code);
    },
  };
}
