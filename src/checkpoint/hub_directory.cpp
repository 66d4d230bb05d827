#include "checkpoint/hub_directory.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace modelport {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfig = "config.json";
constexpr std::string_view kPreprocessor = "preprocessor_config.json";
constexpr size_t kLargestConfig = size_t{4} << 20;
constexpr size_t kLargestIndex = size_t{32} << 20;
constexpr size_t kMostShards = 4096;

struct WeightsFile {
  std::string_view name;
  enum class Kind { kWhole, kIndex } kind;
};
/// In the order in which transformers looks for them.
constexpr WeightsFile kWeights[] = {
    {"model.safetensors", WeightsFile::Kind::kWhole},
    {"model.safetensors.index.json", WeightsFile::Kind::kIndex},
    {"pytorch_model.bin", WeightsFile::Kind::kWhole},
    {"pytorch_model.bin.index.json", WeightsFile::Kind::kIndex},
};

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

/// Files of one directory by name.
class HubDirectory {
 public:
  static Result<HubDirectory> open(const std::string& path) {
    std::error_code failed;
    HubDirectory directory;
    directory.real_ = fs::canonical(path, failed);
    if (failed) return fail(ErrorCode::kUnreadable, "cannot open {}: {}", path, failed.message());
    // hub/models--OWNER--NAME/snapshots/REVISION
    const fs::path snapshots = directory.real_.parent_path();
    if (snapshots.filename() == "snapshots") directory.blobs_ = snapshots.parent_path() / "blobs";
    return directory;
  }

  bool has(std::string_view name) const {
    std::error_code ignored;
    return fs::symlink_status(real_ / name, ignored).type() != fs::file_type::not_found;
  }

  /// Where the file lies: in the directory itself, or in the cache's blobs.
  Result<std::string> locate(std::string_view name) const {
    if (!is_plain_name(name))
      return fail(ErrorCode::kHostile, "it names {:?}, which is no file name of this directory", name);
    const fs::path path = real_ / name;
    std::error_code failed;
    if (fs::symlink_status(path, failed).type() != fs::file_type::symlink) return path.string();
    const fs::path target = fs::canonical(path, failed);
    if (failed) return fail(ErrorCode::kNotFound, "{} is a link that leads nowhere", name);
    if (target.parent_path() == real_ || (!blobs_.empty() && target.parent_path() == blobs_)) return target.string();
    return fail(ErrorCode::kHostile, "{} is a link that leads out of the directory, to {}", name, target.string());
  }

 private:
  fs::path real_;
  fs::path blobs_;  ///< Empty outside of a hub's cache.
};

Result<Json> read_document(const HubDirectory& directory, std::string_view name, size_t limit, Checkpoint& checkpoint) {
  TRY(path, directory.locate(name));
  TRY(file, MappedFile::open(path));
  const auto bytes = file->bytes();
  if (bytes.size() > limit)
    return fail(ErrorCode::kHostile, "{} has {} bytes, at most {} are allowed", name, bytes.size(), limit);
  checkpoint.files.push_back({std::string(name), file});
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, ErrorCode::kDamaged)
      .in(std::string(name));
}

/// Weights in one file, which hold a dict of tensors.
Result<Checkpoint> open_weights(const HubDirectory& directory, const std::string& name, CheckpointFamilies families) {
  TRY(path, directory.locate(name));
  TRY(opened, open_checkpoint_file(path, families));
  opened.files.front().name = name;
  if (opened.root.as_dict() == nullptr)
    return fail(ErrorCode::kUnsupportedModel, "it holds no dict of tensors").in(name);
  return opened;
}

/// The shards that an index names, each with the tensors that are to be in it.
using Shards = std::vector<std::pair<std::string, std::set<std::string, std::less<>>>>;

Result<Shards> read_index(const Json& index, std::string_view name) {
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (!index.is_object() || map == index.end() || !map->is_object())
    return fail(ErrorCode::kDamaged, "weight_map is missing").in(std::string(name));
  Shards shards;
  std::map<std::string, size_t, std::less<>> known;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string()) return fail(ErrorCode::kDamaged, "{} is in no file", tensor).in(std::string(name));
    const auto [shard, is_new] = known.emplace(file.get<std::string>(), shards.size());
    if (is_new) shards.emplace_back(shard->first, std::set<std::string, std::less<>>());
    if (shards.size() > kMostShards)
      return fail(ErrorCode::kHostile, "it names more than {} files", kMostShards).in(std::string(name));
    shards[shard->second].second.insert(tensor);
  }
  if (shards.empty()) return fail(ErrorCode::kDamaged, "weight_map names no tensor").in(std::string(name));
  return shards;
}

