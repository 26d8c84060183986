// A segment's definition as the text that is edited: without the id, which never changes.

export function asText(definition) {
  const { id: _, ...shown } = definition;
  return JSON.stringify(shown, null, 2);
}
