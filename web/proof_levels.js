// The table "Levels of proof" of the export convention, as the page says it. Only what was compared with the checkpoint is green.

const LEVELS = {
  none: {
    green: false,
    short: "not proven",
    title: "Nothing was proven",
    promise: "No proof: nothing of it is compared.",
    sentence:
      "The exporter says that it succeeded; nobody compared the numbers. Compare it with the checkpoint before you rely on it.",
  },
  structure: {
    green: false,
    short: "structure only",
    title: "Its structure only",
    promise: "No proof: only its structure is checked.",
    sentence: "Only the file's structure was checked; no numbers were compared.",
  },
  prepared: {
    green: false,
    short: "prepared, not compared",
    title: "What it was built from only",
    promise: "No proof of the engine: only the ONNX that it is built from is compared with the checkpoint.",
    sentence: "The ONNX that the engine was built from was compared with the checkpoint; the engine itself was not.",
  },
  loads: {
    green: false,
    short: "loads, not compared",
    title: "It loads only",
    promise: "No proof: it is loaded and run in its engine, and not compared.",
    sentence: "It runs in its engine and gives the shapes that it declares; no checkpoint was compared with it.",
  },
  specification: {
    green: true,
    short: "proven by its specification",
    title: "Proven by its specification",
    promise: "Proof: it is read back, evaluated as its format's specification says, and compared with the checkpoint.",
    sentence:
      "It was read back, evaluated operation by operation as the specification of its format says, and compared with the checkpoint; no engine ran it.",
  },
  read_back: {
    green: true,
    short: "proven by reading it back",
    title: "Proven by reading it back",
    promise: "Proof: it is read back and compared with the checkpoint.",
    sentence: "It was read back from the file and compared with the checkpoint; no engine ran it.",
  },
  runtime: {
    green: true,
    short: "proven in its engine",
    title: "Proven in its engine",
    promise: "Proof: it is run in its engine and compared with the checkpoint.",
    sentence: "It was run in the engine and compared with the checkpoint.",
  },
};

/** The level that a job or a format tells. A word that is not in the table is shown, and is none otherwise. */
export function proofLevel({proof, proof_word: unknown}) {
  const word = unknown ?? proof ?? "none";
  if (Object.hasOwn(LEVELS, word)) return LEVELS[word];
  const shown = `"${String(word).slice(0, 100)}"`,
    {green, short, title, promise, sentence} = LEVELS.none;
  return {
    green,
    short: `${short} (${shown})`,
    title: `${title} (${shown})`,
    promise: `${promise} (${shown})`,
    sentence: `The exporter calls its proof ${shown}, which is not known here and counts as none. ${sentence}`,
  };
}
