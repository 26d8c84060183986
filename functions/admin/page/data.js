// Data: lists that are brought over. The file is read here, in the browser, and goes to the API in parts; nothing of it is
// kept as a file. With the same file at hand, an import goes on where it stopped.

import { ask, whole } from "./api.js";
import { parse, parts, textOf, written } from "./csv.js";
import { save } from "./exporting.js";
import { Listing } from "./listing.js";
import { Banner, Card, confirmed, Failure, Loaded, LoadedPage, Table, Tag, Title, useActing, useLoaded } from "./parts.js";
import { count, plural, When, words } from "./words.js";
import { html, useRef, useSignal } from "./vendor/preact.js";

const FIELDS = {
  email: "Email address", first_name: "First name", last_name: "Last name", phone: "Phone", birthday: "Birthday", country: "Country", region: "Region",
  city: "City", postal_code: "Postal code", locale: "Language", timezone: "Time zone", consent: "Has agreed (yes or no)", consent_date: "Agreed on",
  consent_source: "Agreed where", unsubscribed_date: "Unsubscribed on", cleaned_date: "Came back on",
};
const KINDS = { mailchimp: "An export of Mailchimp’s.", klaviyo: "An export of Klaviyo’s.", shopify: "Customers out of Shopify.", other: "" };
const COUNTS = {
  people: "people", new: "new here", agreed: "agreed, and will get email", without_consent: "have not agreed: kept, and get no email",
  unsubscribed: "unsubscribed by this file", unsubscribed_before: "unsubscribed before: stay so", suppressed: "with an address that gets no email",
};
const SHOWN = 100; // lines; the file has them all
const own = (header) => `trait:${header.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, 40) || "other"}`;

const SORTS = { newest: ["Newest", (one, other) => other.at - one.at], name: ["File", (one, other) => one.name.localeCompare(other.name)], rows: ["Most rows", (one, other) => other.rows - one.rows] };

export default function Data({ query }) {
  const shop = useLoaded(() => ask("settings"));
  const kept = useLoaded(() => whole("imports", "imports"));
  return html`<${LoadedPage} of=${shop}>${({ settings }) => html`
    <${Title}>Data<//>
    <p class="lead">Bring over the people you know from elsewhere: an export of Klaviyo, Mailchimp or Shopify, or any list as a CSV file. First you see what it would do; nothing changes until you say so. <a href="#/data/audit">Data audit</a>: how complete, right and used what you know is.</p>
    <${Import} topics=${settings.topics} done=${kept.again} />
    <${Card} title="Lists that were brought over"><${Loaded} of=${kept}>${({ imports }) => html`<${Listing} path="#/data" query=${query} rows=${imports} sorts=${SORTS} text=${(each) => `${each.name} ${each.consent_source}`} nothing="None so far.">${(found) => html`
      <${Table} stacked label="Lists" rows=${found} columns=${[
        { title: "File", cell: (each) => html`${each.name || each.file.slice(0, 12)}<span class="under">${each.consent_source}</span>` },
        { title: "Begun", cell: (each) => html`<${When} at=${each.at} />` },
        { title: "Rows", number: true, cell: (each) => count(each.rows) },
        { title: "Agreed", number: true, cell: (each) => count(each.agreed) },
        { title: "Not read", number: true, cell: (each) => count(each.invalid_rows) },
      ]} />`}<//>`}<//><//>
    <${Card} title="People as a table"><p>The list of <a href="#/people">people</a>, of a segment or of what you search for, can be exported there.</p><//>
  `}<//>`;
}

