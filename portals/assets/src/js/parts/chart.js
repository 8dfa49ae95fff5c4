// Draws the table of counters by minute; the table stays for who prefers it, and is the chart's only source.
let plot = null;
let host = null;

export function drawChart() {
  const place = document.querySelector("[data-plot]");
  if (!place || typeof uPlot === "undefined") return;
  const rows = [...document.querySelectorAll("tr[data-minute]")];
  const times = [], approved = [], declined = [], unknown = [];
  for (const row of rows) {
    const [a, d, u] = row.dataset.values.split(" ").map(Number);
    times.push(Date.parse(row.dataset.minute) / 1000);
    // Bars stand on one another: each series is drawn from zero, the tallest first.
    unknown.push(a + d + u);
    declined.push(a + d);
    approved.push(a);
  }
  const data = [times, unknown, declined, approved];
  const theme = getComputedStyle(document.documentElement);
  const colour = (name) => theme.getPropertyValue(name).trim();
  const key = `${colour("--ok")}${place.clientWidth}`;
  if (plot && host === place && plot.key === key) {
    plot.setData(data);
    return;
  }
  plot?.destroy();
  host = place;
  const bars = uPlot.paths.bars({ size: [0.7, 28] });
  const series = (name) => ({ stroke: colour(name), fill: colour(name), width: 0, paths: bars, points: { show: false } });
  const axis = { stroke: colour("--ink-2"), font: `11px ${theme.fontFamily}`, ticks: { show: false } };
  plot = new uPlot({
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    padding: [6, 4, 0, 0],
    tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), "Europe/Paris"),
    scales: { x: { range: (_, low, high) => [low - 30, high + 30] }, y: { range: (_, __, high) => [0, Math.max(high, 4)] } },
    axes: [
      { ...axis, size: 20, gap: 2, grid: { show: false }, space: 60, incrs: [60, 120, 300, 600, 900], values: (self, splits) => splits.map((s) => clock(s)) },
      { ...axis, size: 34, gap: 2, space: 24, grid: { stroke: colour("--line"), width: 1 }, values: (_, splits) => splits.map((v) => (Number.isInteger(v) ? v : "")) },
    ],
    series: [{}, series("--odd"), series("--bad"), series("--ok")],
  }, data, place);
  plot.key = key;
}

const FORMAT = new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Paris" });
const clock = (seconds) => FORMAT.format(seconds * 1000);

addEventListener("resize", () => requestAnimationFrame(drawChart));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawChart);
