import {el, replaceContent} from "/assets/dom.js";
import {problemOf, takes} from "/assets/json_schema.js";

/** A property's schema without the null that counts as absent. */
function plain(schema) {
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null");
    return types.length === 1 ? {...schema, type: types[0]} : schema;
  }
  const rows = schema.anyOf?.filter((row) => row.type !== "null");
  return rows?.length === 1 ? rows[0] : rows?.length > 1 ? {...schema, anyOf: rows} : schema;
}

const written = (value) => JSON.stringify(value);
const shown = (value) => (value === true ? "yes" : value === false ? "no" : String(value));

/** A control has `node` and `read()`, which gives undefined where the exporter's default is meant, and throws a sentence. */
function choice(id, schema, values) {
  const preset = "default" in schema ? written(schema.default) : "";
  const first = preset === "" ? [el("option", {value: ""}, "default")] : [];
  const node = el(
    "select",
    {id},
    first,
    values.map((value) =>
      el(
        "option",
        {value: written(value), selected: written(value) === preset},
        written(value) === preset ? `${shown(value)} (default)` : shown(value),
      ),
    ),
  );
  return {node, read: () => (node.value === preset || node.value === "" ? undefined : JSON.parse(node.value))};
}

function number(id, schema) {
  const node = el("input", {
    id,
    type: "number",
    min: schema.minimum,
    max: schema.maximum,
    step: schema.type === "integer" ? 1 : "any",
    placeholder: schema.default ?? "default",
  });
  return {
    node,
    read() {
      if (node.validity.badInput) throw new Error("must be a number");
      return node.value.trim() === "" ? undefined : Number(node.value);
    },
  };
}

const takesText = (schema) => schema.type === "string" || Boolean(schema.anyOf?.some(takesText));

function json(id, schema) {
  const node = el("input", {
    id,
    type: "text",
    placeholder: "default" in schema ? written(schema.default) : "default",
    spellcheck: "false",
    autocapitalize: "off",
  });
  return {
    node,
    read() {
      const text = node.value.trim();
      if (text === "") return undefined;
      if (schema.type === "string") return text;
      try {
        return JSON.parse(text);
      } catch {
        if (takesText(schema)) return text;
        throw new Error(`must be ${takes(schema) || "JSON"}, written as JSON`);
      }
    },
  };
}

function control(id, schema) {
  if (schema.enum) return choice(id, schema, schema.enum);
  if (schema.type === "boolean") return choice(id, schema, [false, true]);
  if (schema.type === "integer" || schema.type === "number") return number(id, schema);
  return json(id, schema);
}

const isChoice = (schema) => Boolean(schema.enum) || schema.type === "boolean";
const example = (schema) =>
  [schema, ...(schema.anyOf ?? [])].some(
    (row) => row.type === "array" && row.items?.type === "integer" && row.minItems === 2,
  )
    ? ", as [480, 640]"
    : "";

/** One option: its label, control, what it takes, and what is wrong with it. */
class OptionField {
  constructor(id, name, property) {
    this.name = name;
    this.schema = plain(property);
    this.control = control(id, this.schema);
    const hint = [
      isChoice(this.schema) ? "" : takes(this.schema) + example(this.schema),
      this.schema.description ?? property.description,
    ]
      .filter(Boolean)
      .join("; ");
    this.problem = el("p", {class: "problem", id: `${id}-problem`});
    this.control.node.setAttribute("aria-describedby", `${id}-hint ${id}-problem`);
    this.control.node.addEventListener("change", () => this.check());
    this.control.node.addEventListener("input", () => this.mark(""));
    this.node = el(
      "div",
      {class: "option"},
      el("label", {for: id}, name),
      this.control.node,
      this.problem,
      el("p", {class: "quiet", id: `${id}-hint`}, hint),
    );
  }

  mark(text) {
    replaceContent(this.problem, text);
    if (text) this.control.node.setAttribute("aria-invalid", "true");
    else this.control.node.removeAttribute("aria-invalid");
    return text;
  }

  /** What is wrong with it, which it then says, or "". */
  check() {
    try {
      const value = this.control.read();
      return this.mark(value === undefined ? "" : problemOf(value, this.schema));
    } catch (error) {
      return this.mark(error.message);
    }
  }
}

/** The options of one format as a form, from the JSON Schema of its export_config. */
export class OptionsForm {
  constructor(format, schema, onChange) {
    this.fields = Object.entries(schema?.properties ?? {}).map(
      ([name, property]) => new OptionField(`option-${format}-${name}`, name, property),
    );
    this.node =
      this.fields.length === 0
        ? el("p", {class: "quiet"}, "This format has no options.")
        : el(
            "div",
            {class: "options", oninput: onChange},
            this.fields.map((field) => field.node),
          );
  }

  /** What differs from the defaults; only where problem() is null. */
  read() {
    return Object.fromEntries(
      this.fields.map((field) => [field.name, field.control.read()]).filter(([, value]) => value !== undefined),
    );
  }

  changed() {
    return this.fields.filter((field) => {
      try {
        return field.control.read() !== undefined;
      } catch {
        return true;
      }
    }).length;
  }

  /** The first field that holds what it may not, or null; all such fields say so. */
  problem() {
    return this.fields.filter((field) => field.check() !== "")[0] ?? null;
  }

  field(name) {
    return this.fields.find((field) => field.name === name);
  }
}
