/* needs: vendor/uPlot.iife.min.js */
/* Draws every <figure class="chart"> (see _macros.html) from the table inside it.

   The first column is the x axis: <th data-x="2025-03-01"> for time, or words. Every further
   column is a series, numbers in <td data-value="12">; an empty one leaves a gap. The arrow keys
   go through the points, and a line below says what is there. Dragging fires "chart:range" on the
   figure, with `first` and `last` as in data-x. */

const SERIES = ["--link", "--accent", "--series-3", "--series-4", "--series-5", "--series-6"];
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3], [1, 4], [12, 4]];
const BORDERS = ["solid", "dashed", "dotted", "double", "dotted", "dashed"]; // of what names them
const HEIGHT = 280;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dark = matchMedia("(prefers-color-scheme: dark)");
const locale = document.documentElement.lang;

function readTable(figure) {
  const rows = [...figure.querySelectorAll("tbody tr")];
  const heads = rows.map((row) => row.querySelector("th"));
  const isTime = heads.every((head) => /^\d{4}(-\d\d){0,2}$/.test(head.dataset.x ?? ""));
  const names = [...figure.querySelectorAll("thead th")].slice(1).map((th) => th.textContent.trim());
  const values = names.map((_, n) =>
    rows.map((row) => {
      const cell = row.querySelectorAll("td")[n];
      return cell?.dataset.value ? Number(cell.dataset.value) : null;
    })
  );
  const xs = heads.map((head, n) => (isTime ? Date.parse(head.dataset.x) / 1000 : n));
  const shown = rows.map((row) => [...row.children].map((cell) => cell.textContent.trim()));
  return { heads, isTime, names, values, xs, shown };
}

const MONTH_S = 28 * 86400;

function dayLabel(seconds, step) {
  const parts = step < MONTH_S ? { day: "numeric", month: "short" } : { month: "short", year: "numeric" };
  return new Date(seconds * 1000).toLocaleDateString(locale, { timeZone: "UTC", ...parts });
}

function widened(xs) {
  const half = xs.length > 1 ? (xs[1] - xs[0]) / 2 : 1;
  return (_, low, high) => [low - half, high + half];
}

function options(figure, table, width) {
  const ink = colour("--muted");
  const axis = { stroke: ink, grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  const isBars = figure.dataset.chart === "bars";
  const label = (x) => (table.heads[Math.round(x)] ?? { textContent: "" }).textContent.trim();
  const days = (_, at, _axis, _space, step) => at.map((x) => dayLabel(x, step));
  const xAxis = table.isTime ? { ...axis, values: days, space: 80 } : { ...axis, values: (_, at) => at.map((x) => (Number.isInteger(x) ? label(x) : "")) };
  const series = table.names.map((name, n) => ({
    label: name,
    stroke: colour(SERIES[n % SERIES.length]),
    fill: isBars ? colour(SERIES[n % SERIES.length]) : undefined,
    width: isBars ? 0 : 2,
    dash: isBars ? undefined : DASHES[n % DASHES.length], // not told by colour alone
    paths: isBars ? uPlot.paths.bars({ size: [0.8, 60] }) : undefined,
    points: { show: table.xs.length < 2 },
    spanGaps: false,
  }));
  return {
    width,
    height: HEIGHT,
    legend: { live: false, markers: { dash: (_, n) => BORDERS[(n - 1) % BORDERS.length] } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    cursor: { drag: { x: true, y: false, setScale: false } },
    // Bars stand in the middle of their day, and half of the first and last would be cut off.
    scales: { x: { time: table.isTime, ...(isBars && { range: widened(table.xs) }) }, y: { range: (_, low, high) => [Math.min(0, low), high || 1] } },
    axes: [xAxis, { ...axis, size: 60, values: (_, at) => at.map((y) => y.toLocaleString(locale)) }],
    series: [{}, ...series],
    hooks: { setSelect: [(plot) => tellRange(figure, table, plot)] },
  };
}

function tellRange(figure, table, plot) {
  if (plot.select.width < 2) return;
  const at = [plot.select.left, plot.select.left + plot.select.width].map((left) => plot.posToIdx(left));
  const [first, last] = at.map((index) => table.heads[index].dataset.x);
  figure.dispatchEvent(new CustomEvent("chart:range", { detail: { first, last }, bubbles: true }));
}

function walkWithKeys(holder, readout, table, current) {
  let index = -1;
  const steps = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  holder.addEventListener("keydown", (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    index = Math.max(0, Math.min(table.xs.length - 1, index + steps[event.key]));
    const plot = current();
    plot.setCursor({ left: plot.valToPos(table.xs[index], "x"), top: 10 });
  });
  return (at) => {
    index = at;
    const [head, ...cells] = table.shown[at];
    readout.textContent = `${head}: ${table.names.map((name, n) => `${name} ${cells[n]}`).join(" · ")}`;
  };
}

function draw(figure) {
  const table = readTable(figure);
  if (table.xs.length === 0) return;
  const holder = figure.querySelector(".plot");
  const readout = document.createElement("output");
  readout.className = "readout";
  holder.after(readout);
  holder.removeAttribute("aria-hidden");
  holder.tabIndex = 0;
  holder.setAttribute("role", "group");
  holder.setAttribute("aria-labelledby", `${figure.id}-caption`);
  figure.querySelector("details").open = false;

  let plot;
  const tell = walkWithKeys(holder, readout, table, () => plot);
  const redraw = () => {
    plot?.destroy();
    const wanted = options(figure, table, holder.clientWidth);
    wanted.hooks.setCursor = [(of) => of.cursor.idx != null && tell(of.cursor.idx)];
    plot = new uPlot(wanted, [table.xs, ...table.values], holder);
  };
  redraw();
  dark.addEventListener("change", redraw);
  new ResizeObserver(() => plot.setSize({ width: holder.clientWidth, height: HEIGHT })).observe(holder);
}

document.querySelectorAll("figure.chart[data-chart]").forEach(draw);
