#!/usr/bin/env bash
# A conformant exporter of toy classifiers whose command line, exit codes, log and metadata are those of a shell script.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
unset scratch checkpoint_path export_format output_dir
export_config='{}'

log() { printf '%s,%03d - %s - %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$((10#$(date +%N) / 1000000))" "$1" "$2" >&2; }
fail() { log ERROR "$2"; exit "$1"; }
trap '[ -z "${scratch:-}" ] || rm -rf -- "$scratch"' EXIT
trap 'exit 143' TERM

while [ $# -gt 0 ]; do
  case $1 in
    --help) echo "--checkpoint_path PATH --export_format onnx --output_dir DIR [--export_config JSON]"; exit 0 ;;
    --checkpoint_path | --export_format | --output_dir | --export_config)
      [ $# -gt 1 ] || fail 3 "$1 needs a value"
      printf -v "${1#--}" %s "$2"
      shift 2 ;;
    *) fail 3 "unknown argument $1" ;;
  esac
done
for name in checkpoint_path export_format output_dir; do [ -n "${!name:-}" ] || fail 3 "--$name is required"; done
[ "$export_format" = onnx ] || fail 3 "Unsupported format: $export_format; this exporter writes onnx"
python3 -c 'import json, sys; sys.exit(not isinstance(json.loads(sys.argv[1]), dict))' "$export_config" 2>/dev/null || fail 3 "--export_config is no JSON object"
[ -e "$checkpoint_path" ] || fail 1 "there is no checkpoint $checkpoint_path"
mkdir -p -- "$output_dir" && scratch=$(mktemp -d "$output_dir/.export-XXXXXX") || fail 1 "cannot write into $output_dir"

log INFO "Exporting $checkpoint_path"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here python3 - "$checkpoint_path" "$export_config" "$scratch" <<'PYTHON' 2>/dev/null || fail 1 "cannot load $checkpoint_path"
import json, sys, toy
model, config = toy.read_checkpoint(sys.argv[1]), json.loads(sys.argv[2])
toy.write_onnx(model, config, sys.argv[3])
classes = model["classes"]
print(json.dumps(model["name"]), json.dumps([*model["size"], 3]), json.dumps(classes), len(classes), min(5, len(classes)), sep="\n", file=open(sys.argv[3] + "/facts", "w"))
PYTHON
mapfile -t facts <"$scratch/facts"
cat >"$scratch/metadata.json" <<JSON
{"framework": "toy", "model_name": ${facts[0]}, "export_format": "onnx", "task_type": "classification", "input_shape": ${facts[1]},
 "input_dtype": "float32", "output_shape": [[1, ${facts[3]}]], "class_names": ${facts[2]}, "num_classes": ${facts[3]}, "top_k": ${facts[4]},
 "created_at": "$(date -u +%Y-%m-%dT%H:%M:%SZ)", "export_config": $export_config,
 "preprocessing": {"mean": [0, 0, 0], "std": [1, 1, 1], "color_space": "RGB", "resize_mode": "stretch", "normalize": true}}
JSON
mv -f -- "$scratch/model.onnx" "$scratch/metadata.json" "$output_dir/" || fail 1 "cannot write into $output_dir"
log INFO "Wrote model.onnx and metadata.json"
