// One pool of coupon codes: what became of its codes, who has redeemed one, more codes, and its settings.

import { ask, at } from "./api.js";
import { counted, Fields, goodFor, Stock, written } from "./coupons.js";
import { Banner, Card, ContactLink, Empty, Failure, LoadedPage, Section, Title, useActing, useLoaded } from "./parts.js";
import { count, day, plural } from "./words.js";
import { html, useRef, useSignal } from "./vendor/preact.js";

const AT_ONCE = 5_000; // codes that the API takes in one request

export default function Coupon({ id }) {
  const told = useLoaded(() => ask(at("coupons", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(pool) => html`<${Whole} key=${pool.etag} pool=${pool} again=${told.again} />`}<//>`;
}

function Whole({ pool, again }) {
  const tile = (title, number) => html`<div><dt>${title}</dt><dd>${counted(number, pool)}</dd></div>`;
  return html`
    <div class="head"><${Title}>${pool.id} <${Stock} of=${pool} /><//><a class="button" href="#/coupons?like=${pool.id}">Duplicate</a></div>
    <p class="lead">${pool.code === null ? "Each person gets a code of their own." : html`All get the code <code>${pool.code}</code>.`} Good: ${goodFor(pool)}. In emails: <code>${`{{ coupon.${pool.id} }}`}</code></p>
    ${pool.left === 0 && html`<${Banner} wrong><p>No code is left${pool.dry_since ? ` since ${day(pool.dry_since)}` : ""}. Emails with one wait until you add some; none goes out without.</p><//>`}
    ${pool.left > 0 && pool.left < pool.low && html`<${Banner}><p>Fewer than ${count(pool.low)} are left. Make more at your storefront, and add them here.</p><//>`}
    <dl class="counts">${pool.left !== null && tile("left", pool.left)}${tile("given", pool.given)}${tile("redeemed", pool.redeemed)}${tile("open still", pool.open)}${tile("expired", pool.expired)}</dl>
    ${pool.redeemed === null ? html`<p class="small soft">More were given than are counted: what became of them is not known here.</p>` : html`<p class="small soft">${count(pool.given)} given = ${count(pool.redeemed)} redeemed + ${count(pool.open)} open + ${count(pool.expired)} expired.</p>`}
    ${pool.code === null && html`<${More} pool=${pool} again=${again} />`}
    <${Section} title="Who has redeemed one" load=${() => ask("segments/estimate", { when: redeemed(pool.id) })}>${(found) => found.people.length === 0 ? html`<${Empty}>Nobody yet.<//>`
      : html`<p>${found.members.give_or_take > 0 && "≈ "}${plural(found.members.number, "person", "people")}, of whom some:</p><ul class="list">${found.people.map((each) => html`<li><${ContactLink} of=${each} /></li>`)}</ul>`}<//>
    <p class="note">Who was given a code stands with that person only, in their timeline, so that an erasure reaches it. A segment asks for orders whose <i>coupon pool</i> is <code>${pool.id}</code>.</p>
    <${Settings} pool=${pool} again=${again} />`;
}

const redeemed = (id) => ({ kind: "orders", at_least: 1, where: [{ property: "coupon_pool", value: id }] });

/** Codes, one a line or apart by commas, written or out of a file; taken in parts. */
function More({ pool, again }) {
  const { run, busy, problem } = useActing();
  const [text, far, done] = [useSignal(""), useSignal(0), useSignal(null)];
  const codes = () => text.value.split(/[\s,;]+/).map((each) => each.replace(/^"|"$/g, "")).filter(Boolean);
  const read = async (event) => {
    const [file] = event.target.files;
    if (file) text.value = await file.text();
    event.target.value = "";
  };
  const add = () => run(async () => {
    const all = codes();
    let added = 0;
    [far.value, done.value] = [0, null];
    for (let begin = 0; begin < all.length; begin += AT_ONCE) {
      const answer = await ask(at("coupons", pool.id, "codes"), { codes: all.slice(begin, begin + AT_ONCE) });
      added += answer.added;
      far.value = Math.min(begin + AT_ONCE, all.length);
    }
    [done.value, text.value] = [{ added, all: all.length }, ""];
    await again();
  });
  const number = codes().length;
  return html`<${Card} title="Add codes">
    <label class="wide">Codes, one on each line <textarea id="codes" class="code" rows="5" spellcheck="false" autocomplete="off" placeholder="BACK-7Q4M" value=${text.value} onInput=${(event) => { text.value = event.target.value; }}></textarea></label>
    <label>Or out of a file <input type="file" accept=".txt,.csv,text/plain,text/csv" onChange=${read} /></label>
    <div class="buttons"><button class="strong" disabled=${busy.value || number === 0} onClick=${add}>${number > 0 ? `Add ${plural(number, "code")}` : "Add codes"}</button>
      ${busy.value && html`<span role="status" class="soft">${count(far.value)} of ${count(number)} …</span>`}</div>
    ${done.value && html`<p role="status" class="good">${plural(done.value.added, "code")} added${done.value.added < done.value.all ? `; ${count(done.value.all - done.value.added)} were there or given already` : ""}.</p>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />${far.value > 0 && html`<p class="soft">The first ${count(far.value)} were taken; those are not added twice when you try again.</p>`}`}<//>`;
}

function Settings({ pool, again }) {
  const { run, busy, problem } = useActing();
  const form = useRef();
  const save = (event) => {
    event.preventDefault();
    return run(async () => {
      await ask(at("coupons", pool.id), written(form.current), "PUT", pool.etag);
      await again();
    });
  };
  return html`<${Card} title="Settings"><form ref=${form} onSubmit=${save}><${Fields} of=${pool} />
    <p class="small soft">A change holds for codes that are given from now on.</p>
    <div class="buttons"><button disabled=${busy.value}>Save</button></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}</form><//>`;
}
