// What pages are made of: titles, sections that fill themselves, tables, lists that come page by page, questions.

import { ask, at, behind } from "./api.js";
import { capital, plural, sentence, words } from "./words.js";
import { html, signal, useEffect, useRef, useSignal, useState } from "./vendor/preact.js";

const styles = new Map();

/** Has a style there before what it is for is shown: the modules that show it wait for it as they are loaded. */
export function styled(name) {
  if (!styles.has(name)) {
    styles.set(name, new Promise((done) => {
      const link = { rel: "stylesheet", href: new URL(name, import.meta.url), onload: done, onerror: done };
      document.head.append(Object.assign(document.createElement("link"), link));
    }));
  }
  return styles.get(name);
}

// ── what comes from the API ──

/** How often the local run's clock has been turned: what is shown is asked for again then. */
export const turned = signal(0);

/** What `load` gives, once it has come: `{ value, problem, again }`. `again` asks once more, and shows the old meanwhile. */
export function useLoaded(load, on = []) {
  const [told, tell] = useState({});
  const turn = useRef(0);
  const again = async () => {
    const mine = ++turn.current;
    try {
      const value = await load();
      if (mine === turn.current) tell({ value });
    } catch (problem) {
      if (mine === turn.current) tell((before) => ({ ...before, problem }));
    }
  };
  useEffect(() => {
    again();
    return () => { turn.current += 1; };
  }, [...on, turned.value]);
  return { ...told, again };
}

/** What has been loaded, or how it stands. Its child is a function of the value. */
export function Loaded({ of, saying = "Loading …", children }) {
  if (of.value !== undefined) return html`${children(of.value)}${of.problem && html`<${Failure} problem=${of.problem} />`}`;
  if (of.problem) return html`<${Failure} problem=${of.problem} again=${of.again} />`;
  return html`<p class="soft" aria-busy="true">${saying}</p>`;
}

/** A whole page of what has been loaded. */
export function LoadedPage({ of, children }) {
  if (of.value !== undefined || !of.problem) return html`<${Loaded} of=${of}>${children}<//>`;
  const missing = of.problem.status === 404;
  return html`<${Title}>${missing ? "Nothing is here" : "That did not work"}<//>
    <${Failure} problem=${of.problem} again=${missing ? null : of.again} />`;
}

export const Failure = ({ problem, again }) => html`
  <div class="bad" role="alert"><p>${problem.field && html`<code>${problem.field}</code>: `}${sentence(problem)}</p>
    ${problem.problems?.length > 0 && html`<ul>${problem.problems.map((each) => html`<li>${each.step && html`<strong>${words(each.step)}: </strong>`}${capital(each.text)}</li>`)}</ul>`}</div>
  ${again && html`<button onClick=${again}>Try again</button>`}`;

/** Does something while its buttons wait, and says what went wrong: `{ run, busy, failed, problem }`, the last three signals. */
export function useActing() {
  const [busy, problem] = [useSignal(false), useSignal(null)];
  const run = async (act) => {
    busy.value = true;
    problem.value = null;
    try {
      return await act();
    } catch (failure) {
      problem.value = failure;
      return undefined;
    } finally {
      busy.value = false;
    }
  };
  return { run, busy, problem };
}

/** Asks again every so often, as long as the page is looked at and `wanted`. */
export function useRefreshed(again, wanted, every = 5_000) {
  useEffect(() => {
    if (!wanted) return undefined;
    const timer = setInterval(() => { if (!document.hidden) again(); }, every);
    return () => clearInterval(timer);
  }, [wanted]);
}

const JOB_PAUSE = 1_500;

/** How something that takes a while for many people stands, until it is done. `done` is called then. */
export function Job({ id, done }) {
  const told = useSignal({ status: "running" });
  useEffect(() => {
    let here = true;
    (async () => {
      while (here && told.value.status === "running") {
        told.value = await ask(at("jobs", id)).catch(() => ({ status: "unknown" }));
        if (told.value.status === "done") await done?.();
        else await new Promise((resolve) => setTimeout(resolve, JOB_PAUSE));
      }
    })();
    return () => { here = false; };
  }, [id]);
  const { status, people } = told.value;
  if (status === "unknown") return null;
  return html`<${Banner} wrong=${status === "failed"}><p>${status === "running" ? html`<strong>Under way.</strong> It goes on when you leave this page.`
    : status === "failed" ? "That did not come to its end; its log says why. Try again: what is done already is not done twice."
    : `Done${people === undefined ? "" : `, for ${plural(people, "person", "people")}`}.`}</p><//>`;
}

// ── the frame of a page ──

let shown = 0; // pages so far: the first one takes no focus from whoever has just come
const left = new Map(); // how far down a page was when it was left, by its address
let isBack = false;
globalThis.navigation?.addEventListener("navigate", (event) => {
  if (event.navigationType === "replace") return; // of the address alone
  left.set(location.hash, scrollY);
  isBack = event.navigationType === "traverse";
});

/** Whoever goes back finds the page as far down as it was, once so much of it is there, unless they have moved it themselves. */
function goTo(place) {
  scrollTo(0, 0);
  if (place === 0) return undefined;
  const watching = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight < place + innerHeight) return;
    scrollTo(0, place);
    if (!document.querySelector("[aria-busy=true]")) watching.disconnect(); // else there is more to come above it
  });
  const stop = () => watching.disconnect();
  for (const input of ["wheel", "touchstart", "keydown"]) addEventListener(input, stop, { once: true, passive: true });
  watching.observe(document.body);
  return stop;
}

