// What becomes of a figure's traces before they are drawn: only the shown runs', in the chosen colours, smoothed or averaged.
// The figure's own numbers stay as they are.

// Runs from which lines are drawn thinner, and up to which the raw line is seen behind the smooth one.
const CROWD = 24;
const FEW = 12;

const ofShown = (traces) => traces.filter(({ meta }) => meta === undefined || isShown(meta));

const arranged = ({ data, layout, over }) => {
  let traces = ofShown(data.map((trace, index) => ({ ...trace, uid: `${index}` })));
  const count = new Set(traces.map(({ meta }) => meta)).size;
  if (chosen.by !== null) traces = traces.map(painted);
  if (count > CROWD) traces = traces.map(thinner);
  if (over === "steps" && chosen.smoothing > 0) traces = traces.flatMap((trace) => smoothed(trace, count <= FEW));
  if (over && chosen.means && chosen.by !== null) traces = grouped(traces).flatMap(meanAndRange);
  if (chosen.by === null) return traces;
  const others = layout.showlegend ? {} : { showlegend: false };
  return [...traces.map((trace) => ({ ...trace, ...others })), ...legend(traces)];
};

const painted = (trace) => {
  if (trace.meta === undefined) return trace;
  const [color, dash] = look(group(trace.meta));
  const parts = { line: { color, dash }, marker: { color }, error_x: { color }, error_y: { color } };
  return { ...changed(trace, parts), legendgroup: `${group(trace.meta)}`, showlegend: false };
};

// Of the parts only those that the trace has: plotly stumbles over one that is undefined.
const changed = (trace, parts) => {
  const there = Object.keys(parts).filter((part) => trace[part]);
  return { ...trace, ...Object.fromEntries(there.map((part) => [part, { ...trace[part], ...parts[part] }])) };
};

const thinner = (trace) => {
  if (trace.meta === undefined || !trace.line) return trace;
  return { ...changed(trace, { line: { width: 1.2 }, marker: { size: 4 } }), opacity: 0.6 };
};

// The exponential moving average of a trace, the raw line faint behind it.
const smoothed = (line, raw) => {
  // The legend hides both.
  const trace = { legendgroup: line.uid, ...line };
  const smooth = { ...trace, y: movingAverage(trace.y, chosen.smoothing) };
  const behind = { ...trace, uid: `${trace.uid}-raw`, opacity: 0.25, showlegend: false, hoverinfo: "skip" };
  return raw ? [behind, smooth] : [smooth];
};

// Freed of its start at zero, so that it begins at the first value. What is missing stays missing.
const movingAverage = (values, weight) => {
  let [sum, count] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    count += 1;
    return sum / (1 - weight ** count);
  });
};

// The lines of each group, by the group's place.
const grouped = (traces) => {
  const groups = new Map();
  const isLine = ({ meta, mode, hoverinfo }) => meta !== undefined && mode !== "markers" && hoverinfo !== "skip";
  for (const trace of traces.filter(isLine)) {
    const place = group(trace.meta);
    groups.set(place, [...(groups.get(place) ?? []), trace]);
  }
  return [...groups];
};

// One line for a group's: their mean wherever all of them have a value, on a band from the lowest to the highest.
const meanAndRange = ([place, lines]) => {
  const at = new Map();
  for (const { x, y } of lines) {
    y.forEach((value, i) => value !== null && at.set(x[i], [...(at.get(x[i]) ?? []), value]));
  }
  const x = [...at.keys()].filter((step) => at.get(step).length === lines.length).sort((a, b) => a - b);
  const line = (name, of) => ({ x, y: x.map((step) => of(at.get(step))), uid: `${place}-${name}` });
  const mean = (values) => values.reduce((sum, value) => sum + value) / values.length;
  const [color, dash] = look(place);
  const edge = { mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false, legendgroup: `${place}` };
  const name = `${groupName(place)}: mean of ${lines.length}`;
  return [
    { ...edge, ...line("low", (values) => Math.min(...values)) },
    { ...edge, ...line("high", (values) => Math.max(...values)), fill: "tonexty", fillcolor: `${color}30` },
    { ...lines[0], ...line("mean", mean), name, opacity: 1, line: { color, dash, width: 2.5 } },
  ];
};

// An entry for each group there is: a trace without points. The legend's title is the key.
const legend = (traces) => {
  const places = [...new Set(traces.filter(({ meta }) => meta !== undefined).map(({ legendgroup }) => legendgroup))];
  if (places.length > FEW) return [];
  return places.map((place) => {
    const [color, dash] = look(Number(place));
    const entry = { name: asText(keys[chosen.by].values[place]), legendgroup: place, showlegend: true, uid: `${place}-entry` };
    return { ...entry, x: [null], y: [null], mode: "lines", line: { color, dash, width: 2.5 }, hoverinfo: "skip" };
  });
};

const groupName = (place) => asText(`${keys[chosen.by].name} ${keys[chosen.by].values[place]}`);

// Text that plotly takes for nothing else, and back.
const asText = (text) => text.replace(/[&<>%$]/g, (letter) => `&#${letter.charCodeAt(0)};`);
const asRead = (text) => new DOMParser().parseFromString(text, "text/html").documentElement.textContent;
