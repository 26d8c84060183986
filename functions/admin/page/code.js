// CodeMirror in the place of a text area, from when it has been loaded; without it, the text area stays. It stands in a shadow
// tree of its own: there its styles are sheets that a script sets, which the page's policy lets be.

import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

/** `{ host, isThere, go }`: a reference for the element that the editor is to be in, whether it is, and the way to a line. `kind` is `yaml` or `xml` (none: no
 *  editor), `wrong` the numbers of lines that something is wrong with, `change` is given the text as it is written. */
export function useCode({ kind, text, label, wrong = [], change }) {
  const [host, made, isThere, latest] = [useRef(), useRef(null), useSignal(false), useRef()];
  latest.current = { text, change };
  useEffect(() => {
    if (!kind) return undefined;
    let here = true;
    import("./code-editor.js").then(({ begin }) => {
      if (!here) return;
      made.current = begin(host.current, kind, label, latest);
      isThere.value = true;
    }, () => {}); // the text area does as well
    return () => {
      here = false;
      made.current?.view.destroy();
    };
  }, []);
  useEffect(() => { made.current?.show(text); }, [text, isThere.value]);
  useEffect(() => { made.current?.mark(wrong); }, [wrong.join(), text, isThere.value]);
  return { host, isThere: isThere.value, go: (line) => made.current.go(line) };
}

/** A labelled text area, or the editor in its place. */
export function Code({ title, kind, text, rows = 24, change }) {
  const { host, isThere } = useCode({ kind, text, label: title, change });
  return html`<div class="wide"><label>${title}<textarea class="code" hidden=${isThere} rows=${rows} spellcheck="false" value=${text} onInput=${(event) => change(event.target.value)}></textarea></label><div class="coded" ref=${host}></div></div>`;
}
