// Tables that sort by any column and copy as CSV.

const NONE = "–";
const UNITS = { s: 1, min: 60, h: 3600, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

const textOf = (cell) => cell.textContent.trim();

// What a cell counts for: `3,585`, `2e-5`, `53.8%`, `1 h 12 min`, `0.84 to 0.88` by its lower end. Not a number where it is text.
const magnitude = (text) => {
  const plain = text.replace(/(\d),(?=\d{3})/g, "$1");
  const parts = [...plain.matchAll(/([-−+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)\s*([a-z]+)?/gi)];
  if (!/^[-−+]?\d/.test(plain)) return NaN;
  const value = ([, number, unit]) => Number(number.replace("−", "-")) * (UNITS[unit] ?? 1);
  const timed = parts.length > 1 && parts.every(([, , unit]) => unit in UNITS);
  return timed ? parts.reduce((sum, part) => sum + value(part), 0) : value(parts[0]);
};

const compared = (a, b) => {
  const [x, y] = [magnitude(a), magnitude(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return a.localeCompare(b, undefined, { numeric: true });
  return x - y;
};

// Rows without a value come last whichever way the others go: a word where numbers stand, such as `diverged`, is none.
const sorted = (rows, column, direction) => {
  const of = (row) => textOf(row.cells[column]);
  const isWord = (row) => Number.isNaN(magnitude(of(row)));
  const numbers = rows.some((row) => row.cells[column].classList.contains("number") && !isWord(row));
  const lacks = (row) => of(row) === NONE || (numbers && isWord(row));
  const order = direction === "ascending" ? 1 : -1;
  return rows.toSorted((a, b) => lacks(a) - lacks(b) || order * compared(of(a), of(b)));
};

// The next of: up, down, as it was.
const sortBy = (table, column) => {
  const head = table.tHead.rows[0].cells[column];
  const direction = { ascending: "descending", descending: null }[head.getAttribute("aria-sort") ?? ""];
  const next = direction === undefined ? "ascending" : direction;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  if (next) head.setAttribute("aria-sort", next);
  table.original ??= [...table.tBodies[0].rows];
  table.tBodies[0].append(...(next ? sorted(table.original, column, next) : table.original));
};

const rowsOf = (table) => {
  const shown = [...table.rows].filter((row) => !row.hidden);
  const number = (cell) => cell.classList.contains("number") && /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(textOf(cell));
  // A program reads numbers with a hyphen for a minus and nothing among their digits.
  const plain = (cell) => (cell.classList.contains("number") ? textOf(cell).replaceAll("−", "-") : textOf(cell));
  const value = (cell) => (textOf(cell) === NONE ? "" : number(cell) ? plain(cell).replaceAll(",", "") : plain(cell));
  return shown.map((row) => [...row.cells].map(value));
};

for (const table of document.querySelectorAll(".table table")) {
  const name = textOf(table.caption).split(/[.:;]/)[0];
  table.parentElement.prepend(copyTool(`“${name}”`, () => rowsOf(table)));
  if (!table.tHead || table.tBodies[0].rows.length < 2) continue;
  for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
    if (textOf(head) === "") continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(table, column));
    head.append(button);
  }
}
