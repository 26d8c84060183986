// The shop's pictures for its emails: chosen, or added. A large one is made smaller here, before it is sent.

import { ask, whole } from "./api.js";
import { byName, Listing } from "./listing.js";
import { Card, Failure, Loaded, styled, useActing, useLoaded } from "./parts.js";
import { html, useRef } from "./vendor/preact.js";

await styled("emails.css");

const WIDTH = 1200; // twice what an email shows
const ENOUGH = 300_000; // bytes of a file that is taken as it is

const SORTS = { newest: ["Newest", () => 0], name: ["Name", byName] };

/** `chosen`, where it is given, is told of the picture that somebody picks or adds. `query`: of the shop's page. */
export function Pictures({ title, chosen, query }) {
  const told = useLoaded(() => whole("images", "images"));
  const [file, alt] = [useRef(), useRef()];
  const { run, busy, problem } = useActing();
  const add = () => run(async () => {
    const given = file.current.files[0];
    if (!given || alt.current.value.trim() === "") return alt.current.form?.reportValidity();
    const kept = await ask("images", { name: given.name, alt: alt.current.value, content: await inBase64(await smaller(given)) });
    file.current.value = alt.current.value = "";
    await told.again();
    return chosen?.(kept);
  });
  return html`<${Card} title=${title}>
    <${Loaded} of=${told}>${({ images }) => html`<${Listing} path="#/shop" query=${query} rows=${images} sorts=${SORTS} text=${(each) => `${each.name} ${each.alt}`} nothing="None so far. Add your logo and what you want to show in emails: PNG, JPEG or GIF.">${(found) =>
      html`<ul class="pictures">${found.map((each) => html`<li>
          <img src=${each.url} alt=${each.alt} width="120" loading="lazy" /><span class="small">${each.name}</span>
          ${chosen ? html`<button type="button" onClick=${() => chosen(each)}>Choose<span class="hidden"> ${each.name}</span></button>`
            : html`<span class="small soft">${each.width} × ${each.height}, ${Math.ceil(each.bytes / 1000)} KB</span>`}</li>`)}</ul>`}<//>`}<//>
    <div class="fields">
      <label>Picture<input type="file" ref=${file} accept="image/png,image/jpeg,image/gif" /></label>
      <label class="grow">What it shows, for who cannot see it<input ref=${alt} maxlength="300" /></label>
      <button type="button" disabled=${busy.value} onClick=${add}>Add</button>
    </div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
  <//>`;
}

/** The file, or the same picture in fewer pixels. A GIF may move, and stays as it is. */
async function smaller(file) {
  if (file.type === "image/gif" || !file.type.startsWith("image/")) return file;
  const drawn = await createImageBitmap(file).catch(() => null);
  if (drawn === null || (drawn.width <= WIDTH && file.size <= ENOUGH)) return file;
  const scale = Math.min(1, WIDTH / drawn.width);
  const canvas = new OffscreenCanvas(Math.round(drawn.width * scale), Math.round(drawn.height * scale));
  canvas.getContext("2d").drawImage(drawn, 0, 0, canvas.width, canvas.height);
  const made = await canvas.convertToBlob({ type: file.type === "image/png" ? "image/png" : "image/jpeg", quality: 0.85 });
  return made.size < file.size ? made : file;
}

async function inBase64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let start = 0; start < bytes.length; start += 32_768) text += String.fromCharCode(...bytes.subarray(start, start + 32_768));
  return btoa(text);
}
