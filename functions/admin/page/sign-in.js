// Who may sign in, and with which role: seen, invited, changed and removed by owners.

import { ask, at, whole } from "./api.js";
import { Banner, Card, confirmed, Empty, Failure, Loaded, Table, Tag, useActing, useLoaded } from "./parts.js";
import { settings } from "./settings.js";
import { When } from "./words.js";
import { html, useRef, useSignal } from "./vendor/preact.js";

/** `roles`: what each may do, by its word. */
export function People({ roles }) {
  const told = useLoaded(() => whole("operators", "operators"));
  return html`<${Card} title="People who may sign in">
    ${!settings.login && html`<p class="small soft">On this machine nobody signs in: whoever opens this page is an owner, or what <code>?as=</code> says. Here you can try what owners see in a deployed shop; whom you invite gets no email.</p>`}
    <${Loaded} of=${told}>${({ operators }) => html`<${Listed} operators=${operators} roles=${roles} again=${told.again} /><${Invite} roles=${roles} again=${told.again} />`}<//><//>`;
}

const STATES = { active: "good", invited: "note", disabled: "bad" };

function Listed({ operators, roles, again }) {
  const { run, busy, problem } = useActing();
  const change = (of, role) => run(async () => {
    try {
      if (!await confirmed(`Make ${of.email} ${role === "editor" || role === "owner" ? "an" : "a"} ${role}? It holds when they sign in next, or after an hour.`, "Change")) return;
      await ask(at("operators", of.operator), { role }, "PUT", of.etag);
    } finally {
      await again();
    }
  });
  const remove = (of) => run(async () => {
    if (!await confirmed(`Let ${of.email} sign in no more? Where they are signed in now, that ends within an hour.`, "Remove")) return;
    await ask(at("operators", of.operator), undefined, "DELETE", of.etag);
    await again();
  });
  const resend = (of) => run(async () => {
    await ask(at("operators", of.operator, "invite"), {});
    await again();
  });
  if (operators.length === 0) return html`<${Empty}>Nobody yet.<//>`;
  return html`${problem.value && html`<${Failure} problem=${problem.value} />`}<${Table} stacked label="People" rows=${operators} columns=${[
    { title: "Email", cell: (each) => each.email },
    { title: "Role", cell: (each) => html`<select aria-label="Role of ${each.email}" disabled=${busy.value} onChange=${(event) => change(each, event.target.value)}>
      ${each.role === null && html`<option value="" selected>none</option>`}${Object.keys(roles).map((role) => html`<option value=${role} selected=${role === each.role}>${role}</option>`)}</select>` },
    { title: "State", cell: (each) => html`<${Tag} kind=${STATES[each.state]}>${each.state}<//>` },
    { title: "Since", cell: (each) => html`<${When} at=${each.since} />` },
    { title: "To do", cell: (each) => html`${each.state === "invited" && html`<button disabled=${busy.value} onClick=${() => resend(each)}>Send again<span class="hidden"> to ${each.email}</span></button> `}<button class="danger" disabled=${busy.value} onClick=${() => remove(each)}>Remove<span class="hidden"> ${each.email}</span></button>` },
  ]} />`;
}

function Invite({ roles, again }) {
  const { run, busy, problem } = useActing();
  const [email, role, invited] = [useRef(), useRef(), useSignal(null)];
  const invite = (event) => {
    event.preventDefault();
    run(async () => {
      invited.value = await ask("operators", { email: email.current.value, role: role.current.value });
      email.current.value = "";
      await again();
    });
  };
  return html`${invited.value && html`<${Banner}><p>${settings.login ? html`${invited.value.email} is sent a password that is good for three days. At first sign-in they choose one of their own, and add an authenticator app.` : html`${invited.value.email} is invited; nothing was sent.`}</p><//>`}
    <form class="fields" onSubmit=${invite}>
      <label class="grow">Email<input ref=${email} type="email" required maxlength="254" autocomplete="off" /></label>
      <label>Role<select ref=${role}>${Object.keys(roles).map((each) => html`<option>${each}</option>`)}</select></label>
      <button disabled=${busy.value}>Invite</button>
    </form>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}`;
}
