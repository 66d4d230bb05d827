#include "checkpoint/storage_id.h"

#include "base/checked.h"
#include "checkpoint/storage_type.h"

namespace modelport {

Result<StorageId> parse_storage_id(const PickleValue& id) {
  const auto malformed = [&] {
    return fail(ErrorCode::kDamaged, "{} is not the id of a storage", pickle_value_text(id, 120));
  };
  const auto* items = id.as_sequence();
  if (!items || items->size() < 5 || (*items)[0].as_string() != "storage") return malformed();
  const PickleGlobal* type = (*items)[1].as_global();
  const auto key = (*items)[2].as_string();
  const auto count = (*items)[4].as_integer();
  if (!type || !key || !count || *count < 0) return malformed();

  StorageId out;
  out.key = *key;
  out.element_count = *count;
  if (is_untyped_storage(*type)) {
    out.typed = PickleStorage::Typed::kNo;
  } else if (const auto dtype = storage_dtype(*type)) {
    out.dtype = *dtype;
  } else {
    return fail(ErrorCode::kUnsupportedModel, "storages of {} are not read", type->qualified_name());
  }
  const auto bytes = checked_multiply(*count, dtype_bytes(out.dtype));
  if (!bytes) return malformed();
  out.byte_count = *bytes;

  if (items->size() > 5 && !(*items)[5].is_none()) {
    const auto* view = (*items)[5].as_sequence();
    if (!view || view->size() != 3) return malformed();
    const auto view_key = (*view)[0].as_string();
    const auto offset = (*view)[1].as_integer();
    const auto size = (*view)[2].as_integer();
    if (!view_key || !offset || !size || *offset < 0 || *size < 0 || *offset > *count || *size > *count - *offset) {
      return malformed();
    }
    out.view = StorageId::View{std::string(*view_key), *offset, *size};
  }
  return out;
}

}  // namespace modelport
