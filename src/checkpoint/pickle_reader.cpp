#include "checkpoint/pickle_reader.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <set>

#include "base/work_count.h"
#include "checkpoint/acting_call.h"
#include "checkpoint/call_name.h"
#include "checkpoint/pickle_memo.h"
#include "checkpoint/pickle_opcode.h"
#include "checkpoint/pickle_rebuild.h"
#include "checkpoint/pickle_text.h"

namespace modelport {
namespace {

constexpr uint8_t kHighestProtocol = 5;

// Honest pickles store each value about once; what memo references multiply beyond this is refused.
constexpr size_t kWorkPerByte = 4;
constexpr size_t kWorkOfSmallPickles = size_t{1} << 14;

class Unpickler {
 public:
  Unpickler(std::span<const std::byte> bytes, PickleArena& arena, const PersistentLoader& loader,
            const PickleLimits& limits, std::vector<RefusedCall>* refused_calls)
      : bytes_(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
        arena_(arena),
        loader_(loader),
        limits_(limits),
        refused_calls_(refused_calls),
        work_left_(std::min(limits.work, kWorkPerByte * bytes.size() + kWorkOfSmallPickles)) {}

  Result<UnpickledValue> run();

 private:
  template <class... Args>
  Error damaged(fmt::format_string<Args...> format, Args&&... args) const {
    return fail(ErrorCode::kDamaged, "pickle, byte {}: {}", opcode_offset_,
                fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  Error hostile(fmt::format_string<Args...> format, Args&&... args) const {
    return fail(ErrorCode::kHostile, "pickle, byte {}: {}", opcode_offset_,
                fmt::format(format, std::forward<Args>(args)...));
  }

  Result<UnpickledValue> read();
  Status step(PickleOpcode opcode);
  Status step_text(PickleOpcode opcode);
  Status step_memo(PickleOpcode opcode);
  Status step_container(PickleOpcode opcode);
  Status step_class(PickleOpcode opcode);

  // Reading.
  Result<std::string_view> take(uint64_t count);
  Result<std::string_view> take_line();
  Result<uint64_t> take_unsigned(size_t width);
  /// A block with a length prefix of `width` bytes.
  Result<std::string_view> take_block(size_t width);

  // The stack.
  Status charge(size_t amount);
  Status push(PickleValue value);
  Result<PickleValue> pop();
  Result<PickleValue*> top();
  /// Removes and returns everything above the topmost mark, and the mark.
  Result<std::vector<PickleValue>> pop_to_mark();

  Status push_utf8(std::string_view text);
  Status push_integer_bytes(std::string_view little_endian);
  Status push_tuple(size_t count);
  Status put(uint64_t index);
  Status get(uint64_t index);
  Status append(std::span<const PickleValue> items);
  Status set_items(std::span<const PickleValue> keys_and_values);
  Status add_items(std::span<const PickleValue> items);
  Status push_global(std::string_view module, std::string_view name);
  /// A call that is not made: an error when it acts, else recorded. What it would give is an object of class `callable`
  /// in kRefusedModule.
  Status refuse(CallVerdict verdict, std::string text, std::string_view callable);
  /// Of what is on top of the stack, which the file names and does not hold: `sys.path`.
  Status refuse_change(std::string_view change);
  Status call(const PickleValue& callable, std::span<const PickleValue> arguments);
  Status call_global(const PickleGlobal& global, std::span<const PickleValue> arguments);
  Status call_object(const PickleObject& object, std::span<const PickleValue> arguments);
  Status new_object(const PickleValue& type, std::span<const PickleValue> arguments, const PickleValue& keywords);
  Status build(const PickleValue& state);
  Status build_object(PickleObject& object, const PickleValue& state);
  /// What `own_packages_` settles at the end is refused or forgotten.
  void settle();

  std::string_view bytes_;
  size_t position_ = 0;
  size_t opcode_offset_ = 0;
  PickleArena& arena_;
  const PersistentLoader& loader_;
  const PickleLimits& limits_;
  std::vector<RefusedCall>* refused_calls_;
  size_t work_left_;
  std::vector<PickleValue> stack_;
  std::vector<size_t> marks_;
  PickleMemo memo_;
  std::vector<RefusedCall> refused_;
  /// Calls of a class the way that members of enumerations and exceptions are called, by the package of the class.
  std::vector<std::pair<RefusedCall, std::string>> undecided_;
  /// Packages of the classes that the file's objects are instances of.
  std::set<std::string, std::less<>> own_packages_ = {"__main__", "__mp_main__"};
};

std::string package_of(const PickleGlobal& global) { return global.module.substr(0, global.module.find('.')); }

bool is_refused(const PickleValue& value) {
  const PickleObject* object = value.as_object();
  return object && object->type->module == kRefusedModule;
}

Result<UnpickledValue> Unpickler::run() {
  auto result = read();
  settle();
  if (refused_calls_) {
    refused_calls_->insert(refused_calls_->end(), refused_.begin(), refused_.end());
    return result;
  }
  // Damage behind an unknown call may come of what that call would have given.
  if (!refused_.empty() && (result || result.error().code == ErrorCode::kDamaged)) return refused_.front().error();
  return result;
}

void Unpickler::settle() {
  for (auto& [call, package] : undecided_) {
    if (!own_packages_.contains(package)) refused_.push_back(std::move(call));
  }
  std::ranges::stable_sort(refused_, {}, &RefusedCall::offset);
  if (refused_.size() > limits_.refused_calls) refused_.resize(limits_.refused_calls);
}

Result<UnpickledValue> Unpickler::read() {
  if (bytes_.size() > limits_.bytes) {
    return fail(ErrorCode::kHostile, "the pickle has {} bytes, more than the limit of {}", bytes_.size(),
                limits_.bytes);
  }
  while (true) {
    opcode_offset_ = position_;
    if (position_ == bytes_.size()) return damaged("the pickle ends without a STOP opcode");
    const auto opcode = static_cast<PickleOpcode>(bytes_[position_++]);
    if (opcode == PickleOpcode::kStop) {
      TRY(value, pop());
      return UnpickledValue{value, position_};
    }
    CHECK_OK(step(opcode));
    count_work(position_ - opcode_offset_);
  }
}

Result<std::string_view> Unpickler::take(uint64_t count) {
  if (count > bytes_.size() - position_) {
    return damaged("{} bytes are declared, {} are left", count, bytes_.size() - position_);
  }
  const std::string_view taken = bytes_.substr(position_, count);
  position_ += count;
  return taken;
}

Result<std::string_view> Unpickler::take_line() {
  const size_t end = bytes_.find('\n', position_);
  if (end == std::string_view::npos) return damaged("a text argument has no line end");
  const std::string_view line = bytes_.substr(position_, end - position_);
  position_ = end + 1;
  return line;
}

Result<uint64_t> Unpickler::take_unsigned(size_t width) {
  TRY(raw, take(width));
  uint64_t value = 0;
  std::memcpy(&value, raw.data(), width);
  return value;
}

Result<std::string_view> Unpickler::take_block(size_t width) {
  TRY(size, take_unsigned(width));
  return take(size);
}

Status Unpickler::charge(size_t amount) {
  if (amount > work_left_) return hostile("the pickle multiplies its values beyond the limit of {}", limits_.work);
  work_left_ -= amount;
  count_work(amount);
  return {};
}

Status Unpickler::push(PickleValue value) {
  if (stack_.size() >= limits_.stack) return hostile("more than {} values are on the stack", limits_.stack);
  stack_.push_back(value);
  return {};
}

Result<PickleValue> Unpickler::pop() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) return damaged("the stack is empty");
  const PickleValue value = stack_.back();
  stack_.pop_back();
  return value;
}

Result<PickleValue*> Unpickler::top() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) return damaged("the stack is empty");
  return &stack_.back();
}

Result<std::vector<PickleValue>> Unpickler::pop_to_mark() {
  if (marks_.empty()) return damaged("no mark is on the stack");
  std::vector<PickleValue> items(stack_.begin() + static_cast<ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  count_work(items.size());
  return items;
}

Status Unpickler::push_utf8(std::string_view text) {
  if (!is_pickle_utf8(text)) return damaged("a string is not UTF-8");
  return push(PickleValue::text(PickleKind::kString, text));
}

Status Unpickler::push_integer_bytes(std::string_view little_endian) {
  if (little_endian.size() > sizeof(int64_t)) return push(PickleValue::text(PickleKind::kBigInteger, little_endian));
  uint64_t bits = 0;
  std::memcpy(&bits, little_endian.data(), little_endian.size());
  const bool negative = !little_endian.empty() && (static_cast<uint8_t>(little_endian.back()) & 0x80);
  if (negative && little_endian.size() < sizeof(bits)) bits |= ~uint64_t{0} << (8 * little_endian.size());
  return push(PickleValue::integer(static_cast<int64_t>(bits)));
}

Status Unpickler::push_tuple(size_t count) {
  PickleSequence* sequence = arena_.new_sequence();
  sequence->items.resize(count);
  CHECK_OK(charge(count));
  for (size_t i = count; i > 0; --i) {
    TRY(item, pop());
    sequence->items[i - 1] = item;
  }
  return push(PickleValue::sequence(PickleKind::kTuple, sequence));
}

Status Unpickler::put(uint64_t index) {
  TRY(value, top());
  if (memo_.size() >= limits_.memo) return hostile("more than {} values are memoised", limits_.memo);
  memo_.put(index, *value);
  return {};
}

Status Unpickler::get(uint64_t index) {
  const PickleValue* found = memo_.find(index);
  if (!found) return damaged("memo entry {} was never stored", index);
  return push(*found);
}

Status Unpickler::refuse_change(std::string_view change) {
  TRY(target, pop());
  const PickleGlobal& global = *target.as_global();
  return refuse(CallVerdict::kActs, fmt::format("it {} {} itself", change, global.qualified_name()), global.name);
}

Status Unpickler::append(std::span<const PickleValue> items) {
  CHECK_OK(charge(items.size()));
  TRY(target, top());
  if (target->kind() == PickleKind::kList) {
    auto& list = target->mutable_sequence()->items;
    list.insert(list.end(), items.begin(), items.end());
  } else if (PickleObject* object = target->mutable_object()) {
    object->list_items.insert(object->list_items.end(), items.begin(), items.end());
  } else if (target->as_global()) {
    return refuse_change("appends to");
  } else {
    return damaged("elements are appended to {}", pickle_kind_name(target->kind()));
  }
  return {};
}

Status Unpickler::set_items(std::span<const PickleValue> keys_and_values) {
  if (keys_and_values.size() % 2 != 0) return damaged("a dict has a key without a value");
  CHECK_OK(charge(keys_and_values.size()));
  TRY(target, top());
  PickleDict* dict = target->mutable_dict();
  if (PickleObject* object = target->mutable_object()) dict = &object->dict_items;
  if (target->as_global()) return refuse_change("sets entries of");
  if (!dict) return damaged("entries are set on {}", pickle_kind_name(target->kind()));
  for (size_t i = 0; i < keys_and_values.size(); i += 2) {
    CHECK_OK(charge(PickleDict::cost(keys_and_values[i]) - 1));
    dict->set(keys_and_values[i], keys_and_values[i + 1]);
  }
  return {};
}

Status Unpickler::add_items(std::span<const PickleValue> items) {
  CHECK_OK(charge(items.size()));
  TRY(target, top());
  if (target->as_global()) return refuse_change("adds items to");
  if (target->kind() != PickleKind::kSet) return damaged("items are added to {}", pickle_kind_name(target->kind()));
  auto& set = target->mutable_sequence()->items;
  set.insert(set.end(), items.begin(), items.end());
  return {};
}

Status Unpickler::push_global(std::string_view module, std::string_view name) {
  if (module.empty() || name.empty() || !is_pickle_utf8(module) || !is_pickle_utf8(name)) {
    return damaged("the name of a class or function is empty or not UTF-8");
  }
  if (module.size() > limits_.name || name.size() > limits_.name) {
    return damaged("the name of a class or function has {} bytes", std::max(module.size(), name.size()));
  }
  if (find_acting_import(module)) {
    return refuse(CallVerdict::kActs, fmt::format("it imports {}", module), module);
  }
  return push(PickleValue::global(arena_.global(module, name)));
}

Status Unpickler::refuse(CallVerdict verdict, std::string text, std::string_view callable) {
  RefusedCall call{std::move(text), opcode_offset_, verdict};
  if (verdict == CallVerdict::kActs && !refused_calls_) return call.error();
  if (refused_.size() < limits_.refused_calls) refused_.push_back(std::move(call));
  PickleObject* object = arena_.new_object();
  object->type = arena_.global(kRefusedModule, callable);
  return push(PickleValue::object(object));
}

Status Unpickler::call(const PickleValue& callable, std::span<const PickleValue> arguments) {
  if (const PickleGlobal* global = callable.as_global()) return call_global(*global, arguments);
  if (const PickleObject* object = callable.as_object()) return call_object(*object, arguments);
  return refuse(CallVerdict::kUnknown, fmt::format("it calls {}", pickle_kind_name(callable.kind())), "value");
}

Status Unpickler::call_global(const PickleGlobal& global, std::span<const PickleValue> arguments) {
  CHECK_OK(charge(arguments.size() + 1));
  auto value = evaluate_pickle_call({arena_, global, arguments, work_left_});
  if (value) return push(*value);
  Error error = std::move(value).error();
  if (error.code == ErrorCode::kHostile) return refuse(CallVerdict::kActs, std::move(error.message), global.name);
  if (error.code == ErrorCode::kUnknownContent) {
    const bool is_member = is_class_like(global.name) && (is_member_value(arguments) || is_exception_name(global.name));
    if (!is_member) return refuse(CallVerdict::kUnknown, std::move(error.message), global.qualified_name());
    undecided_.emplace_back(RefusedCall{std::move(error.message), opcode_offset_, CallVerdict::kUnknown},
                            package_of(global));
    PickleObject* object = arena_.new_object();
    object->type = &global;
    object->arguments.assign(arguments.begin(), arguments.end());
    return push(PickleValue::object(object));
  }
  // What a refused call would have given fits nothing.
  if (error.code == ErrorCode::kDamaged && std::ranges::any_of(arguments, is_refused)) {
    return push(*std::ranges::find_if(arguments, is_refused));
  }
  error.message = damaged("{}", error.message).message;
  return error;
}

Status Unpickler::call_object(const PickleObject& object, std::span<const PickleValue> arguments) {
  if (object.type->module == kRefusedModule) {
    return refuse(CallVerdict::kUnknown, "it calls what a refused call gave", "call");
  }
  const std::string type = current_name(*object.type);
  if (type == "builtins.getattr" && object.arguments.size() == 2) {
    const PickleGlobal* owner = object.arguments[0].as_global();
    const auto name = object.arguments[1].as_string();
    if (owner && name)
      return call_global(*arena_.global(owner->module, fmt::format("{}.{}", owner->name, *name)), arguments);
    const PickleObject* self = object.arguments[0].as_object();
    if (self && name) {
      const PickleGlobal method{self->type->module, fmt::format("{}.{}", self->type->name, *name)};
      if (verdict_on(method) == CallVerdict::kActs)
        return refuse(CallVerdict::kActs, fmt::format("it calls {}", method.qualified_name()), "call");
    }
  }
  const bool acts = find_acting_call(*object.type) != nullptr && type != "builtins.getattr";
  const bool is_turned = std::ranges::any_of(object.arguments, holds_what_acts) || holds_what_acts(object.state);
  return refuse(acts || is_turned ? CallVerdict::kActs : CallVerdict::kUnknown,
                fmt::format("it calls an object of class {}", object.type->qualified_name()), "call");
}

Status Unpickler::new_object(const PickleValue& type, std::span<const PickleValue> arguments,
                             const PickleValue& keywords) {
  const PickleGlobal* global = type.as_global();
  if (!global) {
    return refuse(CallVerdict::kUnknown, fmt::format("it makes an instance of {}", pickle_kind_name(type.kind())),
                  "value");
  }
  // Classes that this program knows as values (OrderedDict, set, torch.Size) may be made this way too.
  const bool is_plain = is_listed_enumeration(*global) || !keywords.is_none();
  if (!is_plain && find_pickle_callable(*global)) return call_global(*global, arguments);
  if (verdict_on(*global) == CallVerdict::kActs) {
    return refuse(CallVerdict::kActs, fmt::format("it calls {}", global->qualified_name()), global->name);
  }
  CHECK_OK(charge(arguments.size() + 8));
  own_packages_.insert(package_of(*global));
  PickleObject* object = arena_.new_object();
  object->type = global;
  object->arguments.assign(arguments.begin(), arguments.end());
  object->keywords = keywords;
  return push(PickleValue::object(object));
}

Status Unpickler::build_object(PickleObject& object, const PickleValue& state) {
  const PickleDict* more = state.as_dict();
  const PickleDict* known = object.state.as_dict();
  if (!more || !known || more == known) {
    object.state = state;
    object.state_owner = PickleObject::StateOwner::kShared;
    return {};
  }
  // Python updates the instance's __dict__: entries that an earlier BUILD gave stay.
  if (object.state_owner == PickleObject::StateOwner::kShared) {
    PickleDict* own = arena_.new_dict();
    for (const auto& [key, value] : known->entries) {
      CHECK_OK(charge(PickleDict::cost(key)));
      own->set(key, value);
    }
    object.state = PickleValue::dict(own);
    object.state_owner = PickleObject::StateOwner::kOwn;
  }
  PickleDict* own = object.state.mutable_dict();
  for (const auto& [key, value] : more->entries) {
    CHECK_OK(charge(PickleDict::cost(key)));
    own->set(key, value);
  }
  return {};
}

Status Unpickler::build(const PickleValue& state) {
  TRY(target, top());
  if (PickleObject* object = target->mutable_object()) return build_object(*object, state);
  if (PickleDict* dict = target->mutable_dict()) {
    dict->state = state;
    return {};
  }
  if (target->as_global()) return refuse_change("changes attributes of");
  // Python attributes on a tensor or a set carry no data that a network computes with.
  if (target->kind() == PickleKind::kTensor || target->kind() == PickleKind::kSet) return {};
  return damaged("a state is given to {}", pickle_kind_name(target->kind()));
}

Status Unpickler::step(PickleOpcode opcode) {
  using enum PickleOpcode;
  switch (opcode) {
    case kProto: {
      TRY(version, take_unsigned(1));
      if (version > kHighestProtocol) return damaged("protocol {} does not exist", version);
      return {};
    }
    case kFrame: {
      TRY(size, take_unsigned(8));
      if (size > bytes_.size() - position_) {
        return damaged("a frame of {} bytes is declared, {} are left", size, bytes_.size() - position_);
      }
      return {};
    }
    case kMark:
      if (marks_.size() >= limits_.stack) return hostile("more than {} marks are open", limits_.stack);
      marks_.push_back(stack_.size());
      return {};
    case kPop: {
      if (!marks_.empty() && stack_.size() == marks_.back()) {
        marks_.pop_back();
        return {};
      }
      CHECK_OK(pop());
      return {};
    }
    case kPopMark:
      CHECK_OK(pop_to_mark());
      return {};
    case kDup: {
      TRY(value, top());
      return push(PickleValue(*value));
    }
    case kNone:
      return push(PickleValue());
    case kNewTrue:
      return push(PickleValue::boolean(true));
    case kNewFalse:
      return push(PickleValue::boolean(false));
    case kBinInt1:
    case kBinInt2: {
      TRY(value, take_unsigned(opcode == kBinInt1 ? 1 : 2));
      return push(PickleValue::integer(static_cast<int64_t>(value)));
    }
    case kBinInt: {
      TRY(raw, take(4));
      return push_integer_bytes(raw);
    }
    case kLong1:
    case kLong4: {
      TRY(raw, take_block(opcode == kLong1 ? 1 : 4));
      return push_integer_bytes(raw);
    }
    case kBinFloat: {
      TRY(raw, take(8));
      uint64_t bits = 0;
      std::memcpy(&bits, raw.data(), sizeof(bits));
      return push(PickleValue::real(std::bit_cast<double>(__builtin_bswap64(bits))));
    }
    case kInt:
    case kLong:
    case kFloat:
    case kString:
    case kUnicode:
    case kBinString:
    case kShortBinString:
    case kBinUnicode:
    case kShortBinUnicode:
    case kBinUnicode8:
    case kBinBytes:
    case kShortBinBytes:
    case kBinBytes8:
    case kByteArray8:
      return step_text(opcode);
    case kPut:
    case kBinPut:
    case kLongBinPut:
    case kMemoize:
    case kGet:
    case kBinGet:
    case kLongBinGet:
      return step_memo(opcode);
    case kEmptyTuple:
    case kTuple1:
    case kTuple2:
    case kTuple3:
    case kTuple:
    case kEmptyList:
    case kList:
    case kAppend:
    case kAppends:
    case kEmptyDict:
    case kDict:
    case kSetItem:
    case kSetItems:
    case kEmptySet:
    case kAddItems:
    case kFrozenSet:
      return step_container(opcode);
    case kGlobal:
    case kStackGlobal:
    case kInst:
    case kObj:
    case kNewObj:
    case kNewObjEx:
    case kReduce:
    case kBuild:
    case kPersId:
    case kBinPersId:
      return step_class(opcode);
    case kExt1:
    case kExt2:
    case kExt4: {
      TRY(entry, take_unsigned(opcode == kExt1 ? 1 : opcode == kExt2 ? 2 : 4));
      return refuse(CallVerdict::kUnknown, fmt::format("it uses entry {} of Python's extension registry", entry),
                    "extension");
    }
    case kNextBuffer:
    case kReadOnlyBuffer:
      return damaged("it refers to an out-of-band buffer, which no file has");
    case kStop:
      break;
  }
  return damaged("0x{:02x} is not an opcode", static_cast<unsigned>(opcode));
}

Status Unpickler::step_text(PickleOpcode opcode) {
  using enum PickleOpcode;
  switch (opcode) {
    case kInt:
    case kLong: {
      TRY(line, take_line());
      if (opcode == kInt && (line == "00" || line == "01")) return push(PickleValue::boolean(line == "01"));
      if (opcode == kLong && line.ends_with('L')) line.remove_suffix(1);
      int64_t value = 0;
      const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
      if (line.empty() || end != line.data() + line.size()) return damaged("an integer is malformed");
      if (error == std::errc::result_out_of_range) return push(PickleValue::text(PickleKind::kBigInteger, line));
      return push(PickleValue::integer(value));
    }
    case kFloat: {
      TRY(line, take_line());
      double value = 0;
      const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
      if (line.empty() || error != std::errc() || end != line.data() + line.size()) {
        return damaged("a float is malformed");
      }
      return push(PickleValue::real(value));
    }
    case kString: {
      TRY(line, take_line());
      auto text = decode_quoted_string(line);
      if (!text) return damaged("a quoted string is malformed");
      return push(PickleValue::text(PickleKind::kString, arena_.new_text(utf8_from_latin1(*text))));
    }
    case kUnicode: {
      TRY(line, take_line());
      auto text = decode_raw_unicode_escape(line);
      if (!text) return damaged("a string has a malformed escape");
      return push(PickleValue::text(PickleKind::kString, arena_.new_text(*std::move(text))));
    }
    case kBinString:
    case kShortBinString: {
      TRY(raw, take_block(opcode == kBinString ? 4 : 1));
      return push(PickleValue::text(PickleKind::kString, arena_.new_text(utf8_from_latin1(raw))));
    }
    case kBinUnicode:
    case kShortBinUnicode:
    case kBinUnicode8: {
      TRY(raw, take_block(opcode == kBinUnicode ? 4 : opcode == kShortBinUnicode ? 1 : 8));
      return push_utf8(raw);
    }
    default: {
      TRY(raw, take_block(opcode == kBinBytes ? 4 : opcode == kShortBinBytes ? 1 : 8));
      return push(PickleValue::text(PickleKind::kBytes, raw));
    }
  }
}

Status Unpickler::step_memo(PickleOpcode opcode) {
  using enum PickleOpcode;
  switch (opcode) {
    case kMemoize:
      return put(memo_.size());
    case kPut:
    case kGet: {
      TRY(line, take_line());
      uint64_t index = 0;
      const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), index);
      if (line.empty() || error != std::errc() || end != line.data() + line.size()) {
        return damaged("a memo index is malformed");
      }
      return opcode == kPut ? put(index) : get(index);
    }
    case kBinPut:
    case kLongBinPut: {
      TRY(index, take_unsigned(opcode == kBinPut ? 1 : 4));
      return put(index);
    }
    default: {
      TRY(index, take_unsigned(opcode == kBinGet ? 1 : 4));
      return get(index);
    }
  }
}

