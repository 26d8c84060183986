// An email's blocks as a form: each can be changed, moved, taken away, and another put after it.

import { Pictures } from "./pictures.js";
import { styled } from "./parts.js";
import { html, useSignal } from "./vendor/preact.js";

await styled("emails.css");

const NEW = {
  heading: { text: "A heading" },
  text: { text: "What you want to say." },
  button: { text: "Take a look", url: "{{ shop.url }}" },
  picture: { src: "", alt: "" },
  products: { of: "viewed.products" },
  columns: { columns: [{ blocks: [{ kind: "text", text: "On the left." }] }, { blocks: [{ kind: "text", text: "On the right." }] }] },
  code: { text: "Enter it at the checkout:" },
  answers: { answers: [{ word: "yes", text: "Yes" }, { word: "no", text: "No" }] },
  divider: {},
  raw: { mjml: "<mj-text>…</mj-text>", text: "" },
};
const NAMES = {
  heading: "Heading", text: "Text", button: "Button", picture: "Picture", products: "Products", columns: "Columns", code: "Discount code",
  answers: "Question with answers", divider: "Line", raw: "MJML by hand",
};
const LISTS = {
  "cart.products": "in their cart", "viewed.products": "they looked at",
  "recommended.products": "recommended to them", "goes_with.products": "that go with their newest order",
  "order.products": "of their newest order", "product.each": "that the journey is about",
};

const IN_COLUMN = ["heading", "text", "button", "picture", "divider"];

/** `blocks` as the template has them; `change` is given the new ones. `segments`: id → name, for whom a block can be shown to. `kinds`: those that can be added. */
export function Blocks({ blocks, change, segments, kinds = Object.keys(NAMES) }) {
  const put = (n, block) => change(blocks.map((each, at) => at === n ? block : each));
  const move = (n, by) => {
    const moved = [...blocks];
    moved.splice(n + by, 0, ...moved.splice(n, 1));
    change(moved);
  };
  const add = (n, kind) => change([...blocks.slice(0, n), { kind, ...structuredClone(NEW[kind]), ...(kinds === IN_COLUMN && kind === "heading" ? { level: 2 } : {}) }, ...blocks.slice(n)]);
  return html`<ol class="blocks">${blocks.map((block, n) => html`<li class="block">
      <div class="head"><h3>${NAMES[block.kind]}</h3><div class="buttons">
        <button type="button" class="quiet" disabled=${n === 0} onClick=${() => move(n, -1)} aria-label=${`Move ${NAMES[block.kind]} ${n + 1} up`}>↑</button>
        <button type="button" class="quiet" disabled=${n === blocks.length - 1} onClick=${() => move(n, 1)} aria-label=${`Move ${NAMES[block.kind]} ${n + 1} down`}>↓</button>
        <button type="button" class="quiet danger" onClick=${() => change(blocks.filter((_, at) => at !== n))} aria-label=${`Remove ${NAMES[block.kind]} ${n + 1}`}>Remove</button>
      </div></div>
      <${Fields} block=${block} put=${(changed) => put(n, changed)} segments=${segments} />
      <${Shown} block=${block} put=${(changed) => put(n, changed)} segments=${segments} />
    </li>`)}</ol>
    <label class="adding">Add <select value="" onChange=${(event) => { add(blocks.length, event.target.value); event.target.value = ""; }}>
      <option value="">a block …</option>${kinds.map((kind) => html`<option value=${kind}>${NAMES[kind]}</option>`)}</select></label>`;
}

function Fields({ block, put, segments }) {
  const set = (name, value) => put({ ...block, [name]: value });
  const line = (name, title, more = {}) => html`<label class="grow">${title}<input value=${block[name] ?? ""} onInput=${(event) => set(name, event.target.value)} ...${more} /></label>`;
  const long = (name, title, rows, code = false) => html`<label class="wide">${title}<textarea class=${code ? "code" : ""} rows=${rows} value=${block[name] ?? ""} onInput=${(event) => set(name, event.target.value)}></textarea></label>`;
  switch (block.kind) {
    case "heading": return html`<div class="fields">${line("text", "Says")}</div>`;
    case "text": return html`${long("text", "Says: **bold**, *slanted*, [a link](its address), an empty line between paragraphs", 4)}
      <label class="check"><input type="checkbox" checked=${block.small ?? false} onChange=${(event) => set("small", event.target.checked)} /> Small print</label>`;
    case "button": return html`<div class="fields">${line("text", "Says")}${line("url", "Leads to")}</div>`;
    case "picture": return html`<${PictureFields} block=${block} put=${put} line=${line} />`;
    case "products": return html`<div class="fields">
      <label>Products<select value=${block.of} onChange=${(event) => put({ ...block, of: event.target.value, reasons: block.reasons && hasReasons(event.target.value) })}>
        ${Object.entries({ ...(block.of in LISTS ? {} : { [block.of]: block.of }), ...LISTS }).map(([of, name]) => html`<option value=${of} selected=${block.of === of}>${name}</option>`)}</select></label>
      <label>At most<input type="number" min="1" max="20" value=${block.most ?? 4} onInput=${(event) => set("most", Number(event.target.value))} /></label>
      <label>As<select value=${block.layout ?? "rows"} onChange=${(event) => set("layout", event.target.value)}>
        ${["rows", "grid"].map((each) => html`<option value=${each} selected=${(block.layout ?? "rows") === each}>${each}</option>`)}</select></label></div>
      ${hasReasons(block.of) && html`<label class="check"><input type="checkbox" checked=${block.reasons ?? false} onChange=${(event) => set("reasons", event.target.checked)} /> Say why: “Because you bought …”</label>`}`;
    case "columns": return html`<${ColumnFields} block=${block} put=${put} segments=${segments} />`;
    case "code": return html`${long("text", "Says above the code", 2)}<div class="fields">${line("code", "Which code", { placeholder: "offer.code" })}</div>`;
    case "answers": return html`<${AnswerFields} block=${block} put=${put} />`;
    case "raw": return html`${long("mjml", "MJML", 8, true)}${long("text", "In the text part instead", 2)}`;
    default: return null;
  }
}

