// onnxruntime-web's WebAssembly in Node: as run_opencv.py. node run_onnxruntime_web.mjs REQUEST ENVIRONMENT
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const resolve = createRequire(`${process.argv[3]}/package.json`).resolve;
const ort = await import(pathToFileURL(resolve("onnxruntime-web")));
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

/** A float32 .npy as tensor. */
function read(path) {
  const bytes = readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const shape = /\(([^)]*)\)/.exec(bytes.toString("latin1", 10, 10 + length))[1].split(",").filter((each) => each.trim()).map(Number);
  const start = bytes.byteOffset + 10 + length;
  return new ort.Tensor("float32", new Float32Array(bytes.buffer.slice(start, bytes.byteOffset + bytes.length)), shape);
}

async function answer(request) {
  try {
    const session = await ort.InferenceSession.create(readFileSync(request.model), { executionProviders: ["wasm"] });
    const results = await session.run({ [session.inputNames[0]]: read(request.input) });
    const outputs = request.outputs.map((name) => ({ shape: results[name].dims, values: Array.from(results[name].data, Number) }));
    writeFileSync(`${request.to}.json`, JSON.stringify(outputs));
    return { loads: true };
  } catch (error) {
    return { loads: false, reason: String(error) };
  }
}

for (const request of JSON.parse(readFileSync(process.argv[2]))) console.log(JSON.stringify(await answer(request)));