Status Unpickler::step_container(PickleOpcode opcode) {
  using enum PickleOpcode;
  switch (opcode) {
    case kEmptyTuple:
      return push_tuple(0);
    case kTuple1:
      return push_tuple(1);
    case kTuple2:
      return push_tuple(2);
    case kTuple3:
      return push_tuple(3);
    case kEmptyList:
      return push(PickleValue::sequence(PickleKind::kList, arena_.new_sequence()));
    case kEmptySet:
      return push(PickleValue::sequence(PickleKind::kSet, arena_.new_sequence()));
    case kEmptyDict:
      return push(PickleValue::dict(arena_.new_dict()));
    case kTuple:
    case kList:
    case kFrozenSet: {
      TRY(items, pop_to_mark());
      CHECK_OK(charge(items.size()));
      PickleSequence* sequence = arena_.new_sequence();
      sequence->items = std::move(items);
      const PickleKind kind = opcode == kTuple  ? PickleKind::kTuple
                              : opcode == kList ? PickleKind::kList
                                                : PickleKind::kSet;
      return push(PickleValue::sequence(kind, sequence));
    }
    case kDict: {
      TRY(items, pop_to_mark());
      CHECK_OK(push(PickleValue::dict(arena_.new_dict())));
      return set_items(items);
    }
    case kAppend: {
      TRY(item, pop());
      return append({&item, 1});
    }
    case kAppends: {
      TRY(items, pop_to_mark());
      return append(items);
    }
    case kAddItems: {
      TRY(items, pop_to_mark());
      return add_items(items);
    }
    case kSetItem: {
      TRY(value, pop());
      TRY(key, pop());
      const PickleValue entry[] = {key, value};
      return set_items(entry);
    }
    default: {
      TRY(items, pop_to_mark());
      return set_items(items);
    }
  }
}

