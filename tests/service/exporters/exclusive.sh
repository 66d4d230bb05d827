#!/bin/sh
# An exporter that takes a moment, and fails where another one works on the same job at the same time.
[ "$1" = --capabilities ] && exit 3
marks=$MARKS job=${MODELPORT_RUN%.*}
exec 9>"$marks/$job.lock"
flock -n 9 || { echo "$MODELPORT_RUN" >> "$marks/overlap"; exit 1; }
echo "$MODELPORT_RUN $$" >> "$marks/started"
sleep "${PAUSE:-0.7}"
exec /bin/sh "$(dirname "$0")/plain.sh" "$@"
