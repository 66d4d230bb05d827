#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <memory>

#include "../ops/operator_cases.h"
#include "formats/format.h"
#include "io/output_file.h"
#include "runtimes/engine.h"

namespace modelport {

/// Largest difference, relative to the largest magnitude or 1; infinity for other shapes.
inline double apart(const EvaluatedValue& a, const EvaluatedValue& b) {
  if (a.shape != b.shape || a.integers.size() != b.integers.size() || a.floats.size() != b.floats.size())
    return INFINITY;
  double largest = 1.0, difference = 0.0;
  for (size_t i = 0; i < a.floats.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(a.floats[i])));
    const double apart_here = static_cast<double>(std::abs(a.floats[i] - b.floats[i]));
    difference = std::isnan(apart_here) ? INFINITY : std::max(difference, apart_here);
  }
  for (size_t i = 0; i < a.integers.size(); ++i)
    difference = std::max(difference, a.integers[i] == b.integers[i] ? 0.0 : INFINITY);
  return difference / largest;
}

/// The files of a format in a directory of their own, which goes with this object.
class WrittenFormat {
 public:
  explicit WrittenFormat(const Format& format) : format_(format) {
    std::string name = (std::filesystem::temp_directory_path() / "modelport-format-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~WrittenFormat() { std::filesystem::remove_all(directory_); }
  WrittenFormat(const WrittenFormat&) = delete;
  WrittenFormat& operator=(const WrittenFormat&) = delete;

  std::string file(std::string_view name) const { return directory_ + "/" + std::string(name); }
  std::string path() const { return file(format_.files.front()); }

  Status write(const LoweredModel& lowered) const {
    std::vector<OutputFile> files;
    for (const std::string_view name : format_.files) {
      TRY(created, OutputFile::create(file(name)));
      files.push_back(std::move(created));
    }
    std::vector<Sink> sinks;
    for (OutputFile& each : files) sinks.emplace_back(each);
    std::vector<ArtifactSink*> pointers;
    for (Sink& sink : sinks) pointers.push_back(&sink);
    CHECK_OK(format_.write(lowered, pointers));
    for (OutputFile& each : files) CHECK_OK(each.finish());
    return {};
  }

 private:
  class Sink final : public ArtifactSink {
   public:
    explicit Sink(OutputFile& file) : file_(file) {}
    Status append(std::span<const std::byte> bytes) override { return file_.append(bytes); }

   private:
    OutputFile& file_;
  };

  const Format& format_;
  std::string directory_;
};

/// One run in an engine; floats as float32, integers as int64.
inline Result<std::vector<EvaluatedValue>> run_session(EngineSession& session,
                                                       const std::vector<EvaluatedValue>& inputs) {
  std::vector<EngineTensor> given;
  for (const EvaluatedValue& input : inputs)
    given.push_back({input.name, Tensor::from_floats(input.shape, input.floats)});
  TRY(outputs, session.run(given));
  std::vector<EvaluatedValue> values;
  for (const EngineTensor& output : outputs) {
    EvaluatedValue value{output.name, output.tensor.dtype(), output.tensor.shape(), {}, {}, {}};
    if (is_float(value.dtype)) {
      value.floats = output.tensor.to_floats();
    } else {
      value.integers = output.tensor.to_int64s();
    }
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace modelport
