// A journey: how it goes, with the people on their way along it.

import { ask, at } from "./api.js";
import { Bars } from "./charts.js";
import { Graph } from "./graph.js";
import { Frame, shown } from "./journey-frame.js";
import { Kind, KINDS, Outside } from "./journey-steps.js";
import { Card, confirmed, Failure, LoadedPage, Tag, useActing, useLoaded, useRefreshed } from "./parts.js";
import { Versions } from "./versions.js";
import { count, plural, subject, When, words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const STATES = [["live", "Live"], ["paused", "Paused"], ["review", "Review"]];
const MEANINGS = {
  live: "Emails go out when contacts come here.",
  paused: "Contacts wait before this step until it is live again.",
  review: "Each email is prepared and held until you let it go.",
};

export default function Journey({ id }) {
  const told = useLoaded(() => ask(at("journeys", id)), [id]);
  useRefreshed(told.again, told.value?.state === "live", 20_000);
  return html`<${LoadedPage} of=${told}>${(journey) => html`<${Overview} told=${journey} again=${told.again} />`}<//>`;
}

function Overview({ told, again }) {
  const chosen = useSignal(null);
  const { run, busy, problem } = useActing();
  const definition = shown(told);
  const restore = async ({ version }) => {
    if (told.draft && !await confirmed(`There is a draft. Replace it by version ${version}?`, "Replace it")) return;
    await run(async () => {
      const { yaml } = await ask(`${at("journeys", definition.id, "yaml")}?version=${version}`);
      await ask(at("journeys", definition.id, "draft"), { yaml }, "PUT", told.etag);
      location.hash = `#/journeys/${definition.id}/edit`;
    });
  };
  const people = (query) => `#/journeys/${definition.id}/people?${new URLSearchParams(query)}`;
  const step = definition.steps.find((each) => each.id === chosen.value);
  const flow = (of) => told.journey && (told.flows.find((each) => each.after === of?.after && each.way === of.way)?.people ?? undefined);
  const drawn = (node) => {
    if (!node.step) return html`<${Outside} of=${node} said=${told.words} />`;
    return html`<${Step} step=${node.step} told=${told} people=${people} chosen=${chosen} />`;
  };
  return html`<${Frame} told=${told} here="" again=${again}>
    ${told.state === "draft" ? html`<${Checklist} list=${told.checklist} />` : html`<${Numbers} told=${told} people=${people} />`}
    <${Gone} told=${told} people=${people} />
    ${Object.entries(told.switched ?? {}).map(([id, each]) => html`<p class="note">${id === "" ? "Paused" : `${words(id)}: ${told.steps[id]?.state === "review" ? "looked at before it goes" : "paused"}`} by ${each.by}, <${When} at=${each.at} />.</p>`)}
    <div class=${step ? "journey with-step" : "journey"}>
      <div>
        <${Graph} journey=${definition} said=${told.words} flow=${flow} label="Steps of the journey, from top to bottom">${drawn}<//>
        ${told.journey && html`<p class="small soft">The more people have gone a way, the broader its line; ways that nobody has gone are dotted.</p>`}
        <ul class="limits small soft">${[...told.words.entry, told.words.hours].filter(Boolean).map((each) => html`<li>${each}</li>`)}</ul>
      </div>
      ${step && html`<${Panel} key=${step.id} step=${step} told=${told} people=${people} again=${again} close=${() => { chosen.value = null; }} />`}
    </div>
    ${told.days?.some((each) => each.entered + each.sent > 0) && html`<${Card} title="The last 30 days"><div class="charts">
      ${DAILY.map(([of, title]) => html`<${Bars} days=${told.days} of=${of} title=${title} link=${people({ what: BEHIND[of], from: told.days[0].day })} />`)}</div><//>`}
    ${told.versions?.length > 0 && html`<${Versions} path=${at("journeys", definition.id, "versions")} of=${(each) => each.definition} restore=${restore} busy=${busy.value} />`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
  <//>`;
}

const DAILY = [["entered", "Started"], ["sent", "Emails sent"], ["goals", "Reached the goal"], ["ended", "Ended"]];
const BEHIND = { entered: "started", sent: "sent", goals: "goal", ended: "ended" };

// ── the numbers ──

function Numbers({ told, people }) {
  const { entered, waiting, ended, goals } = told.counts;
  const month = (of) => (told.days ?? []).reduce((sum, each) => sum + each[of], 0);
  const since = told.days?.[0]?.day;
  const reasons = Object.entries(ended).filter(([, number]) => number > 0);
  const tile = (title, number, query) => html`<div><dt>${title}</dt><dd>${query && number > 0 ? html`<a href=${people(query)}>${count(number)}</a>` : count(number)}</dd></div>`;
  return html`
    <dl class="counts">${tile("waiting now", waiting, { what: "waiting" })}${tile("emails, 30 days", month("sent"), { what: "sent", from: since })}${tile("goals, 30 days", month("goals"), { what: "goal", from: since })}${tile("started so far", entered, {})}</dl>
    ${entered > 0 && html`<p class="small soft">${count(entered)} started = ${count(waiting)} under way${reasons.map(([reason, number]) =>
      html` + <a href=${people({ what: "ended", outcome: reason })}>${count(number)} ${words(reason).toLowerCase()}</a>`)}${goals > 0 && html`; <a href=${people({ what: "goal" })}>${count(goals)} reached the goal</a>`}.</p>`}`;
}

const MARKS = new Map([[true, ["✓", "good", "done: "]], [false, ["✗", "bad", "to do: "]], [null, ["○", "soft", "for you to see: "]]]);

/** `ok` is null of what only a person can see. */
function Checklist({ list }) {
  const open = list.filter((each) => each.ok === false);
  return html`<${Card} title=${open.length > 0 ? `${plural(open.length, "thing")} to do before you switch it on` : "Before you switch it on"}>
    <ul class="checklist">${list.map((each) => {
      const [mark, look, said] = MARKS.get(each.ok);
      return html`<li><span class=${look} aria-hidden="true">${mark}</span>
        <span><span class="hidden">${said}</span>${each.item}${!each.ok && each.todo && html`<span class="under">${each.todo}</span>`}</span></li>`;
    })}</ul>
  <//>`;
}

/** Steps that only earlier versions have, and at which people wait. */
function Gone({ told, people }) {
  const own = new Set(shown(told).steps.map((each) => each.id));
  const gone = Object.entries(told.steps ?? {}).filter(([id, each]) => !own.has(id) && each.waiting > 0);
  return gone.length > 0 && html`<p class="note">At steps of earlier versions: ${gone.map(([id, each], n) => html`${n > 0 && ", "}<a href=${people({ step: id, what: "waiting" })}>${count(each.waiting)} at ${words(id)}</a>`)}.</p>`;
}

// ── its steps ──

function Step({ step, told, people, chosen }) {
  const counts = told.steps?.[step.id] ?? {};
  const text = step.kind === "end" ? words(step.outcome ?? "completed") : step.kind === "branch" ? "" : told.words.steps[step.id].text; // a branch's ways say it
  const written = step.kind === "send" && told.subjects[step.template ?? step.id];
  return html`
    <${Kind} icon=${step.kind}>${KINDS[step.kind]}${counts.state && counts.state !== "live" && html` <${Tag} kind="note">${counts.state}<//>`}<//>
    <button class="name" aria-expanded=${String(chosen.value === step.id)} onClick=${() => { chosen.value = chosen.value === step.id ? null : step.id; }}>${words(step.id)}</button>
    <span class="clipped small soft" title=${written ? subject(written) : text}>${written ? subject(written) : text}</span>
    <span class="numbers">
      ${counts.waiting > 0 && html`<a href=${people({ step: step.id, what: "waiting" })}>${count(counts.waiting)} waiting</a>`}
      ${counts.held > 0 && html`<a href=${people({ step: step.id, what: "held" })}>${count(counts.held)} held</a>`}
      ${counts.sent > 0 && html`<a href=${people({ step: step.id, what: "sent" })}>${count(counts.sent)} sent</a>`}
    </span>`;
}

/** All of one step: what it does, what became of those who came here, and what can be done about it. */
function Panel({ step, told, people, again, close }) {
  const { run, busy, problem } = useActing();
  const id = shown(told).id;
  const counts = told.steps?.[step.id] ?? {};
  const skipped = Object.entries(counts.skipped ?? {}).filter(([, number]) => number > 0);
  const turn = (state) => run(async () => {
    await ask(at("journeys", id, "steps", step.id, "state"), { state });
    await again();
  });
  const release = async () => {
    if (!await confirmed(`Let ${plural(counts.held, "email")} of the step “${words(step.id)}” go out?`, "Let them go")) return;
    await run(async () => {
      await ask("runs/release", { journey: id, from: step.id });
      await again();
    });
  };
  const row = (title, number, query) => number > 0 && html`<dt>${title}</dt><dd><a href=${people({ step: step.id, ...query })}>${count(number)}</a></dd>`;
  return html`<aside class="panel card" aria-label="The step ${words(step.id)}">
    <div class="head"><h2>${words(step.id)}</h2><button class="quiet" aria-label="Close" onClick=${close}>✕</button></div>
    <p>${told.words.steps[step.id].text}.</p>
    ${step.kind === "send" && html`<p class="small soft">Subject: ${subject(told.subjects[step.template ?? step.id] ?? "there is no such template yet")}</p>`}
    <dl>
      ${row("Came here", counts.entered, { what: "entered" })}${row("Waiting now", counts.waiting, { what: "waiting" })}${row("Held for you", counts.held, { what: "held" })}
      ${row("Sent", counts.sent, { what: "sent" })}${skipped.map(([reason, number]) => row(`Not sent: ${words(reason).toLowerCase()}`, number, { what: "skipped", reason }))}${row("Went on or left", counts.left, { what: "left" })}
    </dl>
    ${step.kind === "send" && counts.sent > 0 && html`<p><a href="#/journeys/${id}/clicks/${step.id}">Where people clicked</a></p>`}
    ${step.kind === "send" && told.journey && html`
      <div class="switch" role="group" aria-label="State of the step">${STATES.map(([state, title]) => html`
        <button aria-pressed=${String((counts.state ?? "live") === state)} disabled=${busy.value} onClick=${() => turn(state)}>${title}</button>`)}</div>
      <p class="hint">${MEANINGS[counts.state ?? "live"]}</p>
      ${counts.held > 0 && html`<button class="strong" disabled=${busy.value} onClick=${release}>Let ${plural(counts.held, "email")} go</button>`}`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
  </aside>`;
}
