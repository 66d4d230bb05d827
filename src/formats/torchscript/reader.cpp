#include "formats/torchscript/reader.h"

#include <fmt/format.h>

#include "checkpoint/torch_zip.h"
#include "formats/torchscript/layout.h"
#include "formats/torchscript/pickle_writer.h"
#include "io/zip_reader.h"

namespace modelport::torchscript {

namespace {

using namespace layout;

Result<std::string_view> read_text(const ZipReader& zip, std::string_view name) {
  const ZipMember* member = zip.find(fmt::format("{}/{}", kFolder, name));
  if (member == nullptr) return fail(ErrorCode::kDamaged, "the archive has no {}", name);
  if (member->method != ZipMember::Method::kStored || member->size > kMaxTextBytes)
    return fail(ErrorCode::kUnsupportedModel, "{} is compressed or larger than {} bytes", name, kMaxTextBytes);
  CHECK_OK(verify_member(*member, member->raw));
  return std::string_view(reinterpret_cast<const char*>(member->raw.data()), member->raw.size());
}

Status require_text(const ZipReader& zip, std::string_view name, std::string_view expected) {
  TRY(text, read_text(zip, name));
  if (text == expected) return {};
  return fail(ErrorCode::kUnsupportedModel, "{} is not what this project writes", name);
}

/// The object's attributes as the buffers that the code names, in its order.
Status read_buffers(const PickleValue& root, TorchModel& model) {
  const PickleObject* object = root.as_object();
  if (object == nullptr || object->type->module != kModule || object->type->name != kClass || !object->attributes())
    return fail(ErrorCode::kDamaged, "data.pkl holds no object of {}.{}", kModule, kClass);
  for (const std::string& name : model.code.buffers) {
    const PickleValue* value = object->attribute(name);
    const Tensor* tensor = value != nullptr ? value->as_tensor() : nullptr;
    if (tensor == nullptr) return fail(ErrorCode::kDamaged, "data.pkl has no tensor {}", name);
    model.buffers.push_back({name, WeightRecipe::source(*tensor, name), 0});
  }
  const PickleValue* training = object->attribute("training");
  if (object->attributes()->entries.size() != model.buffers.size() + 1 || training == nullptr ||
      training->as_bool() != false)
    return fail(ErrorCode::kDamaged, "the object has other attributes than its class");
  return {};
}

}  // namespace

Result<std::shared_ptr<const TorchModel>> read_torch(std::shared_ptr<const MappedFile> file) {
  TRY(zip, ZipReader::open(file->bytes()));
  CHECK_OK(require_text(zip, kVersionMember, kVersion));
  CHECK_OK(require_text(zip, kConstantsMember, torch_constants_pickle()));
  auto model = std::make_shared<TorchModel>();
  TRY(code, read_text(zip, kCodeMember));
  TRY(parsed, parse_torch_code(code));
  model->code = std::move(parsed);
  TRY(config, read_text(zip, kConfigMember));
  model->config = config;
  TRY(signature, read_text(zip, kSignatureMember));
  CHECK_OK(read_torch_signature(signature, *model));
  if (model->inputs.size() != model->code.parameters.size() || model->outputs.size() != model->code.results.size())
    return fail(ErrorCode::kDamaged, "the signature and the code have different numbers of inputs or outputs");
  PickleArena arena;
  TRY(root, read_torch_zip(zip, file->bytes().size(), file, arena));
  CHECK_OK(read_buffers(root, *model));
  return std::shared_ptr<const TorchModel>(std::move(model));
}

}  // namespace modelport::torchscript