function Import({ topics, done }) {
  const [file, made, told, far] = [useSignal(null), useSignal(null), useSignal(null), useSignal(null)];
  const { run, busy, problem } = useActing();
  const stop = useRef(false);

  const choose = (event) => run(async () => {
    const [chosen] = event.target.files;
    [file.value, made.value, told.value, far.value] = [null, null, null, null];
    if (!chosen) return;
    const bytes = new Uint8Array(await chosen.arrayBuffer());
    const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((each) => each.toString(16).padStart(2, "0")).join("");
    const { text, how } = textOf(bytes);
    const table = parse(text);
    const before = await ask(`imports/${hash}`).catch((failure) => { if (failure.status === 404) return null; throw failure; });
    const { kind, columns } = await ask("imports/recognise", { headers: table.headers });
    const says = ["consent", "unsubscribed_date"].some((each) => Object.values(columns).includes(each));
    made.value = before?.import ?? {
      file: hash, name: chosen.name.slice(0, 200), columns, topics: topics.slice(0, 1).map((each) => each.id), consent_source: "", attested: false,
      ...(!says && { everybody: "not_agreed" }),
    };
    file.value = { ...table, how, kind, before };
  });

  const sent = (part, path) => ask(path, { import: cleaned(made.value), csv: part.csv, first_line: part.first_line, repeated: part.repeated });
  const all = () => parts(file.value, Object.entries(made.value.columns).find(([, means]) => means === "email")?.[0]);
  const through = async (several, path) => {
    const answers = [];
    stop.current = false;
    for (const part of several) {
      if (stop.current) break;
      answers.push(await sent(part, path));
      far.value = { rows: answers.reduce((sum, each) => sum + each.rows, 0), of: several.reduce((sum, each) => sum + each.rows, 0), path };
    }
    return answers;
  };
  const check = () => run(async () => {
    told.value = null;
    told.value = summed(await through(all(), "imports/check"));
    far.value = null;
  });
  const bring = () => run(async () => {
    const finished = new Set(file.value.before?.done ?? []);
    const left = all().filter((each) => !finished.has(each.first_line));
    if (!await confirmed(`Bring ${plural(file.value.rows.length, "row")} over?`, "Bring them over")) return;
    try {
      await through(left, "imports");
    } finally {
      const so = await ask(`imports/${made.value.file}`).catch(() => null);
      file.value = { ...file.value, before: so };
      done();
    }
  });
  const set = (change) => { [made.value, told.value] = [{ ...made.value, ...change }, null]; };
  const table = file.value;
  const finished = table?.before && all().every((each) => table.before.done.includes(each.first_line));
  return html`<${Card} title="Import a list">
    <label class="wide">A CSV file <input id="import-file" type="file" accept=".csv,.txt,.tsv,text/csv" disabled=${busy.value} onChange=${choose} /></label>
    ${table && html`
      <p>${plural(table.rows.length, "row")}, ${plural(table.headers.length, "column")}. ${KINDS[table.kind]} ${table.how && `It was read as ${table.how}: look at a name with an accent.`}</p>
      ${table.before && html`<${Banner}><p>${finished ? "This file was brought over. Sending it again changes nothing." : html`<strong>This file was begun.</strong> ${plural(table.before.done.length, "part")} of it ${table.before.done.length === 1 ? "is" : "are"} done; it goes on with the others, as it was said first.`}</p><//>`}
      ${!table.before && html`<${Columns} table=${table} made=${made.value} set=${set} /><${Said} topics=${topics} made=${made.value} set=${set} />`}
      <div class="buttons">
        <button disabled=${busy.value} onClick=${check}>Dry run</button>
        ${!finished && (table.before || told.value) && html`<button class="strong" disabled=${busy.value} onClick=${bring}>${table.before ? "Go on" : "Bring them over"}</button>`}
        ${busy.value && far.value && html`<button class="quiet" onClick=${() => { stop.current = true; }}>Stop here</button>`}
      </div>
      ${far.value && html`<p role="status"><progress aria-label="Rows" value=${far.value.rows} max=${far.value.of}></progress> ${count(far.value.rows)} of ${plural(far.value.of, "row")} ${far.value.path === "imports" ? "sent" : "looked at"}${far.value.path === "imports" && far.value.rows === far.value.of ? ". They are people here within seconds." : ""}</p>`}`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${told.value && html`<${Told} told=${told.value} name=${made.value.name} />`}
  <//>`;
}

/** What each column is, guessed, with the first values of it. */
function Columns({ table, made, set }) {
  const means = (header) => (event) => {
    const { [header]: _, ...others } = made.columns;
    const kept = Object.fromEntries(Object.entries(others).filter(([, field]) => field !== event.target.value));
    set({ columns: event.target.value ? { ...kept, [header]: event.target.value } : others });
  };
  const value = (header) => table.rows.slice(0, 20).map((row) => row.cells[table.headers.indexOf(header)]?.trim()).find(Boolean) ?? "";
  return html`<${Table} stacked label="Columns" rows=${table.headers.filter((each) => each.trim() !== "")} columns=${[
    { title: "Column", cell: (header) => header },
    { title: "For example", cell: (header) => html`<span class="soft">${value(header).slice(0, 60)}</span>` },
    { title: "Is", cell: (header) => html`<select aria-label="What “${header}” is" onChange=${means(header)}>
      <option value="" selected=${!made.columns[header]}>Left out</option>
      ${Object.entries(FIELDS).map(([field, name]) => html`<option value=${field} selected=${made.columns[header] === field}>${name}</option>`)}
      <option value=${own(header)} selected=${made.columns[header] === own(header)}>A trait of its own: ${words(own(header).slice(6))}</option>
    </select>` },
  ]} />`;
}

