#include "runtimes/torch_process.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <utility>

#include "io/mapped_file.h"
#include "io/zip_reader.h"
#include "runtimes/library_search.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// The image that an archive's extra file declares: torch itself knows no shapes of inputs.
Result<std::vector<Shape>> declared_in_extra_file(std::span<const std::byte> archive) {
  TRY(zip, ZipReader::open(archive));
  for (const ZipMember& member : zip.members()) {
    if (!member.name.ends_with("/extra/config.txt") && member.name != "extra/config.txt") continue;
    std::vector<std::byte> buffer;
    constexpr uint64_t kLimit = 1 << 20;
    TRY(content, read_member(member, kLimit, buffer));
    const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    const auto config = parse_json(text, ErrorCode::kDamaged);
    if (!config || !config->is_object() || !config->contains("imgsz")) break;
    const Json& sizes = (*config)["imgsz"];
    if (!sizes.is_array() || sizes.size() != 2 || !sizes[0].is_number_integer() || !sizes[1].is_number_integer()) break;
    const auto batch = config->find("batch");
    const int64_t count = batch != config->end() && batch->is_number_integer() ? batch->get<int64_t>() : 1;
    return std::vector<Shape>{{count, 3, sizes[0].get<int64_t>(), sizes[1].get<int64_t>()}};
  }
  return std::vector<Shape>();
}

class Session final : public EngineSession {
 public:
  /// `path` is empty for a model from memory.
  Session(std::shared_ptr<TorchConnection> connection, int64_t number, std::string path)
      : connection_(std::move(connection)), number_(number), path_(std::move(path)) {}
  ~Session() override {
    // A process that is gone holds no session.
    if (!connection_->has_ended()) static_cast<void>(connection_->ask({{"do", "drop"}, {"session", number_}}, {}));
  }

  Result<std::vector<Shape>> input_shapes() override {
    if (path_.empty()) return std::vector<Shape>();
    TRY(file, MappedFile::open(path_));
    return declared_in_extra_file(file->bytes());
  }

  Result<std::vector<EngineTensor>> run(const std::vector<EngineTensor>& inputs) override {
    Json specs = Json::array();
    std::vector<std::span<const std::byte>> payloads;
    for (const auto& [name, tensor] : inputs) {
      if (!tensor.is_contiguous()) return fail(ErrorCode::kInternal, "{} is not contiguous", name);
      specs.push_back({{"dtype", dtype_name(tensor.dtype())}, {"shape", tensor.shape()}});
      payloads.push_back(tensor.bytes());
    }
    TRY(answer, connection_->ask({{"do", "run"}, {"session", number_}, {"inputs", std::move(specs)}}, payloads));
    std::vector<EngineTensor> outputs;
    for (Tensor& tensor : answer.outputs)
      outputs.push_back({fmt::format("output{}", outputs.size()), std::move(tensor)});
    return outputs;
  }

 private:
  std::shared_ptr<TorchConnection> connection_;
  int64_t number_;
  std::string path_;
};

class TorchProcess final : public Engine {
 public:
  TorchProcess(std::vector<TorchInterpreter> interpreters, TorchPatience patience)
      : interpreters_(std::move(interpreters)), patience_(patience) {}

  std::string_view name() const override { return "PyTorch"; }

  const EnginePresence& presence() override {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(looked_, true)) look();
    return presence_;
  }

  bool is_likely() override {
    return std::ranges::any_of(interpreters_, [](const TorchInterpreter& interpreter) {
      return interpreter.problem.empty() && ::access(interpreter.path.c_str(), X_OK) == 0;
    });
  }

  Result<std::unique_ptr<EngineSession>> load(const std::string&, std::span<const std::byte> model,
                                              Optimization optimization) override {
    return load_with({{"size", model.size()}}, {model}, optimization, "");
  }

  Result<std::unique_ptr<EngineSession>> load_file(const std::string& path, Optimization optimization) override {
    return load_with({{"path", path}}, {}, optimization, path);
  }

 private:
  Result<std::unique_ptr<EngineSession>> load_with(Json question,
                                                   const std::vector<std::span<const std::byte>>& payloads,
                                                   Optimization optimization, const std::string& path) {
    TRY(connection, connected());
    question["do"] = "load";
    question["optimize"] = optimization == Optimization::kAll;
    TRY(answer, connection->ask(question, payloads));
    if (!answer.header.contains("session") || !answer.header["session"].is_number_integer()) {
      return fail(ErrorCode::kValidationFailed, "torch's process does not answer as it should");
    }
    return std::unique_ptr<EngineSession>(
        std::make_unique<Session>(std::move(connection), answer.header["session"].get<int64_t>(), path));
  }

  /// The process, started anew where the last model ended it.
  Result<std::shared_ptr<TorchConnection>> connected() {
    if (!presence().found) return fail(ErrorCode::kUnavailable, "PyTorch is not on this machine");
    const std::lock_guard lock(mutex_);
    if (connection_->has_ended()) {
      TRY(again, TorchConnection::start(presence_.library, patience_).in(presence_.library));
      connection_ = std::move(again);
    }
    return connection_;
  }

  void look() {
    for (const TorchInterpreter& interpreter : interpreters_) {
      std::string problem = interpreter.problem;
      if (problem.empty()) {
        auto started = TorchConnection::start(interpreter.path, patience_);
        if (started) {
          connection_ = *std::move(started);
        } else {
          problem = started.error().message;
        }
      }
      presence_.looked_at.push_back(interpreter.path + (problem.empty() ? "" : ": " + problem));
      if (!problem.empty()) continue;
      presence_.found = true;
      presence_.version = connection_->version();
      presence_.computes_float16 = connection_->computes_float16();
      presence_.library = interpreter.path;
      return;
    }
    presence_.hint =
        "pip install torch into the active virtual environment, or set MODELPORT_TORCH_PYTHON to a Python that has it";
  }

  const std::vector<TorchInterpreter> interpreters_;
  const TorchPatience patience_;
  std::mutex mutex_;
  bool looked_ = false;
  EnginePresence presence_;
  std::shared_ptr<TorchConnection> connection_;
};

/// Whether a virtual environment holds the package, whatever its Python's version.
bool has_torch(const fs::path& environment) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(environment / "lib", ignored)) {
    if (fs::is_directory(entry.path() / "site-packages" / "torch", ignored)) return true;
  }
  return false;
}

}  // namespace

std::vector<TorchInterpreter> torch_interpreters() {
  const char* named = std::getenv("MODELPORT_TORCH_PYTHON");
  if (named != nullptr && *named != '\0') return {{named, ""}};
  std::vector<TorchInterpreter> interpreters;
  for (const fs::path& environment : virtual_environments()) {
    interpreters.push_back(
        {(environment / "bin" / "python").string(), has_torch(environment) ? "" : "no torch in its site-packages"});
  }
  return interpreters;
}

std::unique_ptr<Engine> make_torch_engine(std::vector<TorchInterpreter> interpreters, TorchPatience patience) {
  return std::make_unique<TorchProcess>(std::move(interpreters), patience);
}

Engine& torch() {
  static const std::unique_ptr<Engine> engine = make_torch_engine(torch_interpreters(), {});
  return *engine;
}

}  // namespace modelport
