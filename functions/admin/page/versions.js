// The versions that a thing has had, newest first: what each changed, and a way back to it.

import { Difference } from "./diff.js";
import { Card, More, Pages, Tag } from "./parts.js";
import { capital, When } from "./words.js";
import { html } from "./vendor/preact.js";

const plain = (definition) => JSON.stringify(definition, null, 2);

/** `path` of the list; `number`: what the list calls theirs; `of(version)`: its definition; `restore(version)` puts it into the editor, as a draft. */
export const Versions = ({ path, number = "version", of, restore, nothing, busy = false }) => html`<${Card} title="Versions">
  <${Pages} path=${path} name="versions" nothing=${nothing}>${(versions) => html`<ul class="list">${versions.map((each, n) => html`<li key=${each[number]}>
    <div class="head"><span>${capital(number)} ${each[number]}${n === 0 && html` <${Tag} kind="good">newest<//>`}${each.why && html`<span class="soft">: ${each.why}</span>`} <span class="small soft"><${When} at=${each.at ?? each.published} /></span></span>
      <button disabled=${busy} onClick=${() => restore(each)}>Restore<span class="hidden"> ${number} ${each[number]}</span></button></div>
    <${Changed} before=${versions[n + 1]} each=${each} of=${of} /></li>`)}</ul>`}<//><//>`;

const Changed = ({ before, each, of }) => html`<${More} title=${before ? "What it changed" : "As it was"}>${before
  ? html`<${Difference} before=${plain(of(before))} after=${plain(of(each))} label="What it changed" />` : html`<pre tabindex="0">${plain(of(each))}</pre>`}<//>`;
