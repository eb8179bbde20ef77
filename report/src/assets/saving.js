// What leaves the page: figures as files, numbers as CSV. Nothing is sent anywhere.

const csv = (rows) => rows.map((cells) => cells.map(csvCell).join(",") + "\r\n").join("");

const csvCell = (value) => {
  const text = value === null || value === undefined ? "" : `${value}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

// Opened from a disk, a page may lack the clipboard's own interface.
const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
    area.select();
    document.execCommand("copy");
    area.remove();
  }
};

const tool = (text, name, act) => {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "tool", textContent: text });
  button.setAttribute("aria-label", name);
  button.addEventListener("click", act);
  return button;
};

const announcer = document.body.appendChild(Object.assign(document.createElement("p"), { className: "unseen" }));
announcer.setAttribute("role", "status");

const copyTool = (name, rows) =>
  tool("CSV", `Copy ${name} as CSV`, async ({ currentTarget: button }) => {
    await copy(csv(rows()));
    button.textContent = "copied";
    announcer.textContent = `${name}: copied as CSV`;
    setTimeout(() => (button.textContent = "CSV"), 2000);
  });

// A name that every file system takes.
const fileName = (name) => `${experiment}-${name}`.replace(/[^\p{L}\p{N}._-]+/gu, "-");

const titleOf = (chart) => chart.closest("figure").querySelector("figcaption strong").textContent;

// The lines that are shown of a figure, dark on white whatever the page's colours, under its title.
const picture = (chart) => {
  const hidden = chart.data.filter(({ visible }) => visible === "legendonly").map(({ uid }) => uid);
  const { data: all, layout } = figureOf(chart, paperColours);
  const data = all.filter(({ uid }) => !hidden.includes(uid));
  const width = Math.max(chart.clientWidth, 640);
  const place = { x: 0, xref: "container", y: 1, yref: "container", yanchor: "top", pad: { l: 14, t: 12 } };
  const title = { ...place, text: asText(titleOf(chart)) };
  const above = chart.querySelector(".legend")?.getBBox().height ?? 0;
  const margin = { ...layout.margin, t: 48 + above };
  const height = layout.height + 38;
  return { data, layout: { ...layout, title, margin, width, height, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff" } };
};

const save = (chart, format) => {
  const { data, layout } = picture(chart);
  const size = { width: layout.width, height: layout.height, scale: format === "png" ? 2 : 1 };
  return Plotly.downloadImage({ data, layout }, { format, filename: fileName(chart.id), ...size });
};

// The points of a figure's lines, bars and cells as shown, unsmoothed, under the names of its axes; a line's band or its interval stands beside it.
// Traces that only mark a point of a line, and bands, are left out.
const pointsOf = (chart) => {
  const spec = specOf(chart);
  // A box sums up what other traces show.
  const isLeftOut = ({ isMark, isEdge, hoverinfo, q1 }) => isMark || isEdge || hoverinfo === "skip" || q1;
  const traces = arranged(spec, 0).filter((trace) => !isLeftOut(trace));
  const axis = (letter) => asRead(spec.layout[`${letter}axis`]?.title?.text ?? "");
  if (spec.data.some(({ z }) => z)) {
    const cells = ({ x, y, z }) => z.flatMap((row, r) => row.map((value, c) => [asRead(`${y[r]}`), asRead(`${x[c]}`), value]));
    return [[axis("y") || "row", axis("x") || "column", "value"], ...traces.filter(({ z }) => z).flatMap(cells)];
  }
  // A column for an axis of names would repeat the line's.
  const letters = ["x", "y"].filter((letter) => spec.layout[`${letter}axis`]?.type !== "category" || axis(letter) !== "" || traces.length === 1);
  const intervals = traces.some(({ range, error_x, error_y }) => range ?? error_x ?? error_y);
  const ends = ["low", "high"];
  const rows = traces.flatMap((trace) => {
    const { x, y, name = "" } = trace;
    const places = Array.isArray(x) && Array.isArray(y) ? x.map((_, i) => i) : [];
    return places.map((i) => [
      asRead(name),
      ...letters.map((letter) => (typeof trace[letter][i] === "string" ? asRead(trace[letter][i]) : trace[letter][i])),
      ...(intervals ? intervalAt(trace, i) : []),
    ]);
  });
  return [[legendTitle(chart), ...letters.map((letter) => axis(letter) || letter), ...(intervals ? ends : [])], ...rows];
};

const intervalAt = ({ range, error_x, error_y, x, y }, i) => {
  if (range) return [range.low[i], range.high[i]];
  const [error, at] = error_x ? [error_x, x[i]] : [error_y, y[i]];
  return error ? [at - error.arrayminus[i], at + error.array[i]] : [null, null];
};

const legendTitle = (chart) => (isOfRuns(chart) ? (isPainted() ? groupTitle() : "run") : "series");

const addTools = (chart) => {
  const title = titleOf(chart);
  const tools = Object.assign(document.createElement("span"), { className: "tools" });
  for (const format of ["svg", "png"]) {
    const text = format.toUpperCase();
    tools.append(tool(text, `Save ${title} as ${text}`, () => save(chart, format)));
  }
  if (pointsOf(chart).length > 1) tools.append(copyTool(title, () => pointsOf(chart)));
  chart.after(tools);
};
