#include "checkpoint/pickle_text.h"

#include <charconv>
#include <cstdint>

namespace modelport {
namespace {

void append_utf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

std::optional<uint32_t> hex_digits(std::string_view text, size_t begin, size_t count) {
  if (begin + count > text.size()) return std::nullopt;
  uint32_t value = 0;
  const char* end = text.data() + begin + count;
  const auto [stop, error] = std::from_chars(text.data() + begin, end, value, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

bool is_pickle_utf8(std::string_view bytes) {
  size_t i = 0;
  while (i < bytes.size()) {
    const auto lead = static_cast<uint8_t>(bytes[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || i + length > bytes.size()) return false;
    uint32_t code = lead & (0x7fu >> length);
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<uint8_t>(bytes[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = (code << 6) | (next & 0x3fu);
    }
    if ((length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10ffff))) return false;
    i += length;
  }
  return true;
}

std::string utf8_from_latin1(std::string_view latin1) {
  std::string out;
  out.reserve(latin1.size());
  for (const char c : latin1) append_utf8(static_cast<uint8_t>(c), out);
  return out;
}

std::optional<std::string> latin1_from_utf8(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    if (lead < 0x80) {
      out += static_cast<char>(lead);
    } else if ((lead == 0xc2 || lead == 0xc3) && i + 1 < utf8.size()) {
      out += static_cast<char>(((lead & 3u) << 6) | (static_cast<uint8_t>(utf8[++i]) & 0x3fu));
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<std::string> decode_raw_unicode_escape(std::string_view line) {
  std::string out;
  out.reserve(line.size());
  for (size_t i = 0; i < line.size(); ++i) {
    const bool is_short = line[i] == '\\' && i + 1 < line.size() && line[i + 1] == 'u';
    const bool is_long = line[i] == '\\' && i + 1 < line.size() && line[i + 1] == 'U';
    if (!is_short && !is_long) {
      append_utf8(static_cast<uint8_t>(line[i]), out);
      continue;
    }
    const size_t digits = is_short ? 4 : 8;
    const auto code = hex_digits(line, i + 2, digits);
    if (!code || *code > 0x10ffff) return std::nullopt;
    append_utf8(*code, out);
    i += 1 + digits;
  }
  return out;
}

std::optional<std::string> decode_quoted_string(std::string_view line) {
  if (line.size() < 2 || (line.front() != '\'' && line.front() != '"') || line.back() != line.front()) {
    return std::nullopt;
  }
  line = line.substr(1, line.size() - 2);
  std::string out;
  out.reserve(line.size());
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      out += line[i];
      continue;
    }
    if (++i == line.size()) return std::nullopt;
    switch (line[i]) {
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'x': {
        const auto code = hex_digits(line, i + 1, 2);
        if (!code) return std::nullopt;
        out += static_cast<char>(*code);
        i += 2;
        break;
      }
      case '\\':
      case '\'':
      case '"':
        out += line[i];
        break;
      default:
        out += '\\';
        out += line[i];
    }
  }
  return out;
}

}  // namespace modelport
