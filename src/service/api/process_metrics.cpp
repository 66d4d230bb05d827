#include "service/api/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace modelport {

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// When the machine started, in seconds since 1970.
double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

/// Field 22 of proc(5)'s stat, in clock ticks since the machine started.
double start_ticks() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // The second field is a name in brackets, which may hold anything.
  std::istringstream fields(line.substr(std::min(line.rfind(')') + 1, line.size())));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return field.empty() ? 0 : std::stod(field);
}

double resident_pages() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident;
}

}  // namespace

ProcessMetrics process_metrics() {
  ProcessMetrics metrics;
  rusage use{};
  if (::getrusage(RUSAGE_SELF, &use) == 0) metrics.cpu_seconds = seconds_of(use.ru_utime) + seconds_of(use.ru_stime);
  metrics.resident_bytes = resident_pages() * static_cast<double>(::sysconf(_SC_PAGESIZE));
  std::error_code failed;
  const std::filesystem::directory_iterator entries("/proc/self/fd", failed);
  if (!failed) metrics.open_descriptors = static_cast<double>(std::distance(begin(entries), end(entries)));
  rlimit most{};
  if (::getrlimit(RLIMIT_NOFILE, &most) == 0) metrics.most_descriptors = static_cast<double>(most.rlim_cur);
  metrics.started_at = boot_time() + start_ticks() / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return metrics;
}

}  // namespace modelport
