#include "cli/artifact_session.h"

#include <algorithm>
#include <filesystem>

#include "artifact/readers.h"
#include "io/mapped_file.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

Result<Json> read_metadata(const fs::path& path) {
  auto file = MappedFile::open(path.string());
  if (!file) {
    Error error = std::move(file).error();
    error.hint = "predict knows an artifact by the metadata.json that its exporter wrote beside it";
    return error;
  }
  const std::span<const std::byte> bytes = (*file)->bytes();
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, ErrorCode::kInvalidArgument)
      .in(path.string());
}

/// The row of a file of this name; null where no engine here runs it.
const ArtifactEngine* row_for(const fs::path& path) {
  const ArtifactFormat* format = artifact_format_of(path.string());
  const auto rows = artifact_engines();
  const auto row = format == nullptr ? rows.end() : std::ranges::find(rows, format->name, &ArtifactEngine::format);
  return row == rows.end() ? nullptr : &*row;
}

Result<Engine*> engine_for(const fs::path& path) {
  if (const ArtifactEngine* row = row_for(path)) {
    Engine& engine = row->engine();
    if (engine.presence().found) return &engine;
    Error error = fail(ErrorCode::kUnavailable, "{} was not found, it runs {}", engine.name(), path.string());
    error.hint = engine.presence().hint;
    return error;
  }
  std::string known;
  for (const ArtifactEngine& row : artifact_engines())
    known += (known.empty() ? "" : ", ") + extension_of(*find_artifact_format(row.format));
  return fail(ErrorCode::kInvalidArgument, "no engine here runs {}; known are {}", path.string(), known);
}

/// The one file in a folder that an engine here runs, for a record that names none.
Result<std::string> only_artifact(const fs::path& folder) {
  std::string found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    if (row_for(entry.path()) == nullptr) continue;
    if (!found.empty())
      return fail(ErrorCode::kInvalidArgument, "{}: metadata.json lists no files; name the artifact itself",
                  folder.string());
    found = entry.path().filename().string();
  }
  if (found.empty())
    return fail(ErrorCode::kInvalidArgument, "{}: metadata.json lists no files, and no engine here runs one of those",
                folder.string());
  return found;
}

/// The outputs in the contract's order; as they came where it names none.
Result<std::vector<Tensor>> in_order(const std::vector<EngineTensor>& outputs, const OutputContract& contract) {
  std::vector<Tensor> tensors;
  for (const std::string& name : contract.names) {
    const auto found = std::ranges::find(outputs, name, &EngineTensor::name);
    if (found == outputs.end())
      return fail(ErrorCode::kValidationFailed, "metadata.json names the output {}, the artifact has none", name);
    tensors.push_back(found->tensor);
  }
  if (!contract.names.empty()) return tensors;
  for (const EngineTensor& output : outputs) tensors.push_back(output.tensor);
  return tensors;
}

}  // namespace

std::span<const ArtifactEngine> artifact_engines() {
  static constexpr ArtifactEngine kRows[] = {
      {"onnx", onnx_runtime, ArtifactEngine::Inputs::kByName},
      {"openvino", openvino_runtime, ArtifactEngine::Inputs::kByPosition},
      {"torchscript", torch, ArtifactEngine::Inputs::kByName},
  };
  return kRows;
}

Result<ArtifactSession> open_artifact(const std::string& artifact) {
  fs::path path = artifact;
  std::error_code ignored;
  const bool folder = fs::is_directory(path, ignored);
  if (!folder && !fs::exists(path, ignored)) return fail(ErrorCode::kNotFound, "{} does not exist", artifact);
  TRY(metadata, read_metadata((folder ? path : path.parent_path()) / "metadata.json"));
  ArtifactSession opened;
  TRY(contract, read_contract(metadata));
  if (folder) {
    TRY(file, contract.file.empty() ? only_artifact(path) : Result<std::string>(contract.file));
    // Only a name: a record must not lead elsewhere.
    path /= fs::path(file).filename();
  }
  TRY(engine, engine_for(path));
  TRY(session, engine->load_file(path.string(), Engine::Optimization::kAll).in(path.string()));
  opened.contract = std::move(contract);
  opened.path = path.string();
  opened.engine = engine;
  opened.session = std::move(session);
  return opened;
}

Result<std::vector<PicturePrediction>> predict_pictures(ArtifactSession& artifact, std::span<const Image> pictures) {
  const InputContract& input = artifact.contract.input;
  const auto batch = static_cast<size_t>(input.batch);
  std::vector<PicturePrediction> predictions;
  for (size_t begin = 0; begin < pictures.size(); begin += batch) {
    const size_t count = std::min(batch, pictures.size() - begin);
    std::vector<FittedImage> fitted;
    for (size_t i = 0; i < batch; ++i) fitted.push_back(fit(pictures[begin + std::min(i, count - 1)], input));
    TRY(raw, artifact.session->run({{input.name, input_tensor(fitted, input)}}).in(artifact.path));
    TRY(outputs, in_order(raw, artifact.contract.output).in(artifact.path));
    for (size_t i = 0; i < count; ++i) {
      TRY(prediction,
          interpret(outputs, static_cast<int64_t>(i), artifact.contract, fitted[i].placement).in(artifact.path));
      predictions.push_back({std::move(prediction), fitted[i].placement});
    }
  }
  return predictions;
}

}  // namespace modelport
