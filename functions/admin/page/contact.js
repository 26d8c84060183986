// A contact: who they are, why they are in which segment and until when, what they got and did.

import { ask, at } from "./api.js";
import { exportContact } from "./exporting.js";
import {
  Banner, Card, confirmed, Empty, Failure, Json, LoadedPage, More, Pages, SegmentLink, Table, Tag, Title, useActing, useLoaded,
} from "./parts.js";
import { day, money, plural, value, When, words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const MESSAGES = { sent: "sent", refused: "not sent", claimed: "being sent", released: "to be tried again" };
const SUPPRESSIONS = { bounce: "a bounce", complaint: "a complaint", erasure: "an erasure" };

export default function Contact({ id }) {
  const told = useLoaded(() => ask(at("contacts", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(contact) => html`<${Whole} told=${contact} />`}<//>`;
}

function Whole({ told }) {
  const [inside, outside] = [true, false].map((member) => told.memberships.filter((each) => each.member === member));
  const names = Object.fromEntries(told.memberships.map((of) => [of.segment, of.name]));
  const part = (name) => at("contacts", told.contact, name);
  const facts = [told.email, told.first_seen && `first seen ${day(told.first_seen)}`, told.contact].filter((each) => each && each !== told.name);
  return html`
    <${Head} told=${told} />
    <p class="lead">${facts.join(" · ")}</p>
    ${told.suppression && html`<${Banner} wrong><p><strong>Suppressed: </strong>no email goes to this address, because of ${
      SUPPRESSIONS[told.suppression.reason] ?? told.suppression.reason} on ${day(told.suppression.since)}.</p><//>`}
    <${Card} title=${plural(inside.length, "membership")}>
      ${inside.length > 0 ? html`<ul class="list">${inside.map((of) => html`<${Membership} of=${of} />`)}</ul>`
        : html`<${Empty}>In no segment at the moment. Below is what each one still asks for.<//>`}
      ${outside.length > 0 && html`<${More} title="Not in ${plural(outside.length, "segment")}: why, and when">
        <ul class="list">${outside.map((of) => html`<${Membership} of=${of} />`)}</ul><//>`}
    <//>
    <div class="columns">
      <${Card} title="Consent">${told.consent.length > 0
        ? html`<dl>${told.consent.map((each) => html`<dt>${each.topic}</dt><dd><${Tag} kind=${each.state === "subscribed" ? "good" : "bad"}>${each.state}<//> since <${When} at=${each.since} /></dd>`)}</dl>`
        : html`<${Empty}>Never asked: no marketing email goes to this contact until they say yes.<//>`}<//>
      <${Card} title="Traits">${told.traits.length > 0
        ? html`<dl>${told.traits.map((each) => html`<dt>${each.trait}</dt><dd>${value(each.value)}</dd>`)}</dl>`
        : html`<${Empty}>Nothing is known yet beyond what they do.<//>`}
        <${More} title="Known by"><p class="small">${told.identities.join(", ")}</p><//><//>
    </div>
    <${Card} title=${plural(told.orders.length + told.older_orders, "order")}>${told.orders.length > 0
      ? html`<${Table} label="Orders" rows=${told.orders} columns=${[
        { title: "Order", cell: (order) => order.order },
        { title: "Placed", cell: (order) => order.placed ? html`<${When} at=${order.placed} />` : "unknown" },
        { title: "Value", number: true, cell: (order) => money(order.value) },
        { title: "Refunded", number: true, cell: (order) => order.refunded ? money(order.refunded) : "" },
        { title: "State", cell: (order) => order.cancelled ? html`<${Tag} kind="bad">cancelled<//>` : !order.counts && html`<${Tag}>does not count<//>` },
      ]} />`
      : html`<${Empty}>No order yet.<//>`}<//>
    <${Card} title="Runs">
      <${Pages} path=${part("runs")} name="runs" nothing="No run of a journey yet. A run begins when the contact does, or becomes, what a journey starts from.">${
        (runs) => html`<ul class="list">${runs.map((of) => html`<${Run} of=${of} contact=${told.contact} />`)}</ul>`}<//><//>
    <${Card} title="Messages">
      <${Pages} path=${part("messages")} name="messages" nothing="No message yet: no step of a run has asked for one.">${
        (messages) => html`<ul class="list">${messages.map((of) => html`<${Message} of=${of} />`)}</ul>`}<//><//>
    <${Card} title="Timeline">
      <${Pages} path=${part("timeline")} name="timeline" nothing="Nothing has happened yet.">${
        (entries) => html`<ol class="timeline">${entries.map((of) => html`<${Entry} of=${of} names=${names} />`)}</ol>`}<//><//>`;
}

function Head({ told }) {
  const { run, busy, problem } = useActing();
  const erasing = useSignal(false);
  const erase = async () => {
    const sure = await confirmed(`Erase ${told.email ?? told.name ?? told.contact} for good? Everything that is known of them goes, and ` +
      "no more email is sent to them. Give them their export first, if they asked for it, and erase them in the storefront, too. There is no way back.", "Erase");
    if (!sure) return;
    await run(async () => {
      await ask(at("contacts", told.contact), undefined, "DELETE");
      erasing.value = true;
    });
  };
  return html`
    <div class="head">
      <${Title}>${told.name ?? told.email ?? "A contact without a name"}<//>
      <div class="buttons">
        <button disabled=${busy.value} onClick=${() => run(() => exportContact(told.contact))}>Export</button>
        <button class="danger" disabled=${busy.value} onClick=${erase}>Erase</button>
      </div>
    </div>
    ${erasing.value && html`<${Banner}><p>They will be gone within seconds, and out of the lake by tomorrow.</p><//>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}`;
}

function Membership({ of }) {
  const since = of.since && html`${of.member ? "in since " : "left on "}<${When} at=${of.since} />`;
  const until = of.until && html`${of.member ? "until " : "enters by itself on "}<${When} at=${of.until} />${of.member && ", unless something happens"}`;
  return html`<li>
    <div class="head">
      <h3><a href="#/segments/${of.segment}">${of.name}</a></h3>
      <span class="small soft">${since}${since && until && ", "}${until}${!since && !until && (of.member ? "always" : "not by time alone")}</span>
    </div>
    <p class="small soft">${of.sentence}</p>
    <${More} title="Why"><ul class="why"><${Why} of=${of.why} /></ul><//>
  </li>`;
}

const Why = ({ of }) => html`<li>
  <span class="answer ${of.holds ? "good" : "soft"}" aria-hidden="true">${of.holds ? "✓" : "✗"}</span>
  <span class="hidden">${of.holds ? "true: " : "false: "}</span>${of.asks}
  <span class="evidence">${of.evidence}${/[.!?]$/.test(of.evidence) ? "" : "."} ${of.turns}</span>
  ${of.parts.length > 0 && html`<ul class="why">${of.parts.map((part) => html`<${Why} of=${part} />`)}</ul>`}
</li>`;

const Run = ({ of, contact }) => html`<li>
  <div class="head">
    <h3><a href="#/contacts/${contact}/runs/${of.number}">${of.name}</a></h3>
    <${Tag} kind=${of.outcome === null || of.goal ? "good" : ""}>${of.outcome === null ? "under way" : words(of.outcome).toLowerCase()}<//>
  </div>
  <p class="small soft">Started <${When} at=${of.started} />${of.outcome === null ? html`, at <strong>${words(of.step)}</strong> since <${When} at=${of.since} />${of.wake_at && html`, goes on <${When} at=${of.wake_at} />`}` : html`, ended <${When} at=${of.ended} />`}.</p>
</li>`;

/** What became of it in the end: one that was sent may have come back. */
function outcome(of) {
  const came = (of.events ?? []).map((event) => event.type);
  if (came.includes("Email Bounced")) return ["bounced", "bad"];
  if (came.includes("Email Complained")) return ["reported as spam", "bad"];
  return [MESSAGES[of.status] ?? of.status, { sent: "good", refused: "bad" }[of.status]];
}

const Message = ({ of }) => html`<li>
  <div class="head">
    <h3>${words(of.template)}</h3>
    <${Tag} kind=${outcome(of)[1]}>${outcome(of)[0]}<//>
  </div>
  ${of.sentence && html`<p>${of.sentence}</p>`}
  <p class="small soft"><${When} at=${of.at} />${` · ${words(of.journey)}, step ${words(of.step)}, topic ${of.topic}`}${(of.events ?? []).map((event) =>
    html` · ${event.type.replace("Email ", "").toLowerCase()}${event.human === false && " (by a machine)"} <${When} at=${event.at} />`)}</p>
</li>`;

const Entry = ({ of, names }) => html`<li class=${of.status === "refused" ? "refused" : of.kind}>
  <span class="when"><${When} at=${of.at} /></span>${ENTRIES[of.kind](of, names)}</li>`;

const CAUSES = { time: ", by time alone", definition: ", by a changed definition" };
const ENTRIES = {
  transition: (of, names) => html`${of.entered ? "Entered" : "Left"} <${SegmentLink} id=${of.segment} names=${names} /><span class="soft"> transition ${of.transition}${CAUSES[of.cause]}</span>`,
  consent: (of) => html`Consent to ${of.topic}: <${Tag} kind=${of.state === "subscribed" ? "good" : "bad"}>${of.state}<//><span class="soft"> from ${of.source}</span>`,
  message: (of) => html`Message ${words(of.template)} <${Tag}>${MESSAGES[of.status] ?? of.status}<//>${of.sentence && html`<span class="soft"> ${of.sentence}</span>`}`,
  coupon: (of) => html`Got the code <code>${of.code}</code> of <b>${of.pool}</b><span class="soft"> ${of.order
    ? html`redeemed by order ${of.order} <${When} at=${of.redeemed_at} />`
    : of.until ? html`good until <${When} at=${of.until} />` : "not redeemed yet"}</span>`,
  event: (of) => html`${of.type} <span class="soft">${gist(of)}</span><${Json} title="Details" value=${detail(of)} />`,
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
