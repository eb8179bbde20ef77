// The runs: what they are called, which of them are shown, and which line and colour each belongs to. Everything else asks here.

const { experiment, keys, runs, lines, looks } = JSON.parse(document.getElementById("page-data").textContent);

// What the reader has chosen. `by` is the index of the key that gives the colours, null where every line has its own. `seeds` draws every
// run, `means` one line for all runs of a colour.
const chosen = { values: keys.map(() => new Set()), text: "", by: null, seeds: false, means: false, smoothing: 0 };

const isShown = (run) => {
  const [label, values] = runs[run];
  const fits = (wanted, key) => wanted.size === 0 || wanted.has(values[key]);
  return label.toLowerCase().includes(chosen.text) && chosen.values.every(fits);
};

const shownRuns = () => runs.filter((_, run) => isShown(run)).length;

const lineOf = (run) => runs[run][2];
const isLineShown = (line) => runs.some((_, run) => lineOf(run) === line && isShown(run));

// The place of a run among what has a colour of its own: its line's, or its value's of the key that gives the colours.
const group = (run) => (chosen.by === null ? lineOf(run) : runs[run][1][chosen.by]);
const groupTitle = () => (chosen.by === null ? lines.title : keys[chosen.by].name);
const groupValue = (place) => (chosen.by === null ? lines.names : keys[chosen.by].values)[place];

// Which runs are drawn as one line; null where each has its own.
const pool = () => {
  if (chosen.means && chosen.by !== null) return group;
  return lines.repeated && !chosen.seeds ? lineOf : null;
};

// Whether colours are given here, not by the figure.
const isPainted = () => chosen.by !== null || lines.repeated;

// What the n-th of anything looks like: its colour, and its dash.
const look = (n) => looks[n % looks.length];
