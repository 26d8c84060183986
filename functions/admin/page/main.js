// The operators' page: its frame, and which page is shown. Everything it shows comes from the API beside it; every text
// is set as text, never as HTML. A page's module is loaded when it is first asked for.

import { ask, at } from "./api.js";
import { finishSigningIn, signIn, signOut, state } from "./login.js";
import { Confirm, Empty, Title } from "./parts.js";
import { settings } from "./settings.js";
import { sentence } from "./words.js";
import { html, render, signal, useEffect, useRef, useSignal } from "./vendor/preact.js";

const PAGES = [
  [/^(?:#\/)?$/, () => import("./today.js")],
  [/^#\/segments$/, () => import("./segments.js")],
  [/^#\/new-segment$/, () => import("./new-segment.js")],
  [/^#\/segments\/(?<id>\w+)$/, () => import("./segment.js")],
  [/^#\/contacts\/(?<id>[\w-]+)$/, () => import("./contact.js")],
  [/^#\/contacts\/(?<contact>[\w-]+)\/runs\/(?<number>\d+)$/, () => import("./journey-run.js")],
  [/^#\/journeys$/, () => import("./journeys.js")],
  [/^#\/journeys\/(?<id>\w+)$/, () => import("./journey.js")],
  [/^#\/new-journey$/, () => import("./new-journey.js")],
  [/^#\/journeys\/(?<id>\w+)\/edit$/, () => import("./journey-editor.js")],
  [/^#\/journeys\/(?<id>\w+)\/simulate$/, () => import("./journey-simulation.js")],
  [/^#\/journeys\/(?<id>\w+)\/people(?:\?(?<query>.*))?$/, () => import("./journey-people.js")],
  [/^#\/campaigns$/, () => import("./campaigns.js")],
  [/^#\/new-campaign$/, () => import("./new-campaign.js")],
  [/^#\/campaigns\/(?<id>[\w-]+)$/, () => import("./campaign.js")],
  [/^#\/campaigns\/(?<id>[\w-]+)\/people(?:\?(?<query>.*))?$/, () => import("./campaign-people.js")],
  [/^#\/emails$/, () => import("./emails.js")],
  [/^#\/new-email$/, () => import("./new-email.js")],
  [/^#\/emails\/(?<id>\w+)$/, () => import("./email.js")],
  [/^#\/forms$/, () => import("./forms.js")],
  [/^#\/new-form$/, () => import("./new-form.js")],
  [/^#\/forms\/(?<id>[\w-]+)$/, () => import("./form.js")],
  [/^#\/shop$/, () => import("./shop.js")],
  [/^#\/operations$/, () => import("./operations.js")],
  [/^#\/set-up$/, () => import("./set-up.js")],
  [/^#\/conflicts$/, () => import("./conflicts.js")],
  [/^#\/requests$/, () => import("./requests.js")],
  [/^#\/dead-letters$/, () => import("./dead-letters.js")],
];
const NAVIGATION = [
  ["#/", "Today"], ["#/segments", "Segments"], ["#/journeys", "Journeys"], ["#/campaigns", "Campaigns"], ["#/emails", "Emails"],
  ["#/forms", "Forms"], ["#/shop", "Shop"], ["#/operations", "Operations"],
];
const OPERATIONS = ["#/set-up", "#/conflicts", "#/requests", "#/dead-letters"];

const place = signal(location.hash);
addEventListener("hashchange", () => { place.value = location.hash; });

function Frame() {
  return html`
    <a class="skip" href="#main" onClick=${toContent}>To the content</a>
    <${Top} />
    ${state.value === "over" && html`<div class="over" role="alert">Your sign-in is over. What you have written here is kept.
      <button class="strong" onClick=${signIn}>Sign in again</button></div>`}
    <main id="main" tabindex="-1">${state.value === "out" ? html`<${SignIn} />` : html`<${Shown} key=${place.value} hash=${place.value} />`}</main>
    ${state.value !== "out" && html`<footer class="foot small soft">All times are in the shop's time zone, ${settings.zone}.</footer>`}
    <${Confirm} />`;
}

/** By script: the address says which page is shown. */
function toContent(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Top() {
  const page = place.value === "" ? "#/" : place.value;
  const within = (link) => `${page}/`.startsWith(`${link}/`) || (link === "#/operations" && OPERATIONS.includes(page));
  const current = (link) => page === link ? "page" : link !== "#/" && within(link) ? "true" : null;
  return html`<header class="top">
    <a class="brand" href="#/">Beckon</a>
    <nav aria-label="Pages">
      ${NAVIGATION.map(([link, name]) => html`<a href=${link} aria-current=${current(link)}>${name}</a>`)}
      ${!settings.login && html`<a class="beside" href="/mailbox">Mailbox</a>`}
    </nav>
    ${state.value !== "out" && html`<${Find} />`}
    ${settings.login && state.value !== "out" && html`<button id="sign-out" class="quiet" onClick=${signOut}>Sign out</button>`}
  </header>`;
}

function Find() {
  const [kind, text] = [useRef(), useRef()];
  const problem = useSignal("");
  const find = async (event) => {
    event.preventDefault();
    problem.value = "";
    try {
      const found = await ask("contacts/find", { [kind.current.value]: text.current.value });
      text.current.value = "";
      location.hash = `#/${at("contacts", found.contact)}`;
    } catch (failure) {
      problem.value = sentence(failure);
    }
  };
  return html`<form id="find" role="search" onSubmit=${find}>
    <label class="hidden" for="find-kind">Known by</label>
    <select id="find-kind" ref=${kind}>
      <option value="email">Email</option>
      <option value="shopify">Shopify customer</option>
      <option value="woocommerce">WooCommerce customer</option>
      <option value="user">User id</option>
      <option value="contact">Contact id</option>
    </select>
    <label class="hidden" for="find-value">Find a contact</label>
    <input id="find-value" ref=${text} type="search" autocomplete="off" spellcheck="false" placeholder="Find a contact" required />
    <button>Find</button>
    <p id="find-problem" role="alert">${problem.value}</p>
  </form>`;
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

await finishSigningIn();
place.value = location.hash; // it goes on to where they wanted to be
const page = document.getElementById("page");
page.replaceChildren();
render(html`<${Frame} />`, page);