/** The page's heading, and what the window is called. Whoever has come here by a link goes on reading at it. */
export function Title({ children }) {
  const heading = useRef();
  useEffect(() => {
    document.title = `${heading.current.textContent} · Beckon`;
  });
  useEffect(() => {
    if (shown++ === 0) return undefined;
    heading.current.focus({ preventScroll: true });
    return goTo(isBack ? left.get(location.hash) ?? 0 : 0);
  }, []);
  return html`<h1 tabindex="-1" ref=${heading}>${children}</h1>`;
}

export const Card = ({ title, children, ...more }) => html`
  <section class="card" ...${more}>${title && html`<h2>${title}</h2>`}${children}</section>`;

/** A card that fills itself when what it shows has come. `load` is given a function that says how far it is. */
export function Section({ title, load, on = [], children }) {
  const saying = useSignal("Loading …");
  const told = useLoaded(() => load((text) => { saying.value = text; }), on);
  return html`<${Card} title=${title}><${Loaded} of=${told} saying=${saying.value}>${children}<//><//>`;
}

export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;
export const Tag = ({ kind = "", children }) => html`<span class="tag ${kind}">${children}</span>`;
export const More = ({ title, open, children }) => html`<details open=${open}><summary>${title}</summary>${children}</details>`;
export const Json = ({ title, value }) => html`<${More} title=${title}><pre tabindex="0">${JSON.stringify(value, null, 2)}</pre><//>`;
export const Banner = ({ wrong = false, children }) => html`
  <div class="banner ${wrong ? "wrong" : ""}" role=${wrong ? "alert" : "status"}>${children}</div>`;

// ── tables and lists ──

/** Columns of `{ title, number, cell }`; the first one heads its row. `stacked`: on a telephone each row is a block of its own. */
export const Table = ({ columns, rows, label, stacked }) => html`
  <div class="scroll" tabindex="0" role="region" aria-label=${label ?? columns[0].title}><table class=${stacked && "stacked"}>
    <thead><tr>${columns.map((column) => html`<th scope="col" class=${column.number && "number"}>${column.title}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${columns.map((column, n) => n === 0
      ? html`<th scope="row">${column.cell(row)}</th>`
      : html`<td class=${column.number && "number"} data-title=${column.title}>${column.cell(row)}</td>`)}</tr>`)}</tbody>
  </table></div>`;

const MOST_PAGES = 20; // that are read at once

/** A list that comes page by page. Its child makes the whole of the items there are so far. `address` (useAddress): how many pages
 *  are shown stands there, and whoever comes back finds as many. */
export function Pages({ path, name, nothing, address, children }) {
  const more = useSignal([]);
  const before = Math.min(Number(address?.[0].pages) || 1, MOST_PAGES);
  const [{ run, busy, problem }, first] = [useActing(), useLoaded(async () => {
    const [told, behindIt] = [await ask(path), []];
    for (let last = told; behindIt.length < Math.max(before - 1, more.value.length) && last.cursor !== null;) behindIt.push(last = await ask(behind(path, last.cursor)));
    more.value = behindIt;
    return told;
  }, [path])];
  const next = () => run(async () => {
    const cursor = more.value.at(-1)?.cursor ?? first.value.cursor;
    more.value = [...more.value, await ask(behind(path, cursor))];
    address?.[1]("pages", more.value.length + 1);
  });
  return html`<${Loaded} of=${first}>${(told) => {
    const pages = [told, ...more.value];
    const items = pages.flatMap((page) => page[name]);
    if (items.length === 0) return html`<${Empty}>${nothing}<//>`;
    return html`${children(items, pages.at(-1))}
      ${pages.at(-1).cursor !== null && html`<button disabled=${busy.value} onClick=${next}>Show more</button>`}
      ${problem.value && html`<${Failure} problem=${problem.value} />`}`;
  }}<//>`;
}

// ── asking before something is done ──

const asked = signal(null);

/** Whether they say yes to it. */
export const confirmed = (question, yes) => new Promise((resolve) => { asked.value = { question, yes, resolve }; });

/** The one dialog in which `confirmed` asks. */
export function Confirm() {
  const dialog = useRef();
  useEffect(() => {
    if (asked.value !== null) dialog.current.showModal();
  }, [asked.value]);
  // At once, not when the dialog tells that it is closed: by then the next question may have been asked.
  const answered = (yes) => {
    const { resolve } = asked.value;
    asked.value = null;
    resolve(yes);
  };
  return html`<dialog id="confirm" ref=${dialog} aria-labelledby="confirm-question" onCancel=${() => answered(false)}><form
    method="dialog" onSubmit=${(event) => answered(event.submitter.value === "yes")}>
    <p id="confirm-question">${asked.value?.question}</p>
    <div class="buttons end"><button value="no" autofocus>Cancel</button><button value="yes" class="strong">${asked.value?.yes}</button></div>
  </form></dialog>`;
}

// ── what is written and not saved yet ──

/** What is on the page and not on the server, by name, with what tries to save it (whether it is saved then). Whoever leaves the
 *  page is asked about what cannot be saved. */
export const unsaved = new Map();

// ── links ──

export const SegmentLink = ({ id, names = {} }) => html`<a href="#/segments/${id}">${names[id] ?? words(id)}</a>`;
export const ContactLink = ({ of }) => html`
  <a href="#/contacts/${of.contact}">${of.email ?? of.name ?? of.contact}</a>${of.email && of.name && html`<span class="soft"> ${of.name}</span>`}`;
