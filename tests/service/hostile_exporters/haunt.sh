#!/bin/sh
# What outlives its exporter, so that it could alter the result after it was judged. The service must have ended it.
trap '' TERM HUP INT
i=0
while [ $i -lt 600 ]; do sleep 1; i=$((i + 1)); done
