#include "modules/pickled_config.h"

namespace modelport {

namespace {

constexpr int kDeepest = 32;
constexpr size_t kMostValues = 100'000;
constexpr size_t kLongestValue = 4096;

class Conversion {
 public:
  Result<Json> convert(const PickleValue& value, int depth) {
    if (depth > kDeepest || ++values_ > kMostValues)
      return fail(ErrorCode::kHostile, "a configuration of more than {} levels or {} values", kDeepest, kMostValues);
    if (value.is_none()) return Json(nullptr);
    if (const auto flag = value.as_bool()) return Json(*flag);
    if (const auto integer = value.as_integer()) return Json(*integer);
    if (const auto number = value.as_number()) return Json(*number);
    if (const auto text = value.as_string()) return Json(std::string(*text));
    if (const auto* items = value.as_sequence()) return list(*items, depth);
    if (const PickleDict* dict = value.as_dict()) return object(*dict, depth);
    const PickleDict* attributes = value.as_object() ? value.as_object()->attributes() : nullptr;
    if (attributes) return object(*attributes, depth);
    return Json(pickle_value_text(value, kLongestValue));
  }

 private:
  Result<Json> list(const std::vector<PickleValue>& items, int depth) {
    Json out = Json::array();
    for (const PickleValue& item : items) {
      TRY(converted, convert(item, depth + 1));
      out.push_back(std::move(converted));
    }
    return out;
  }

  Result<Json> object(const PickleDict& dict, int depth) {
    // Made in one go: the object would compare each key with all before it.
    std::vector<std::pair<std::string, Json>> out;
    for (const auto& [key, item] : dict.entries) {
      TRY(converted, convert(item, depth + 1));
      std::string name = key.as_string() ? std::string(*key.as_string()) : pickle_value_text(key, kLongestValue);
      out.emplace_back(std::move(name), std::move(converted));
    }
    return Json(Json::object_t(out.begin(), out.end()));
  }

  size_t values_ = 0;
};

}  // namespace

Result<Json> pickled_config(const PickleValue& value) { return Conversion().convert(value, 0); }

}  // namespace modelport
