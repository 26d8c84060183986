// CSV files as people have them: read in the browser, in whatever letters and with whatever sign between the columns.

/** A file's text, and how it was read where it is not UTF-8. */
export function textOf(bytes) {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { text: new TextDecoder(first === 0xff ? "utf-16le" : "utf-16be").decode(bytes), how: "UTF-16" };
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), how: null };
  } catch {
    return { text: new TextDecoder("windows-1252").decode(bytes), how: "Windows-1252, since it is not UTF-8" };
  }
}

/** `{ headers, head, rows }`: of each row its first `line`, its `cells` and its `source` with its line end. What stands in
 *  quotes may have line breaks. Lines are counted as spreadsheets count them: CR LF, LF and CR each end one. */
export function parse(text) {
  const whole = text.replace(/^\ufeff/, "");
  const first = /^[^\r\n]*/.exec(whole)[0];
  const between = [",", ";", "\t"].reduce((best, each) => first.split(each).length > first.split(best).length ? each : best);
  const rows = [];
  let [cells, cell, quoted, begin, line, from] = [[], "", false, 0, 1, 1];
  const end = (at) => {
    rows.push({ line: from, cells: [...cells, cell], source: whole.slice(begin, at) });
    [cells, cell, begin, from] = [[], "", at, line];
  };
  for (let at = 0; at < whole.length; at += 1) {
    const letter = whole[at];
    const breaks = letter === "\n" || (letter === "\r" && whole[at + 1] !== "\n");
    if (breaks) line += 1;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (whole[at + 1] === '"') { cell += letter; at += 1; }
      else quoted = false;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === between) { cells.push(cell); cell = ""; }
    else if (breaks) end(at + 1);
    else if (letter !== "\r") cell += letter;
  }
  if (begin < whole.length) end(whole.length);
  const [head, ...others] = rows;
  return { headers: head?.cells ?? [], head: head?.source ?? "", rows: others.filter((each) => each.cells.some((one) => one.trim() !== "")) };
}

const MOST_ROWS = 1000;
const MOST_LETTERS = 250_000;

/** The rows in parts as the API takes them: `{ first_line, csv, repeated, rows }`. A part's rows stand as they do in the
 *  file, with nothing left out between them, so that lines are counted alike. `repeated` are the lines whose address (in
 *  the column `email`) stood in an earlier part. */
export function parts({ headers, head, rows }, email) {
  const [found, before] = [[], new Set()];
  const column = headers.indexOf(email);
  for (const row of rows) {
    const last = found.at(-1);
    const blank = last ? row.line - last.next : 0; // lines between, which hold nothing
    const lines = row.source.split(/\r\n|\r|\n/).length - (/[\r\n]$/.test(row.source) ? 1 : 0);
    if (!last || last.rows === MOST_ROWS || last.csv.length + row.source.length > MOST_LETTERS) {
      for (const each of last?.here ?? []) before.add(each);
      found.push({ first_line: row.line, csv: head + row.source, rows: 1, repeated: [], here: new Set(), next: row.line + lines });
    } else {
      last.csv += "\n".repeat(blank) + row.source;
      last.rows += 1;
      last.next = row.line + lines;
    }
    const address = (row.cells[column] ?? "").trim().toLowerCase();
    if (address !== "" && before.has(address)) found.at(-1).repeated.push(row.line);
    found.at(-1).here.add(address);
  }
  return found.map(({ here: _, next: __, ...part }) => part);
}

/** Rows as a CSV file; a text that a spreadsheet would take for a formula has an apostrophe before it. */
export const written = (rows) => rows.map((row) => row.map((each) => {
  const text = typeof each === "string" && /^[=+\-@\t\r\n]/.test(each) ? `'${each}` : String(each);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}).join(",")).join("\r\n") + "\r\n";
