#include "service/run/slurm_script.h"

#include <fmt/format.h>

namespace modelport {

namespace {

/// 'it'\''s'
std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// Beside the run, not below it, so that an exporter that waits for all its children does not wait for this. What
/// counts is below Slurm's own process, or carries the run's mark (MODELPORT_RUN), however far it went; not what looks.
constexpr std::string_view kWatch = R"sh(
(
  (
    exec </dev/null >/dev/null 2>&1
    watch=$(sh -c 'echo $PPID')
    while kill -0 $$; do
      found=$( {
        grep -hE '^(Pid|PPid):' /proc/[0-9]*/status
        grep -lzFx "MODELPORT_RUN=$mark" /proc/[0-9]*/environ | sed 's,^/proc/\([0-9]*\)/.*,Marked: \1,'
      } | awk -v root="$root" -v watch="$watch" '
        $1 == "Pid:" { pid = $2 }
        $1 == "PPid:" { parent[pid] = $2 }
        $1 == "Marked:" { marked[$2] = 1 }
        END {
          for (each in parent) {
            at = each
            while (at > 1 && at != root && at != watch && at in parent) at = parent[at]
            if (at != watch && each != root && ((at == root && root > 1) || each in marked)) print each
          }
        }')
      if [ "$(printf '%s\n' "$found" | grep -c .)" -gt "$most" ]; then
        : > "$overrun"
        kill -KILL $found
      fi
      sleep 1
    done
  ) &
)
)sh";

}  // namespace

std::string slurm_script(const ConfinedRequest& request, const SlurmPlace& place) {
  std::string script = "#!/bin/sh\nPATH=/usr/local/bin:/usr/bin:/bin\n";
  script += fmt::format("[ -e {} ] && mkdir {} || exit 75\n", shell_word(place.script()), shell_word(place.begun()));
  if (request.processes != UINT64_MAX) {
    const auto mark = request.environment.find("MODELPORT_RUN");
    script += fmt::format("root=$PPID most={} overrun={} mark={}", request.processes, shell_word(place.overrun()),
                          shell_word(mark == request.environment.end() ? "" : mark->second));
    script += kWatch;
  }
  for (const auto& [name, value] : request.environment)
    script += fmt::format("export {}={}\n", name, shell_word(value));
  script += fmt::format("ulimit -n {}\n", request.open_files);
  if (request.file_bytes != UINT64_MAX) script += fmt::format("ulimit -f {}\n", request.file_bytes / 512);
  script += "exec";
  for (const std::string& argument : request.arguments) script += " " + shell_word(argument);
  return script + "\n";
}

}  // namespace modelport
