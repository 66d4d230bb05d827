#include "service/config/trainer_config.h"

namespace modelport {

std::string_view default_trainers_toml() {
  return R"toml(# The exporters of this release. A trainer is a command that follows the export convention.
#
# name            What the trainer is called; required.
# command         Program and arguments; required. Where an argument holds {checkpoint_path}, {export_format},
#                 {output_dir} or {export_config}, these are filled in, else the convention's options follow.
# frameworks      Whose jobs it takes; the name, if left out.
# concurrency     Exports at the same time; 1.
# timeout_seconds, grace_seconds, memory_mb, file_mb, output_mb, processes, open_files
#                 What one export may use.
# runner          "local", or "slurm": as jobs of a Slurm cluster, with slurm_partition and slurm_options (a list of
#                 further options of sbatch); docs/backend_runners.md.
# environment     A table of all the variables that it gets, beside PATH, HOME, TMPDIR, LANG, PYTHONUNBUFFERED.
# sandbox         "process" or "bubblewrap": the level that is tried; bubblewrap.
# minimum_sandbox The level below which an export fails rather than runs; process.
# readable        Further paths that it may read inside of bubblewrap.
# verifier        The program that judges what is exported (--verify), never the exporter itself; "none" for none.
#                 modelport-ultralytics, where all frameworks are its own.
# reuse           Whether the store may answer with what an equal export made before: true or false. Left out: where the
#                 exporter can be fingerprinted, which one in a container or behind a launcher cannot.
# formats, task_types, default_format
#                 Of an exporter that does not answer --capabilities.

[[trainer]]
name = "ultralytics"
command = ["modelport-ultralytics"]
frameworks = ["ultralytics", "yolov5"]
)toml";
}

}  // namespace modelport
