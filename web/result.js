import {classList} from "/assets/checkpoint_card.js";
import {bytes, el, facts, textOf} from "/assets/dom.js";
import {checkItem, isMeasured, percent, used, usedText, wholeFile} from "/assets/figures.js";
import {classNames, taskName} from "/assets/names.js";
import {figuresIn, readProof} from "/assets/proof.js";
import {proofLevel} from "/assets/proof_levels.js";

const sizes = (shape) => (Array.isArray(shape) ? shape.map(textOf).join("×") : textOf(shape));
const shapes = (list) => (Array.isArray(list) ? list.map((shape) => sizes(shape)).join(", ") : list);

const banner = (isStrong, title, ...sentences) =>
  el(
    "div",
    {class: isStrong ? "proof strong" : "proof weak"},
    el("p", {class: "proof-title"}, title),
    el("p", {}, sentences),
  );

/** A level alone makes no proof: a figure beyond what is allowed, or without a finite limit, or a check that differs, takes it back. */
function proofBanner(proof) {
  const figures = figuresIn(proof),
    worst = figures.reduce((most, figure) => Math.max(most, used(figure)), 0);
  if (proof.isBroken || !figures.every(isMeasured))
    return banner(
      false,
      "Nothing was proven",
      "A difference or a limit below is no finite number, which proves nothing. Compare it with the checkpoint before you rely on it.",
    );
  if (worst > 1 || proof.checks.some((row) => row.verdict === "differs"))
    return banner(false, "It differs from the checkpoint", "A check below differs by more than is allowed.");
  const {title, sentence, green} = proofLevel({proof: proof.level});
  const isStrong = green && proof.checks.length > 0;
  return banner(
    isStrong,
    green && !isStrong ? "Nothing was proven" : title,
    green && !isStrong ? "No check was recorded." : sentence,
    isStrong &&
      figures.length > 0 &&
      ` Its outputs differ by at most ${worst === 0 ? "nothing" : `${usedText(worst)} of what is allowed`}.`,
    proof.by && ` Judged by ${proof.by}.`,
    proof.reason && ` Why no more: ${proof.reason}.`,
  );
}

const LEGEND =
  "The largest difference of every output against what is allowed of it; agreement is the cosine between the outputs. Bars are logarithmic: a full one is all that is allowed, each mark before it a tenth of the next.";

const checkList = (title, proof) =>
  proof.checks.length > 0 && [
    el("h3", {}, title),
    figuresIn(proof).length > 0 && el("p", {class: "quiet"}, LEGEND),
    el("ol", {class: "checks"}, proof.checks.map(checkItem)),
  ];

/** The exporter's own word, which nobody checked and which is never green. */
function claimView(claim) {
  const {short} = proofLevel({proof: claim.level});
  return el(
    "details",
    {class: "claim", open: claim.isBroken},
    el("summary", {}, `What the exporter claims: ${short}`),
    el("p", {class: "quiet"}, "This is the exporter's own word; the service did not check it."),
    claim.isBroken &&
      el(
        "p",
        {class: "notice warn"},
        "The claim does not follow the schema of proofs. What is no number is not shown as one.",
      ),
    wholeFile(claim.whole),
    checkList("What it says it compared", claim),
  );
}

/** What a completed export is, what the service found of it, and what its exporter claims. `onAnew` exports it once more. */
export function resultView(job, onAnew) {
  const metadata = job.export_results ?? {},
    proof = readProof(job.proof),
    claim = readProof(metadata.extra_metadata?.proof),
    names = classNames(metadata.class_names);
  return [
    el("h3", {}, "Result"),
    proofBanner(proof),
    job.from_cache &&
      el(
        "p",
        {class: "quiet reused"},
        "This is the result of ",
        job.reused_from
          ? el("a", {href: `#/jobs/${encodeURIComponent(job.reused_from)}`}, job.reused_from)
          : "an earlier export",
        ", with the same checkpoint, options and exporter. ",
        onAnew && el("button", {type: "button", class: "plain small", onclick: onAnew}, "Export it anew"),
      ),
    facts([
      ["Task", metadata.task_type && taskName(metadata.task_type)],
      ["Input", metadata.input_shape && `${sizes(metadata.input_shape)} ${textOf(metadata.input_dtype ?? "")}`],
      ["Outputs", shapes(metadata.output_shape)],
      ["Size of the download", job.file_size_bytes && bytes(job.file_size_bytes)],
      ["Made by", job.exporter_version],
      ["Classes", names.length > 0 ? classList(names) : metadata.num_classes, "wide"],
      ["Weights in float16", percent(claim.precision.weights)],
      ["Multiplications in float16", percent(claim.precision.multiplications)],
      ["Kept in float32", claim.precision.kept.join("; "), "wide"],
      ["SHA-256 of the download", job.sha256 && el("code", {class: "digest"}, job.sha256), "wide"],
    ]),
    checkList("What was compared", proof),
    claimView(claim),
  ];
}
