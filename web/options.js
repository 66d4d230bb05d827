import {el} from "/assets/dom.js";

/** A property's schema without the null that counts as absent. */
function plain(schema) {
  const rows = schema.anyOf?.filter((row) => row.type !== "null");
  return rows?.length === 1 ? rows[0] : schema;
}

const written = (value) => JSON.stringify(value);

function choice(id, schema, values) {
  const preset = "default" in schema ? written(schema.default) : "";
  const first = preset === "" ? [el("option", {value: ""}, "default")] : [];
  const node = el("select", {id}, first, values.map((value) => el("option", {value: written(value), selected: written(value) === preset}, value === true ? "yes" : value === false ? "no" : String(value))));
  return {node, read: () => node.value === preset || node.value === "" ? undefined : JSON.parse(node.value)};
}

function number(id, schema) {
  const node = el("input", {id, type: "number", min: schema.minimum, max: schema.maximum, step: schema.type === "integer" ? 1 : "any", placeholder: schema.default ?? "default"});
  return {node, read() {
    if (node.value.trim() === "" && !node.validity.badInput) return undefined;
    if (!node.validity.valid) throw new Error(node.validationMessage);
    return Number(node.value);
  }};
}

function json(id, schema) {
  const node = el("input", {id, type: "text", placeholder: "default" in schema ? written(schema.default) : "default", spellcheck: "false"});
  return {node, read() {
    const text = node.value.trim();
    if (text === "") return undefined;
    try { return JSON.parse(text); } catch {
      if (schema.type === "string" || schema.anyOf?.some((row) => row.type === "string")) return text;
      throw new Error(`${text} is no JSON`);
    }
  }};
}

function control(id, schema) {
  if (schema.enum) return choice(id, schema, schema.enum);
  if (schema.type === "boolean") return choice(id, schema, [false, true]);
  if (schema.type === "integer" || schema.type === "number") return number(id, schema);
  return json(id, schema);
}

/** The options of one format as a form, from the JSON Schema of its export_config. read() gives what differs from the defaults and throws a sentence. */
export function optionsForm(format, schema) {
  const rows = Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    const told = plain(property), id = `option-${format}-${name}`;
    const field = control(id, told);
    const hint = told.description ?? property.description;
    if (hint) field.node.setAttribute("aria-describedby", `${id}-hint`);
    return {name, field, node: el("div", {class: "option"}, el("label", {for: id}, name), field.node, hint && el("p", {class: "quiet", id: `${id}-hint`}, hint))};
  });
  const node = rows.length === 0 ? el("p", {class: "quiet"}, "This format has no options.") : el("div", {class: "options"}, rows.map((row) => row.node));
  return {node, read() {
    const config = {};
    for (const row of rows) {
      let value;
      try { value = row.field.read(); } catch (error) {
        row.field.node.focus();
        throw new Error(`${format}, ${row.name}: ${error.message}`);
      }
      if (value !== undefined) config[row.name] = value;
    }
    return config;
  }};
}
