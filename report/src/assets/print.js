// Paper has no screen to come near to, nothing to unfold, and no dark side.

// Runs up to which all sections are unfolded for it.
const MOST_UNFOLDED = 24;

addEventListener("beforeprint", () => {
  const all = shownRuns() <= MOST_UNFOLDED;
  for (const details of document.querySelectorAll("details:not([open])")) {
    if (all || details.dataset.run === undefined) {
      details.open = true;
      details.classList.add("for-print");
    }
  }
  charts.filter((chart) => chart.clientWidth > 0).forEach((chart) => draw(chart, paperColours));
});

addEventListener("afterprint", () => {
  for (const details of document.querySelectorAll("details.for-print")) {
    details.classList.remove("for-print");
    details.open = false;
  }
  redraw((chart) => chart.data);
});