/** Whether products of this list come with why they are recommended. */
const hasReasons = (of) => ["recommended.products", "goes_with.products"].includes(of);

function PictureFields({ block, put, line }) {
  const choosing = useSignal(false);
  const chosen = (image) => {
    put({ ...block, src: image.url, alt: image.alt, width: Math.min(image.shown_width, 600) });
    choosing.value = false;
  };
  return html`${block.src && html`<p><img class="logo" src=${block.src} alt=${block.alt} width="200" /></p>`}
    <button type="button" onClick=${() => { choosing.value = !choosing.value; }}>${block.src ? "Choose another" : "Choose a picture"}</button>
    ${choosing.value && html`<${Pictures} title="Your pictures" chosen=${chosen} />`}
    <div class="fields">${line("alt", "What it shows, for who cannot see it")}${line("url", "Leads to (may stay empty)")}</div>`;
}

/** Two or three columns, each with its blocks below each other. */
function ColumnFields({ block, put, segments }) {
  const change = (n, blocks) => put({ ...block, columns: block.columns.map((each, at) => at === n ? { ...each, blocks } : each) });
  const several = block.columns.length;
  return html`<p class="small soft">Beside each other; below each other on a phone.</p>
    <div class="columns">${block.columns.map((column, n) => html`<section class="column" aria-label=${`Column ${n + 1} of ${several}`}>
      <div class="head"><h4>Column ${n + 1}</h4>${several > 2 && html`<button type="button" class="quiet danger" onClick=${() => put({ ...block, columns: block.columns.filter((_, at) => at !== n) })}>Remove<span class="hidden"> column ${n + 1}</span></button>`}</div>
      <${Blocks} blocks=${column.blocks} change=${(blocks) => change(n, blocks)} segments=${segments} kinds=${IN_COLUMN} /></section>`)}</div>
    ${several < 3 && html`<button type="button" onClick=${() => put({ ...block, columns: [...block.columns, { blocks: [{ kind: "text", text: "Another column." }] }] })}>Add a column</button>`}`;
}

function AnswerFields({ block, put }) {
  const change = (n, changed) => put({ ...block, answers: block.answers.map((each, at) => at === n ? { ...each, ...changed } : each) });
  return html`${block.answers.map((each, n) => html`<div class="fields">
      <label class="grow">Answer<input value=${each.text} onInput=${(event) => change(n, { text: event.target.value })} /></label>
      <label>Kept as<input value=${each.word} onInput=${(event) => change(n, { word: event.target.value })} /></label>
      ${block.answers.length > 1 && html`<button type="button" class="quiet danger" onClick=${() => put({ ...block, answers: block.answers.filter((_, at) => at !== n) })}>Remove<span class="hidden"> ${each.text}</span></button>`}
    </div>`)}
    <label>Kept as the contact’s trait<input value=${block.trait ?? ""} placeholder="none" onInput=${(event) => put({ ...block, trait: event.target.value || null })} /></label>
    <button type="button" onClick=${() => put({ ...block, answers: [...block.answers, { word: `answer_${block.answers.length + 1}`, text: "Another answer" }] })}>Add an answer</button>`;
}

/** Whom it is shown to: everybody, or the members of a segment. Another condition, written as JSON, stays as it is. */
function Shown({ block, put, segments }) {
  const held = block.show_if ?? null;
  const segment = held?.kind === "member" && Object.keys(held).every((each) => each === "kind" || each === "segment") ? held.segment : null;
  const choose = (event) => {
    const { show_if: _, ...rest } = block;
    put(event.target.value === "" ? rest : { ...rest, show_if: { kind: "member", segment: event.target.value } });
  };
  return html`<label class="shown">Shown to <select value=${segment ?? ""} onChange=${choose}>
      <option value="" selected=${held === null}>everybody</option>
      ${held !== null && segment === null && html`<option value="" selected disabled>whom its condition says</option>`}
      ${Object.entries(segments).map(([id, name]) => html`<option value=${id} selected=${segment === id}>${name}</option>`)}</select></label>
    ${(block.fallback ?? []).length > 0 && html`<p class="small soft">Otherwise ${block.fallback.map((each) => NAMES[each.kind].toLowerCase()).join(", ")} instead (change it as YAML or JSON).</p>`}`;
}
