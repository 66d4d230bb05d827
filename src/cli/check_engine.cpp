#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <functional>

#include "artifact/readers.h"
#include "cli/artifact_session.h"
#include "cli/check_runner.h"
#include "convention/export_rules.h"
#include "process/spawn.h"

namespace modelport {

namespace {

constexpr int64_t kMostElements = int64_t{1} << 28;

/// What the engine said, as JSON from the process it ran in: {"error"} or {"shapes"}, and whether it "loaded".
struct EngineAnswer {
  bool loaded = false;
  std::string error;
  std::string untried;  ///< Why it was not run.
  std::vector<std::vector<int64_t>> shapes;
};

/// [H, W, C] or [C, H, W], told by where a number of channels stands.
std::vector<int64_t> channels_first(const std::vector<int64_t>& shape) {
  const auto may_be_channels = [](int64_t size) { return size == 1 || size == 3 || size == 4; };
  if (may_be_channels(shape[2]) || !may_be_channels(shape[0])) return {shape[2], shape[0], shape[1]};
  return shape;
}

/// The sizes to run with: those declared, and where they may vary those of metadata.json.
std::vector<int64_t> sizes_to_run(const DeclaredTensor& input, const std::vector<int64_t>& shape, int64_t batch) {
  constexpr int64_t kAnySize = 64;
  std::vector<int64_t> picture = channels_first(shape);
  std::ranges::replace(picture, kDynamicSize, kAnySize);
  std::vector<int64_t> sizes = input.dims.value_or(std::vector<int64_t>(4, kDynamicSize));
  const bool is_picture = sizes.size() == 4;
  const bool channels_last = is_picture && sizes[3] == picture[0] && sizes[1] != picture[0];
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] != kDynamicSize) continue;
    if (!is_picture || i == 0) {
      sizes[i] = batch;
    } else {
      sizes[i] = channels_last ? picture[i == 3 ? 0 : i] : picture[i - 1];
    }
  }
  return sizes;
}

/// What a run goes by, and what makes one pointless.
constexpr std::string_view kNeededToRun[] = {"EXP-032", "EXP-033", "EXP-034", "EXP-040", "EXP-041", "EXP-043",
                                             "EXP-046", "EXP-048", "EXP-049", "EXP-060", "EXP-061", "EXP-062"};

const Finding* reason_not_to_run(const BaselineExport& baseline) {
  return first_failed(baseline.checked.findings, {std::begin(kNeededToRun), std::end(kNeededToRun)});
}

EngineAnswer run_in_engine(const ArtifactEngine& row, const BaselineExport& baseline, const std::string& path) {
  EngineAnswer answer;
  auto session = row.engine().load_file(path, Engine::Optimization::kAll);
  if (!session) {
    answer.error = session.error().text();
    return answer;
  }
  answer.loaded = true;
  if (reason_not_to_run(baseline) != nullptr) return answer;
  const Json& metadata = baseline.checked.metadata;
  std::vector<EngineTensor> inputs;
  for (const DeclaredTensor& input : baseline.checked.header->inputs) {
    const auto sizes = sizes_to_run(input, metadata["input_shape"].get<std::vector<int64_t>>(),
                                    std::max<int64_t>(1, metadata["output_shape"][0][0].get<int64_t>()));
    const auto dtype = dtype_from_name(input.dtype.empty() ? metadata["input_dtype"].get<std::string>() : input.dtype);
    const auto count = element_count(sizes);
    if (!dtype || !count || *count > kMostElements || *count <= 0) {
      answer.untried = fmt::format("an input of {} {} is not tried", input.dtype, sizes_text(sizes));
      return answer;
    }
    std::vector<std::byte> zeros(static_cast<size_t>(*count * dtype_bytes(*dtype)));
    const std::string name = row.inputs == ArtifactEngine::Inputs::kByPosition ? "" : input.name;
    inputs.push_back({name, Tensor::from_bytes(*dtype, sizes, std::move(zeros))});
  }
  const auto outputs = (*session)->run(inputs);
  if (!outputs) {
    const Json& shape = metadata["input_shape"];
    const bool chosen = std::ranges::find(shape, Json(kDynamicSize)) != shape.end();
    // A model may take only certain sizes of those that its file leaves open.
    (chosen ? answer.untried : answer.error) = outputs.error().text();
    return answer;
  }
  for (const EngineTensor& output : *outputs) answer.shapes.push_back(output.tensor.shape());
  return answer;
}

