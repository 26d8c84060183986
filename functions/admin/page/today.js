// The morning page: what comes tomorrow, what needs somebody, how the last 30 days went beside those before them, and how
// email is received. On day one: what is to be set up.

import { ask, at } from "./api.js";
import { Around } from "./charts.js";
import { asked, daily, OfLastNight } from "./reports.js";
import { Banner, Card, confirmed, ContactLink, Empty, Failure, Loaded, LoadedPage, Table, Title, useActing, useLoaded, useRefreshed } from "./parts.js";
import { now, setNow } from "./settings.js";
import { count, date, dateNamed, money, plural, When } from "./words.js";
import { html } from "./vendor/preact.js";

export default function Today() {
  const today = useLoaded(async () => {
    const told = await ask("today");
    setNow(told.now);
    return told;
  });
  const health = useLoaded(() => ask("health"));
  useRefreshed(() => { today.again(); health.again(); }, true, 60_000);
  return html`<${LoadedPage} of=${today}>${(told) => html`
    <${Title}>Today<//>
    <p class="lead">${date(now())}</p>
    <${Ahead} />
    <${Needs} of=${told.needs} health=${health} />
    ${told.checklist !== null && html`<${Checklist} steps=${told.checklist} />`}
    ${told.checklist === null && html`<${Figures} />`}
    <div class="columns">
      <${Sending} of=${told.sending} />
      <${Running} journeys=${told.journeys} />
    </div>`}<//>`;
}

// ── what comes ──

function Ahead() {
  const told = useLoaded(async () => {
    const soon = await ask("ahead?days=1");
    return soon.groups.length > 0 ? soon : ask("ahead");
  });
  return html`<section class="card ahead" aria-label="What comes"><${Loaded} of=${told} saying="Looking ahead …">${(ahead) => html`<${Sentence} of=${ahead} again=${told.again} />`}<//></section>`;
}

/** "Tomorrow 5 people turn Inactive and get We miss you; 3 get What's new." */
function Sentence({ of, again }) {
  const when = of.is_tomorrow ? "Tomorrow" : `On ${dateNamed(of.day)}`;
  if (of.groups.length === 0) {
    const entering = of.entering.slice(0, 3);
    return html`<p class="saying">In the next ${of.days.length - 1} days no journey has an email to send, unless somebody does something.</p>
      ${entering.length > 0 && html`<p class="soft">Tomorrow: ${entering.map((each, n) => html`${n > 0 && ", "}${plural(each.people, "person enters", "people enter")} <a href="#/segments/${each.segment}">${each.name}</a>`)}.</p>`}`;
  }
  const said = of.groups.map((each, n) => html`${n > 0 && "; "}<strong>${n === 0 ? plural(each.people, "person", "people") : count(each.people)}</strong> ${
    each.segment && html`${each.people === 1 ? "turns" : "turn"} <a href="#/segments/${each.segment}">${each.segment_name}</a> and `}${
    each.people === 1 ? "gets" : "get"} <a href="#/emails/${each.template}"><em>${each.email}</em></a>`);
  return html`<p class="saying">${when} ${said}.</p>
    <details><summary>See who, or hold them</summary>${of.groups.map((each) => html`<${Group} of=${each} again=${again} />`)}</details>
    ${of.played < of.contacts && html`<p class="small soft">About: ${count(of.played)} of ${plural(of.contacts, "contact")} with something to come were looked at.</p>`}
    <p class="small soft">If they do nothing until then.</p>`;
}

function Group({ of, again }) {
  const { run, busy, problem } = useActing();
  const isHeld = of.state !== "live";
  const hold = async () => {
    const question = isHeld ? `Let “${of.email}” go out by itself again?`
      : `Hold “${of.email}”? From now on each one waits until somebody lets it go, also after tomorrow.`;
    if (!await confirmed(question, isHeld ? "Let it go out" : "Hold")) return;
    await run(async () => {
      await ask(at("journeys", of.journey, "steps", of.step, "state"), { state: isHeld ? "live" : "review" });
      of.state = isHeld ? "live" : "review";
      await again();
    });
  };
  return html`<div class="group">
    <div class="head"><h2>${of.email} <span class="soft">of <a href="#/journeys/${of.journey}">${of.journey_name}</a></span></h2>
      <button disabled=${busy.value} onClick=${hold}>${isHeld ? "Let it go out" : "Hold"}</button></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <ul class="list">${of.who.map((each) => html`<li><${ContactLink} of=${each} /> <span class="small soft"><${When} at=${each.at} /></span></li>`)}</ul>
    ${of.who.length < of.people && html`<p class="small soft">And ${count(of.people - of.who.length)} more.</p>`}
  </div>`;
}

// ── what needs somebody ──

function Needs({ of, health }) {
  const doctor = useLoaded(() => ask("doctor"));
  const missing = (doctor.value?.findings ?? []).filter((each) => each.state === "missing" || each.state === "wrong").length;
  const told = health.value;
  const things = [
    ...(told?.problems ?? []).map((text) => ({ text })),
    ...of,
    ...(missing > 0 ? [{ text: `${plural(missing, "thing")} that email needs ${missing === 1 ? "is" : "are"} missing or wrong.`, link: "#/set-up" }] : []),
  ];
  if (health.problem) return html`<${Banner} wrong><${Failure} problem=${health.problem} /><//>`;
  if (told === undefined) return html`<p class="soft" aria-busy="true">Loading …</p>`;
  if (things.length === 0) return html`<${Banner}><p><strong>Everything works.</strong> Nothing waits for you.</p><//>`;
  return html`<${Banner} wrong>
    <p><strong>${things.length === 1 ? "Something needs you." : `${things.length} things need you.`}</strong></p>
    <ul>${things.map((each) => html`<li>${each.text}${each.link && html` <a href=${each.link}>See to it</a>`}</li>`)}</ul>
    ${Object.values(told.dead_letters ?? {}).some((depth) => depth > 0) && html`<p><a href="#/dead-letters">See the dead letters</a></p>`}
  <//>`;
}

