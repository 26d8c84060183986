// All forms that bring subscribers in.

import { whole } from "./api.js";
import { byName, Listing } from "./listing.js";
import { Card, Loaded, Table, Tag, Title, useLoaded } from "./parts.js";
import { When } from "./words.js";
import { html } from "./vendor/preact.js";

const STATES = { web: "on the web", changed: "changed since", off: "not on the web" };
const state = (each) => each.published ? each.changed ? "changed" : "web" : "off";
const SORTS = { newest: ["Newest change", (one, other) => other.at - one.at], name: ["Name", byName] };

export default function Forms({ query }) {
  const told = useLoaded(() => whole("forms", "forms"));
  return html`
    <div class="head"><${Title}>Forms<//><a class="button strong" href="#/new-form">New form</a></div>
    <p class="lead">Where subscribers come in: a page of its own, a form inside a page of yours, a pop-up, a line in the footer. Who signs up confirms by email first.</p>
    <${Card}><${Loaded} of=${told}>${({ forms }) => html`<${Listing} path="#/forms" query=${query} rows=${forms} sorts=${SORTS} text=${(each) => `${each.name} ${each.id}`}
      filters=${[{ name: "style", title: "Shown as", of: (each) => each.style, choices: STYLES }, { name: "state", title: "State", of: state, choices: STATES }]}
      nothing=${html`None so far. <a href="#/new-form">Write the first one.</a>`}>${(found) => html`<${Table} label="Forms" stacked rows=${found} columns=${[
      { title: "Form", cell: (each) => html`<a href="#/forms/${each.id}">${each.name}</a>` },
      { title: "Shown as", cell: (each) => STYLES[each.style] },
      { title: "State", cell: (each) => html`${each.published ? html`<${Tag} kind="good">on the web<//>` : html`<${Tag}>not on the web<//>`} ${each.published && each.changed && html`<${Tag} kind="note">changed since<//>`}` },
      { title: "Changed", cell: (each) => html`<${When} at=${each.at} />` },
    ]} />`}<//>`}<//><//>`;
}

const STYLES = { page: "a page", inline: "inside a page", popup: "a pop-up", footer: "a line in the footer" };
