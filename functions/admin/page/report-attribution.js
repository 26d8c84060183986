// By which emails orders came: six ways to divide what they are worth, beside each other.

import { Card, Empty, Table } from "./parts.js";
import { Behind } from "./report-people.js";
import { Figures, OfNight } from "./report-tabs.js";
import { count, money, plural } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

/** What each model says, in the order in which they stand. */
const MODELS = (halfLife) => [
  ["first", "First click", "All to the first email clicked in: who has brought people here?"],
  ["last", "Last click", "All to the last one: what came just before the order?"],
  ["linear", "Linear", "As much to each email clicked in."],
  ["position", "40/20/40", "40 % to the first, 40 % to the last, and 20 % to all between."],
  ["decay", "Time-decay", `The later the more: half as much for each ${plural(halfLife, "day")} earlier.`],
  ["data", "Data-driven", "By what would be lost without it, as your own clicks show: of those who clicked in it, how many went on to order, and how many did not."],
];
const LINKS = { campaign: (id) => `#/campaigns/${id}`, journey: (id) => `#/journeys/${id}`, coupon: (id) => `#/coupons/${id}` };

const share = (of) => `${(100 * of).toLocaleString("en", { maximumFractionDigits: 1 })} %`;

export default function Attribution() {
  return html`<${OfNight} here="attribution" lead="By which emails orders came. An order is divided among the emails that its contact clicked in before it, and the codes it redeemed.">${(of) => html`<${Windows} of=${of} />`}<//>`;
}

function Windows({ of }) {
  const [within, days] = [useSignal(of.windows[0].days), useSignal(of.windows[0].periods[0].days)];
  const window = of.windows.find((each) => each.days === within.value);
  const period = window.periods.find((each) => each.days === days.value);
  return html`
    <div class="switch" role="group" aria-label="Orders of how many days">${window.periods.map((each) => html`
      <button aria-pressed=${String(each.days === days.value)} onClick=${() => { days.value = each.days; }}>${each.days} days</button>`)}</div>
    <div class="switch" role="group" aria-label="How long a click counts">${of.windows.map((each) => html`
      <button aria-pressed=${String(each.days === within.value)} onClick=${() => { within.value = each.days; }}>Within ${each.days} days</button>`)}</div>
    <${Period} key=${`${within.value} ${days.value}`} window=${window} period=${period} most=${of.most_stops} />
    <${Effects} of=${of.effects} />`;
}

function Period({ window, period, most }) {
  const models = MODELS(window.half_life);
  const asked = { within: window.days, days: period.days };
  const [attributed, without] = [period.revenue - period.none.revenue, period.orders - period.none.orders === 0];
  const none = html`<${Ordered} of=${{ channel: "none", orders: period.none.orders }} ...${asked} />`;
  if (period.orders === 0) return html`<${Empty}>No order was placed in these days.<//>`;
  return html`<${Card} title="Revenue by channel and model">
    <p>${plural(period.orders, "order")} of ${money(period.revenue)}, refunds taken off. ${without
      ? html`Nobody had clicked in an email or redeemed a code before ${period.orders === 1 ? html`it (${none})` : html`any of the ${none}`}.`
      : period.none.orders === 0 ? html`Before ${period.orders === 1 ? "it" : "each of them"} somebody had clicked in an email or redeemed a code.`
      : html`Before ${count(period.orders - period.none.orders)} of them, worth ${money(attributed)}, somebody had clicked in an email or redeemed a code; <strong>not</strong> before the other ${none}, worth ${money(period.none.revenue)}.`} Opens count nowhere.</p>
    ${period.channels.length === 0 ? html`<${Empty}>Nobody had clicked in an email in the ${window.days} days before any of them.<//>` : html`
      <${Figures} file=${`attribution-${window.days}-days-before-${period.days}-days`} label="Revenue by channel and model" rows=${[...period.channels, { channel: "none", name: "None", orders: period.none.orders, models: null }]} columns=${[
        { title: "Channel", cell: (each) => html`<${Channel} of=${each} />`, csv: (each) => each.channel },
        { title: "Orders after it", number: true, cell: (each) => html`<${Ordered} of=${each} ...${asked} />`, csv: (each) => each.orders },
        ...models.map(([model, title]) => ({ title, number: true, cell: (each) => each.models === null ? money(period.none.revenue) : money(each.models[model].revenue), csv: (each) => each.models === null ? period.none.revenue : each.models[model].revenue })),
        { title: "Lost without it", number: true, cell: (each) => each.models === null ? "–" : share(each.effect), csv: (each) => each.effect ?? "" },
      ]} />
      <p class="small soft">Each of the six columns adds up to ${money(period.revenue)}, to the cent. <em>Orders after it</em> does not: of an order with several channels, each has it there. It leads to whose orders these are, which every model divides. Of the clicks before an order the newest ${most} are looked at; clicking in one email several times is one.</p>`}
    <dl>${models.map(([, title, says]) => html`<dt>${title}</dt><dd>${says}</dd>`)}
      <dt>Lost without it</dt><dd>The share of the orders that came by an email or a code that would be lost, were everybody to stop who comes to this channel. ${plural(period.lost, "time")} people clicked and did not order in ${window.days} days.</dd></dl><//>`;
}

/** How many orders a channel was before: they lead to whose they are. Many small channels put together lead to nobody. */
const Ordered = ({ of: { channel, orders }, ...asked }) => channel === "other:channels" ? count(orders)
  : html`<${Behind} path="reports/attribution" of=${{ channel, ...asked }} n=${orders} />`;

function Channel({ of }) {
  const [kind, id] = of.channel.split(":");
  const link = LINKS[kind];
  return html`${link ? html`<a href=${link(id)}>${of.name}</a>` : of.name}${link && html`<span class="under">${kind}</span>`}`;
}

/** What is known by who is held out: the only thing here that says what would not have come without. */
const Effects = ({ of }) => html`<${Card} title="What would not have come without">
  <p>A click before an order does not say that the order would not have come without the email. Who is held out of it does.</p>
  ${of.length === 0 ? html`<${Empty}>Nobody is held out of your emails, so that cannot be said. A campaign can hold some out, and the page <a href="#/shop">Shop</a> has a setting for all emails.<//>` : html`
    ${of.map((each) => html`<p><strong>${each.name}.</strong> ${each.words}</p>`)}
    <${Table} label="What would not have come without" stacked rows=${of} columns=${[
      { title: "Emails", cell: (each) => each.name },
      { title: "People who got them", number: true, cell: (each) => count(each.people) },
      { title: "Ordered", number: true, cell: (each) => `${count(each.ordered)} in ${each.days} days` },
      { title: "After a click", number: true, cell: (each) => count(each.attributed) },
      { title: "Held out", number: true, cell: (each) => count(each.held_out) },
      { title: "Ordered all the same", number: true, cell: (each) => count(each.held_out_ordered) },
      { title: "Not without", number: true, cell: (each) => each.incremental === null ? "cannot be said" : `${count(each.incremental)} (${count(each.low)} to ${count(each.high)})` },
    ]} />`}<//>`;
