// The operators' page: its frame, and which page is shown. Everything it shows comes from the API beside it; every text
// is set as text, never as HTML. A page's module is loaded when it is first asked for.

import { finishSigningIn, signIn, state } from "./login.js";
import { Navigation } from "./navigation.js";
import { Confirm, confirmed, Empty, Title, turned, unsaved } from "./parts.js";
import { setNow, settings } from "./settings.js";
import { html, render, signal, useEffect, useSignal } from "./vendor/preact.js";

const PAGES = [
  [/^(?:#\/)?$/, () => import("./today.js")],
  [/^#\/segments(?:\?(?<query>.*))?$/, () => import("./segments.js")],
  [/^#\/new-segment(?:\?(?<query>.*))?$/, () => import("./new-segment.js")],
  [/^#\/segments\/(?<id>\w+)$/, () => import("./segment.js")],
  [/^#\/people(?:\?(?<query>.*))?$/, () => import("./people.js")],
  [/^#\/data\/audit$/, () => import("./data-audit.js")],
  [/^#\/data(?:\?(?<query>.*))?$/, () => import("./data.js")],
  [/^#\/segments\/(?<id>\w+)\/edit$/, () => import("./segment-editor.js")],
  [/^#\/contacts\/(?<id>[\w-]+)$/, () => import("./contact.js")],
  [/^#\/contacts\/(?<contact>[\w-]+)\/runs\/(?<number>\d+)$/, () => import("./journey-run.js")],
  [/^#\/journeys(?:\?(?<query>.*))?$/, () => import("./journeys.js")],
  [/^#\/journeys\/(?<id>\w+)$/, () => import("./journey.js")],
  [/^#\/new-journey$/, () => import("./new-journey.js")],
  [/^#\/journeys\/(?<id>\w+)\/edit$/, () => import("./journey-editor.js")],
  [/^#\/journeys\/(?<id>\w+)\/simulate$/, () => import("./journey-simulation.js")],
  [/^#\/journeys\/(?<id>\w+)\/play$/, () => import("./journey-play.js")],
  [/^#\/journeys\/(?<id>\w+)\/people(?:\?(?<query>.*))?$/, () => import("./journey-people.js")],
  [/^#\/campaigns(?:\?(?<query>.*))?$/, () => import("./campaigns.js")],
  [/^#\/new-campaign$/, () => import("./new-campaign.js")],
  [/^#\/campaigns\/(?<id>[\w-]+)$/, () => import("./campaign.js")],
  [/^#\/campaigns\/(?<id>[\w-]+)\/people(?:\?(?<query>.*))?$/, () => import("./campaign-people.js")],
  [/^#\/campaigns\/(?<id>[\w-]+)\/clicks$/, () => import("./click-map.js")],
  [/^#\/journeys\/(?<journey>\w+)\/clicks\/(?<step>\w+)$/, () => import("./click-map.js")],
  [/^#\/emails(?:\?(?<query>.*))?$/, () => import("./emails.js")],
  [/^#\/new-email$/, () => import("./new-email.js")],
  [/^#\/emails\/(?<id>\w+)$/, () => import("./email.js")],
  [/^#\/forms(?:\?(?<query>.*))?$/, () => import("./forms.js")],
  [/^#\/new-form$/, () => import("./new-form.js")],
  [/^#\/forms\/(?<id>[\w-]+)$/, () => import("./form.js")],
  [/^#\/lead-scores$/, () => import("./lead-scores.js")],
  [/^#\/new-lead-score$/, () => import("./new-lead-score.js")],
  [/^#\/lead-scores\/(?<id>\w+)$/, () => import("./lead-score.js")],
  [/^#\/experiments(?:\?(?<query>.*))?$/, () => import("./experiments.js")],
  [/^#\/experiments\/(?<id>\w+)$/, () => import("./experiment.js")],
  [/^#\/new-experiment$/, () => import("./new-experiment.js")],
  [/^#\/coupons(?:\?(?<query>.*))?$/, () => import("./coupons.js")],
  [/^#\/coupons\/(?<id>\w+)$/, () => import("./coupon.js")],
  [/^#\/reports$/, () => import("./reports.js")],
  [/^#\/(?<path>(?:reports(?:\/(?:attribution|cohorts|funnel|forms|feedback\/answers|feedback\/surveys))?|campaigns\/[\w-]+\/(?:results|clicks)|journeys\/\w+\/steps\/\w+\/clicks)\/people)(?:\?(?<query>.*))?$/, () => import("./report-people.js")],
  [/^#\/reports\/kpis$/, () => import("./report-kpis.js")],
  [/^#\/reports\/cohorts(?:\?(?<query>.*))?$/, () => import("./report-cohorts.js")],
  [/^#\/reports\/funnel$/, () => import("./report-funnel.js")],
  [/^#\/reports\/flows(?:\?(?<query>.*))?$/, () => import("./report-flows.js")],
  [/^#\/reports\/flows\/people(?:\?(?<query>.*))?$/, () => import("./report-flow-people.js")],
  [/^#\/reports\/forms$/, () => import("./report-forms.js")],
  [/^#\/reports\/feedback(?:\?(?<query>.*))?$/, () => import("./report-feedback.js")],
  [/^#\/reports\/attribution$/, () => import("./report-attribution.js")],
  [/^#\/objectives$/, () => import("./objectives.js")],
  [/^#\/new-objective(?:\?(?<query>.*))?$/, () => import("./new-objective.js")],
  [/^#\/objectives\/(?<id>\w+)$/, () => import("./objective.js")],
  [/^#\/insight$/, () => import("./insight.js")],
  [/^#\/insight\/written$/, () => import("./insight-written.js")],
  [/^#\/insight\/(?<score>[\w.-]+)\/people(?:\?(?<query>.*))?$/, () => import("./insight-people.js")],
  [/^#\/shop(?:\?(?<query>.*))?$/, () => import("./shop.js")],
  [/^#\/operations$/, () => import("./operations.js")],
  [/^#\/set-up$/, () => import("./set-up.js")],
  [/^#\/changes(?:\?(?<query>.*))?$/, () => import("./changes.js")],
  [/^#\/keys(?:\?(?<query>.*))?$/, () => import("./keys.js")],
  [/^#\/conflicts$/, () => import("./conflicts.js")],
  [/^#\/requests$/, () => import("./requests.js")],
  [/^#\/dead-letters(?:\?(?<query>.*))?$/, () => import("./dead-letters.js")],
];

const place = signal({ hash: location.hash, n: 0 }); // `n`: who comes to a page, comes to it afresh

function Frame() {
  const Search = useSignal(null); // the dialog, while it is open
  const Tour = useSignal(null);
  useEffect(() => {
    const isFirst = !settings.login && localStorage.getItem("tour") === null;
    if (isFirst) import("./tour.js").then((module) => { Tour.value = module.default; }, () => {});
  }, []);
  const search = async () => {
    const module = await import("./search.js").catch(() => null);
    if (module && state.value !== "out") Search.value = module.default;
  };
  useEffect(() => {
    const pressed = (event) => {
      const combined = event.ctrlKey || event.metaKey;
      const isAsked = combined ? event.key === "k" : event.key === "/" && !event.altKey && !event.target.closest("input, select, textarea, [contenteditable]");
      if (!isAsked || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      search();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  return html`
    <a class="skip" href="#main" onClick=${toContent}>To the content</a>
    <${Navigation} place=${place.value.hash} search=${search} />
    <div class="content">
      ${state.value === "over" && html`<div class="over" role="alert">Your sign-in is over. What you have written here is kept.
        <button class="strong" onClick=${signIn}>Sign in again</button></div>`}
      <main id="main" tabindex="-1">${state.value === "out" ? html`<${SignIn} />` : html`<${Shown} key=${place.value.n} hash=${place.value.hash} />`}</main>
    </div>
    ${Tour.value && html`<${Tour.value} />`}
    ${Search.value && html`<${Search.value} close=${() => { Search.value = null; }} />`}
    <${Confirm} />`;
}

/** By script: the address says which page is shown. */
function toContent(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

const SignIn = () => html`<${Title}>Sign in<//>
  <p class="lead">This is for the shop's operators.</p>
  <button class="strong" onClick=${signIn}>Sign in</button>`;

/** The page of an address: its module's default export, given the parts of the address as properties. */
function Shown({ hash }) {
  const module = useSignal(null);
  const [match, load] = PAGES.map(([pattern, each]) => [pattern.exec(hash), each]).find(([each]) => each) ?? [];
  useEffect(() => {
    load?.().then((loaded) => { module.value = loaded; }, () => { module.value = {}; });
  }, []);
  if (!match) return html`<${Title}>Nothing is here<//><${Empty}>Go on from <a href="#/">Today</a>.<//>`;
  if (module.value === null) return html`<p class="soft" aria-busy="true">Loading …</p>`;
  if (!module.value.default) {
    return html`<${Title}>This page could not be loaded<//>
      <p class="lead">Beckon may have been updated since you opened it. Reload the page to go on.</p>
      <button class="strong" onClick=${() => location.reload()}>Reload</button>`;
  }
  return html`<${module.value.default} ...${match.groups} />`;
}

// The local run has its clock on every page; where it has been turned, what is shown is asked for again.
if (!settings.login) document.head.append(Object.assign(document.createElement("script"), { type: "module", src: "/local/clock.js" }));
addEventListener("clock", ({ detail }) => {
  setNow(detail.instant);
  if (detail.hasTurned) turned.value += 1;
});

// ── leaving ──

let at = 0; // the place of what is shown among the tab's pages: each of them says its own

function arrive() {
  at = history.state?.at ?? at + 1;
  history.replaceState({ ...history.state, at }, "");
  place.value = { hash: location.hash, n: place.value.n + 1 };
}

/** Whether all that is written is on the server by now, or they say that it may stay in this tab. */
async function mayLeave() {
  const saved = await Promise.all([...unsaved.values()].map((save) => save()));
  if (saved.every(Boolean)) return true;
  return confirmed("Leave this page? What you have written is not saved. It stays in this tab, and is here again when you come back.", "Leave");
}

// By a link, by Back or by a typed address: the page stays until what is written on it is saved, or they have said yes.
addEventListener("hashchange", async () => {
  if (history.state?.at === at && unsaved.size > 0) return; // come back to it
  if (unsaved.size === 0) {
    arrive();
    return;
  }
  const to = location.hash;
  const may = await mayLeave();
  if (location.hash !== to) return; // gone on meanwhile: that has asked for itself
  if (may) arrive();
  else if (history.state?.at === undefined) history.back();
  else history.go(at - history.state.at);
});
addEventListener("beforeunload", (event) => { if (unsaved.size > 0) event.preventDefault(); });

await finishSigningIn();
arrive(); // it goes on to where they wanted to be
const page = document.getElementById("page");
page.replaceChildren();
render(html`<${Frame} />`, page);
