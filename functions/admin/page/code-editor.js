// CodeMirror, as the pages use it: loaded where a text of code is first edited.

import { Compartment, Decoration, EditorState, EditorView, HighlightStyle, StreamLanguage, defaultKeymap, history, historyKeymap, keymap, lineNumbers, syntaxHighlighting, tags, xml, yaml } from "./vendor/codemirror.js";

const KINDS = { xml, yaml };

/** The editor in an element: `{ view, show, mark, go }`. */
export function begin(host, kind, label, latest) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const marks = new Compartment();
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: latest.current.text,
      extensions: [
        lineNumbers(), history(), keymap.of([...defaultKeymap, ...historyKeymap]), marks.of([]), // Tab goes on to the next field, as everywhere
        StreamLanguage.define(KINDS[kind]),
        syntaxHighlighting(HighlightStyle.define([
          { tag: [tags.comment, tags.meta], color: "var(--soft)", fontStyle: "italic" },
          { tag: [tags.atom, tags.propertyName, tags.definition(tags.propertyName), tags.tagName], color: "var(--accent)" },
          { tag: [tags.string, tags.number, tags.attributeName], color: "var(--note)" },
        ])),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
        EditorView.theme({
          "&": { color: "var(--text)", background: "var(--surface)", border: "1px solid var(--edge)", borderRadius: "var(--round)", fontSize: ".85rem", maxHeight: "70vh" },
          "&.cm-focused": { outline: "2px solid var(--accent)" },
          ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
          ".cm-content": { caretColor: "var(--text)" },
          ".cm-gutters": { color: "var(--soft)", background: "var(--sunken)", border: "0" },
          ".cm-wrong": { background: "var(--bad-ground)" },
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && update.state.doc.toString() !== latest.current.text) latest.current.change(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    view,
    /** What was changed elsewhere, and no more than that, so that the place where somebody writes stays. */
    show(text) {
      const before = view.state.doc.toString();
      if (before === text) return;
      let [from, end] = [0, 0];
      const most = Math.min(before.length, text.length);
      while (from < most && before[from] === text[from]) from += 1;
      while (end < most - from && before.at(-1 - end) === text.at(-1 - end)) end += 1;
      view.dispatch({ changes: { from, to: before.length - end, insert: text.slice(from, text.length - end) } });
    },
    mark(lines) {
      const found = [...new Set(lines)].filter((line) => line >= 1 && line <= view.state.doc.lines).sort((one, other) => one - other);
      const set = Decoration.set(found.map((line) => Decoration.line({ class: "cm-wrong" }).range(view.state.doc.line(line).from)));
      view.dispatch({ effects: marks.reconfigure(EditorView.decorations.of(set)) });
    },
    go(number) {
      const line = view.state.doc.line(Math.min(number, view.state.doc.lines));
      view.focus();
      view.dispatch({ selection: { anchor: line.from, head: line.to }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
    },
  };
}
