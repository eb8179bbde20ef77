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

const isNoMark = ({ legendgroup, showlegend }) => !legendgroup || showlegend !== false;

// The points of a figure's lines, bars and cells; those that only mark a point of a line are left out.
const points = ({ data }) =>
  ofShown(data).filter(isNoMark).flatMap(({ name = "", x, y, z }) => {
    const line = asRead(name);
    if (Array.isArray(z)) return z.flatMap((row, r) => row.map((value, c) => [line, x[c], y[r], value]));
    return Array.isArray(x) && Array.isArray(y) ? x.map((place, i) => [line, place, y[i]]) : [];
  });

const addTools = (chart) => {
  const title = titleOf(chart);
  const tools = Object.assign(document.createElement("span"), { className: "tools" });
  for (const format of ["svg", "png"]) {
    const text = format.toUpperCase();
    tools.append(tool(text, `Save ${title} as ${text}`, () => save(chart, format)));
  }
  if (points(specOf(chart)).length > 0) {
    const head = specOf(chart).data.some(({ z }) => z) ? ["line", "x", "y", "value"] : ["line", "x", "y"];
    tools.append(copyTool(title, () => [head, ...points(specOf(chart))]));
  }
  chart.after(tools);
};
