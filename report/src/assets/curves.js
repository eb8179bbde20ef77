// What becomes of a figure's traces before they are drawn: only the shown runs', in the chosen colours, smoothed, and averaged.
// The figure's own numbers stay as they are.

// Lines from which they are drawn thinner, and up to which the raw line is seen behind the smooth one.
const CROWD = 24;
const FEW = 12;
// Lines up to which each has its band: more would hide each other.
const BANDS = 6;
// Places of an axis from 0 to 1 at which curves are averaged.
const PLACES = Array.from({ length: 101 }, (_, place) => place / 100);

const ofShown = (traces) => traces.filter(({ meta }) => meta === undefined || isShown(meta));

// Whether a trace only marks a point of a line that has a trace of its own.
const isMark = ({ legendgroup, showlegend }) => legendgroup !== undefined && showlegend === false;

const arranged = ({ data, layout, over }, smoothing = chosen.smoothing) => {
  const whole = data.map((trace, index) => ({ ...trace, uid: `${index}`, isMark: isMark(trace) }));
  let traces = ofShown(whole);
  if (isPainted()) traces = traces.map(painted);
  if (over && pool()) traces = averaged(traces, over);
  const count = new Set(traces.map(({ meta }) => meta)).size;
  if (count > CROWD) traces = traces.map(thinner);
  if (over === "steps" && smoothing > 0) traces = traces.flatMap((trace) => smoothed(trace, smoothing, count <= FEW));
  if (!isPainted()) return traces;
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

// A trace smoothed, the raw line faint behind it. A band stays as it is.
const smoothed = (line, weight, raw) => {
  if (line.isEdge) return [line];
  // The legend hides both.
  const trace = { legendgroup: line.uid, ...line };
  const smooth = { ...trace, y: localLine(trace.y, weight) };
  const behind = { ...trace, uid: `${trace.uid}-raw`, opacity: 0.25, showlegend: false, hoverinfo: "skip" };
  return raw ? [behind, smooth] : [smooth];
};

// At each value the straight line that fits its neighbours best, a neighbour counting `weight` times as much as the one before it, on
// either side: nothing lags, and a straight line stays one up to its ends. What is missing stays missing.
const localLine = (values, weight) => {
  const reach = Math.ceil(Math.log(1e-4) / Math.log(weight));
  return values.map((value, i) => {
    if (value === null) return null;
    let [n, d, dd, y, dy] = [0, 0, 0, 0, 0];
    for (let j = Math.max(0, i - reach); j <= Math.min(values.length - 1, i + reach); j += 1) {
      if (values[j] === null) continue;
      const [w, at] = [weight ** Math.abs(j - i), j - i];
      [n, d, dd, y, dy] = [n + w, d + w * at, dd + w * at * at, y + w * values[j], dy + w * at * values[j]];
    }
    const spread = n * dd - d * d;
    return spread > 1e-9 * n * n ? (dd * y - d * dy) / spread : y / n;
  });
};

// One line for the runs that are drawn as one; what belongs to no run stays.
const averaged = (traces, over) => {
  const groups = new Map();
  const isLine = ({ meta, mode }) => meta !== undefined && mode !== "markers";
  for (const trace of traces.filter(isLine)) {
    const place = pool()(trace.meta);
    groups.set(place, [...(groups.get(place) ?? []), trace]);
  }
  const drawn = [...groups].map((group) => meanAndRange(group, over));
  const bands = drawn.filter(() => drawn.length <= BANDS).flatMap(({ band }) => band);
  // Behind the lines: a band would dim them.
  return [...bands, ...traces.filter(({ meta }) => meta === undefined), ...drawn.map(({ line }) => line)];
};

// The mean of a group's lines wherever all of them have a value, and the band from the lowest to the highest.
const meanAndRange = ([place, members], over) => {
  const at = valuesAt(members, over);
  const x = [...at.keys()].filter((step) => at.get(step).length === members.length).sort((a, b) => a - b);
  const mean = (values) => values.reduce((sum, value) => sum + value) / values.length;
  const along = (of) => x.map((step) => of(at.get(step)));
  const [low, high] = [along((values) => Math.min(...values)), along((values) => Math.max(...values))];
  const [first] = members;
  const [color, dash] = look(group(first.meta));
  const style = { meta: first.meta, legendgroup: first.legendgroup, showlegend: false };
  const edge = { ...style, x, mode: "lines", line: { width: 0 }, hoverinfo: "skip", isEdge: true };
  const areas = members.map(({ area }) => area).filter(Boolean);
  const area = areas.length === members.length ? { name: areas[0].name, value: mean(areas.map(({ value }) => value)) } : undefined;
  const name = `${poolName(place)}${members.length > 1 ? `, mean of ${members.length}` : ""}${areaText(area)}`;
  const line = { ...first, ...style, x, y: along(mean), uid: `${place}-mean`, name, area, range: { low, high } };
  const band = [
    { ...edge, y: low, uid: `${place}-low` },
    { ...edge, y: high, uid: `${place}-high`, fill: "tonexty", fillcolor: `${color}26` },
  ];
  return { band: members.length > 1 ? band : [], line: { ...line, opacity: 1, line: { color, dash, width: 2.5 } } };
};

// Every value of the lines, by where it stands. Curves from 0 to 1 have points of their own: they are read at common places.
const valuesAt = (members, over) => {
  const at = new Map();
  const add = (x, y) => at.set(x, [...(at.get(x) ?? []), y]);
  const read = { roc: rocAt, "precision-recall": precisionAt }[over];
  for (const { x, y } of members) {
    if (read) PLACES.forEach((place) => add(place, read(x, y, place)));
    else y.forEach((value, i) => value !== null && add(x[i], value));
  }
  return at;
};

// The value of a rising line at a place; of a vertical part the upper end.
const rocAt = (x, y, place) => {
  const after = x.findIndex((of) => of > place);
  if (after < 0) return y.at(-1);
  if (after === 0) return y[0];
  const share = (place - x[after - 1]) / (x[after] - x[after - 1]);
  return y[after - 1] + share * (y[after] - y[after - 1]);
};

// The best precision at that recall or beyond: between two points of such a curve lies no straight line. Its last point, precision 1 at
// recall 0, is none that a threshold reaches.
const precisionAt = (x, y, place) => Math.max(...y.filter((_, i) => x[i] >= place - 1e-9 && !(x[i] === 0 && y[i] === 1)));

// An entry for each group there is: a trace without points. The legend's title says what the groups are.
const legend = (traces) => {
  const places = [...new Set(traces.filter(({ meta }) => meta !== undefined).map(({ legendgroup }) => legendgroup))];
  if (places.length > FEW) return [];
  return places.map((place) => {
    const [color, dash] = look(Number(place));
    const areas = traces.filter(({ legendgroup, area }) => legendgroup === place && area).map(({ area }) => area);
    const area = areas.length === 1 ? areaText(areas[0]) : "";
    const entry = { name: asText(groupValue(place)) + area, legendgroup: place, showlegend: true, uid: `${place}-entry` };
    return { ...entry, x: [null], y: [null], mode: "lines", line: { color, dash, width: 2.5 }, hoverinfo: "skip" };
  });
};

const areaText = (area) => (area ? ` (${area.name} ${area.value.toFixed(3)})` : "");
const poolName = (place) => {
  const ofColour = pool() === group;
  return asText(`${ofColour ? groupTitle() : lines.title} ${(ofColour ? groupValue : (line) => lines.names[line])(place)}`);
};

// Text that plotly takes for nothing else, and back.
const asText = (text) => text.replace(/[&<>%$]/g, (letter) => `&#${letter.charCodeAt(0)};`);
const asRead = (text) => new DOMParser().parseFromString(text, "text/html").documentElement.textContent;
