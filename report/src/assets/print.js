// Paper has no screen to come near to and no dark side. What is folded stays out of it, and so does every run by itself.

const isOnPaper = (chart) => chart.clientWidth > 0 && !chart.closest(".screen-only");

addEventListener("beforeprint", () => charts.filter(isOnPaper).forEach((chart) => draw(chart, paperColours)));
addEventListener("afterprint", () => redraw((chart) => chart.data));
