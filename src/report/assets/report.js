// Draws the figures: each when it comes near the screen, in the page's colours, again when those change.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // Where nothing hovers a finger scrolls: a figure must not catch it, and its buttons would always show.
  const hovers = matchMedia("(hover: hover)").matches;
  const config = {
    responsive: true,
    displaylogo: false,
    displayModeBar: hovers ? "hover" : false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
  };

  const template = () => {
    const style = getComputedStyle(document.documentElement);
    const css = (name) => style.getPropertyValue(name).trim();
    const axis = { gridcolor: css("--grid"), linecolor: css("--line"), zerolinecolor: css("--line") };
    return {
      layout: {
        font: { color: css("--ink"), family: css("--sans"), size: 12.5 },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        xaxis: axis,
        yaxis: axis,
        annotationdefaults: { font: { color: css("--ink") }, bgcolor: css("--veil") },
        hoverlabel: { bgcolor: css("--panel"), bordercolor: css("--line"), font: { color: css("--ink") }, namelength: 40 },
        modebar: { bgcolor: "rgba(0,0,0,0)", color: css("--faint"), activecolor: css("--ink") },
      },
    };
  };

  const draw = (chart) => {
    const { data, layout } = JSON.parse(document.getElementById(`${chart.id}-data`).textContent);
    Plotly.react(chart, data, { ...layout, dragmode: hovers ? "zoom" : false, autosize: true, template: template() }, config);
  };

  const charts = [...document.querySelectorAll(".chart")];
  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) {
          near.unobserve(target);
          draw(target);
        }
      }
    },
    { rootMargin: "800px" },
  );
  charts.forEach((chart) => near.observe(chart));

  dark.addEventListener("change", () => charts.filter((chart) => chart.data).forEach(draw));
  // Paper has no screen to come near to.
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((details) => (details.open = true));
    charts.filter((chart) => !chart.data).forEach(draw);
  });
})();
