// A campaign: while it is a draft, whom it is for, what it says and when; then how it goes.

import { ask, at, whole } from "./api.js";
import { read, Saving, useDraft } from "./autosave.js";
import { CampaignForm } from "./campaign-form.js";
import { isTest, Results, Winner } from "./campaign-results.js";
import { peopleLink, StateTag } from "./campaign-frame.js";
import { Duplicate } from "./duplicating.js";
import { Banner, Card, confirmed, Failure, LoadedPage, Table, Title, useActing, useLoaded, useRefreshed } from "./parts.js";
import { count, plural, time, When } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const UNDER_WAY = ["scheduled", "freezing", "grace", "sending"];
const LOOK = 2_000; // milliseconds between looks at what goes on

export default function Campaign({ id }) {
  const told = useLoaded(async () => {
    const found = await ask(at("campaigns", id));
    if (found.state !== "draft") return { found, progress: await ask(at("campaigns", id, "progress")) };
    const [{ templates }, { segments }, { settings }] = await Promise.all([whole("templates", "templates"), whole("segments", "segments"), ask("settings")]);
    return { found, templates, segments, topics: settings.topics };
  }, [id]);
  useRefreshed(told.again, UNDER_WAY.includes(told.value?.found.state), LOOK);
  return html`<${LoadedPage} of=${told}>${({ found, progress, ...known }) => found.state === "draft"
    ? html`<${Draft} key=${found.etag} told=${found} known=${known} again=${told.again} />` : html`
    <div class="head"><${Title}>${found.name}<//><div class="buttons"><${StateTag} state=${found.state} /><${Duplicate} kind="campaigns" id=${id} page=${page} /></div></div>
    ${found.why && html`<p class="lead">${found.why}</p>`}
    <${Progress} told=${found} of=${progress} again=${told.again} />
    <${Winner} of=${found.winner} />
    ${isTest(found.definition) && html`<${Results} id=${id} on=${found.etag} />`}`}<//>`;
}

const page = (id) => `#/campaigns/${id}`;
const textOf = (told) => told.unfinished ?? JSON.stringify(told.definition);

function Draft({ told, known, again }) {
  const draft = useDraft({
    name: `campaign ${told.id}`, began: textOf(told), etag: told.etag,
    send: (text, etag) => ask(at("campaigns", told.id), { unfinished: text }, "PUT", etag),
    look: async () => { const theirs = await ask(at("campaigns", told.id)); return { text: textOf(theirs), etag: theirs.etag }; },
  });
  return html`
    <div class="head"><${Title}>${read(draft.text.value)?.name || told.name}<//><div class="buttons"><${Saving} of=${draft} /><${StateTag} state="draft" />
      <${Duplicate} kind="campaigns" id=${told.id} page=${page} save=${draft.save} /></div></div>
    ${told.why && html`<p class="lead">${told.why}</p>`}
    <${CampaignForm} told=${told} draft=${draft} known=${known} /><${Sending} told=${draft.answer.value ?? told} draft=${draft} again=${again} />
    ${isTest((draft.answer.value ?? told).definition) && html`<${Results} id=${told.id} on=${draft.etag.current} />`}`;
}

/** Whom it would go to, a test, and the button. */
function Sending({ told, draft, again }) {
  const { id } = told;
  const [audience, tested] = [useSignal(null), useSignal(null)];
  const { run, busy, problem } = useActing();
  const look = () => run(async () => {
    if (!await draft.save()) return;
    let found = await ask(at("campaigns", id, "audience"), {});
    while (found.status === "counting") {
      audience.value = found;
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      found = await ask(at("campaigns", id, "audience"));
    }
    audience.value = found;
  });
  const test = (event) => {
    event.preventDefault();
    const email = new FormData(event.target).get("email");
    return run(async () => {
      if (!await draft.save()) return;
      const { contact } = await ask("contacts/find", { email });
      await ask(at("campaigns", id, "test"), { contact });
      tested.value = email;
    });
  };
  const send = async () => {
    if (!await draft.save()) return;
    const now = told.definition.schedule?.kind === undefined || told.definition.schedule.kind === "now";
    if (!await confirmed(`Send “${told.name}”? ${now ? "The first email leaves after a minute; until then you can call it off." : "It is scheduled, and can be withdrawn until its day."}`, now ? "Send" : "Schedule")) return;
    await run(async () => {
      await ask(at("campaigns", id, "send"), {}, "POST", draft.etag.current);
      await again();
    });
  };
  const remove = async () => {
    if (!await confirmed(`Delete the draft “${told.name}”?`, "Delete")) return;
    await run(async () => {
      await draft.save();
      await ask(at("campaigns", id), undefined, "DELETE", draft.etag.current);
      draft.drop();
      location.hash = "#/campaigns";
    });
  };
  return html`<${Card} title="Before you send it">
    <div class="buttons"><button disabled=${busy.value} onClick=${look}>Count the audience</button></div>
    ${audience.value && html`<${Audience} of=${audience.value} />`}
    <form class="fields" onSubmit=${test}><label>Send a test to a contact<input name="email" type="email" required placeholder="you@example.com" /></label><button disabled=${busy.value}>Send the test</button></form>
    ${tested.value && html`<p class="good" role="status">A test is on its way to ${tested.value}.</p>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <div class="buttons"><button class="strong" disabled=${busy.value || told.problem !== null} onClick=${send}>Send …</button><button class="quiet danger" disabled=${busy.value} onClick=${remove}>Delete the draft</button></div>
  <//>`;
}

