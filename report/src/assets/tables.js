// Tables that sort by any column and copy as CSV.

const NONE = "–";
const UNITS = { s: 1, min: 60, h: 3600, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

// What a cell says, without a badge.
const textOf = (cell) => {
  const parts = [...cell.childNodes].filter((node) => !node.classList?.contains("badge"));
  return parts.map((node) => node.textContent).join("").trim();
};

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

// How a column of numbers may be written, and what its columns of plain numbers are called.
const N = String.raw`([-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?)`;
const FORMS = [
  [`${N}`, ["NAME"]],
  [`${N}%`, ["NAME (%)"]],
  [`${N} points?`, ["NAME (points)"]],
  [`${N} to ${N}`, ["NAME low", "NAME high"]],
  [`${N} to ${N}%`, ["NAME low (%)", "NAME high (%)"]],
  [`${N}% to ${N}%`, ["NAME low (%)", "NAME high (%)"]],
  [`${N} to ${N} points`, ["NAME low (points)", "NAME high (points)"]],
  [`${N}, ${N}`, ["NAME low", "NAME high"]],
  [`${N}%, ${N}%`, ["NAME low (%)", "NAME high (%)"]],
  [`${N} of ${N}`, ["NAME", "NAME of"]],
  [`${N} \\(${N}%\\)`, ["NAME", "NAME (%)"]],
].map(([pattern, names]) => [new RegExp(`^${pattern}$`), names]);

// A program reads numbers with a hyphen for a minus and nothing among their digits.
const plain = (text) => text.replaceAll("−", "-").replaceAll(",", "");
// A word among numbers, such as `diverged`.
const isWord = (text) => text !== "" && !/\d/.test(text);
const isTime = (text) => /^[\d.]+ (s|min|h)( |$)/.test(text);
const isMemory = (text) => /^[\d.]+ [KMG]iB$/.test(text);

// A column as columns of numbers, each with its name first; as it reads where not all of its cells are written alike.
const columnsOf = (head, cells) => {
  const texts = cells.map((cell) => (textOf(cell) === NONE ? "" : textOf(cell)));
  const filled = texts.filter((text) => text !== "" && !isWord(text));
  const alike = (test) => filled.length > 0 && filled.every(test);
  if (!cells.every((cell) => cell.classList.contains("number"))) return [[head, ...texts]];
  for (const [unit, test] of [["s", isTime], ["bytes", isMemory]]) {
    if (alike(test)) return [[`${head} (${unit})`, ...texts.map((text) => (text === "" || isWord(text) ? text : magnitude(text)))]];
  }
  const form = FORMS.find(([pattern]) => alike((text) => pattern.test(text)));
  if (!form) return [[head, ...texts]];
  const [pattern, names] = form;
  return names.map((name, part) => [
    name.replace("NAME", () => head).trim(),
    ...texts.map((text) => {
      if (isWord(text)) return part === 0 ? text : "";
      return text === "" ? "" : plain(text.match(pattern)[part + 1]);
    }),
  ]);
};

const rowsOf = (table) => {
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const heads = table.tHead ? [...table.tHead.rows[0].cells].map(textOf) : null;
  // Facts have no head: what they are about differs from row to row.
  if (!heads) return rows.map((row) => [...row.cells].map(textOf));
  const columns = heads.flatMap((head, at) => columnsOf(head, rows.map((row) => row.cells[at])));
  return columns[0].map((_, row) => columns.map((column) => column[row]));
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