Status add_shard(const Checkpoint& shard, std::set<std::string, std::less<>> expected, const std::string& index,
                 PickleDict& all) {
  const std::string& name = shard.files.front().name;
  for (const auto& [key, value] : shard.root.as_dict()->entries) {
    const std::optional<std::string_view> tensor = key.as_string();
    const auto found = tensor ? expected.find(*tensor) : expected.end();
    if (found == expected.end()) {
      return fail(ErrorCode::kInconsistentModel, "{} holds {}, which {} does not say", name, pickle_value_text(key, 80),
                  index);
    }
    expected.erase(found);
    all.set(key, value);
  }
  if (expected.empty()) return {};
  return fail(ErrorCode::kInconsistentModel, "{} says that {} is in {}, which does not hold it", index,
              *expected.begin(), name);
}

/// All shards as one dict of tensors; a new arena keeps theirs.
Status read_shards(const HubDirectory& directory, const Shards& shards, const std::string& index,
                   CheckpointFamilies families, Checkpoint& checkpoint) {
  for (const auto& [name, tensors] : shards) {
    if (is_plain_name(name) && !directory.has(name))
      return fail(ErrorCode::kNotFound, "{} names {}, which is not there", index, name);
  }
  auto arena = std::make_shared<PickleArena>(families);
  PickleDict* all = arena->new_dict();
  for (const auto& [name, tensors] : shards) {
    TRY(shard, open_weights(directory, name, families));
    CHECK_OK(add_shard(shard, tensors, index, *all));
    for (const PickleGlobal& global : shard.globals()) arena->global(global.module, global.name);
    arena->keep(shard.arena);
    checkpoint.files.push_back(shard.files.front());
    checkpoint.metadata.merge(shard.metadata);
  }
  checkpoint.root = PickleValue::dict(all);
  checkpoint.arena = std::move(arena);
  return {};
}

Status read_weights(const HubDirectory& directory, CheckpointFamilies families, Checkpoint& checkpoint) {
  const auto row = std::ranges::find_if(kWeights, [&](const WeightsFile& each) { return directory.has(each.name); });
  if (row == std::end(kWeights)) {
    Error error = fail(ErrorCode::kUnsupportedModel, "it holds {} and no weights", kConfig);
    error.hint = "model.safetensors, pytorch_model.bin or the index of their shards is expected beside it";
    return error;
  }
  const std::string name(row->name);
  if (row->kind == WeightsFile::Kind::kIndex) {
    TRY(index, read_document(directory, name, kLargestIndex, checkpoint));
    TRY(shards, read_index(index, name));
    return read_shards(directory, shards, name, families, checkpoint);
  }
  TRY(weights, open_weights(directory, name, families));
  checkpoint.files.push_back(weights.files.front());
  checkpoint.arena = weights.arena;
  checkpoint.root = weights.root;
  checkpoint.metadata = std::move(weights.metadata);
  return {};
}

}  // namespace

bool is_hub_directory(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) && fs::exists(fs::path(path) / kConfig, ignored);
}

Result<Checkpoint> open_hub_directory(const std::string& path, CheckpointFamilies families) {
  TRY(directory, HubDirectory::open(path));
  Checkpoint checkpoint;
  checkpoint.path = path.substr(0, std::max<size_t>(1, path.find_last_not_of('/') + 1));
  checkpoint.container = Container::kHubDirectory;
  for (const std::string_view name : {kConfig, kPreprocessor}) {
    if (name != kConfig && !directory.has(name)) continue;
    TRY(document, read_document(directory, name, kLargestConfig, checkpoint));
    checkpoint.documents.emplace(name, std::move(document));
  }
  CHECK_OK(read_weights(directory, families, checkpoint));
  return checkpoint;
}

}  // namespace modelport