std::string answer_text(const EngineAnswer& answer) {
  return Json{
      {"loaded", answer.loaded}, {"error", answer.error}, {"untried", answer.untried}, {"shapes", answer.shapes}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Calls `work` in a child of this process: a hostile artifact may end an engine, or never end it.
Result<std::string> in_a_child(const std::function<std::string()>& work, std::chrono::milliseconds patience) {
  TRY(pipe, make_pipe());
  const pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorCode::kInternal, "cannot fork: {}", std::strerror(errno));
  if (pid == 0) {
    const std::string text = work();
    for (size_t sent = 0; sent < text.size();) {
      const ssize_t count = ::write(pipe.write.get(), text.data() + sent, text.size() - sent);
      if (count <= 0) break;
      sent += static_cast<size_t>(count);
    }
    ::_exit(0);
  }
  pipe.write.reset();
  std::string text;
  const auto until = std::chrono::steady_clock::now() + patience;
  bool ended = false;
  while (!ended && std::chrono::steady_clock::now() < until) {
    pollfd watched{pipe.read.get(), POLLIN, 0};
    if (::poll(&watched, 1, 100) <= 0) continue;
    std::array<char, 65536> buffer;
    const ssize_t count = ::read(pipe.read.get(), buffer.data(), buffer.size());
    ended = count <= 0;
    if (count > 0) text.append(buffer.data(), static_cast<size_t>(count));
  }
  if (!ended) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  // An engine may have had a process of its own.
  end_orphans();
  if (!ended) return fail(ErrorCode::kUnavailable, "the engine did not answer in {} s", patience.count() / 1000);
  if (WIFSIGNALED(status))
    return fail(ErrorCode::kUnavailable, "the artifact ended the engine with signal {} ({})", WTERMSIG(status),
                ::strsignal(WTERMSIG(status)));
  return text;
}

EngineAnswer ask_engine(const ArtifactEngine& row, const BaselineExport& baseline, const std::string& path) {
  constexpr auto kTimeout = std::chrono::minutes(5);
  const auto text = in_a_child([&] { return answer_text(run_in_engine(row, baseline, path)); }, kTimeout);
  const auto answer = text ? parse_json(*text, ErrorCode::kInternal) : Result<Json>(text.error());
  if (!answer) return {false, answer.error().text(), "", {}};
  return {(*answer)["loaded"].get<bool>(), (*answer)["error"].get<std::string>(),
          (*answer)["untried"].get<std::string>(), (*answer)["shapes"].get<std::vector<std::vector<int64_t>>>()};
}

/// Where what the engine gave differs from output_shape. A size that the file leaves open is free where those of the
/// input were this check's own choice, and where it is 0: a number of detections, of which a black picture has none.
Judgement compare_shapes(const BaselineExport& baseline, const EngineAnswer& answer) {
  const Json& told = baseline.checked.metadata["output_shape"];
  const std::vector<DeclaredTensor>& declared = baseline.checked.header->outputs;
  const auto text = [](const Json& shapes) { return shapes.dump(); };
  const Json& input = baseline.checked.metadata["input_shape"];
  const bool chosen = std::ranges::find(input, Json(kDynamicSize)) != input.end();
  if (told.size() != answer.shapes.size())
    return failed("output_shape has {} shapes, the engine gives {}: {}", told.size(), answer.shapes.size(),
                  text(answer.shapes))
        .in("/output_shape");
  for (size_t i = 0; i < told.size(); ++i) {
    const auto sizes = told[i].get<std::vector<int64_t>>();
    const bool is_open = i < declared.size() && declared[i].dims && declared[i].dims->size() == sizes.size();
    for (size_t axis = 0; axis < std::max(sizes.size(), answer.shapes[i].size()); ++axis) {
      const bool same_rank = sizes.size() == answer.shapes[i].size();
      if (same_rank && (sizes[axis] == answer.shapes[i][axis] || sizes[axis] == kDynamicSize)) continue;
      if (same_rank && is_open && (*declared[i].dims)[axis] == kDynamicSize && (chosen || answer.shapes[i][axis] == 0))
        continue;
      return failed("it is {}, the engine gives {}", text(told[i]), text(answer.shapes[i]))
          .in(fmt::format("/output_shape/{}", i));
    }
  }
  return passed(text(answer.shapes));
}

/// That an artifact loads in its engine: formats with a requirement of their own, then all others.
std::string_view loading_requirement(std::string_view format) {
  static constexpr std::pair<std::string_view, std::string_view> kOwn[] = {{"onnx", "EXP-110"}};
  const auto row = std::ranges::find(kOwn, format, &std::pair<std::string_view, std::string_view>::first);
  return row == std::end(kOwn) ? "EXP-111" : row->second;
}

}  // namespace

std::vector<Finding> engine_findings(const BaselineExport& baseline) {
  const std::string_view loads = loading_requirement(baseline.format);
  const auto both = [&](Judgement loading, Judgement running) {
    return std::vector<Finding>{{loads, std::move(loading)}, {"EXP-112", std::move(running)}};
  };
  const auto skip_both = [&](const Judgement& why) { return both(why, why); };
  const auto rows = artifact_engines();
  const auto row = std::ranges::find(rows, baseline.format, &ArtifactEngine::format);
  if (row == rows.end()) return skip_both(skipped("no engine here runs {}", baseline.format));
  const std::vector<Finding>& findings = baseline.checked.findings;
  if (const Finding* cause = first_failed(findings, {"EXP-030", "EXP-031", "EXP-033", "EXP-034", "EXP-035", "EXP-036"}))
    return skip_both(skipped("{} failed", cause->id));
  if (!row->engine().presence().found)
    return skip_both(skipped("{} is not on this machine: {}", row->engine().name(), row->engine().presence().hint));
  const std::string path = baseline.output + "/" + std::string(find_artifact_format(baseline.format)->artifact);
  const EngineAnswer answer = ask_engine(*row, baseline, path);
  const std::string name = fmt::format("{} {}", row->engine().name(), row->engine().presence().version);
  if (!answer.loaded) {
    return both(failed("{}: {}", name, answer.error), skipped("{} failed", loads));
  }
  if (const Finding* cause = reason_not_to_run(baseline)) return both(passed(name), skipped("{} failed", cause->id));
  if (!answer.untried.empty()) return both(passed(name), skipped("{}", answer.untried));
  return both(passed(name),
              answer.error.empty() ? compare_shapes(baseline, answer) : failed("{}: {}", name, answer.error));
}

Status probe_engine(CheckRunner& runner) {
  for (const BaselineExport& baseline : runner.exports) {
    for (const Finding& finding : engine_findings(baseline))
      runner.add(finding.id, finding.judgement, baseline.run, baseline.format);
  }
  return {};
}

}  // namespace modelport
