// Which next step helps, by the machine code of a failure. The sentence about what happened is the service's.

const AGAIN = "again",
  OPTIONS = "options",
  UPLOAD = "upload",
  ADMINISTRATOR = "administrator",
  TRAINER = "trainer";

const CODES = {
  export_failed: [
    "The exporter could not export this checkpoint",
    "The log below shows how far it came. Other options or another format may succeed.",
    OPTIONS,
  ],
  validation_failed: [
    "The result was wrong and was thrown away",
    "The exporter compared it with the checkpoint and found too large a difference. Try it without half precision, or another format.",
    OPTIONS,
  ],
  configuration_error: ["The exporter refused an option", "Export again with that option changed.", OPTIONS],
  unsupported_format: [
    "The exporter does not write this format, of this model at least",
    "Choose another format.",
    OPTIONS,
  ],
  unexpected_exit_code: [
    "The exporter ended in a way it must not",
    "This is a fault of the exporter: send its author the log.",
    TRAINER,
  ],
  killed_by_signal: [
    "The exporter crashed",
    "This is a fault of the exporter, or something on the machine ended it: send its author the log.",
    TRAINER,
  ],
  out_of_memory: [
    "The exporter ran out of memory",
    "Try a smaller image or batch size, or have the trainer's memory limit raised.",
    OPTIONS,
  ],
  timed_out: [
    "The exporter took too long",
    "Try again when the machine has less to do, or have the trainer's time limit raised.",
    AGAIN,
  ],
  output_limit: [
    "The exporter wrote too much",
    "Have the trainer's output limit raised if the result is meant to be that large.",
    ADMINISTRATOR,
  ],
  too_many_processes: [
    "The exporter started too many processes",
    "Have the trainer's process limit raised.",
    ADMINISTRATOR,
  ],
  cannot_start: [
    "The exporter could not be started",
    "Its command in trainers.toml must name a program on the machine that runs it.",
    ADMINISTRATOR,
  ],
  sandbox_unavailable: [
    "The exporter could not be isolated",
    "This machine lacks what the configured sandbox level needs; /readyz says what it has.",
    ADMINISTRATOR,
  ],
  checkpoint_missing: [
    "The checkpoint is gone",
    "Uploads are kept for a while only. Upload it again and export that.",
    UPLOAD,
  ],
  unknown_framework: [
    "No trainer is configured for this framework",
    "Add it to trainers.toml, or choose another framework.",
    ADMINISTRATOR,
  ],
  missing_output: [
    "The exporter wrote no result",
    "It ended as if it had succeeded. This is a fault of the exporter: `modelport check` shows its author which rule it breaks.",
    TRAINER,
  ],
  unsafe_output: [
    "The result was refused",
    "It holds links or other things that are no files. `modelport check` shows the exporter's author which rule it breaks.",
    TRAINER,
  ],
  invalid_metadata: [
    "The exporter's metadata.json breaks the convention",
    "`modelport check` shows the exporter's author which rule it breaks.",
    TRAINER,
  ],
  artifact_mismatch: [
    "The artifact is not what its metadata says",
    "`modelport check` shows the exporter's author which rule it breaks.",
    TRAINER,
  ],
  packaging_failed: [
    "The result could not be packed",
    "Try again. If it fails once more, see whether the service's disk is full.",
    AGAIN,
  ],
  storage_failed: [
    "The result could not be stored",
    "Try again once the store answers; /readyz says whether it does.",
    AGAIN,
  ],
  interrupted: [
    "The service ended while the job was running",
    "Nothing is wrong with the checkpoint: try again.",
    AGAIN,
  ],
  internal: [
    "The service broke a rule of its own",
    "Please report this with the job's id and the service's log.",
    ADMINISTRATOR,
  ],
};

/** {title, next, step} of a failed job; `step` is who can help, or the action that is offered first: "again", "options", "upload". */
export function failureOf(job) {
  const [title, next, step] = CODES[job.error_code] ?? [
    "The export failed",
    "The log below shows how far it came.",
    AGAIN,
  ];
  return {title, next, step};
}