/** Where and when they agreed: whoever has not, or of whose yes there is no date, is kept without a consent. */
function Said({ topics, made, set }) {
  const fields = Object.values(made.columns);
  const says = fields.includes("consent") || fields.includes("unsubscribed_date") || fields.includes("cleaned_date");
  const toggled = (id) => (event) => set({ topics: event.target.checked ? [...made.topics, id] : made.topics.filter((each) => each !== id) });
  return html`<h3>What they agreed to</h3>
    ${!says && html`<div class="fields"><label>No column says who has agreed <select id="import-everybody" onChange=${(event) => set({ everybody: event.target.value })}>
      <option value="not_agreed" selected=${made.everybody !== "agreed"}>Nobody has: keep them without a consent</option>
      <option value="agreed" selected=${made.everybody === "agreed"}>Everybody has, and I can prove it</option></select></label></div>`}
    <div class="fields">
      <label class="grow">Where they agreed <input id="import-source" maxlength="200" placeholder="The form on our site, kept in Mailchimp" value=${made.consent_source} onInput=${(event) => set({ consent_source: event.target.value })} /></label>
      ${!fields.includes("consent_date") && html`<label>Since when <input id="import-date" type="date" value=${made.consent_date ?? ""} onInput=${(event) => set({ consent_date: event.target.value })} /></label>`}
    </div>
    ${topics.length > 1 && html`<fieldset><legend>To email about</legend>${topics.map((each) => html`<label class="check"><input type="checkbox" checked=${made.topics.includes(each.id)} onChange=${toggled(each.id)} /> ${each.name}</label>`)}</fieldset>`}
    <label class="check"><input type="checkbox" checked=${made.role_addresses === "leave_out"} onChange=${(event) => set({ role_addresses: event.target.checked ? "leave_out" : "keep" })} /> Leave out addresses of a role, such as info@ and sales@</label>
    <label class="check"><input id="import-attested" type="checkbox" checked=${made.attested} onChange=${(event) => set({ attested: event.target.checked })} /> Everybody on this list has given their address to this shop themselves. It was not bought, rented or gathered.</label>`;
}

/** As the API takes it: what is empty is left out. */
function cleaned(made) {
  const fields = Object.values(made.columns);
  const says = fields.includes("consent") || fields.includes("unsubscribed_date") || fields.includes("cleaned_date");
  return Object.fromEntries(Object.entries(made).filter(([name, value]) => value !== "" && value !== null && !(name === "everybody" && says)));
}

function summed(answers) {
  const sums = Object.fromEntries(Object.keys(COUNTS).map((name) => [name, answers.reduce((sum, each) => sum + each[name], 0)]));
  const lines = (name, why) => answers.flatMap((each) => each[name].map((one) => typeof one === "number" ? { line: one, why } : one));
  const bad = [...lines("invalid"), ...lines("duplicates", "the same address stands in the list before"), ...lines("without_date", "agreed, but nobody knows when: kept without a consent")];
  return { sums, bad: bad.sort((one, other) => one.line - other.line), unread: lines("invalid").length };
}

function Told({ told: { sums, bad, unread }, name }) {
  const download = () => save(`${name.replace(/\.\w+$/, "")} - lines to look at.csv`, `\ufeff${written([["line", "why"], ...bad.map((each) => [each.line, each.why])])}`, "text/csv");
  return html`<h3>What it would do</h3>
    <dl class="counts">${Object.entries(COUNTS).map(([each, said]) => html`<div><dt>${said}</dt><dd>${count(sums[each])}</dd></div>`)}</dl>
    ${bad.length === 0 ? html`<p>Every line can be read.</p>` : html`
      <div class="head"><h3>${plural(bad.length, "line")} to look at${unread > 0 && html` <${Tag} kind="bad">${count(unread)} cannot be read<//>`}</h3><button onClick=${download}>Download them</button></div>
      <${Table} label="Lines to look at" rows=${bad.slice(0, SHOWN)} columns=${[{ title: "Line", cell: (each) => count(each.line) }, { title: "Why", cell: (each) => each.why }]} />
      ${bad.length > SHOWN && html`<p class="soft">The first ${SHOWN} are shown; the file has all ${count(bad.length)}.</p>`}`}`;
}
