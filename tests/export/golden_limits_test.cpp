#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/log.h"
#include "kernels/instruction_set.h"
#include "limit_cases.h"
#include "models/ultralytics/trainer.h"

/// What a proof allows, figure by figure, against a table of what it ever allowed: no change widens a limit.
/// MODELPORT_RECORD_LIMITS=1 writes what is new or tighter into the table, never what is wider.
namespace modelport {
namespace {

namespace fs = std::filesystem;

/// "yolo11-sample onnx half=true | runtime output0 boxes boxes_px" -> limit. Of several checks the widest. An export
/// that ends in exit code 2 has "yolo11-sample onnx half=true | refused" -> 2.
using Limits = std::map<std::string, double>;
constexpr double kExitCodeOfRefusal = 2;

/// Up: what is measured differs a little between machines.
double two_digits(double limit) {
  if (!std::isfinite(limit) || limit <= 0) return limit;
  const double unit = std::pow(10.0, std::floor(std::log10(limit)) - 1);
  return std::ceil(limit / unit - 1e-9) * unit;
}

std::string number(double limit) { return std::isfinite(limit) ? fmt::format("{:.2g}", limit) : "inf"; }

/// What holds the file with its rounding to the checkpoint has rows of its own beside the tighter links of the proof.
std::string kind_of(const LimitCase& each, const Json& proof, const Json& check) {
  const auto says = [](const Json& of, const char* what) {
    return of["what"].get<std::string>().find(what) != std::string::npos;
  };
  const std::string kind = check["kind"];
  const bool linked = std::ranges::any_of(proof["checks"], [&](const Json& of) { return says(of, "in float64"); });
  const bool read_back = linked && says(check, "the file read back computes what the checkpoint");
  const bool weights_only = each.is_half() && each.format == "openvino" && says(check, " runs the file");
  const std::string scope = check.contains("scope") ? check["scope"].get<std::string>() + "_" : "";
  return scope + (read_back || weights_only ? "artifact_" : "") + kind;
}

struct Measured {
  Limits limits;
  std::string level;
};

Result<Measured> measure(const LimitCase& each, const std::string& folder) {
  // The reference's own error depends on the order of accumulation: that of every machine.
  const InstructionSetLimit portable(InstructionSet::kBaseline);
  fs::remove_all(folder);
  CHECK_OK(run_export(ultralytics_trainer(), {each.path(), {each.target(folder)}})[0]);
  std::ifstream in(folder + "/metadata.json");
  std::stringstream text;
  text << in.rdbuf();
  TRY(metadata, parse_json(text.str(), ErrorCode::kInternal));
  const Json& proof = metadata["extra_metadata"]["proof"];
  Measured measured{{}, proof["level"]};
  for (const Json& check : proof["checks"]) {
    if (!check.contains("figures")) continue;
    for (const Json& figure : check["figures"]) {
      const std::string role = figure["role"];
      const std::string key = fmt::format("{} | {} {} {} {}", each.name(), kind_of(each, proof, check),
                                          figure["value"].get<std::string>(), figure["group"].get<std::string>(), role);
      const double allowed = figure["allowed"].is_null() ? INFINITY : figure["allowed"].get<double>();
      double& limit = measured.limits[key];
      limit = std::max(limit, allowed);
    }
  }
  return measured;
}

Limits read_table(const std::string& path) {
  Limits table;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.rfind(' ');
    table[line.substr(0, space)] = std::strtod(line.c_str() + space, nullptr);
  }
  return table;
}

void write_table(const std::string& path, const Limits& table) {
  std::ofstream out(path);
  out << "# What a proof allows at 96x128, rounded up to two digits: checkpoint, format, settings | kind of check, "
         "value,\n"
         "# group, role, limit; or that the export is refused, with its exit code. golden_limits_test.cpp holds every "
         "proof to it.\n";
  for (const auto& [key, limit] : table) out << key << " " << number(limit) << "\n";
}

void hold_to_table(const std::vector<LimitCase>& cases, const std::string& name) {
  set_log_level(LogLevel::kError);
  const std::string path = std::string(MODELPORT_SOURCE_DIR) + "/tests/export/golden/" + name;
  const std::string folder = (fs::temp_directory_path() / ("modelport-limits-" + std::to_string(::getpid()))).string();
  const bool record = std::getenv("MODELPORT_RECORD_LIMITS") != nullptr;
  const Limits table = read_table(path);
  Limits recorded;
  for (const LimitCase& each : cases) {
    const auto measured = measure(each, folder);
    const std::string refused = each.name() + " | refused";
    if (!measured) {
      // What float16 cannot hold of random weights is refused; no limit is wider by it.
      EXPECT_TRUE(each.is_half() && measured.error().code == ErrorCode::kValidationFailed)
          << each.name() << ": " << measured.error().text();
      EXPECT_TRUE(record || table.contains(refused)) << each.name() << ": " << measured.error().text();
      for (const auto& [key, limit] : table) {
        if (key.starts_with(each.name() + " | ")) recorded[key] = limit;
      }
      recorded[refused] = kExitCodeOfRefusal;
      continue;
    }
    EXPECT_TRUE(record || !table.contains(refused)) << each.name() << " is refused no longer: record its limits";
    for (const auto& [key, limit] : measured->limits) {
      const auto known = table.find(key);
      recorded[key] = known == table.end() ? two_digits(limit) : std::min(known->second, two_digits(limit));
      if (record && known == table.end()) continue;
      EXPECT_TRUE(known != table.end()) << key << " " << number(two_digits(limit)) << ": not in " << path;
      if (known == table.end()) continue;
      EXPECT_LE(limit, known->second * (1 + 1e-6)) << key << ": wider than it was";
    }
    // What was compared stays compared, where the machine reaches as far.
    if (measured->level != "runtime") continue;
    for (const auto& [key, limit] : table) {
      if (record || key == refused || !key.starts_with(each.name() + " | ")) continue;
      EXPECT_TRUE(measured->limits.contains(key)) << key << ": is compared no longer";
    }
  }
  fs::remove_all(folder);
  if (record) write_table(path, recorded);
}

TEST(GoldenLimits, OfEveryFixture) { hold_to_table(limit_cases(), "limits.txt"); }

TEST(GoldenLimits, OfEveryScale) {
  const std::vector<LimitCase> cases = scaled_limit_cases();
  if (cases.empty()) GTEST_SKIP() << "skipped: MODELPORT_SCALED names no folder of scaled models (./test --all)";
  hold_to_table(cases, "limits_scaled.txt");
}

}  // namespace
}  // namespace modelport
