#include "service/s3/tar_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace modelport {

namespace {

constexpr size_t kTarBlock = 512;
constexpr size_t kLongestTarName = 100;
constexpr int64_t kLargestTarSize = int64_t{1} << 33;  ///< Eleven octal digits hold less.

std::string plain_header(std::string_view name, int64_t bytes, char type) {
  std::string block(kTarBlock, '\0');
  const auto put = [&](size_t at, std::string_view text) {
    std::ranges::copy(text, block.begin() + static_cast<long>(at));
  };
  put(0, name.substr(0, kLongestTarName));
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", bytes));
  put(136, "00000000000");
  put(148, "        ");
  block[156] = type;
  put(257, std::string_view("ustar\00000", 8));
  const unsigned sum = std::accumulate(block.begin(), block.end(), 0u,
                                       [](unsigned total, char c) { return total + static_cast<unsigned char>(c); });
  put(148, fmt::format("{:06o}", sum));
  block[154] = '\0';
  return block;
}

/// "LENGTH KEY=VALUE\n", where the length counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  const size_t rest = key.size() + value.size() + 3;
  size_t length = rest + 1;
  while (rest + std::to_string(length).size() != length) length = rest + std::to_string(length).size();
  return fmt::format("{} {}={}\n", length, key, value);
}

}  // namespace

std::string tar_header(std::string_view name, int64_t bytes) {
  std::string extension;
  if (name.size() > kLongestTarName) extension += pax_record("path", name);
  const bool is_large = bytes >= kLargestTarSize;
  if (is_large) extension += pax_record("size", std::to_string(bytes));
  std::string header;
  if (!extension.empty()) {
    const auto size = static_cast<int64_t>(extension.size());
    header = plain_header("pax", size, 'x') + extension + tar_padding(size);
  }
  return header + plain_header(name, is_large ? 0 : bytes, '0');
}

std::string tar_padding(int64_t bytes) {
  const size_t over = static_cast<size_t>(bytes) % kTarBlock;
  return std::string(over == 0 ? 0 : kTarBlock - over, '\0');
}

std::string tar_end() { return std::string(2 * kTarBlock, '\0'); }

}  // namespace modelport
