#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/work_count.h"
#include "tensor/tensor.h"

namespace modelport {

struct CheckpointFamily;
struct PickleSequence;
struct PickleDict;
struct PickleGlobal;
struct PickleObject;
struct PickleStorage;
struct PickleTensor;

/// The frameworks whose checkpoints are known to whoever opens one (checkpoint_family.h).
using CheckpointFamilies = std::span<const CheckpointFamily* const>;

/// What a PickleValue holds. The set is closed: nothing in it can be called.
enum class PickleKind : uint8_t {
  kNone,
  kBool,
  kInteger,
  kBigInteger,  ///< Beyond 64 bits; only its bytes are kept.
  kFloat,
  kString,
  kBytes,
  kList,
  kTuple,
  kSet,
  kDict,
  kGlobal,  ///< The name of a class or function.
  kObject,  ///< An instance of a class this program does not know, as inert data.
  kTensor,
  kStorage,
};

/// "list", "tensor", ... for messages.
std::string_view pickle_kind_name(PickleKind kind);

/// One value of an unpickled checkpoint: a scalar, or a reference to a container that a PickleArena owns. Copying is
/// cheap and keeps identity, as Python references do: values may be shared and containers may form cycles, so
/// every walk needs a visited set or a depth limit. Valid as long as its arena.
class PickleValue {
 public:
  PickleValue() = default;
  static PickleValue boolean(bool value) { return PickleValue(PickleKind::kBool, value); }
  static PickleValue integer(int64_t value) { return PickleValue(PickleKind::kInteger, value); }
  static PickleValue real(double value) { return PickleValue(PickleKind::kFloat, value); }
  /// Text, bytes and the two's complement bytes of a big integer; the characters are owned elsewhere.
  static PickleValue text(PickleKind kind, std::string_view value) { return PickleValue(kind, value); }
  static PickleValue sequence(PickleKind kind, PickleSequence* value) { return PickleValue(kind, value); }
  static PickleValue dict(PickleDict* value) { return PickleValue(PickleKind::kDict, value); }
  static PickleValue global(const PickleGlobal* value) { return PickleValue(PickleKind::kGlobal, value); }
  static PickleValue object(PickleObject* value) { return PickleValue(PickleKind::kObject, value); }
  static PickleValue storage(const PickleStorage* value) { return PickleValue(PickleKind::kStorage, value); }
  static PickleValue tensor(const PickleTensor* value) { return PickleValue(PickleKind::kTensor, value); }

  PickleKind kind() const { return kind_; }
  bool is_none() const { return kind_ == PickleKind::kNone; }

  /// The content if the value is of that kind, else nothing (or a null pointer).
  std::optional<bool> as_bool() const;
  std::optional<int64_t> as_integer() const;
  /// A float, or an integer as Python would convert it.
  std::optional<double> as_number() const;
  std::optional<std::string_view> as_string() const;
  std::optional<std::string_view> as_bytes() const;
  /// Items of a list, tuple or set.
  const std::vector<PickleValue>* as_sequence() const;
  const PickleDict* as_dict() const;
  const PickleGlobal* as_global() const;
  const PickleObject* as_object() const;
  const PickleStorage* as_storage() const;
  const Tensor* as_tensor() const;
  /// The tensor with its role.
  const PickleTensor* tensor_node() const;

  /// Identity of the container behind the value; null for scalars.
  const void* identity() const;

  /// Only the pickle reader changes containers, while it builds them.
  PickleSequence* mutable_sequence() const;
  PickleDict* mutable_dict() const;
  PickleObject* mutable_object() const;

 private:
  template <class T>
  PickleValue(PickleKind kind, T payload) : kind_(kind), payload_(payload) {}

  PickleKind kind_ = PickleKind::kNone;
  std::variant<std::monostate, bool, int64_t, double, std::string_view, PickleSequence*, PickleDict*,
               const PickleGlobal*, PickleObject*, const PickleStorage*, const PickleTensor*>
      payload_;
};

/// Items of a list, tuple or set, in pickle order.
struct PickleSequence {
  std::vector<PickleValue> items;
};

/// A dict (also OrderedDict, defaultdict, Counter): entries in insertion order, a later equal key replaces the value.
/// Keys other than strings, integers and bools are compared by identity.
struct PickleDict {
  std::vector<std::pair<PickleValue, PickleValue>> entries;
  /// Attributes set on the dict itself, such as `_metadata` of a state_dict; None when there are none.
  PickleValue state;

