// The shop's settings: how its emails look, who they come from, what they are about, how many there may be.

import { ask } from "./api.js";
import { read, Saving, Unsaved, useDraft } from "./autosave.js";
import { Pictures } from "./pictures.js";
import { Banner, Card, Failure, LoadedPage, styled, Title, useActing, useLoaded } from "./parts.js";
import { distance, words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

await styled("emails.css");

const COLOURS = [
  ["accent", "Buttons and links"], ["accent_text", "Text on buttons"], ["page", "Behind the email"], ["card", "Under the text"],
  ["heading", "Headings"], ["text", "Text"], ["muted", "Small print"],
];
const FONTS = { system: "As on the reader’s device", sans: "Sans serif", serif: "Serif" };
const STACKS = { system: "system-ui, sans-serif", sans: "Helvetica, Arial, sans-serif", serif: "Georgia, 'Times New Roman', serif" };
const CLASSES = { marketing: "Offers and news", lifecycle: "Answers to what a contact does", transactional: "What a contact asked for" };

export default function Shop({ query }) {
  const told = useLoaded(() => ask("settings"));
  const saved = useSignal(false);
  return html`<${LoadedPage} of=${told}>${(value) => html`<${Editor} key=${value.etag + value.draft_etag} told=${value} again=${told.again} saved=${saved} query=${query} />`}<//>`;
}

function Editor({ told, again, saved, query }) {
  const held = JSON.stringify(told.settings);
  const textOf = (of) => of.draft?.text ?? JSON.stringify(of.settings);
  const begunFrom = told.draft?.number ?? told.number;
  const draft = useDraft({
    name: "settings", began: textOf(told), etag: told.draft_etag,
    send: async (written, etag) => ({ etag: (await ask("settings/draft", { text: written, number: begunFrom }, "PUT", etag)).draft_etag }),
    look: async () => { const theirs = await ask("settings"); return { text: textOf(theirs), etag: theirs.draft_etag }; },
  });
  const { text } = draft;
  const { run, busy, problem } = useActing();
  const settings = read(text.value) ?? told.settings;
  /** Reads and changes what stands at a place: `of("brand.accent")`. */
  const of = (place) => place.split(".").reduce((inner, part) => inner?.[part], settings);
  const set = (place, value) => {
    const [changed, parts] = [structuredClone(settings), place.split(".")];
    const inner = parts.slice(0, -1).reduce((at, part) => (at[part] ??= {}), changed);
    if (value === undefined) delete inner[parts.at(-1)];
    else inner[parts.at(-1)] = value;
    text.value = JSON.stringify(changed);
    saved.value = false;
  };
  const wrong = (place) => problem.value?.field === place;
  const save = (event) => {
    event.preventDefault();
    return run(async () => {
      if (!await draft.save()) return;
      await ask("settings", settings, "PUT", `"settings-${begunFrom}"`);
      draft.drop();
      saved.value = true;
      await again();
    });
  };
  const startOver = () => run(async () => {
    await draft.save();
    await ask("settings/draft", undefined, "DELETE", draft.etag.current);
    draft.drop();
    await again();
  });
  const field = { of, set, wrong };
  return html`
    <${Title}>Shop<//>
    <p class="lead">How your emails look, who they come from, and how many there may be. A change holds for every email from the next minute on.</p>
    <${Unsaved} of=${draft} what="shop’s settings" />
    ${told.draft && html`<p class="note" role="status">These are changes that ${told.draft.by} has begun ${distance(told.draft.at)}, and that do not hold yet.${begunFrom < told.number && " The settings have been changed since: start over, and bring yours in again."} <button type="button" onClick=${startOver}>Start over</button></p>`}
    <form onSubmit=${save}>
      <${Card} title="Look">
        <div class="columns"><div>
          <${Logo} ...${field} />
          <fieldset class="swatches"><legend>Colours</legend>${COLOURS.map(([name, title]) => html`<${Field} ...${field} place=${`brand.${name}`} title=${title} type="color" />`)}</fieldset>
          <div class="fields">
            <${Choice} ...${field} place="brand.font" title="Font" options=${FONTS} />
            <${Choice} ...${field} place="brand.heading_font" title="Font of headings" options=${FONTS} />
          </div>
          <${Field} ...${field} place="brand.footer" title="A line at the end of each email" wide />
        </div><${Sample} brand=${settings.brand} /></div>
      <//>
      <${Card} title="From">
        <div class="fields">
          <${Field} ...${field} place="senders.name" title="Sender’s name" optional hint="As the stack says, if left empty" />
          <${Field} ...${field} place="senders.reply_to" title="Answers go to" type="email" optional hint="An address that somebody reads" />
        </div>
      <//>
      <${Card} title="Topics">
        <p class="soft small">What people can choose on their preference page. A topic that a journey’s emails are about cannot go.</p>
        <${Topics} ...${field} />
      <//>
      <${Card} title="What contacts write about">
        <p class="soft small">In reviews, answers, replies and tickets these words are looked for: whole words or phrases, in any case, with or without accents. What is found is a contact’s <code>sentiment.topics</code>.</p>
        <${TextTopics} ...${field} />
      <//>
      <${Card} title="How many, and when">
        <div class="scroll"><table><thead><tr><th scope="col">Emails</th><th scope="col" class="number">at most a day</th><th scope="col" class="number">in seven days</th></tr></thead>
          <tbody>${Object.entries(CLASSES).map(([name, title]) => html`<tr><th scope="row">${title}</th>
            ${["day", "week"].map((span) => html`<td class="number"><${Count} ...${field} place=${`caps.${name}.${span}`} label=${`${title}: at most in a ${span}`} /></td>`)}</tr>`)}</tbody></table></div>
        <p class="soft small">One that is over waits until there is room. Leave a box empty for no limit.</p>
        <${Quiet} ...${field} />
        <div class="fields"><${Choice} ...${field} place="digest.day" title="Weekly emails go out on" options=${DAYS} /><${Field} ...${field} place="digest.at" title="at" type="time" /></div>
        <p class="soft small">To those who want one email a week about a topic, in their own time; the monthly one on the first such day of the month.</p>
        <${Lines} ...${field} place="closed" title="Closed days, one a line: 2026-12-25, or --12-25 for each year" />
        <div class="fields"><${Field} ...${field} place="code_from" title="A code pays from a cart of" type="number" hint="In the shop’s currency" /></div>
      <//>
      <${Card} title="Who gets no email, to see what emails bring">
        <${HeldOut} ...${field} />
      <//>
      <${Card} title="What emails cost">
        <${Costs} ...${field} />
      <//>
      <${Card} title="What is measured">
        <div class="fields">
          <${Choice} ...${field} place="tracking.opens" title="Opens" options=${{ never: "Of nobody", with_consent: "Of those who agree" }} />
          <${Choice} ...${field} place="tracking.clicks" title="Clicks" options=${{ always: "Of everybody", with_consent: "Of those who agree", never: "Of nobody" }} />
        </div>
        <p class="soft small">Some countries ask for a consent of its own before opens are measured. Nothing in Beckon depends on opens.</p>
      <//>
      <${Card} title="Reports by email">
        <p class="soft small">What came of your emails, beside the time before it, with every day as a CSV file. A week’s comes on Mondays, a month’s on the first. Nobody’s name or address is in it.</p>
        <${Choice} ...${field} place="reports.every" title="How often" options=${{ week: "Every week", month: "Every month" }} />
        <${Lines} ...${field} place="reports.to" title="To these addresses, one a line (ten at most; to nobody, where it is empty)" />
      <//>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
      ${saved.value && html`<${Banner}><p><strong>Saved.</strong></p><//>`}
      <div class="buttons"><button class="strong" disabled=${busy.value || text.value === held}>Save</button><${Saving} of=${draft} /></div>
    </form>
    <${Pictures} title="Pictures for emails" query=${query} />`;
}

function Field({ of, set, wrong, place, title, type = "text", optional = false, hint, wide = false }) {
  const value = of(place);
  const written = (event) => {
    const said = event.target.value;
    set(place, type === "number" ? Number(said) : optional && said.trim() === "" ? null : said);
  };
  return html`<label class=${wide ? "wide" : ""}>${title}
    <input type=${type} value=${value ?? ""} onInput=${written} aria-invalid=${String(wrong(place))} min=${type === "number" ? 0 : null} step=${type === "number" ? "any" : null} />
    ${hint && html`<span class="hint">${hint}</span>`}</label>`;
}

const Choice = ({ of, set, place, title, options }) => html`<label>${title}
  <select value=${of(place)} onChange=${(event) => set(place, event.target.value)}>
    ${Object.entries(options).map(([value, says]) => html`<option value=${value} selected=${of(place) === value}>${says}</option>`)}
  </select></label>`;

/** A whole number, or nothing; a cap without either of its numbers is none. */
function Count({ of, set, place, label }) {
  const written = (event) => {
    const said = event.target.value;
    set(place, said === "" ? null : Number(said));
  };
  return html`<input type="number" min="1" max="200" aria-label=${label} value=${of(place) ?? ""} onInput=${written} />`;
}

function Quiet({ of, set, wrong }) {
  const quiet = of("quiet_hours");
  return html`<label class="check"><input type="checkbox" checked=${quiet !== null} onChange=${(event) => set("quiet_hours", event.target.checked ? { from: "22:00", to: "07:00" } : null)} />
      No emails at night, in each contact’s own time</label>
    ${quiet !== null && html`<div class="fields">
      <${Field} ...${{ of, set, wrong }} place="quiet_hours.from" title="From" type="time" /><${Field} ...${{ of, set, wrong }} place="quiet_hours.to" title="to" type="time" /></div>`}`;
}

function Costs({ of, set, wrong }) {
  return html`<label class="check"><input type="checkbox" checked=${of("costs") !== null} onChange=${(event) => set("costs", event.target.checked ? { margin: 100, a_thousand: 0.1, a_month: 0 } : null)} />
      Reports say what emails return for what they cost</label>
    ${of("costs") !== null && html`<div class="fields">
      <${Field} ...${{ of, set, wrong }} place="costs.margin" title="Margin, in percent" type="number" hint="Of what customers pay, what is left after the goods" />
      <${Field} ...${{ of, set, wrong }} place="costs.a_thousand" title="A thousand emails cost" type="number" hint="In the shop’s currency; SES’s list price is 0.10 US dollars" />
      <${Field} ...${{ of, set, wrong }} place="costs.a_month" title="And a month, besides" type="number" hint="Whatever else you pay for emails: the rest of AWS, somebody’s time" /></div>`}`;
}

/** The shop's holdout: another year draws other people. */
function HeldOut({ of, set }) {
  const holdout = of("holdout");
  const share = (n) => set("holdout", n === 0 ? null : { ...(holdout ?? { name: `from_${new Date().getFullYear()}` }), share: n });
  return html`<div class="fields"><label>Held out<select value=${holdout?.share ?? 0} onChange=${(event) => share(Number(event.target.value))}>
      ${[...new Set([0, 2, 5, 10, 20, holdout?.share ?? 0])].toSorted((one, other) => one - other).map((n) => html`<option value=${n} selected=${(holdout?.share ?? 0) === n}>${n === 0 ? "Nobody" : `${n} % of contacts`}</option>`)}</select></label></div>
    <p class="soft small">They get none of the emails that answer what they do, and no offers; what they asked for still comes. Reports says how many of them order beside the others.</p>`;
}

const Lines = ({ of, set, place, title }) => html`<label>${title}
  <textarea rows="3" value=${(of(place) ?? []).join("\n")} onChange=${(event) => set(place, event.target.value.split("\n").map((line) => line.trim()).filter(Boolean))}></textarea></label>`;

const DAYS = { mon: "Mondays", tue: "Tuesdays", wed: "Wednesdays", thu: "Thursdays", fri: "Fridays", sat: "Saturdays", sun: "Sundays" };
const DIGESTS = { weekly: "One email a week can be chosen", monthly: "One a month" };

/** `all` is always among them: what holds until somebody chooses. */
const offered = (held = ["all", ...Object.keys(DIGESTS)], often, is) => ["all", ...Object.keys(DIGESTS).filter((each) => (each === often ? is : held.includes(each)))];

function Topics({ of, set, wrong }) {
  const topics = of("topics");
  const change = (n, changed) => set("topics", topics.map((each, at) => at === n ? { ...each, ...changed } : each));
  return html`<ul class="list">${topics.map((topic, n) => html`<li><div class="fields">
      <label>Name<input value=${topic.name} onInput=${(event) => change(n, { name: event.target.value })} aria-invalid=${String(wrong(`topics.${n}.name`))} /></label>
      <label class="grow">What it is about<input value=${topic.sentence} onInput=${(event) => change(n, { sentence: event.target.value })} /></label>
      <label>Id<input value=${topic.id} onInput=${(event) => change(n, { id: event.target.value })} aria-invalid=${String(wrong(`topics.${n}.id`))} /></label>
      ${Object.entries(DIGESTS).map(([often, says]) => html`<label class="check"><input type="checkbox" checked=${topic.frequencies?.includes(often) ?? true} onChange=${(event) => change(n, { frequencies: offered(topic.frequencies, often, event.target.checked) })} /> ${says}<span class="hidden"> about ${topic.name}</span></label>`)}
      ${topics.length > 1 && html`<button type="button" class="quiet danger" onClick=${() => set("topics", topics.filter((_, at) => at !== n))}>Remove<span class="hidden"> ${topic.name}</span></button>`}
    </div></li>`)}</ul>
    <button type="button" onClick=${() => set("topics", [...topics, { id: `topic_${topics.length + 1}`, name: "New topic", sentence: "" }])}>Add a topic</button>`;
}

/** What is looked for in texts: a topic a line of the form, with its words between commas. */
function TextTopics({ of, set, wrong }) {
  const topics = Object.entries(of("text_topics") ?? {});
  const change = (n, topic) => set("text_topics", Object.fromEntries(topics.map((each, at) => at === n ? topic : each)));
  /** Two of one name would be one. */
  const rename = (n, words, input) => {
    const [said, taken] = [input.value.trim(), topics.some(([each], at) => at !== n && each === input.value.trim())];
    input.setCustomValidity(taken ? "There is a topic of this name already" : "");
    if (!taken) change(n, [said, words]);
  };
  const free = () => [...Array(21).keys()].map((n) => `topic_${n + 1}`).find((each) => topics.every(([id]) => id !== each));
  const listed = (said) => said.split(/[,\n]/).map((word) => word.trim()).filter(Boolean);
  return html`<ul class="list">${topics.map(([id, words], n) => html`<li key=${n}><div class="fields">
      <label>Topic<input value=${id} pattern="[a-z0-9_\\-]{1,64}" title="Small letters, digits, _ and -" onChange=${(event) => rename(n, words, event.target)} aria-invalid=${String(wrong("text_topics"))} /></label>
      <label class="grow">Words, with commas between them<textarea rows="2" value=${words.join(", ")} onChange=${(event) => change(n, [id, listed(event.target.value)])} aria-invalid=${String(wrong(`text_topics.${id}`))}></textarea></label>
      <button type="button" class="quiet danger" onClick=${() => set("text_topics", Object.fromEntries(topics.filter((_, at) => at !== n)))}>Remove<span class="hidden"> ${id}</span></button>
    </div></li>`)}</ul>
    ${topics.length < 20 && html`<button type="button" onClick=${() => set("text_topics", { ...of("text_topics"), [free()]: ["word"] })}>Add a topic</button>`}`;
}

function Logo({ of, set, wrong }) {
  const logo = of("brand.logo");
  const choosing = useSignal(false);
  const chosen = (image) => {
    set("brand.logo", { url: image.url, alt: image.alt, width: Math.min(image.shown_width, 240) });
    choosing.value = false;
  };
  return html`<fieldset><legend>Logo</legend>
    ${logo === null ? html`<p class="soft">None: the shop’s name stands at the top instead.</p>`
      : html`<p><img class="logo" src=${logo.url} alt=${logo.alt} width=${logo.width} /></p>
        <div class="fields"><${Field} ...${{ of, set, wrong }} place="brand.logo.alt" title="What it shows, for who cannot see it" /><${Field} ...${{ of, set, wrong }} place="brand.logo.width" title="Width in pixels" type="number" /></div>`}
    <div class="buttons"><button type="button" onClick=${() => { choosing.value = !choosing.value; }}>${logo === null ? "Choose a logo" : "Choose another"}</button>
      ${logo !== null && html`<button type="button" class="quiet" onClick=${() => set("brand.logo", null)}>Remove it</button>`}</div>
    ${choosing.value && html`<${Pictures} title="Your pictures" chosen=${chosen} />`}
  </fieldset>`;
}

/** What an email will about look like. */
const Sample = ({ brand }) => html`<div class="sample" aria-hidden="true" style=${{ background: brand.page, color: brand.text, fontFamily: STACKS[brand.font] }}>
  <p class="sample-top" style=${{ color: brand.heading, fontFamily: STACKS[brand.heading_font] }}>${brand.logo === null ? "Your shop"
    : html`<img src=${brand.logo.url} alt="" width=${Math.min(brand.logo.width, 200)} />`}</p>
  <div style=${{ background: brand.card }}>
    <p class="sample-heading" style=${{ color: brand.heading, fontFamily: STACKS[brand.heading_font] }}>Hello Ada, and welcome</p>
    <p>Thank you for joining us. We are glad that you are here.</p>
    <p><span class="sample-button" style=${{ background: brand.accent, color: brand.accent_text }}>Take a look around</span></p>
  </div>
  <p class="sample-end" style=${{ color: brand.muted }}>${brand.footer} ${words("unsubscribe")}</p>
</div>`;
