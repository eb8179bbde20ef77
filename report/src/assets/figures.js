// Draws the figures: each when it comes near the screen, in the page's colours, again when those or the runs shown change.

// Where nothing hovers a finger scrolls: a figure must not catch it, and its buttons would always show.
const hovers = matchMedia("(hover: hover)").matches;
const config = {
  responsive: true,
  displaylogo: false,
  displayModeBar: hovers ? "hover" : false,
  modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
};

// The colours are the style sheet's: the screen's as the page is shown, or a paper's.
const screenColours = document.documentElement;
const paperColours = Object.assign(document.createElement("div"), { className: "paper", hidden: true });
document.body.append(paperColours);

const template = (colours) => {
  const style = getComputedStyle(colours);
  const css = (name) => style.getPropertyValue(name).trim();
  const axis = { gridcolor: css("--grid"), linecolor: css("--line"), zerolinecolor: css("--line") };
  return {
    layout: {
      font: { color: css("--ink"), family: css("--sans"), size: 12.5 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: axis,
      yaxis: axis,
      hovermode: "closest",
      legend: { font: { size: 11 }, tracegroupgap: 0 },
      annotationdefaults: { font: { color: css("--ink") }, bgcolor: css("--veil") },
      hoverlabel: { bgcolor: css("--panel"), font: { color: css("--ink") }, align: "left", namelength: -1 },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: css("--faint"), activecolor: css("--ink") },
    },
  };
};

const specs = new Map();
const specOf = (chart) => {
  if (!specs.has(chart)) specs.set(chart, JSON.parse(document.getElementById(`${chart.id}-data`).textContent));
  return specs.get(chart);
};

const isOfRuns = (chart) => specOf(chart).data.some(({ meta }) => meta !== undefined);

const NOTHING = { text: "No run fits the filter.", x: 0.5, y: 0.5, xref: "paper", yref: "paper", showarrow: false };

// A figure as plotly takes it.
const figureOf = (chart, colours) => {
  const spec = specOf(chart);
  // plotly writes into the layout it is given.
  const layout = { ...structuredClone(spec.layout), autosize: true, uirevision: "kept", template: template(colours) };
  const data = arranged(spec);
  if (isOfRuns(chart)) {
    if (isPainted()) {
      layout.showlegend = true;
      layout.legend = { ...layout.legend, title: { text: asText(groupTitle()), font: { size: 11 } } };
    }
    if (shownRuns() < runs.length) closeGaps(layout, data);
    if (shownRuns() === 0) layout.annotations = [...(layout.annotations ?? []), NOTHING];
  }
  if (spec.over === "steps" && chosen.smoothing > 0) layout.yaxis.title.text += `, smoothed (${chosen.smoothing.toFixed(2)})`;
  if (layout.showlegend) settle(layout);
  return { data, layout };
};

// How many entries of a legend stand in a row depends on the plot's width, this on the numbers beside it, these on its height, and
// this on the legend's rows: some figures would never come to rest.
const settle = (layout) => {
  if (layout.yaxis?.type !== "linear") return;
  layout.yaxis.automargin = false;
  layout.margin = { ...layout.margin, l: 58 };
};

// An axis of names that was made for all runs would keep room for those that are gone.
const closeGaps = (layout, data) => {
  for (const letter of ["x", "y"]) {
    const axis = layout[`${letter}axis`];
    if (axis?.type !== "category" || !axis.range) continue;
    const names = new Set(data.flatMap((trace) => trace[letter] ?? []).filter((name) => name !== null));
    axis.range = axis.range.map((end) => Math.min(end, names.size - 0.5));
  }
};

const draw = (chart, colours = screenColours) => {
  const { data, layout } = figureOf(chart, colours);
  layout.dragmode = hovers ? "zoom" : false;
  if (colours === paperColours) layout.width = Math.min(chart.clientWidth, 660);
  if (!chart.data) addTools(chart);
  Plotly.react(chart, data, layout, config);
  // What plotly measures its texts with is nothing to read.
  document.getElementById("js-plotly-tester").setAttribute("aria-hidden", "true");
};

const charts = [...document.querySelectorAll(".chart")];
const stale = new Set(charts);
const near = new Set();
// One after the other: between two of them the reader is heard.
const refresh = async () => {
  for (const chart of near) {
    if (!stale.delete(chart)) continue;
    draw(chart);
    await new Promise((done) => setTimeout(done));
  }
};
const redraw = (which) => {
  charts.filter(which).forEach((chart) => stale.add(chart));
  refresh();
};

const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) isIntersecting ? near.add(target) : near.delete(target);
    refresh();
  },
  { rootMargin: "600px" },
);
charts.forEach((chart) => observer.observe(chart));

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw(() => true));
