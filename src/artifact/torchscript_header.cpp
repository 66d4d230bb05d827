#include <algorithm>
#include <nlohmann/json.hpp>

#include "artifact/readers.h"
#include "base/json.h"
#include "base/work_count.h"
#include "io/zip_reader.h"

namespace modelport {

namespace {

constexpr uint64_t kMaxTextBytes = uint64_t{64} << 20;
constexpr size_t kMaxValues = 4096;
constexpr size_t kMaxRank = 64;

/// The members of an archive below its one folder.
class Archive {
 public:
  static Result<Archive> open(std::span<const std::byte> file) {
    TRY(zip, ZipReader::open(file));
    for (const ZipMember& member : zip.members()) {
      const size_t slash = member.name.find('/');
      if (slash != std::string::npos) return Archive(std::move(zip), member.name.substr(0, slash + 1));
    }
    return fail(ErrorCode::kDamaged, "the archive has no folder");
  }
  bool has(std::string_view name) const { return zip_.find(folder_ + std::string(name)) != nullptr; }
  bool has_code() const {
    return std::ranges::any_of(zip_.members(),
                               [&](const ZipMember& member) { return member.name.starts_with(folder_ + "code/"); });
  }
  /// The text of a member; empty where there is none.
  Result<std::string> text(std::string_view name) const {
    const ZipMember* member = zip_.find(folder_ + std::string(name));
    if (member == nullptr) return std::string();
    if (member->size > kMaxTextBytes)
      return fail(ErrorCode::kHostile, "{} has {} bytes, at most {} are read", name, member->size, kMaxTextBytes);
    std::vector<std::byte> buffer;
    TRY(content, read_member(*member, kMaxTextBytes, buffer).in(std::string(name)));
    return std::string(reinterpret_cast<const char*>(content.data()), content.size());
  }

 private:
  Archive(ZipReader zip, std::string folder) : zip_(std::move(zip)), folder_(std::move(folder)) {}
  ZipReader zip_;
  std::string folder_;
};

/// The class of the top object, "__torch__.package.Net": the first that data.pkl names.
std::string top_class(std::string_view pickle) {
  const size_t begin = pickle.find("c__torch__");
  if (begin == std::string_view::npos) return "";
  const size_t middle = pickle.find('\n', begin);
  const size_t end = middle == std::string_view::npos ? middle : pickle.find('\n', middle + 1);
  if (end == std::string_view::npos) return "";
  return std::string(pickle.substr(begin + 1, middle - begin - 1)) + "." +
         std::string(pickle.substr(middle + 1, end - middle - 1));
}

/// The member that holds the code of this class.
std::string code_member(const std::string& qualified) {
  std::string path = qualified.substr(0, qualified.rfind('.'));
  std::ranges::replace(path, '.', '/');
  return "code/" + path + ".py";
}

/// From an opening bracket to behind the closing one; empty where it is not closed.
std::string_view bracketed(std::string_view text) {
  size_t depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    count_work();
    if (text[i] == '(' || text[i] == '[') ++depth;
    if ((text[i] == ')' || text[i] == ']') && --depth == 0) return text.substr(0, i + 1);
  }
  return {};
}

/// The items of a bracketed list, cut at its own commas.
std::vector<std::string_view> items_of(std::string_view list) {
  std::vector<std::string_view> items;
  if (list.size() < 2) return items;
  list = list.substr(1, list.size() - 2);
  size_t depth = 0, begin = 0;
  for (size_t i = 0; i <= list.size() && items.size() < kMaxValues; ++i) {
    const char c = i < list.size() ? list[i] : ',';
    count_work();
    if (c == '(' || c == '[') ++depth;
    if ((c == ')' || c == ']') && depth > 0) --depth;
    if (c != ',' || depth > 0) continue;
    std::string_view item = list.substr(begin, i - begin);
    item.remove_prefix(std::min(item.find_first_not_of(" \n\t"), item.size()));
    if (!item.empty()) items.push_back(item);
    begin = i + 1;
  }
  return items;
}

/// The tensors among forward's arguments and results, as far as its head says.
void read_signature(std::string_view code, const std::string& qualified, ArtifactHeader& header) {
  const std::string name = qualified.substr(qualified.rfind('.') + 1);
  const size_t at = code.find("class " + name + "(");
  const size_t forward = at == std::string_view::npos ? at : code.find("def forward(", at);
  if (forward == std::string_view::npos) return;
  const std::string_view head = code.substr(code.find('(', forward));
  const std::string_view arguments = bracketed(head);
  for (const std::string_view argument : items_of(arguments)) {
    const size_t colon = argument.find(": Tensor");
    if (colon != std::string_view::npos) header.inputs.push_back({std::string(argument.substr(0, colon)), "", {}});
  }
  std::string_view result = head.substr(arguments.size());
  if (!result.starts_with(" -> ")) return;
  result.remove_prefix(4);
  if (result.starts_with("Tensor")) header.outputs.push_back({});
  if (!result.starts_with("Tuple[")) return;
  for (const std::string_view item : items_of(bracketed(result.substr(5)))) {
    // What a nested or optional result holds is told only by running it.
    if (item != "Tensor") return header.outputs.clear();
    header.outputs.push_back({});
  }
}

/// extra/config.txt, where Ultralytics keeps what it knows, as JSON.
Status read_config(const std::string& text, ArtifactHeader& header) {
  if (text.empty()) return {};
  const auto config = parse_json(text, ErrorCode::kDamaged);
  // Anybody's extra file may have this name.
  if (!config || !config->is_object()) return {};
  for (const auto& [key, value] : config->items()) {
    if (header.facts.size() >= kMaxValues) break;
    header.facts.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return {};
}

/// extra/modelport.json: types and sizes of the inputs, a size that may vary being text.
Status read_types(const std::string& text, ArtifactHeader& header) {
  if (text.empty()) return {};
  TRY(noted, parse_json(text, ErrorCode::kDamaged));
  const Json inputs = noted.is_object() ? noted.value("inputs", Json::array()) : Json::array();
  for (size_t i = 0; i < std::min(inputs.size(), header.inputs.size()); ++i) {
    const Json& input = inputs[i];
    const Json shape = input.is_object() ? input.value("shape", Json::array()) : Json::array();
    if (!shape.is_array() || shape.size() > kMaxRank || !input.contains("dtype") || !input["dtype"].is_string())
      return fail(ErrorCode::kDamaged, "input {} is not described", i);
    std::vector<int64_t> dims;
    for (const Json& size : shape) dims.push_back(size.is_number_integer() ? size.get<int64_t>() : kDynamicSize);
    header.inputs[i].dtype = input["dtype"].get<std::string>();
    header.inputs[i].dims = std::move(dims);
  }
  return {};
}

}  // namespace

Result<ArtifactHeader> read_torchscript_header(std::span<const std::byte> file) {
  TRY(archive, Archive::open(file));
  if (!archive.has("data.pkl") || !archive.has("constants.pkl") || !archive.has_code())
    return fail(ErrorCode::kDamaged, "it is no TorchScript archive: data.pkl, constants.pkl or code/ is missing");
  ArtifactHeader header;
  TRY(pickle, archive.text("data.pkl"));
  if (const std::string qualified = top_class(pickle); !qualified.empty()) {
    TRY(code, archive.text(code_member(qualified)));
    read_signature(code, qualified, header);
  }
  TRY(config, archive.text("extra/config.txt"));
  CHECK_OK(read_config(config, header));
  TRY(types, archive.text("extra/modelport.json"));
  CHECK_OK(read_types(types, header).in("extra/modelport.json"));
  return header;
}

}  // namespace modelport
