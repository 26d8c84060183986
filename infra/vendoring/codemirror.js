export { Compartment, EditorState } from "@codemirror/state";
export { Decoration, EditorView, keymap, lineNumbers } from "@codemirror/view";
export { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
export { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
export { yaml } from "@codemirror/legacy-modes/mode/yaml";
export { xml } from "@codemirror/legacy-modes/mode/xml";
export { tags } from "@lezer/highlight";