  void set(const PickleValue& key, const PickleValue& value);
  /// What `set` costs with this key: 1, and the bytes of a long text.
  static size_t cost(const PickleValue& key);
  /// The value under a string key, or null.
  const PickleValue* find(std::string_view key) const;
  const PickleValue* find(int64_t key) const;

 private:
  std::optional<size_t> position(std::string_view key) const;
  std::optional<size_t> position(int64_t key) const;
  void index(size_t position);

  struct IntegerOrder {
    bool operator()(int64_t a, int64_t b) const;
  };

  // Filled only for large dicts.
  std::map<std::string_view, size_t, CountedOrder> text_index_;
  std::map<int64_t, size_t, IntegerOrder> integer_index_;
};

/// The dotted name of a class or function in the file.
struct PickleGlobal {
  std::string module;
  std::string name;
  CheckpointFamilies families = {};  ///< By whose rows the name is understood.
  std::string qualified_name() const { return module + "." + name; }
};

/// An instance of a class, inert: which class, what it was made from, which state it was given.
struct PickleObject {
  const PickleGlobal* type = nullptr;
  std::vector<PickleValue> arguments;
  /// Keyword arguments, a dict or None.
  PickleValue keywords;
  /// What BUILD gave it: for almost every class the dict of its attributes; None when never built.
  PickleValue state;
  /// Whether `state` is this object's own dict, to which a further BUILD adds, or may be another value's too.
  enum class StateOwner { kShared, kOwn } state_owner = StateOwner::kShared;
  /// Elements appended or set on it, for subclasses of list and dict.
  std::vector<PickleValue> list_items;
  PickleDict dict_items;

  /// The attribute dict (of a slots state `(None, dict)` too), or null.
  const PickleDict* attributes() const;
  /// An attribute by name, or null.
  const PickleValue* attribute(std::string_view name) const;
  /// Whether this is a torch.nn.Module of whatever class: it has `_modules`, `_parameters` and `_buffers` dicts.
  bool is_module() const;
};

/// Bytes that tensors view: part of the mapped file, or inflated.
struct PickleStorage {
  DType dtype = DType::kFloat32;
  /// Whether the dtype is known; untyped storages are viewed by the tensor's own dtype.
  enum class Typed { kNo, kYes } typed = Typed::kYes;
  /// Whether `bytes` are known: legacy files name storages before they say where these lie.
  enum class Located { kYes, kLater } located = Located::kYes;
  std::string key;
  int64_t element_count = 0;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// A tensor, and whether it was a torch.nn.Parameter.
struct PickleTensor {
  Tensor tensor;
  enum class Role { kTensor, kParameter } role = Role::kTensor;
};

/// Owns every container and every decoded text of one unpickled file; cycles among them therefore cannot leak.
class PickleArena {
 public:
  explicit PickleArena(CheckpointFamilies families = {}) : families_(families) {}
  CheckpointFamilies families() const { return families_; }

  PickleSequence* new_sequence() { return &sequences_.emplace_back(); }
  PickleDict* new_dict() { return &dicts_.emplace_back(); }
  PickleObject* new_object() { return &objects_.emplace_back(); }
  const PickleStorage* new_storage(PickleStorage storage) { return &storages_.emplace_back(std::move(storage)); }
  const PickleTensor* new_tensor(PickleTensor tensor) { return &tensors_.emplace_back(std::move(tensor)); }
  std::string_view new_text(std::string text) { return texts_.emplace_back(std::move(text)); }
  /// Keeps what texts point into alive.
  void keep(std::shared_ptr<const void> owner) { kept_.push_back(std::move(owner)); }
  /// The one node of this name.
  const PickleGlobal* global(std::string_view module, std::string_view name);
  /// Every global named in the file, in order of first appearance.
  const std::deque<PickleGlobal>& globals() const { return globals_; }

 private:
  CheckpointFamilies families_;
  std::vector<std::shared_ptr<const void>> kept_;
  std::deque<PickleSequence> sequences_;
  std::deque<PickleDict> dicts_;
  std::deque<PickleObject> objects_;
  std::deque<PickleStorage> storages_;
  std::deque<PickleTensor> tensors_;
  std::deque<std::string> texts_;
  std::deque<PickleGlobal> globals_;
  std::map<std::string, const PickleGlobal*, CountedOrder> global_index_;
};

/// The value as Python would print it, cut after `limit` characters; containers nest at most four levels.
std::string pickle_value_text(const PickleValue& value, size_t limit);

}  // namespace modelport
