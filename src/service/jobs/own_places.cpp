#include "service/jobs/own_places.h"

#include <algorithm>

namespace modelport {

namespace {

constexpr std::string_view kAroundPaths = " \t\n'\"`()[]<>{}=:,;|";
constexpr std::string_view kJobPrefix = "job_";
constexpr std::string_view kUploadContent = "content";
constexpr size_t kRandomLetters = 26, kDigestLetters = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_of_id(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

/// "job_0123456789abcdefghjkmnpqrs.1"
bool is_attempt(std::string_view part) {
  if (!part.starts_with(kJobPrefix)) return false;
  part.remove_prefix(kJobPrefix.size());
  const size_t dot = part.find('.');
  return dot == kRandomLetters && dot + 1 < part.size() && std::ranges::all_of(part.substr(0, dot), is_letter_of_id) &&
         std::ranges::all_of(part.substr(dot + 1), is_digit);
}

bool is_digest_name(std::string_view part) {
  return part.size() == kDigestLetters && std::ranges::all_of(part, is_letter_of_id);
}

/// Where in an absolute path what belongs to the caller begins; 0 where all of it does.
size_t callers_part(std::string_view path) {
  size_t begins = 0;
  std::string_view before;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view part = path.substr(at + 1, end - at - 1);
    if (is_attempt(part) || (part == kUploadContent && is_digest_name(before))) begins = std::min(end + 1, path.size());
    before = part;
    at = end;
  }
  return begins;
}

}  // namespace

std::string without_own_places(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const bool is_begin = at == 0 || kAroundPaths.find(text[at - 1]) != std::string_view::npos;
    if (text[at] != '/' || !is_begin) {
      out += text[at++];
      continue;
    }
    const size_t end = std::min(text.find_first_of(kAroundPaths, at), text.size());
    const std::string_view path = text.substr(at, end - at);
    const size_t begins = callers_part(path);
    out += begins == path.size() ? std::string_view(".") : path.substr(begins);
    at = end;
  }
  return out;
}

}  // namespace modelport
