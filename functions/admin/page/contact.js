// A contact: who they are, why they are in which segment and until when, what they got and did.

import { ask, at } from "./api.js";
import { EmailFrame } from "./email-frame.js";
import { exportContact } from "./exporting.js";
import {
  Banner, Card, confirmed, ContactLink, Empty, Failure, Json, Loaded, LoadedPage, More, Pages, SegmentLink, styled, Table, Tag, Title, useActing, useLoaded,
} from "./parts.js";
import { Mail } from "./people.js";
import { isRanked, scoreSaid, severalSaid } from "./score-words.js";
import { capital, clock, datesNamed, day, dayNamed, distance, money, plural, value, When, words } from "./words.js";
import { html, useRef, useSignal } from "./vendor/preact.js";

await styled("contact.css");

const MESSAGES = { sent: "sent", refused: "not sent", claimed: "being sent", released: "to be tried again" };
const OFTEN = { weekly: ", as one email a week", monthly: ", as one email a month" };

export default function Contact({ id }) {
  const told = useLoaded(() => ask(at("contacts", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(contact) => html`<${Whole} told=${contact} />`}<//>`;
}

function Whole({ told }) {
  const [inside, outside] = [true, false].map((member) => told.memberships.filter((each) => each.member === member));
  const names = Object.fromEntries(told.memberships.map((of) => [of.segment, of.name]));
  const part = (name) => at("contacts", told.contact, name);
  const { mail, orders, value: worth, more_orders: older, last_seen: seen } = told.summary;
  const facts = [told.email, told.first_seen && `known since ${day(told.first_seen)}`, told.contact].filter((each) => each && each !== told.name);
  const [known, predicted] = [false, true].map((is) => told.traits.filter((each) => each.trait.startsWith("predicted_") === is));
  const next = told.ahead[0];
  return html`
    <${Head} told=${told} />
    <p class="lead">${facts.join(" · ")}</p>
    <p class="mailed ${mail.reason === null ? "good" : "bad"}"><${Mail} of=${mail} /></p>
    <${Merge} told=${told} />
    <dl class="counts figures">
      <div><dt>Value</dt><dd>${money(worth)}${older > 0 && html`<p class="before">without ${plural(older, "older order")}</p>`}</dd></div>
      <div><dt>Orders</dt><dd>${orders}</dd></div>
      <div><dt>Last seen</dt><dd>${seen ? distance(seen) : "never"}${seen && html`<p class="before">${day(seen)}</p>`}</dd></div>
      <div><dt>Next</dt><dd>${next ? distance(next.at) : "nothing"}<p class="before">${next ? comes(next) : "by itself"}</p></dd></div>
    </dl>
    <${Card} title="In ${plural(inside.length, "segment")}">
      ${inside.length > 0 ? html`<ul class="segments">${inside.map((of) => html`<li><details><summary>${of.name}${of.until && html` <span class="soft">until ${day(of.until)}</span>`}</summary><${Membership} of=${of} /></details></li>`)}</ul>`
        : html`<${Empty}>In no segment at the moment. Below is what each one still asks for.<//>`}
      ${outside.length > 0 && html`<${More} title="Not in ${plural(outside.length, "segment")}: why, and when">
        <ul class="segments">${outside.map((of) => html`<li><details><summary>${of.name}${of.until && html` <span class="soft">from ${day(of.until)}</span>`}</summary><${Membership} of=${of} /></details></li>`)}</ul><//>`}
    <//>
    <${Scores} of=${told.scores} points=${told.lead_scores} />
    <${Recommendations} contact=${told.contact} />
    <${Card} title=${plural(orders, "order")}>${told.orders.length > 0
      ? html`<${Table} stacked label="Orders" rows=${told.orders} columns=${[
        { title: "Order", cell: (order) => html`${order.number ? `#${order.number}` : order.order}${order.products.length > 0 && html`<span class="under">${order.products.join(", ")}</span>`}` },
        { title: "Placed", cell: (order) => order.placed ? html`<${When} at=${order.placed} />` : "unknown" },
        { title: "Value", number: true, cell: (order) => money(order.value) },
        { title: "Refunded", number: true, cell: (order) => order.refunded ? money(order.refunded) : "" },
        { title: "State", cell: (order) => order.cancelled ? html`<${Tag} kind="bad">cancelled<//>` : !order.counts && html`<${Tag}>does not count<//>` },
      ]} />`
      : html`<${Empty}>No order yet.<//>`}<//>
    <${Timeline} told=${told} names=${names} />
    <div class="columns">
      <${Card} title="Consent">${told.consent.length > 0
        ? html`<dl>${told.consent.map((each) => html`<dt>${each.topic}</dt><dd><${Tag} kind=${each.state === "subscribed" ? "good" : "bad"}>${each.state}<//> since <${When} at=${each.since} />${OFTEN[each.frequency]}</dd>`)}</dl>`
        : html`<${Empty}>Never asked: no marketing email goes to this contact until they say yes.<//>`}<//>
      <${Card} title="Traits">${known.length > 0 ? html`<${Traits} of=${known} />` : html`<${Empty}>Nothing is known yet beyond what they do.<//>`}
        ${predicted.length > 0 && html`<${More} title="What the nights predict, as segments ask for it"><${Traits} of=${predicted} /><//>`}
        <${More} title="Known by"><p class="small">${told.identities.join(", ")}</p><//><//>
    </div>
    <${Card} title="Runs">
      <${Pages} path=${part("runs")} name="runs" nothing="No run of a journey yet. A run begins when the contact does, or becomes, what a journey starts from.">${
        (runs) => html`<ul class="list">${runs.map((of) => html`<${Run} of=${of} contact=${told.contact} />`)}</ul>`}<//><//>`;
}

const Traits = ({ of }) => html`<dl>${of.map((each) => html`<dt>${each.trait}</dt><dd>${value(each.value)}</dd>`)}</dl>`;

/** "leaves Customers", "goes on in Win-back". */
const comes = ({ what, name }) => `${{ leaves: "leaves", enters: "enters", goes_on: "goes on in", begins: "begins" }[what]} ${name}`;

function Head({ told }) {
  const { run, busy, problem } = useActing();
  const done = useSignal("");
  const who = told.email ?? told.name ?? told.contact;
  const { mail } = told.summary;
  const act = (question, yes, path, body, method, after) => async () => {
    if (!await confirmed(question, yes)) return;
    await run(async () => {
      await ask(path, body, method);
      done.value = after;
    });
  };
  const of = (name) => at("contacts", told.contact, name);
  const erase = act(`Erase ${who} for good? Everything that is known of them goes, and ` +
    "no more email is sent to them. Give them their export first, if they asked for it, and erase them in the storefront, too. There is no way back.", "Erase",
  at("contacts", told.contact), undefined, "DELETE", "They will be gone within seconds, and out of the lake by tomorrow.");
  const leave = act(`Unsubscribe ${who} from all email? Do so when they have told you that they want none. They can subscribe again themselves.`, "Unsubscribe",
    of("unsubscribe"), {}, "POST", "They get no more marketing email, from now on.");
  const stop = act(`Stop all email to ${told.email}? Not even what they ask for goes there, until you allow it again.`, "Stop all email",
    of("suppression"), {}, "POST", "Nothing goes to this address any more.");
  const lift = act(`Allow email to ${told.email} again?`, "Allow", of("suppression"), undefined, "DELETE", "Email goes to this address again, where they agree to it.");
  const liftable = ["bounce", "soft_bounce", "operator"].includes(told.suppression?.reason);
  return html`
    <div class="head">
      <${Title}>${told.name ?? told.email ?? "A contact without a name"}<//>
      <div class="buttons">
        <button disabled=${busy.value} onClick=${() => run(() => exportContact(told.contact))}>Export</button>
        ${mail.reason === null && html`<button disabled=${busy.value} onClick=${leave}>Unsubscribe</button>`}
        ${told.email && !told.suppression && html`<button disabled=${busy.value} onClick=${stop}>Stop all email</button>`}
        ${liftable && html`<button disabled=${busy.value} onClick=${lift}>Allow email again</button>`}
        <button class="danger" disabled=${busy.value} onClick=${erase}>Erase</button>
      </div>
    </div>
    ${done.value && html`<${Banner}><p>${done.value}</p><//>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}`;
}

/** Another contact who is the same person: looked for by what is written, which goes to the API in a body. */
function Merge({ told }) {
  const { run, busy, problem } = useActing();
  const [text, found, done] = [useRef(), useSignal(null), useSignal(false)];
  const look = (event) => {
    event.preventDefault();
    run(async () => { found.value = (await ask("contacts/search", { text: text.current.value, limit: 10 })).contacts.filter((each) => each.contact !== told.contact); });
  };
  const merge = (other) => async () => {
    const name = other.name ?? other.email ?? other.contact;
    if (!await confirmed(`Make ${name} one with this contact, for good? What is known of both is kept here.`, "Make them one")) return;
    await run(async () => {
      await ask(at("contacts", told.contact, "merge"), { other: other.contact });
      [found.value, done.value] = [null, true];
    });
  };
  return html`<${More} title="Is somebody else the same person?">
    <form class="fields" role="search" onSubmit=${look}>
      <label class="grow">The other contact <input ref=${text} type="search" autocomplete="off" spellcheck="false" maxlength="200" placeholder="Name, address, order number" required /></label>
      <button disabled=${busy.value}>Find</button>
    </form>
    ${found.value && (found.value.length === 0 ? html`<p role="status">Nobody else is found by this.</p>` : html`<ul class="list">${found.value.map((each) => html`<li class="head">
      <span><${ContactLink} of=${each} /></span><button disabled=${busy.value} onClick=${merge(each)}>Make them one</button></li>`)}</ul>`)}
    ${done.value && html`<p role="status">They are one within seconds. Reload the page then.</p>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
  <//>`;
}

// ── what the nights say of them ──

function Scores({ of, points }) {
  const [has, has_none] = [true, false].map((known) => of.filter((each) => (each.why_none === null) === known));
  return html`<${Card} title="What is likely">
    ${has.length > 0 ? html`<ul class="list scores">${has.map((each) => html`<li>
      <div class="head"><h3>${each.name}</h3>${severalSaid(each.unit, each.value) === null && html`<span class="value">${scoreSaid(each.unit, each.value)}</span>`}</div>
      ${severalSaid(each.unit, each.value) && html`<ol class="listed">${severalSaid(each.unit, each.value).map((text) => html`<li>${text}</li>`)}</ol>`}
      <p class="small soft">${[
        each.said,
        isRanked(each.unit) && each.band,
        isRanked(each.unit) && each.rank !== null && `rank ${each.rank} of 100`,
        each.by_simple_rule && "by the simple rule",
        `since ${day(each.since)}`,
      ].filter(Boolean).map((text, n) => html`${n > 0 && " · "}${text}`)}</p>
      ${each.reasons.length > 0 && html`<ul class="reasons">${each.reasons.map((text) => html`<li>${text}</li>`)}</ul>`}
      ${each.outlook.length > 0 && html`<p class="small soft">${each.outlook.map((text) => `${text}. `)}</p>`}</li>`)}</ul>
      <p class="small soft">What it means and how it was checked: <a href="#/insight">Insight</a>. A score says what is likely, and decides nothing by itself.</p>`
      : html`<${Empty}>No score yet: ${has_none[0]?.why_none}. <a href="#/insight">Insight</a><//>`}
    ${points.length > 0 && html`<ul class="list scores">${points.map((each) => html`<li>
      <div class="head"><h3>${each.name} <span class="soft">lead score</span></h3><span class="value">${plural(Math.round(each.points), "point")}</span></div>
      <p class="small soft">${each.qualified ? "Qualified" : "Not qualified"}: ${each.threshold} are needed${each.until ? html`; that changes <${When} at=${each.until} /> if nothing happens` : ""}.</p>
      ${each.parts.length > 0 && html`<ul class="reasons">${each.parts.map((text) => html`<li>${capital(text)}</li>`)}</ul>`}</li>`)}</ul>`}
    ${has.length > 0 && has_none.length > 0 && html`<${More} title="No score for ${plural(has_none.length, "thing")}: why"><dl>${has_none.map((each) => html`<dt>${each.name}</dt><dd>${capital(each.why_none)}.</dd>`)}</dl><//>`}
  <//>`;
}

/** What an email would recommend to them now, once it is asked for: it is worked out as for an email. */
function Recommendations({ contact }) {
  const open = useSignal(false);
  return html`<${Card}><details onToggle=${(event) => { open.value = event.target.open; }}><summary>What an email would recommend now</summary>${open.value && html`<${Recommended} contact=${contact} />`}</details><//>`;
}

function Recommended({ contact }) {
  const told = useLoaded(() => ask(at("contacts", contact, "recommendations")));
  const list = (of) => html`<ol class="recommended">${of.map((each) => html`<li><strong>${each.title ?? each.id}</strong>${each.price && html` <span class="soft">${each.price}</span>`}<span class="under">${each.sentence}</span></li>`)}</ol>`;
  return html`<${Loaded} of=${told}>${(of) => html`
    ${of.as_of ? html`<p class="small soft">By what the shop sold until ${day(of.as_of)}.${of.categories.length > 0 && ` They are interested in ${of.categories.join(", ")}.`}</p>` : html`<p class="small soft">What the shop sells has not been counted lately, so only what you have picked is recommended.</p>`}
    <div class="columns">
      <div><h3>Recommended for them</h3>${of.recommended.length > 0 ? list(of.recommended) : html`<${Empty}>Nothing fits them: the block is left out.<//>`}</div>
      <div><h3>Goes well with their last order</h3>${of.goes_with.length > 0 ? list(of.goes_with) : html`<${Empty}>Nothing is known to go with it: the block is left out.<//>`}</div>
    </div>
    ${of.left_out.length > 0 && html`<${More} title="Left out: ${plural(of.left_out.length, "product")}">${list(of.left_out)}<//>`}`}<//>`;
}

function Membership({ of }) {
  const since = of.since && html`${of.member ? "in since " : "left on "}<${When} at=${of.since} />`;
  const until = of.until && html`${of.member ? "until " : "enters by itself on "}<${When} at=${of.until} />${of.member && ", unless something happens"}`;
  return html`<p class="small soft">${of.sentence} ${since}${since && until && ", "}${until}${!since && !until && (of.member ? "always" : "not by time alone")}. <a href="#/segments/${of.segment}">The segment</a></p>
    <ul class="why"><${Why} of=${of.why} /></ul>`;
}

const Why = ({ of }) => html`<li>
  <span class="answer ${of.holds ? "good" : "soft"}" aria-hidden="true">${of.holds ? "✓" : "✗"}</span>
  <span class="hidden">${of.holds ? "true: " : "false: "}</span>${datesNamed(of.asks)}
  <span class="evidence">${datesNamed(`${of.evidence}${/[.!?]$/.test(of.evidence) ? "" : "."} ${of.turns}`)}</span>
  ${of.parts.length > 0 && html`<ul class="why">${of.parts.map((part) => html`<${Why} of=${part} />`)}</ul>`}
</li>`;

const Run = ({ of, contact }) => html`<li>
  <div class="head">
    <h3><a href="#/contacts/${contact}/runs/${of.number}">${of.name}</a></h3>
    <${Tag} kind=${of.outcome === null || of.goal ? "good" : ""}>${of.outcome === null ? "under way" : words(of.outcome).toLowerCase()}<//>
  </div>
  <p class="small soft">Started <${When} at=${of.started} />${of.outcome === null ? html`, at <strong>${words(of.step)}</strong> since <${When} at=${of.since} />${of.wake_at && html`, goes on <${When} at=${of.wake_at} />`}` : html`, ended <${When} at=${of.ended} />`}.</p>
</li>`;

// ── what has happened, in days, a story a line; above it what is to come ──

const SEEN = { "Page Viewed": "page", "Screen Viewed": "screen", "Product Viewed": "product", "Product List Viewed": "list of products" };
const CAUSES = { time: ", by time alone", definition: ", by a changed definition" };

/** The next order, as it is foreseen: it may have been due already. */
const Expected = ({ of }) => html`<li><span class="when"><time datetime=${of.value}>${dayNamed(of.value)}</time></span>Next order expected<span class="soft"> ${of.said}</span></li>`;

function Timeline({ told, names }) {
  const expected = told.scores.find((each) => each.score === "next_order" && each.overdue_days !== null);
  return html`<${Card} title="Timeline">
    ${(told.ahead.length > 0 || expected) && html`<h3>What comes, if nothing happens</h3><ol class="timeline coming">
      ${expected?.overdue_days <= 0 && html`<${Expected} of=${expected} />`}
      ${told.ahead.toReversed().map((each) => html`<li class="transition"><span class="when"><${When} at=${each.at} /></span>${capital(comes(each))}</li>`)}
      ${expected?.overdue_days > 0 && html`<${Expected} of=${expected} />`}</ol>`}
    <h3 class="now">Now</h3>
    <${Pages} path="${at("contacts", told.contact, "timeline")}?limit=200" name="timeline" nothing="Nothing has happened yet.">${(entries) =>
      Object.entries(Object.groupBy(stories(entries), (each) => day(each.at))).map(([name, those]) => html`<h3>${name}</h3>
        <ol class="timeline">${those.map((of) => html`<li class=${of.status === "refused" ? "refused" : of.kind}><span class="when"><time datetime=${new Date(of.at).toISOString()}>${clock(of.at)}</time></span>${
          (ENTRIES[of.kind] ?? ENTRIES.event)(of, names, told.contact)}</li>`)}</ol>`)}<//><//>`;
}

/** The entries, with what became of each email in its own line, and a visit's pages in one. */
function stories(entries) {
  const emails = new Map(entries.filter((each) => each.kind === "message").map((each) => [each.message, { ...each, became: [] }]));
  const told = [];
  for (const each of entries) {
    const email = each.kind === "event" && each.type.startsWith("Email ") && emails.get(each.properties?.message);
    const last = told.at(-1);
    if (each.kind === "message") told.push(emails.get(each.message));
    else if (email) email.became.unshift(each);
    else if (SEEN[each.type] && last?.kind === "visit" && day(last.at) === day(each.at)) last.events.push(each);
    else if (SEEN[each.type]) told.push({ kind: "visit", at: each.at, events: [each] });
    else told.push(each);
  }
  return told;
}

/** "sent 08:23, opened, clicked": each once, in the order in which it came first. */
function became(of) {
  const said = [of.status === "sent" ? `sent ${clock(of.at)}` : MESSAGES[of.status] ?? of.status];
  for (const event of of.became) {
    const word = BECAME[event.type];
    if (word && event.properties?.human !== false && !said.includes(word)) said.push(word);
  }
  return said.join(", ");
}
const BECAME = { "Email Opened": "opened", "Email Clicked": "clicked", "Email Bounced": "came back", "Email Complained": "reported as spam", "Email Delayed": "delayed", "Email Rejected": "not taken by SES" };

const Story = ({ of, contact }) => html`<strong>${words(of.template ?? of.purpose ?? "email")}</strong>: ${became(of)}${of.sentence && html`<span class="soft"> ${of.sentence}</span>`}
  ${of.kept && html`<${AsSent} contact=${contact} message=${of.message} />`}`;

/** The email as it was sent, once it is asked for. */
function AsSent({ contact, message }) {
  const open = useSignal(false);
  return html`<details onToggle=${(event) => { open.value = event.target.open; }}><summary>As it was sent</summary>${open.value && html`<${Copy} contact=${contact} message=${message} />`}</details>`;
}

function Copy({ contact, message }) {
  const told = useLoaded(() => ask(at("contacts", contact, "messages", message)));
  return html`<${Loaded} of=${told}>${({ subject, html: source }) => html`<p><strong>${subject}</strong></p><${EmailFrame} source=${source} title="The email as it was sent" />`}<//>`;
}

const Visit = ({ of }) => {
  const kinds = Object.entries(Object.groupBy(of.events, (each) => SEEN[each.type]));
  const goods = [...new Set(of.events.flatMap((each) => [each.properties?.name, ...(each.properties?.products ?? []).map((product) => product.name)]).filter(Boolean))];
  return html`Looked at ${kinds.map(([kind, those]) => plural(those.length, kind, kind.startsWith("list") ? "lists of products" : `${kind}s`)).join(", ")}<span class="soft">${goods.length > 0 && ` ${goods.slice(0, 3).join(", ")}`}</span>`;
};

const ENTRIES = {
  transition: (of, names) => html`${of.entered ? "Entered" : "Left"} <${SegmentLink} id=${of.segment} names=${names} /><span class="soft">${CAUSES[of.cause]}</span>`,
  consent: (of) => html`Consent to ${of.topic}: <${Tag} kind=${of.state === "subscribed" ? "good" : "bad"}>${of.state}<//><span class="soft"> from ${of.source}${of.wording && `: ${of.wording}`}</span>`,
  message: (of, names, contact) => html`<${Story} of=${of} contact=${contact} />`,
  visit: (of) => html`<${Visit} of=${of} />`,
  coupon: (of) => html`Got the code <code>${of.code}</code> of <b>${of.pool}</b><span class="soft"> ${of.order
    ? html`redeemed by order ${of.order} <${When} at=${of.redeemed_at} />`
    : of.until ? html`good until <${When} at=${of.until} />` : "not redeemed yet"}</span>`,
  event: (of) => html`${of.type ?? capital(of.kind)} <span class="soft">${gist(of)}</span><${Json} title="Details" value=${detail(of)} />`,
};
/** The one or two things of an event that say what it was about. */
function gist(of) {
  const { products, total, amount, path, outcome, journey, template, name, coupon_pool: pools } = of.properties ?? {};
  return [
    (products ?? []).map((product) => product.name ?? product.product_id).filter(Boolean).slice(0, 3).join(", "),
    pools && `with a code of ${pools.map(words).join(", ")}`,
    total !== undefined && money(total), amount !== undefined && money(amount),
    name ?? path, journey && words(journey), outcome, template && words(template),
  ].filter(Boolean).join(" · ") || `from ${of.source}`;
}

const detail = ({ kind, at: _, ...rest }) => rest;
