#!/bin/sh
# An exporter that answers --capabilities with the file $CAPABILITIES, and is plain.sh otherwise.
if [ "$1" = --capabilities ]; then exec cat "$CAPABILITIES"; fi
exec /bin/sh "$(dirname "$0")/plain.sh" "$@"
