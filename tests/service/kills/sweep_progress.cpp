#include "tests/service/kills/sweep_progress.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "base/sha256.h"
#include "tests/service/scratch_directory.h"

namespace modelport {

SweepProgress::SweepProgress(std::string file, const std::string& program) : file_(std::move(file)) {
  if (file_.empty()) return;
  const std::string bytes = file_text(program);
  const std::string digest = sha256_hex(std::as_bytes(std::span(bytes)));
  std::ifstream before(file_);
  std::string written_by, sweep;
  if (std::getline(before, written_by) && written_by == digest) {
    for (int point = 0, kills = 0; before >> sweep >> point >> kills;)
      kills_[fmt::format("{} {}", sweep, point)] = kills;
    return;
  }
  before.close();
  std::ofstream(file_) << digest << "\n";
}

int SweepProgress::kills_at(const std::string& sweep, int point) const {
  const auto found = kills_.find(fmt::format("{} {}", sweep, point));
  return found == kills_.end() ? -1 : found->second;
}

void SweepProgress::note(const std::string& sweep, int point, int kills) {
  if (!file_.empty()) std::ofstream(file_, std::ios::app) << fmt::format("{} {} {}\n", sweep, point, kills);
}

void SweepProgress::finish() {
  std::error_code ignored;
  if (!file_.empty()) std::filesystem::remove(file_, ignored);
}

}  // namespace modelport
