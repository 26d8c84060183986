// A step of a journey as a node of its graph: what it is, and what it does.

import { Icon } from "./icons.js";
import { html } from "./vendor/preact.js";

export const KINDS = {
  send: "Email", wait: "Wait", wait_for: "Wait for", branch: "Branch", split: "Split", update: "Update", notify: "Tell", start: "Start a journey", end: "End",
};

export const Kind = ({ icon, children }) => html`<span class="kind"><${Icon} of=${icon} /> ${children}</span>`;

/** What starts it, or ends it early. */
export const Outside = ({ of, said }) => of.kind === "trigger"
  ? html`<${Kind} icon="trigger">Starts<//><span class="clipped" title=${said.trigger}>${said.trigger}</span>`
  : html`<${Kind} icon="exit">${of.exit.goal ? "Goal" : "Ends early"}<//><span class="clipped" title=${of.text}>${of.text}</span>`;
