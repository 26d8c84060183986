// A segment that is not there yet: from nothing, or from another one ("?from=inactive").

import { ask, at } from "./api.js";
import { LoadedPage, useLoaded } from "./parts.js";
import { Editor } from "./segment-editor.js";
import { asText } from "./segment-text.js";
import { html } from "./vendor/preact.js";

const NOTHING = { name: "", group: "behavioural", when: { kind: "all", of: [] } };

export default function NewSegment({ query = "" }) {
  const from = new URLSearchParams(query).get("from");
  const told = useLoaded(async () => {
    if (from === null) return NOTHING;
    const { definition, draft } = await ask(at("segments", from));
    const found = definition ?? draft.definition ?? JSON.parse(draft.text);
    return { ...found, name: `Copy of ${found.name}`.slice(0, 80) };
  }, [from]);
  return html`<${LoadedPage} of=${told}>${(definition) => html`<${Editor} id=${null} told=${null} text=${asText(definition)} />`}<//>`;
}
