// Who may come in: people by the groups they are in, scripts by keys.

import { ask, at, whole } from "./api.js";
import { byName, Listing } from "./listing.js";
import { Banner, Card, confirmed, Failure, Loaded, Table, Tag, Title, useActing, useLoaded } from "./parts.js";
import { People } from "./sign-in.js";
import { When, words } from "./words.js";
import { html, useRef, useSignal } from "./vendor/preact.js";

const ROLES = {
  viewer: "sees everything, and changes nothing", editor: "writes drafts, imports and merges", sender: "decides what goes to people",
  owner: "ends what cannot be brought back, and says who may come in",
};

const SORTS = { name: ["Name", byName], ends: ["Ends first", (one, other) => one.expires - other.expires], used: ["Used last", (one, other) => (other.used ?? 0) - (one.used ?? 0)] };
const choices = (names) => Object.fromEntries(names.map((each) => [each, each]));

export default function Keys({ query }) {
  const told = useLoaded(() => whole("keys", "keys"));
  return html`<${Title}>Keys and roles<//>
    <p class="lead">Each person and each script has a role, and may do all that those before it may.</p>
    <${Card} title="Roles"><dl>${Object.entries(ROLES).map(([role, says]) => html`<dt>${words(role)}</dt><dd>${says}</dd>`)}</dl>
    <//>
    <${People} roles=${ROLES} />
    <${Card} title="Keys for scripts"><${Loaded} of=${told}>${({ keys }) => html`<${Listed} keys=${keys} query=${query} again=${told.again} /><${Make} again=${told.again} />`}<//><//>`;
}

function Listed({ keys, query, again }) {
  const { run, busy, problem } = useActing();
  const revoke = (key) => run(async () => {
    if (!await confirmed(`Revoke the key ${key.name}? What uses it is refused from then on.`, "Revoke")) return;
    await ask(at("keys", key.name), undefined, "DELETE");
    await again();
  });
  return html`${problem.value && html`<${Failure} problem=${problem.value} />`}<${Listing} path="#/keys" query=${query} rows=${keys} sorts=${SORTS} text=${(each) => each.name} nothing="None yet."
    filters=${[{ name: "role", title: "Role", of: (each) => each.role, choices: choices(Object.keys(ROLES)) }, { name: "state", title: "State", of: (each) => each.state, choices: choices([...new Set(keys.map((each) => each.state))]) }]}>${(found) => html`<${Table} stacked label="Keys" rows=${found} columns=${[
    { title: "Key", cell: (each) => each.name },
    { title: "Role", cell: (each) => each.role },
    { title: "State", cell: (each) => html`<${Tag} kind=${each.state === "open" ? "good" : ""}>${each.state}<//>` },
    { title: "Ends", cell: (each) => html`<${When} at=${each.expires} />` },
    { title: "Last used", cell: (each) => each.used === null ? "never" : html`<${When} at=${each.used} />` },
    { title: "To do", cell: (each) => each.state === "open" ? html`<button class="danger" disabled=${busy.value} onClick=${() => revoke(each)}>Revoke</button>` : "" },
  ]} />`}<//>`;
}

/** What has been made is shown once: nobody can look it up again. */
function Make({ again }) {
  const { run, busy, problem } = useActing();
  const [name, role, made] = [useRef(), useRef(), useSignal(null)];
  const make = (event) => {
    event.preventDefault();
    run(async () => {
      made.value = await ask("keys", { name: name.current.value, role: role.current.value });
      name.current.value = "";
      await again();
    });
  };
  return html`${made.value && html`<${Banner}><p><strong>The key ${made.value.name}. It is shown this once:</strong> copy it now.</p><pre tabindex="0">${made.value.key}</pre><//>`}
    <form class="fields" onSubmit=${make}>
      <label>Name<input ref=${name} required pattern="[a-z][a-z0-9\\-]{0,39}" title="Lower-case letters, digits and -" placeholder="crm-sync" autocomplete="off" /></label>
      <label>Role<select ref=${role}>${Object.keys(ROLES).map((each) => html`<option>${each}</option>`)}</select></label>
      <button disabled=${busy.value}>Make a key</button>
    </form>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}`;
}
