// Draws the table of the activity page by hour; it stays for who prefers it, and is the charts' only source.
const FORMAT = new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Paris" });
const DAY = new Intl.DateTimeFormat("fr-FR", { day: "2-digit", month: "2-digit", timeZone: "Europe/Paris" });
const plots = new Map();

function drawAll() {
  if (typeof uPlot === "undefined") return;
  for (const figure of document.querySelectorAll("[data-hours]")) draw(figure);
}

function draw(figure) {
  const place = figure.querySelector(".plot");
  plots.get(figure)?.destroy();
  const theme = getComputedStyle(document.documentElement);
  const colour = (name) => theme.getPropertyValue(`--${name}`).trim();
  const data = read(figure);
  const { tone, unit, kind, top } = figure.dataset;
  const axis = { stroke: colour("ink-2"), font: `11px ${getComputedStyle(document.body).fontFamily}`, ticks: { show: false } };
  const bars = uPlot.paths.bars({ size: [0.7, 40] });
  const main = kind === "bars" ? { fill: colour(tone), stroke: colour(tone), width: 0, paths: bars } : { stroke: colour(tone), width: 2 };
  const series = [{}, { ...main, points: { show: false } }, { stroke: colour("calm"), width: 1.5, dash: [5, 4], points: { show: false } }];
  if (data.length > 3) series.push({ stroke: colour(tone), width: 1, points: { show: false } });
  const long = data[0].length > 30;
  plots.set(figure, new uPlot({
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), "Europe/Paris"),
    scales: {
      x: { range: (_, low, high) => [low - 1800, high + 1800] },
      y: { range: (_, low, high) => (top ? [Math.max(0, Math.floor(((low ?? 0) - 5) / 10) * 10), Number(top)] : [0, Math.max((high ?? 0) * 1.05, 4)]) },
    },
    axes: [
      { ...axis, size: 22, gap: 2, grid: { show: false }, space: 64, values: (_, splits) => splits.map((s) => (long ? DAY : FORMAT).format(s * 1000)) },
      { ...axis, size: 56, gap: 2, space: 28, grid: { stroke: colour("line"), width: 1 }, values: (_, splits) => splits.map((v) => (Number.isInteger(v) ? `${v.toLocaleString("fr-FR")}${unit ? `\u202f${unit}` : ""}` : "")) },
    ],
    series,
  }, data, place));
}

// The columns of the one table that a figure names, in order; a dash is an hour in which nothing was decided.
function read(figure) {
  const places = figure.dataset.hours.split(" ").map(Number);
  const columns = [[], ...places.map(() => [])];
  for (const row of document.querySelectorAll("tr[data-at]")) {
    columns[0].push(Date.parse(row.dataset.at) / 1000);
    const values = row.dataset.values.split(" ");
    places.forEach((place, at) => columns[at + 1].push(values[place] === "-" ? null : Number(values[place])));
  }
  return columns;
}

let waiting = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(drawAll);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
drawAll();