Status Unpickler::step_class(PickleOpcode opcode) {
  using enum PickleOpcode;
  switch (opcode) {
    case kGlobal: {
      TRY(module, take_line());
      TRY(name, take_line());
      return push_global(module, name);
    }
    case kStackGlobal: {
      TRY(name, pop());
      TRY(module, pop());
      if (!name.as_string() || !module.as_string()) return damaged("the name of a class or function is not a string");
      return push_global(*module.as_string(), *name.as_string());
    }
    case kInst: {
      TRY(module, take_line());
      TRY(name, take_line());
      TRY(arguments, pop_to_mark());
      CHECK_OK(push_global(module, name));
      TRY(callable, pop());
      return call(callable, arguments);
    }
    case kObj: {
      TRY(items, pop_to_mark());
      if (items.empty()) return damaged("OBJ has no class");
      return call(items[0], std::span(items).subspan(1));
    }
    case kNewObj:
    case kReduce: {
      TRY(arguments, pop());
      TRY(callable, pop());
      if (is_refused(arguments)) return push(arguments);
      if (arguments.kind() != PickleKind::kTuple) return damaged("the arguments of a call are not a tuple");
      const auto& items = *arguments.as_sequence();
      return opcode == kReduce ? call(callable, items) : new_object(callable, items, {});
    }
    case kNewObjEx: {
      TRY(keywords, pop());
      TRY(arguments, pop());
      TRY(type, pop());
      if (arguments.kind() != PickleKind::kTuple) return damaged("the arguments of a call are not a tuple");
      return new_object(type, *arguments.as_sequence(), keywords);
    }
    case kBuild: {
      TRY(state, pop());
      return build(state);
    }
    case kPersId: {
      CHECK_OK(take_line());
      return damaged(
          "a persistent id is text, torch's are tuples (pickle_protocol=0 loses the tensors: torch cannot "
          "load it either; save with protocol 2 or later)");
    }
    default: {
      TRY(id, pop());
      const auto* items = id.as_sequence();
      const PickleGlobal* type = items && items->size() > 1 ? (*items)[1].as_global() : nullptr;
      if (type && verdict_on(*type) == CallVerdict::kActs) {
        return refuse(CallVerdict::kActs, fmt::format("it makes a storage of {}", type->qualified_name()), type->name);
      }
      if (type && (*items)[0].as_string() == "storage" && package_of(*type) != "torch") {
        return refuse(CallVerdict::kUnknown, fmt::format("it makes a storage of {}", type->qualified_name()),
                      type->qualified_name());
      }
      auto value = loader_(id);
      if (!value) return std::move(value).error().in(fmt::format("pickle, byte {}", opcode_offset_));
      return push(*value);
    }
  }
}

}  // namespace

Result<UnpickledValue> read_pickle(std::span<const std::byte> bytes, PickleArena& arena, const PersistentLoader& loader,
                                   const PickleLimits& limits, std::vector<RefusedCall>* refused_calls) {
  return Unpickler(bytes, arena, loader, limits, refused_calls).run();
}

}  // namespace modelport
