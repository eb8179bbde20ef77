// The bar of controls: which runs are shown, what they are coloured by, how smooth the losses are.

const bar = document.getElementById("controls");

const filter = () => {
  for (const element of document.querySelectorAll("[data-run]")) element.hidden = !isShown(Number(element.dataset.run));
  for (const element of document.querySelectorAll("[data-line]")) element.hidden = !isLineShown(Number(element.dataset.line));
  const shown = shownRuns();
  const figures = shown === 0 ? "no run fits the filter" : shown < runs.length ? `${shown} of ${runs.length} runs in the figures` : "";
  const told = `${figures}; text and statistics cover all ${runs.length}`;
  bar.querySelector("[role=status]").textContent = figures === "" ? `all ${runs.length} runs` : told;
  bar.querySelector(".reset").hidden = shown === runs.length;
  redraw(isOfRuns);
};

// The lines of the legend that does not fit into the figures.
const paintKey = () => {
  for (const entry of document.querySelectorAll(".key [data-line]")) {
    const line = Number(entry.dataset.line);
    const [color, , dashes] = look(group(runs.findIndex((_, run) => lineOf(run) === line)));
    const stroke = entry.querySelector("line");
    stroke.setAttribute("stroke", color);
    stroke.setAttribute("stroke-dasharray", dashes);
  }
};

const press = (button, pressed) => {
  const { key, value } = button.dataset;
  button.setAttribute("aria-pressed", pressed);
  pressed ? chosen.values[key].add(Number(value)) : chosen.values[key].delete(Number(value));
};

// Once a frame at most: a slider tells of every pixel.
const inFrame = (act) => {
  let asked = 0;
  return () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(act);
  };
};

if (bar) {
  const find = (name) => bar.querySelector(`.${name}`);
  const names = ["toggle", "panel", "search", "by", "seeds", "means", "smoothing"];
  const [toggle, panel, search, by, seeds, means, smoothing] = names.map(find);
  const values = [...bar.querySelectorAll("[data-value]")];

  toggle.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    toggle.setAttribute("aria-expanded", !panel.hidden);
  });
  bar.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || panel.hidden) return;
    toggle.click();
    toggle.focus();
  });

  for (const button of values) {
    button.addEventListener("click", () => {
      press(button, button.getAttribute("aria-pressed") !== "true");
      filter();
    });
  }
  const typed = inFrame(filter);
  search.addEventListener("input", () => {
    chosen.text = search.value.trim().toLowerCase();
    typed();
  });
  find("reset").addEventListener("click", () => {
    values.forEach((button) => press(button, false));
    chosen.text = search.value = "";
    filter();
    toggle.focus();
  });

  const colour = () => {
    chosen.by = by.value === "" ? null : Number(by.value);
    means.disabled = chosen.by === null;
    paintKey();
    redraw(isOfRuns);
  };
  by.addEventListener("change", colour);
  // Absent where no configuration has several seeds.
  seeds?.addEventListener("change", () => {
    chosen.seeds = seeds.checked;
    redraw((chart) => specOf(chart).over);
  });
  means.addEventListener("change", () => {
    chosen.means = means.checked;
    redraw((chart) => specOf(chart).over);
  });
  const smooth = inFrame(() => redraw((chart) => specOf(chart).over === "steps"));
  smoothing.addEventListener("input", () => {
    chosen.smoothing = Number(smoothing.value);
    bar.querySelector("output").textContent = chosen.smoothing > 0 ? chosen.smoothing.toFixed(2) : "off";
    smooth();
  });

  // So many lines have no colour of their own.
  const key = keys.findIndex(({ values }) => values.length > 1 && values.length <= FEW);
  if (lines.names.length > looks.length && key >= 0) {
    by.value = key;
    colour();
  }
  bar.hidden = false;
  document.documentElement.classList.add("has-controls");
}
