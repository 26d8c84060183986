// Pools of coupon codes: what is left of each, what became of those that were given, and a new one.

import { ask, at, whole } from "./api.js";
import { Listing } from "./listing.js";
import { Card, Failure, LoadedPage, Table, Tag, Title, useActing, useLoaded } from "./parts.js";
import { count, idOf, When } from "./words.js";
import { html, useRef, useSignal } from "./vendor/preact.js";

const MOST_LETTERS = 64; // of a pool's id

const STOCKS = { enough: "enough", low: "running low", empty: "empty", one: "one for all" };
const stock = ({ left, low }) => left === null ? "one" : left === 0 ? "empty" : left < low ? "low" : "enough";
const SORTS = {
  name: ["Name", (one, other) => one.id.localeCompare(other.id)],
  left: ["Fewest left", (one, other) => (one.left ?? Infinity) - (other.left ?? Infinity) || 0],
  given: ["Most given", (one, other) => (other.given ?? 0) - (one.given ?? 0)],
};

export default function Coupons({ query = "" }) {
  const told = useLoaded(() => whole("coupons", "pools"));
  const like = new URLSearchParams(query).get("like");
  return html`<${LoadedPage} of=${told}>${({ pools }) => html`
    <${Title}>Coupons<//>
    <p class="lead">Codes that emails give: a list of codes, of which each person gets their own, or one code for all. The codes themselves are made at your storefront.</p>
    <${Card}><${Listing} path="#/coupons" query=${query} rows=${pools} sorts=${SORTS} text=${(each) => `${each.id} ${each.code ?? ""}`} nothing="No pool yet."
      filters=${[{ name: "stock", title: "Stock", of: stock, choices: STOCKS }]}>${(found) => html`<${Table} label="Pools" stacked rows=${found} columns=${[
      { title: "Pool", cell: (each) => html`<a href="#/coupons/${each.id}">${each.id}</a> <${Stock} of=${each} />` },
      { title: "Left", number: true, cell: (each) => each.left === null ? "one for all" : counted(each.left, each) },
      { title: "Given", number: true, cell: (each) => counted(each.given, each) },
      { title: "Redeemed", number: true, cell: (each) => counted(each.redeemed, each) },
      { title: "Expired", number: true, cell: (each) => counted(each.expired, each) },
      { title: "Good for", cell: (each) => goodFor(each) },
    ]} />`}<//><//>
    <${New} key=${like} like=${pools.find((each) => each.id === like)} />`}<//>`;
}

/** A number, which may be more than is counted. */
export const counted = (number, { counted_up_to: most }) => number === null ? "?" : number >= most ? `${count(most)} or more` : count(number);
export const goodFor = ({ days }) => days === null ? "as the storefront says" : `${count(days)} ${days === 1 ? "day" : "days"}`;

/** Whether there are enough codes left. */
export const Stock = ({ of }) => of.left === null ? null : of.left === 0 ? html`<${Tag} kind="bad">${of.dry_since ? html`empty since <${When} at=${of.dry_since} />: emails wait` : "empty"}<//>`
  : of.left < of.low ? html`<${Tag} kind="note">running low<//>` : null;

const numberOf = (text) => text === "" ? null : Number(text);

/** What is written of a pool, as the API takes it. */
export const written = (form) => {
  const given = new FormData(form);
  const code = given.get("code").trim();
  return { code: code === "" ? null : code, days: numberOf(given.get("days")), low: numberOf(given.get("low")) ?? 0 };
};

export const Fields = ({ of }) => html`<div class="fields">
    <label class="grow">One code for all (empty: each gets their own of a list) <input name="code" maxlength="64" pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]*" title="Letters, digits, and - _ . between them" autocomplete="off" spellcheck="false" value=${of?.code ?? ""} /></label>
    <label>Good for so many days <input name="days" type="number" min="1" max="3650" placeholder="no end" value=${of?.days ?? ""} /></label>
    <label>Warn with fewer left than <input name="low" type="number" min="0" max="100000" required value=${of?.low ?? 100} /></label></div>`;

function New({ like }) {
  const { run, busy, problem } = useActing();
  const [form, name] = [useRef(), useSignal("")];
  const make = (event) => {
    event.preventDefault();
    const id = idOf(name.value, "pool", MOST_LETTERS);
    return run(async () => {
      await ask(at("coupons", id), written(form.current), "PUT");
      location.hash = `#/coupons/${id}`;
    });
  };
  return html`<${Card} title=${like ? `Another pool like ${like.id}` : "A new pool"}><form ref=${form} onSubmit=${make}>
    <div class="fields"><label class="grow">Name <input id="pool-name" required maxlength="64" autocomplete="off" placeholder="Win back" value=${name.value} onInput=${(event) => { name.value = event.target.value; }} />
      <span class="under">${name.value.trim() && html`In emails: <code>${`{{ coupon.${idOf(name.value, "pool", MOST_LETTERS)} }}`}</code>`}</span></label></div>
    <${Fields} of=${like} />
    <div class="buttons"><button class="strong" disabled=${busy.value}>Make it</button></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}</form><//>`;
}
