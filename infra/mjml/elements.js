// Prints MJML's elements: the attributes that each may have, where it may stand, and whether its content is HTML.
const preset = require("mjml-preset-core");
const { components, dependencies } = preset.default ?? preset;
const told = {};
for (const each of components) {
  const component = each.default ?? each;
  told[component.componentName] = {
    attributes: Object.keys(component.allowedAttributes ?? {}).sort(),
    children: (dependencies[component.componentName] ?? []).filter((name) => typeof name === "string").sort(),
    html: Boolean(component.endingTag),
  };
}
process.stdout.write(JSON.stringify(told));