const Checklist = ({ steps }) => html`<${Card} title="Before your customers get email">
  <ol class="checklist">${steps.map((each) => html`<li><span class=${each.done ? "good" : "soft"} aria-hidden="true">${each.done ? "✓" : "○"}</span>
    <span><span class="hidden">${each.done ? "Done: " : "To do: "}</span>${each.name}${!each.done && html`<span class="under">${each.hint} <a href=${each.link}>Go there</a></span>`}</span></li>`)}</ol>
<//>`;

// ── how it goes ──

const FIGURES = [
  { of: "email_revenue", title: "Revenue through email", words: money, says: "Orders placed within five days after somebody clicked in an email." },
  { of: "delivered", title: "Emails delivered", words: count, says: "Accepted by the receiver’s mail server." },
  { of: "reached", title: "People reached", words: count, says: "Who got at least one of them." },
  { of: "subscribers", title: "New subscribers", words: count, says: "Who agreed to email, and still does." },
];

/** A number, which leads to who is behind it. */
const Behind = ({ figure: { of: name, words }, of, asOf }) => of[name] === 0 ? words(0)
  : html`<a href="#/reports/people?figure=${name}&from=${of.from}&to=${of.to}&as_of=${asOf}">${words(of[name])}</a>`;

function Figures() {
  const load = async (query) => {
    const [told, { days }] = await Promise.all([asked(`reports/figures${query}`), daily(query)]);
    return { ...told, days };
  };
  return html`<${Card} title="The last 30 days"><${OfLastNight} load=${load}>${({ now: lately, before, days, as_of: asOf }) => html`
    <dl class="counts figures">${FIGURES.filter((each) => lately[each.of] !== null).map((each) => html`
      <div title=${each.says}><dt>${each.title}</dt><dd><${Behind} figure=${each} of=${lately} asOf=${asOf} /></dd>
        <dd class="before"><${Behind} figure=${each} of=${before} asOf=${asOf} /> in the 30 days before</dd></div>`)}</dl>
    <${Emails} days=${days} />`}<//><//>`;
}

/** Those that went out, and those that come. */
function Emails({ days }) {
  const told = useLoaded(() => ask("ahead"));
  const back = days.map((each) => ({ day: each.day, number: each.sends }));
  return html`<${Loaded} of=${told}>${(of) => {
    const ahead = of.days.map((day, n) => ({ day, number: of.emails[n] })).slice(1);
    return back.length === 0 && ahead.every((each) => each.number === 0)
      ? html`<${Empty}>No emails in these 30 days. They begin when a contact enters a segment that a journey starts from.<//>`
      : html`<${Around} back=${back} ahead=${ahead} title="Emails" what="emails" />`;
  }}<//>`;
}

const percent = (share, digits) => `${(share * 100).toFixed(digits)} %`;

function Sending({ of }) {
  return html`<${Card} title="How your email is received">
    ${of.sent === 0 ? html`<${Empty}>Nothing was sent in the last 30 days.<//>` : html`
      <${Gauge} name="Came back for good" of=${of.bounces} digits=${1} />
      <${Gauge} name="Reported as spam" of=${of.complaints} digits=${2} />
      <p class="small soft">Of ${plural(of.sent, "email")} in 30 days, which for Amazon SES are days in UTC. From the first mark on Amazon SES puts an account under review; from the second on it may stop it.</p>`}
  <//>`;
}

function Gauge({ name, of, digits }) {
  const whole = of.paused * 1.2;
  const place = (share) => `${Math.min(share / whole, 1) * 100}%`;
  const kind = { ok: "good", near: "note", over: "bad" }[of.state];
  return html`<div class="gauge">
    <p><span>${name}</span> <strong class=${kind}>${percent(of.share, digits)}</strong></p>
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="${name}: ${percent(of.share, digits)}; review from ${percent(of.reviewed, digits)}, stop from ${percent(of.paused, digits)}">
      <rect width="100" height="8" class="zero" /><rect width=${place(of.share)} height="8" class="bar ${kind}" />
      <rect x=${place(of.reviewed)} width=".6" height="8" class="mark" /><rect x=${place(of.paused)} width=".6" height="8" class="mark" /></svg>
  </div>`;
}

function Running({ journeys }) {
  const busy = journeys.filter((each) => each.waiting > 0 || each.sent > 0);
  return html`<${Card} title="Running journeys">
    ${journeys.length === 0 ? html`<${Empty}>None yet. <a href="#/journeys">Switch one on.</a><//>`
      : busy.length === 0 ? html`<${Empty}>${plural(journeys.length, "journey")} ${journeys.length === 1 ? "is" : "are"} live; nobody is on one.<//>`
      : html`<${Table} label="Running journeys" rows=${busy} columns=${[
        { title: "Journey", cell: (each) => html`<a href="#/journeys/${each.id}">${each.name}</a>` },
        { title: "Waiting now", number: true, cell: (each) => each.waiting > 0 ? html`<a href="#/journeys/${each.id}/people?what=waiting">${count(each.waiting)}</a>` : "0" },
        { title: "Sent, 7 days", number: true, cell: (each) => count(each.sent) },
      ]} />`}
    ${busy.length > 0 && busy.length < journeys.length && html`<p class="small soft"><a href="#/journeys">${plural(journeys.length - busy.length, "other")}</a> live, with nobody on the way.</p>`}
  <//>`;
}
