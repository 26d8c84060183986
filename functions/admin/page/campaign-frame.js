// What pages of campaigns share: how a state is shown, and the people by what has become of them.

import { Tag } from "./parts.js";
import { html } from "./vendor/preact.js";

const KINDS = { sending: "good", done: "good", freezing: "note", grace: "note", scheduled: "note", paused: "bad", cancelled: "", draft: "" };
const NAMES = { freezing: "reading the audience", grace: "a minute of grace" };

export const StateTag = ({ state }) => html`<${Tag} kind=${KINDS[state]}>${NAMES[state] ?? state}<//>`;

export const peopleLink = (id, status, reason) => `#/campaigns/${id}/people?status=${status}${reason ? `&reason=${reason}` : ""}`;
