// What the service found of an artifact and what its exporter claims, both in the shape of proof.schema.json, which an exporter may break in every way.

/** Of one list; a claim may have millions. */
const MOST = 1000;

const text = (value) => (typeof value === "string" ? value : "");
const list = (value) => (Array.isArray(value) ? value : []);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isMissing = (value) => value === undefined || value === null;

/**
 * {level, by, reason, checks, whole, precision, isBroken}: only what has the type that the schema gives it. A figure whose numbers are none keeps its name,
 * so that it is seen to prove nothing.
 */
export function readProof(value) {
  const found = {level: "none", by: "", reason: "", checks: [], whole: [], precision: {kept: []}, isBroken: false};
  const note = (isRight) => {
    found.isBroken ||= !isRight;
    return isRight;
  };
  const objects = (given) => {
    note(isMissing(given) || Array.isArray(given));
    return list(given)
      .slice(0, MOST)
      .filter((entry) => note(isObject(entry)));
  };
  const textOf = (given) => (note(isMissing(given) || typeof given === "string") ? text(given) : "");
  const share = (given) => (note(isMissing(given) || Number.isFinite(given)) ? given : undefined);
  const figuresOf = (given) =>
    objects(given).map((figure) => {
      note(Number.isFinite(figure.max_difference) && Number.isFinite(figure.allowed));
      return {
        value: textOf(figure.value),
        group: textOf(figure.group),
        in: textOf(figure.in),
        max_difference: figure.max_difference,
        allowed: figure.allowed,
        cosine: share(figure.cosine),
      };
    });
  if (typeof value === "string") return {...found, level: value};
  if (!note(isMissing(value) || isObject(value)) || isMissing(value)) return found;
  found.level = textOf(value.level) || "none";
  found.by = textOf(value.by);
  found.reason = textOf(value.reason);
  found.checks = objects(value.checks).map((row) => ({
    what: textOf(row.what),
    engine: textOf(row.engine),
    verdict: note(["agrees", "differs"].includes(row.verdict)) ? row.verdict : "",
    figures: figuresOf(row.figures),
  }));
  found.whole = figuresOf(value.artifact_against_checkpoint);
  const precision = isObject(value.precision) ? value.precision : {};
  note(isMissing(value.precision) || isObject(value.precision));
  found.precision = {
    weights: share(precision.float16_weight_share),
    multiplications: share(precision.float16_multiplication_share),
    kept: objects(precision.kept_float32).map((row) => `${textOf(row.layer)}: ${textOf(row.reason)}`),
  };
  return found;
}

export const figuresIn = (proof) => [...proof.checks.flatMap((row) => row.figures), ...proof.whole];
