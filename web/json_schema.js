// The part of JSON Schema that export_config's options are written in: to say what a field takes, and what is wrong with a value before the service does.

const KINDS = {
  integer: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  object: "a JSON object",
  null: "null",
};

function range({minimum, maximum}) {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (minimum !== undefined) return `at least ${minimum}`;
  return maximum !== undefined ? `at most ${maximum}` : "";
}

function list({items, minItems, maxItems}) {
  const count = minItems !== undefined && minItems === maxItems ? ` of ${minItems}` : "";
  const what = {integer: " whole numbers", number: " numbers", string: " texts"}[items?.type] ?? "";
  return `a list${count || (what && " of")}${what}`;
}

/** "11 to 21", "a list of 2 whole numbers"; "" where nothing is known. */
export function takes(schema) {
  if (schema.anyOf)
    return [
      ...new Set(
        schema.anyOf
          .map((row) => (row.type === "integer" || row.type === "number" ? KINDS[row.type] : takes(row)))
          .filter(Boolean),
      ),
    ].join(", or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  if (schema.type === "integer" || schema.type === "number") return range(schema) || KINDS[schema.type];
  if (schema.type === "array") return list(schema);
  return KINDS[schema.type] ?? "";
}

const IS = {
  integer: Number.isInteger,
  number: Number.isFinite,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  array: Array.isArray,
  null: (value) => value === null,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

function problemOfNumber(value, {minimum, maximum}) {
  if (minimum !== undefined && value < minimum) return `must be at least ${minimum}`;
  return maximum !== undefined && value > maximum ? `must be at most ${maximum}` : "";
}

function problemOfList(value, {items, minItems, maxItems}) {
  if (value.length < (minItems ?? 0) || value.length > (maxItems ?? Infinity))
    return minItems === maxItems
      ? `must hold ${minItems} values`
      : `must hold ${minItems ?? 0} to ${maxItems ?? "any number of"} values`;
  const at = items ? value.findIndex((item) => problemOf(item, items)) : -1;
  return at < 0 ? "" : `value ${at + 1}: ${problemOf(value[at], items)}`;
}

/** Why `value` is none that the schema allows, or "". What this does not know it lets pass: the service checks all. */
export function problemOf(value, schema) {
  if (schema.anyOf) {
    const problems = schema.anyOf.map((row) => problemOf(value, row));
    if (problems.includes("")) return "";
    const fitting = schema.anyOf.findIndex((row) => IS[row.type]?.(value));
    return fitting >= 0 ? problems[fitting] : `must be ${takes(schema)}`;
  }
  if (schema.enum)
    return schema.enum.some((one) => JSON.stringify(one) === JSON.stringify(value))
      ? ""
      : `must be one of ${takes(schema)}`;
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => IS[type]?.(value) ?? true))
    return `must be ${types.map((type) => (type === "array" ? list(schema) : (KINDS[type] ?? type))).join(" or ")}`;
  if (typeof value === "number") return problemOfNumber(value, schema);
  return Array.isArray(value) ? problemOfList(value, schema) : "";
}
