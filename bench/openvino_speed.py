#!/usr/bin/env python3
"""Compares the CPU speed of two OpenVINO IRs in one process, run by run in turns.

    bench/openvino_speed.py OURS.xml THEIRS.xml [--runs 200] [--threads 2] [--precision f32] [--sizes 1,3,640,640]

Prints the median time of each and the median of the paired ratios ours / theirs with its 95 % interval; exit code 1
when the ratio is above --limit (1.05). Both are compiled with the same options (LATENCY) and get the same input. Needs
the packages openvino and numpy.
"""
import argparse
import json
import statistics
import sys
import time

import numpy
import openvino

from measure import interval


def compiled(core, path, options):
    settings = {"INFERENCE_PRECISION_HINT": options.precision, "INFERENCE_NUM_THREADS": options.threads, "PERFORMANCE_HINT": "LATENCY"}
    return core.compile_model(path, "CPU", settings).create_infer_request()


def timed(request, image):
    begin = time.perf_counter()
    request.infer([image], share_inputs=True, share_outputs=True)
    return time.perf_counter() - begin


def nodes(request):
    """Number of executed nodes after the plugin's own optimisation."""
    return len(request.get_compiled_model().get_runtime_model().get_ordered_ops())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours")
    parser.add_argument("theirs")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--sizes", default="1,3,640,640")
    parser.add_argument("--limit", type=float, default=1.05)
    options = parser.parse_args()

    core = openvino.Core()
    ours, theirs = compiled(core, options.ours, options), compiled(core, options.theirs, options)
    shape = [int(size) for size in options.sizes.split(",")]
    image = numpy.random.default_rng(0).random(shape, numpy.float32)
    for _ in range(10):
        timed(ours, image), timed(theirs, image)
    pairs = []
    for run in range(options.runs):
        # The one that runs second finds other caches: take turns.
        if run % 2:
            b = timed(theirs, image)
            a = timed(ours, image)
        else:
            a = timed(ours, image)
            b = timed(theirs, image)
        pairs.append((a, b))
    ratios = [a / b for a, b in pairs]
    ratio, low, high = interval(ratios)
    print(json.dumps({"ours_ms": 1e3 * statistics.median(a for a, _ in pairs), "theirs_ms": 1e3 * statistics.median(b for _, b in pairs),
                      "ratio": ratio, "ratio_interval": [low, high], "ours_nodes": nodes(ours), "theirs_nodes": nodes(theirs),
                      "limit": options.limit}, indent=2))
    return 1 if ratio > options.limit else 0


if __name__ == "__main__":
    sys.exit(main())
