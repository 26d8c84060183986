// A new lead score.

import { Editor } from "./lead-score.js";
import { html } from "./vendor/preact.js";

export default () => html`<${Editor} told=${null} />`;
