// What people call what the API has identifiers for.

import {textOf} from "/assets/dom.js";

const FORMATS = {
  onnx: ["ONNX", "Runs almost everywhere."],
  tensorrt: ["TensorRT", "For NVIDIA GPUs."],
  coreml: ["Core ML", "For iPhone, iPad and Mac."],
  tflite: ["TFLite", "For Android and small devices."],
  torchscript: ["TorchScript", "For PyTorch without Python."],
  openvino: ["OpenVINO", "For Intel processors and GPUs."],
};
export const FORMAT_IDS = Object.keys(FORMATS);
const formatOf = (id) => (typeof id === "string" && Object.hasOwn(FORMATS, id) ? FORMATS[id] : null);
export const formatName = (id) => formatOf(id)?.[0] ?? id;
export const formatUse = (id) => formatOf(id)?.[1] ?? "";

const TASKS = {
  detect: "detection",
  segment: "segmentation",
  classify: "classification",
  obb: "detection of oriented boxes",
};
export const taskName = (id) => (typeof id === "string" && Object.hasOwn(TASKS, id) ? TASKS[id] : id);

/** What a job is recognised by. */
export const titleOf = (job) =>
  `${job.model_name ?? job.checkpoint_name ?? job.framework} to ${formatName(job.export_format)}`;

/** The classes of a checkpoint or of metadata.json, which may be a list or an object by number. */
export const classNames = (names) =>
  typeof names === "object" && names !== null ? Object.values(names).map(textOf) : [];
