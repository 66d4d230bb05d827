#include "checkpoint/safetensors_header.h"

#include <set>

#include "base/json.h"
#include "base/work_count.h"

namespace modelport {
namespace {

/// Receives nlohmann's parse events. Levels: 1 the header, 2 an entry or the metadata, 3 a list of sizes.
class HeaderEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  const std::string& problem() const { return problem_; }
  SafetensorsHeader take() { return std::move(header_); }

  bool start_object(size_t) override {
    if (level_ == 1) {
      in_metadata_ = key_ == "__metadata__";
      if (!in_metadata_) {
        header_.entries.push_back({key_, {}, {}, {}});
        entry_keys_.clear();
      }
    } else if (level_ != 0) {
      return stop("an object where none may be");
    }
    ++level_;
    return true;
  }

  bool end_object() override {
    if (level_ == 2 && !in_metadata_) {
      const SafetensorsEntry& entry = header_.entries.back();
      if (!entry.dtype || !entry.shape || !entry.data_offsets) {
        return stop(fmt::format("{}: dtype, shape or data_offsets is missing", entry.name));
      }
    }
    --level_;
    return true;
  }

  bool key(std::string& name) override {
    key_ = name;
    bool is_new = true;
    if (level_ == 1) is_new = names_.insert(name).second;
    if (level_ == 2 && !in_metadata_) is_new = entry_keys_.insert(name).second;
    if (level_ == 2 && in_metadata_) is_new = header_.metadata.emplace(name, "").second;
    return is_new || stop(fmt::format("the key {:?} occurs twice", name));
  }

  bool string(std::string& value) override {
    if (level_ == 2 && in_metadata_) {
      header_.metadata[key_] = std::move(value);
      return true;
    }
    if (level_ != 2 || key_ != "dtype") return stop("a text where none may be");
    header_.entries.back().dtype = std::move(value);
    return true;
  }

  bool start_array(size_t) override {
    if (level_ != 2 || in_metadata_) return stop("a list where none may be");
    SafetensorsEntry& entry = header_.entries.back();
    if (key_ == "shape") {
      list_ = &entry.shape.emplace();
    } else if (key_ == "data_offsets") {
      list_ = &entry.data_offsets.emplace();
    } else {
      return stop("a list that is neither shape nor data_offsets");
    }
    ++level_;
    return true;
  }

  bool end_array() override {
    --level_;
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    count_work();
    if (level_ != 3) return stop("a number outside shape and data_offsets");
    list_->push_back(value);
    return true;
  }

  bool null() override { return stop("null"); }
  bool boolean(bool) override { return stop("a bool"); }
  bool number_integer(number_integer_t) override { return stop("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return stop("a fraction"); }
  bool binary(binary_t&) override { return stop("binary data"); }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    if (problem_.empty()) problem_ = fmt::format("not valid JSON at byte {}", position);
    return false;
  }

 private:
  bool stop(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  SafetensorsHeader header_;
  std::string problem_;
  int level_ = 0;
  bool in_metadata_ = false;
  std::string key_;
  std::set<std::string, CountedOrder> names_;
  std::set<std::string, CountedOrder> entry_keys_;
  std::vector<uint64_t>* list_ = nullptr;
};

}  // namespace

Result<SafetensorsHeader> parse_safetensors_header(std::string_view text) {
  HeaderEvents events;
  count_work(text.size());
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &events)) {
    return fail(ErrorCode::kDamaged, "safetensors header: {}", events.problem());
  }
  return events.take();
}

}  // namespace modelport
