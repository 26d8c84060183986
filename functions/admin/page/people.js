// People: who there are, found by a part of a name or an address, or by segment. What is searched for is kept with its entry of
// the tab's history (Back finds it, a link to somebody else's people does not) and goes to the API in a body: it stands in no address.

import { ask, behind, whole } from "./api.js";
import { exportPeople } from "./exporting.js";
import { Card, Empty, Failure, More, Table, Title, useActing, useLoaded } from "./parts.js";
import { count, day, distance, money, plural, time } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const PAUSE = 250; // milliseconds without a key, before it is searched for
const MOST = 20; // pages that are read again at once

/** "Gets email: News and offers", or "No email: unsubscribed on 3 Nov 2026". */
export const Mail = ({ of }) => html`<span>${of.sentence}${
  of.since ? ` on ${day(of.since)}` : of.until ? ` until ${day(of.until)}` : ""}</span>`;

const COLUMNS = [
  { title: "Person", cell: (each) => html`<a href="#/contacts/${each.contact}">${each.name ?? each.email ?? each.contact}</a>${each.name && each.email && html`<span class="under">${each.email}</span>`}` },
  { title: "Email", cell: (each) => html`<${Mail} of=${each.mail} />` },
  { title: "Orders", number: true, cell: (each) => count(each.orders) },
  { title: "Value", number: true, cell: (each) => each.orders > 0 ? money(each.value) : "" },
  { title: "Last seen", cell: (each) => each.last_seen ? html`<time datetime=${new Date(each.last_seen).toISOString()} title=${time(each.last_seen)}>${distance(each.last_seen)}</time>` : "never" },
];