function Audience({ of }) {
  if (of.status === "counting") return html`<p role="status"><progress value=${of.looked_at}></progress> Counting …</p>`;
  const refused = Object.entries(of.refused ?? {});
  return html`<p role="status"><strong>${of.words}</strong></p>
    ${!of.of_this_form && html`<p class="note">The campaign has been changed since: count again.</p>`}
    ${refused.length > 0 && html`<${Table} label="Why some will not get it" rows=${refused.toSorted((one, other) => other[1] - one[1])} columns=${[
      { title: "Will not get it", cell: ([reason]) => of.why?.[reason] ?? reason },
      { title: "People", number: true, cell: ([, n]) => count(n) },
    ]} />`}`;
}

function Progress({ told, of, again }) {
  const { id, name, state, etag } = told;
  const { run, busy, problem } = useActing();
  const act = (what, question, yes) => async () => {
    if (question && !await confirmed(question, yes)) return;
    await run(async () => {
      await ask(at("campaigns", id, what), {}, "POST", etag);
      await again();
    });
  };
  const skipped = of.skipped.reduce((sum, each) => sum + each.n, 0);
  return html`
    ${state === "grace" && html`<${Banner}><p><strong>Nothing has left yet.</strong> The first email goes out within a minute.</p><//>`}
    ${state === "scheduled" && told.begins && html`<${Banner}><p>It begins on ${time(told.begins)}.</p><//>`}
    <${Card} title="How it goes">
      <dl class="counts">
        <div><dt>Audience</dt><dd class="total">${count(of.audience)}</dd></div>
        <div><dt>Sent</dt><dd class="total"><a href=${peopleLink(id, "sent")}>${count(of.sent)}</a></dd></div>
        <div><dt>Skipped</dt><dd class="total"><a href=${peopleLink(id, "skipped")}>${count(skipped)}</a></dd></div>
        <div><dt>Waiting</dt><dd class="total"><a href=${peopleLink(id, "waiting")}>${count(of.waiting)}</a></dd></div>
      </dl>
      <progress value=${of.audience - of.waiting} max=${Math.max(of.audience, 1)} aria-label="How far it is"></progress>
      <p class="soft small">${of.per_minute > 0 && `${plural(of.per_minute, "email")} a minute. `}${of.ends && html`Done about <${When} at=${of.ends} />. `}${
        of.next_due && html`The next ones are due <${When} at=${of.next_due} />. `}${of.complaints > 0 && `${plural(of.complaints, "person has", "people have")} reported it as spam.`}</p>
      ${of.sent > 0 && html`<p><a href="#/campaigns/${id}/clicks">Where people clicked</a></p>`}
      <div class="buttons">
        ${state === "scheduled" && html`<button disabled=${busy.value} onClick=${act("withdraw")}>Withdraw it</button>`}
        ${["grace", "sending"].includes(state) && html`<button disabled=${busy.value} onClick=${act("pause")}>Pause</button>`}
        ${state === "paused" && html`<button class="strong" disabled=${busy.value} onClick=${act("resume", `Go on sending “${name}”? Nobody gets it twice, and nobody is left out.`, "Go on")}>Go on</button>`}
        ${[...UNDER_WAY, "paused"].includes(state) && html`<button class="danger" disabled=${busy.value} onClick=${act("cancel", `Cancel “${name}” for good? Who has not had it by now does not get it.`, "Cancel the campaign")}>Cancel it</button>`}
      </div>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <//>
    ${of.skipped.length > 0 && html`<${Card} title="Who did not get it"><${Table} label="Who did not get it, and why" rows=${of.skipped} columns=${[
      { title: "Why", cell: (each) => each.words },
      { title: "People", number: true, cell: (each) => html`<a href=${peopleLink(id, "skipped", each.reason)}>${count(each.n)}</a>` },
    ]} /><//>`}`;
}
