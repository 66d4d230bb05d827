#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "process/confined_run.h"
#include "service/run/own_command.h"

namespace modelport {

/// What the service itself found of a finished export, whatever its exporter claims: `proof` of the API and proof.json
/// of the package.
struct OutputProof {
  /// "by": who judged, null for nobody; "level": a word of the convention; "checks": as in proof.schema.json; "reason":
  /// why it is no more than that, null where there is nothing to say.
  Json document;
  /// Where a figure is over its limit: the sentence that says so.
  std::optional<std::string> contradiction;

  std::string level() const { return document.value("level", "none"); }
};

/// A finished output, of which metadata.json and the artifact fit together (read_output).
struct OutputToProve {
  std::string directory;
  std::string export_format;
  std::string checkpoint;
};

/// The programs that judge, with this machine's engines, confined as exporters are.
struct OutputJudges {
  OwnProgram verifier;   ///< The operator's, for this framework; its path is empty where there is none.
  OwnProgram modelport;  ///< Its path is empty where there is none.
  std::string name;      ///< Of the verifier, for people: "modelport-ultralytics 0.2.0".
};

/// Whether a verifier of the extension `verify` runs this format, so that the exporter's own comparison can be left
/// out.
bool is_verified_here(std::string_view export_format);

/// `runtime` where the verifier ran the artifact against the checkpoint and every figure is within its limit; `loads`
/// where it could not (the checkpoint is none that it reads, or there is no verifier) and the artifact gives its
/// declared shapes in its engine; `none` with the reason otherwise.
OutputProof prove_output(const OutputJudges& judges, const OutputToProve& output, const OwnCommand& limits);

/// Of an artifact that nobody judged.
OutputProof unproven(std::string reason);

}  // namespace modelport
