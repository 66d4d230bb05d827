#!/bin/sh
# An exporter of the convention without --capabilities. export_config {"behave":"WORD"} chooses what it does.
checkpoint= format= out= config=
while [ $# -gt 0 ]; do
  case $1 in
    --checkpoint_path) checkpoint=$2; shift 2 ;;
    --export_format) format=$2; shift 2 ;;
    --output_dir) out=$2; shift 2 ;;
    --export_config) config=$2; shift 2 ;;
    *) echo "2026-01-01 00:00:00,000 - ERROR - unknown argument $1" >&2; exit 3 ;;
  esac
done
say() { echo "2026-01-01 00:00:00,000 - $1 - $2" >&2; }
metadata() {
  cat > "$out/metadata.json" <<JSON
{"framework": "${FRAMEWORK:-plain}", "model_name": "tiny", "export_format": "$1", "task_type": "classification",
 "input_shape": [3, 8, 8], "input_dtype": "float32", "output_shape": [[1, ${classes:-3}]], "class_names": ["a", "b", "c"], "num_classes": 3,
 "created_at": "2026-01-01T00:00:00Z", "export_config": {}}
JSON
}
artifact() {
  given="$(dirname "$0")/artifacts"
  cat "$checkpoint" > /dev/null 2>&1 || cat "$checkpoint"/* > /dev/null || { say ERROR "the checkpoint cannot be read"; exit 1; }
  case $format in
    onnx) cat "$given/model.onnx" > "$out/model.onnx" ;;
    coreml)
      mkdir -p "$out/model.mlpackage/Data/com.apple.CoreML"
      cat "$given/model.mlmodel" > "$out/model.mlpackage/Data/com.apple.CoreML/model.mlmodel"
      cat > "$out/model.mlpackage/Manifest.json" <<JSON
{"fileFormatVersion": "1.0.0", "itemInfoEntries": {"1": {"author": "com.apple.CoreML", "name": "model.mlmodel", "path": "com.apple.CoreML/model.mlmodel"}},
 "rootModelIdentifier": "1"}
JSON
      ;;
    *) say ERROR "Unsupported format: $format"; exit 3 ;;
  esac
}
behave=$(printf %s "$config" | sed -n 's/.*"behave":"\([a-z_0-9]*\)".*/\1/p')
[ "$format" = torchscript ] && { say ERROR "Unsupported format: this trainer writes no torchscript"; exit 3; }
say INFO "exporting $checkpoint to $format"
case $behave in
  exit1) say ERROR "layer 7 is unknown"; echo "a last line of no account"; exit 1 ;;
  exit2) say ERROR "outputs differ by 0.5"; exit 2 ;;
  exit3) say ERROR "opset_version is no number"; exit 3 ;;
  exit9) exit 9 ;;
  unsupported) say ERROR "Unsupported format: this trainer writes no $format"; exit 3 ;;
  not_implemented) echo "Traceback (most recent call last):" >&2; echo "NotImplementedError: $format is not available here" >&2; exit 1 ;;
  argparse) echo "usage: export.py [-h] --output_dir DIR" >&2; echo "export.py: error: unrecognized arguments: --x" >&2; exit 2 ;;
  segv) kill -SEGV $$ ;;
  memory) echo "MemoryError" >&2; exit 1 ;;
  slow) echo started; exec sleep 300 ;;
  stubborn) trap '' TERM; echo started; while :; do sleep 1; done ;;
  no_metadata) artifact; exit 0 ;;
  wrong_shape) artifact; classes=4; metadata "$format"; exit 0 ;;
  not_onnx) echo 'no model at all' > "$out/model.$format"; metadata "$format"; exit 0 ;;
  no_artifact) metadata "$format"; exit 0 ;;
  other_format) artifact; metadata tflite; exit 0 ;;
  bad_metadata) artifact; echo '{"framework": 1}' > "$out/metadata.json"; exit 0 ;;
  not_json) artifact; echo 'not json' > "$out/metadata.json"; exit 0 ;;
  link) metadata "$format"; ln -s /etc/passwd "$out/model.$format"; exit 0 ;;
  hard_link) metadata "$format"; artifact; ln "$out/model.$format" "$out/second"; exit 0 ;;
  pipe) metadata "$format"; artifact; mkfifo "$out/pipe"; exit 0 ;;
  replaced) rm -rf "$out"; ln -s /etc "$out"; exit 0 ;;
  daemon) (setsid sh -c 'setsid sleep 300 >/dev/null 2>&1 </dev/null & exit 0' &) ;;
  environment) env ;;
  network) if (exec 3<>/dev/tcp/127.0.0.1/1) 2>/dev/null; then echo reached; fi; cat /proc/net/dev ;;
  flood) i=0; while [ $i -lt 3000 ]; do echo "line $i xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; i=$((i + 1)); done ;;
  companion) echo extra > "$out/model.$format.data" ;;
  meddle) echo changed >> "$checkpoint"; touch "$(dirname "$0")/meddled" ;;
esac
artifact || { say ERROR "the artifact cannot be written"; exit 1; }
metadata "$format"
say INFO done
