// One search for everything: what is on the pages by its name, and people by what they are known by. What is written
// goes to the API in a body, never into an address.

import { ask, whole } from "./api.js";
import { ENTRIES } from "./navigation.js";
import { sentence } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const MOST = 6; // of one kind
const PAUSE = 250; // milliseconds without a key, before people are searched for
const all = (from, name, link, more = () => "") => async () =>
  (await whole(from, name))[name].map((each) => ({ name: each.name, link: link(each), more: more(each) }));
const KINDS = [
  ["Pages", async () => ENTRIES.map(({ name, link }) => ({ name, link, more: "" }))],
  ["Segments", all("segments", "segments", (each) => `#/segments/${each.segment}`, (each) => each.sentence)],
  ["Journeys", all("journeys", "journeys", (each) => `#/journeys/${each.id}`, (each) => each.sentence)],
  ["Emails", all("templates", "templates", (each) => `#/emails/${each.id}`)],
  ["Campaigns", all("campaigns?limit=200", "campaigns", (each) => `#/campaigns/${each.id}`)],
  ["Forms", all("forms", "forms", (each) => `#/forms/${each.id}`)],
];
const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").trim();

/** How well a name answers what is written: at its beginning, at a word's beginning, inside; 0 where it does not. */
function fit(name, text) {
  const [said, found] = [plain(name), plain(text)];
  if (said.startsWith(found)) return 3;
  return said.includes(` ${found}`) ? 2 : said.includes(found) ? 1 : 0;
}

/** A dialog; `close` is called when it is closed. */
export default function Search({ close }) {
  const [dialog, hurried] = [useRef(), useRef(false)]; // whether Enter came before what was looked for
  const [text, there, people, chosen] = [useSignal(""), useSignal([]), useSignal([]), useSignal(0)];
  const [looking, problem] = [useSignal(false), useSignal("")];
  useEffect(() => {
    dialog.current.showModal();
    for (const [kind, load] of KINDS) {
      load().then((found) => { there.value = [...there.value, { kind, found }]; }, () => {}); // what does not answer is not found
    }
  }, []);

  useEffect(() => {
    const written = text.value.trim();
    [people.value, problem.value, looking.value] = [[], "", written.length > 1];
    if (written.length < 2) return undefined;
    let here = true;
    const timer = setTimeout(async () => {
      const found = await ask("contacts/search", { text: written, limit: MOST }).catch((failure) => {
        if (here) problem.value = sentence(failure);
        return { contacts: [] };
      });
      if (!here) return;
      looking.value = false;
      people.value = found.contacts.map((each) => ({ kind: "People", name: each.name ?? each.email ?? each.contact, more: each.name ? each.email ?? "" : "", link: `#/contacts/${each.contact}` }));
      if (hurried.current && people.value.length > 0) go(people.value[0]);
    }, PAUSE);
    return () => { here = false; clearTimeout(timer); };
  }, [text.value]);

  const shown = text.value.trim() === "" ? [] : KINDS.flatMap(([kind]) => (there.value.find((each) => each.kind === kind)?.found ?? [])
    .map((each) => ({ ...each, kind, fit: fit(each.name, text.value) })).filter((each) => each.fit > 0)
    .sort((one, other) => other.fit - one.fit).slice(0, MOST));
  const options = [...shown, ...people.value];
  const at = Math.min(chosen.value, options.length - 1);

  const go = (to) => {
    dialog.current.close();
    location.hash = to.link;
  };
  const pressed = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || options.length === 0) return;
    event.preventDefault();
    chosen.value = (at + by + options.length) % options.length;
  };
  const entered = (event) => {
    event.preventDefault();
    hurried.current = options.length === 0;
    if (options[at]) go(options[at]);
  };
  return html`<dialog id="search" class="search-all" ref=${dialog} aria-label="Search" onClose=${close} onClick=${(event) => event.target === dialog.current && dialog.current.close()}>
    <form role="search" onSubmit=${entered}>
      <input id="search-text" type="search" role="combobox" aria-label="Search for anything" aria-expanded=${options.length > 0} aria-controls="search-found"
        aria-activedescendant=${options.length > 0 ? `found-${at}` : null} autocomplete="off" spellcheck="false" placeholder="A segment, journey, email, campaign, form, a name, an address, an order"
        value=${text.value} onInput=${(event) => { [text.value, chosen.value, hurried.current] = [event.target.value, 0, false]; }} onKeyDown=${pressed} />
    </form>
    <p id="search-problem" class="bad" role="alert">${problem.value}</p>
    ${text.value.trim() !== "" && options.length === 0 && html`<p class="soft" role="status">${looking.value || there.value.length < KINDS.length ? "Looking …" : "Nobody and nothing is called this."}</p>`}
    <ul id="search-found" role="listbox" aria-label="Found">${options.map((each, n) => html`
      <li key=${`${each.kind} ${each.link}`} id=${`found-${n}`} role="option" aria-selected=${n === at} onClick=${() => go(each)}>
        <span class="tag">${each.kind}</span> <span>${each.name}${each.more && html`<span class="under">${each.more}</span>`}</span></li>`)}</ul>
  </dialog>`;
}