export default function People({ query = "" }) {
  const before = new URLSearchParams(query);
  const [segment, pages] = [useSignal(before.get("segment") ?? ""), useSignal(Math.min(Number(before.get("pages")) || 1, MOST))];
  const text = useSignal(history.state?.sought ?? "");
  const [told, busy, problem] = [useSignal(null), useSignal(false), useSignal(null)];
  const turn = useRef(0);
  const segments = useLoaded(() => whole("segments", "segments"));

  const one = (cursor) => {
    const sought = text.value.trim();
    if (sought !== "") return ask("contacts/search", { text: sought, ...(segment.value && { segment: segment.value }), ...(cursor && { cursor }) });
    const path = segment.value ? `contacts?segment=${segment.value}` : "contacts";
    return ask(cursor ? behind(path, cursor) : path);
  };
  /** What the address and the tab remember of how the list is looked at. */
  const note = () => {
    if (!/^#\/people(\?|$)/.test(location.hash)) return; // they have gone on meanwhile
    const kept = new URLSearchParams({ ...(segment.value && { segment: segment.value }), ...(pages.value > 1 && { pages: pages.value }) });
    history.replaceState({ ...history.state, sought: text.value }, "", kept.size > 0 ? `#/people?${kept}` : "#/people");
  };
  /** Reads so many pages: the first ones, or those behind what is `held`. */
  const look = async (wanted, held = null) => {
    const mine = ++turn.current;
    [busy.value, problem.value] = [true, null];
    try {
      let so = held;
      for (let n = 0; n < wanted && so?.cursor !== null; n += 1) {
        const found = await one(so?.cursor);
        if (mine !== turn.current) return;
        so = { ...found, contacts: [...(so?.contacts ?? []), ...found.contacts] };
      }
      told.value = so;
      note();
    } catch (failure) {
      if (mine === turn.current) problem.value = failure;
    } finally {
      if (mine === turn.current) busy.value = false;
    }
  };
  useEffect(() => {
    look(pages.value);
    return () => { turn.current += 1; };
  }, []);
  const changed = (wait) => {
    pages.value = 1;
    const mine = ++turn.current;
    setTimeout(() => { if (mine === turn.current) look(1); }, wait);
  };
  const more = () => { pages.value += 1; look(1, told.value); };

  return html`
    <div class="head"><${Title}>People<//><${Take} which=${() => ({ ...(text.value.trim() && { text: text.value.trim() }), ...(segment.value && { segment: segment.value }) })} /></div>
    <p class="lead">Everybody the shop knows by more than a browser, the most recently active first. Search by part of a name or an email address, or by an order number.</p>
    <${Card}>
      <form class="fields" role="search" onSubmit=${(event) => { event.preventDefault(); changed(0); }}>
        <label class="grow">Search
          <input id="people-text" type="search" autocomplete="off" spellcheck="false" maxlength="200" placeholder="Name, address, order number" value=${text.value}
            onInput=${(event) => { text.value = event.target.value; changed(PAUSE); }} /></label>
        <label>Segment <select id="people-segment" value=${segment.value} onChange=${(event) => { segment.value = event.target.value; changed(0); }}>
          <option value="">Everybody</option>
          ${(segments.value?.segments ?? []).map((each) => html`<option value=${each.segment} selected=${each.segment === segment.value}>${each.name} (${count(each.members)})</option>`)}
        </select></label>
      </form>
      ${problem.value && html`<${Failure} problem=${problem.value} again=${() => look(pages.value)} />`}
      ${told.value === null ? !problem.value && html`<p class="soft" aria-busy="true">Loading …</p>` : html`<div aria-busy=${busy.value ? "true" : null}>
        <p class="hidden" role="status">${busy.value ? "" : `${plural(told.value.contacts.length, "person", "people")}${told.value.cursor === null ? "" : ", and more"}`}</p>
        ${told.value.contacts.length > 0 ? html`<${Table} stacked label="People" columns=${COLUMNS} rows=${told.value.contacts} />`
          : html`<${Empty}>${told.value.hint ?? (text.value.trim() ? "Nobody is found by this. Words are found by how they begin: a name, the parts of an address, an order’s number." : segment.value ? "Nobody is in this segment at the moment." : html`Nobody is known yet. <a href="#/data">Import a list</a>, or connect your storefront.`)}<//>`}
        ${told.value.cursor !== null && html`<button disabled=${busy.value} onClick=${more}>Show more</button>`}</div>`}
    <//>
    <${Add} />`;
}

function Take({ which }) {
  const { run, busy, problem } = useActing();
  const far = useSignal(0);
  return html`<div class="buttons"><button disabled=${busy.value} onClick=${() => run(() => exportPeople(which(), (people) => { far.value = people; }))}>Export</button>
    ${busy.value && html`<span class="soft" role="status">${plural(far.value, "person", "people")} so far …</span>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}</div>`;
}

/** Somebody whom the shop has met elsewhere. */
function Add() {
  const { run, busy, problem } = useActing();
  const [form, added] = [useRef(), useSignal("")];
  const add = (event) => {
    event.preventDefault();
    const { email, first_name: first, last_name: last } = Object.fromEntries(new FormData(form.current));
    run(async () => {
      await ask("contacts", { email, traits: { ...(first && { first_name: first }), ...(last && { last_name: last }) } });
      added.value = email;
      form.current.reset();
    });
  };
  return html`<${More} title="Add a person"><form ref=${form} onSubmit=${add}>
    <div class="fields">
      <label>Email <input id="add-email" name="email" type="email" maxlength="254" autocomplete="off" required /></label>
      <label>First name <input id="add-first" name="first_name" maxlength="100" autocomplete="off" /></label>
      <label>Last name <input id="add-last" name="last_name" maxlength="100" autocomplete="off" /></label>
    </div>
    <p class="small soft">They get no marketing email until they agree to it, on a form of yours or in their preferences.</p>
    <div class="buttons"><button class="strong" disabled=${busy.value}>Add</button></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${added.value && html`<p role="status">${added.value} is there within seconds.</p>`}
  </form><//>`;
}
