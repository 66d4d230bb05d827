#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace modelport {

/// How far an exporter is kept from the machine, weakest first.
enum class SandboxLevel {
  kProcess,     ///< Own session, limits, no new privileges, clean environment, its whole tree ended.
  kBubblewrap,  ///< And no network, a read-only root, only its input and output.
};
std::string_view sandbox_level_name(SandboxLevel level);

enum class RunnerKind {
  kLocal,  ///< On this machine.
  kSlurm,  ///< As jobs of a Slurm cluster.
};

/// Whether the store may answer in an exporter's place with what it made before.
enum class Reuse {
  kFingerprinted,  ///< Where it can be told that it is the same exporter still (program_fingerprint.h).
  kAlways,         ///< The operator answers for it.
  kNever,
};

struct SlurmOptions {
  std::string partition;            ///< Empty: the cluster's default.
  std::vector<std::string> sbatch;  ///< Further options: "--gres=gpu:1".
};

/// What one run may use.
struct RunLimits {
  std::chrono::seconds timeout{3600};
  std::chrono::seconds grace{10};              ///< Between SIGTERM and SIGKILL.
  uint64_t memory_bytes = uint64_t{16} << 30;  ///< Resident, of its processes together.
  uint64_t file_bytes = uint64_t{16} << 30;    ///< Of any one file.
  uint64_t output_bytes = uint64_t{32} << 30;  ///< Of everything in its directories.
  uint64_t processes = 512;
  uint64_t open_files = 1024;
};

/// One exporter: a row of trainers.toml.
struct TrainerConfig {
  std::string name;
  /// The program and its arguments. Where one holds a placeholder ({checkpoint_path}, {export_format}, {output_dir},
  /// {export_config}) they are filled in; otherwise the convention's four options follow. Paths in it are absolute;
  /// in trainers.toml a program with a slash, and parts that begin with "./" or "../", are from the file's folder.
  std::vector<std::string> command;
  std::vector<std::string> frameworks;  ///< Whose jobs it takes; default: its name.
  std::vector<std::string> formats;     ///< For an exporter without --capabilities.
  std::vector<std::string> task_types;  ///< Likewise.
  std::string default_format;           ///< Likewise.
  int concurrency = 1;
  RunLimits limits;
  std::map<std::string, std::string> environment;         ///< All that it gets, beside PATH, HOME, TMPDIR and LANG.
  SandboxLevel minimum_sandbox = SandboxLevel::kProcess;  ///< Fail rather than run with less.
  SandboxLevel wanted_sandbox = SandboxLevel::kBubblewrap;
  RunnerKind runner = RunnerKind::kLocal;
  SlurmOptions slurm;
  std::vector<std::string> readable;  ///< Further paths that the sandbox lets it read.
  /// Program with the extension `verify` that judges what is exported; empty: none. Never the exporter's own command.
  std::string verifier;
  Reuse reuse = Reuse::kFingerprinted;
};

/// Reads trainers.toml: one [[trainer]] table a row. Unknown keys, names or frameworks used twice, and commands without
/// a program are kInvalidArgument with the line.
Result<std::vector<TrainerConfig>> parse_trainers(std::string_view toml, const std::string& file_name);

/// The repository's own, as config/trainers.toml has them.
std::string_view default_trainers_toml();

}  // namespace modelport
