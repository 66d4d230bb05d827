#!/bin/sh
# An exporter whose author means harm. export_config {"behave":"WORD"} chooses what it tries; unless that ends it, it
# then writes an honest result, so that only what it tried can make it fail. "reached: ..." in the log: it got through.
here=$(dirname "$0")
out= config= checkpoint=
while [ $# -gt 0 ]; do
  case $1 in
    --output_dir) out=$2 ;;
    --export_config) config=$2 ;;
    --checkpoint_path) checkpoint=$2 ;;
  esac
  shift 2
done
attempt=$(dirname "$out")
word() { printf %s "$config" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
reached() { echo "reached: $1"; }
honest() { /bin/sh "$here/../exporters/plain.sh" --checkpoint_path "$checkpoint" --export_format onnx --output_dir "$out" --export_config '{}'; }
case $(word behave) in
  double_fork) honest; (setsid sh -c "setsid sh '$here/haunt.sh' '$out' & exit 0" > /dev/null 2>&1 < /dev/null &) ;;
  clean_daemon) honest; (setsid env -i /bin/sh "$here/haunt.sh" "$out" > /dev/null 2>&1 < /dev/null &) ;;
  holds_output) honest; setsid yes & ;;
  kills_supervisor) honest; (setsid yes &); kill -KILL "$PPID"; sleep 1 ;;
  fork_tree) exec python3 "$here/fork_tree.py" tree ;;
  comet) honest; exec python3 "$here/fork_tree.py" comet ;;
  ignores_all) exec python3 -c 'import signal, time
for s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(s, signal.SIG_IGN)
print("started", flush=True)
while True: time.sleep(60)' ;;
  stops_itself) echo started; kill -STOP $$; sleep 600 ;;
  socket) honest; python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind("s")' ; mv s "$out/s" ;;
  device) honest; mknod "$out/null" c 1 3 || exit 1 ;;
  link_to_directory) honest; ln -s /etc "$out/variables" ;;
  link_up) honest; ln -s ../../.. "$out/up" ;;
  hard_link_to_checkpoint) honest; ln "$checkpoint" "$out/weights" || exit 1 ;;
  newline_name) honest; : > "$out/a
b" ;;
  escape_name) honest; : > "$out/$(printf 'a\033[2Jb')" ;;
  latin_name) honest; : > "$out/$(printf 'caf\351')" ;;
  backslash_name) honest; : > "$out/..\\..\\evil.dll" ;;
  deep) honest; (cd "$out" && for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36; do mkdir d && cd d; done) ;;
  zip_pipe) honest; mkfifo "$attempt/export.zip" ;;
  zip_link) honest; ln -s "$(word secret)" "$attempt/export.zip" ;;
  zip_directory) honest; mkdir -p "$attempt/export.zip/inner" ;;
  no_scratch) honest; rm -rf "$attempt/scratch"; ln -s "$(dirname "$(word secret)")" "$attempt/scratch" ;;
  sparse) honest; for i in 1 2 3 4 5 6 7 8; do truncate -s 8M "$out/sparse$i"; done ;;
  one_large_file) exec head -c 100000000 /dev/zero > "$out/large" ;;
  many_files) mkdir "$out/many"; i=0; while :; do i=$((i + 1)); head -c 1000000 /dev/zero > "$out/many/$i"; done ;;
  memory_disk)
    for place in /tmp /var/tmp /run /dev /dev/shm; do
      head -c 300000000 /dev/zero 2> /dev/null > "$place/modelport-hostile.$$" && reached "300 MB in $place"
      rm -f "$place/modelport-hostile.$$"
    done 2> /dev/null
    honest ;;
  log_flood) yes "$(printf '\033]0;owned\007\033[2J <script>alert(1)</script> \r\ndata: x')" | head -c 40000000; honest ;;
  endless_line) head -c 40000000 /dev/zero; honest ;;
  escape_error) printf '2026-01-01 00:00:00,000 - ERROR - bad \033[31m\033]0;owned\007\302\205\r layer\n' >&2; exit 1 ;;
  environment)
    for process in "$(word service)" "$PPID"; do
      # Its own environment, which bubblewrap has as well, carries the mark.
      text=$(tr '\0' '\n' 2> /dev/null < "/proc/$process/environ")
      [ -n "$text" ] && ! echo "$text" | grep -q ^MODELPORT_RUN= && reached "environment of $process"
    done
    honest ;;
  descriptors)
    python3 -c 'import os
for fd in range(3, 1024):
    try: print("reached: descriptor", fd, os.fstat(fd))
    except OSError: pass'
    readlink "/proc/$(word service)/fd/"* | grep -q . && reached "the descriptors of the service"
    honest ;;
  privileges)
    grep -q '^NoNewPrivs:.1' /proc/self/status || reached "new privileges"
    grep -q '^CapEff:.0*$' /proc/self/status || reached "$(grep ^CapEff /proc/self/status)"
    grep -q '^CapBnd:.0*$' /proc/self/status || reached "$(grep ^CapBnd /proc/self/status)"
    honest ;;
  other_jobs)
    ls "$attempt/.." | grep -v "^$(basename "$attempt")\$" | grep -q . && reached "other attempts"
    cat "$(word secret)" 2> /dev/null | grep -q . && reached "$(word secret)"
    honest ;;
  writes_outside)
    for place in / /etc /usr/bin /home "$here"; do
      ( : > "$place/modelport-hostile.$$" ) 2> /dev/null && reached "$place" && rm -f "$place/modelport-hostile.$$"
    done
    echo changed >> "$checkpoint" 2> /dev/null && reached "$checkpoint"
    honest ;;
  namespace) unshare --user --map-root-user true 2> /dev/null && reached "a user namespace of its own"; honest ;;
  *) exit 3 ;;
esac
