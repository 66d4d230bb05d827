#!/bin/sh
# What a process that outlives its exporter would do: alter the result after it was judged. The service must have ended it.
trap '' TERM HUP INT
while [ -d "$1" ]; do echo haunted >> "$1/model.onnx"; sleep 0.02; done
