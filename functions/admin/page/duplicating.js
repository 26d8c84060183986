// A button that makes another thing like this one: a draft under a name of its own, which runs, sends and is shown nowhere.

import { ask, at } from "./api.js";
import { Failure, useActing } from "./parts.js";
import { html } from "./vendor/preact.js";

const MOST_LETTERS = 40; // of an id
const MOST_TRIES = 20; // for an id that nobody has

/** `kind` as the API calls it; `page(id)`: where the copy is edited. What is being written is saved first (`save`). */
export function Duplicate({ kind, id, page, save = async () => true }) {
  const { run, busy, problem } = useActing();
  const duplicate = () => run(async () => {
    if (!await save()) return;
    for (let n = 1; ; n += 1) {
      const end = n === 1 ? "_copy" : `_copy_${n}`;
      const copy = `${id.replaceAll("-", "_").replace(/_copy(_\d+)?$/, "").slice(0, MOST_LETTERS - end.length)}${end}`;
      try {
        await ask(at(kind, id, "duplicate"), { id: copy });
        location.hash = page(copy);
        return;
      } catch (failed) {
        if (failed.status !== 409 || failed.field !== "id" || n === MOST_TRIES) throw failed;
      }
    }
  });
  return html`<button type="button" class="quiet" disabled=${busy.value} onClick=${duplicate}>Duplicate</button>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}`;
}
