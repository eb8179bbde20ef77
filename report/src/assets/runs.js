// The runs: what they are called, which of them are shown, and what tells them apart. Everything else asks here.

const { experiment, keys, runs, looks } = JSON.parse(document.getElementById("page-data").textContent);

// What the reader has chosen. `by` is the index of the key that gives the colours, null where every run has its own.
const chosen = { values: keys.map(() => new Set()), text: "", by: null, means: false, smoothing: 0 };

const isShown = (run) => {
  const [label, values] = runs[run];
  const fits = (wanted, key) => wanted.size === 0 || wanted.has(values[key]);
  return label.toLowerCase().includes(chosen.text) && chosen.values.every(fits);
};

const shownRuns = () => runs.filter((_, run) => isShown(run)).length;

// The place of a run among what has a colour of its own.
const group = (run) => (chosen.by === null ? run : runs[run][1][chosen.by]);

// What the n-th of anything looks like: its colour, and its dash.
const look = (n) => looks[n % looks.length];
