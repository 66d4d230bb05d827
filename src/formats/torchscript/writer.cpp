#include "formats/torchscript/writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/chunked_output.h"
#include "formats/torchscript/layout.h"
#include "formats/torchscript/pickle_writer.h"
#include "io/mapped_file.h"
#include "io/zip_reader.h"
#include "io/zip_writer.h"

namespace modelport::torchscript {

namespace {

using namespace layout;

std::string member(std::string_view name) { return fmt::format("{}/{}", kFolder, name); }

Status put_text(ZipWriter& zip, std::string_view name, std::string_view text) {
  return zip.add_member(member(name), std::as_bytes(std::span(text)));
}

Status put_storage(ZipWriter& zip, ChunkedOutput& output, const TorchBuffer& buffer) {
  const WeightRecipe& data = buffer.data;
  const int64_t element = dtype_bytes(data.dtype());
  const int64_t chunk = static_cast<int64_t>(ChunkedOutput::kChunkBytes) / element;
  CHECK_OK(zip.begin_member(member(fmt::format("{}{}", kStorageFolder, buffer.storage)),
                            static_cast<uint64_t>(data.element_count() * element)));
  std::vector<std::byte> bytes(static_cast<size_t>(std::min(chunk, data.element_count()) * element));
  for (int64_t begin = 0; begin < data.element_count() && !output.failed(); begin += chunk) {
    const int64_t count = std::min(chunk, data.element_count() - begin);
    const auto part = std::span(bytes).first(static_cast<size_t>(count * element));
    data.read_bytes(begin, part);
    CHECK_OK(zip.append(part));
  }
  // What the sink refused is told by the output's finish().
  return output.failed() ? Status() : zip.end_member();
}

Status put_storages(ZipWriter& zip, ChunkedOutput& output, const TorchModel& model) {
  size_t next = 0;
  for (const TorchBuffer& buffer : model.buffers) {
    if (buffer.storage != next || output.failed()) continue;
    CHECK_OK(put_storage(zip, output, buffer));
    ++next;
  }
  return {};
}

}  // namespace

Status write_torch(const TorchModel& model, ArtifactSink& sink) {
  ChunkedOutput output(sink);
  ZipWriter zip([&](std::span<const std::byte> bytes) -> Status {
    output.append(bytes);
    return {};
  });
  CHECK_OK(put_text(zip, kVersionMember, kVersion));
  CHECK_OK(put_text(zip, kByteOrderMember, "little"));
  CHECK_OK(put_storages(zip, output, model));
  if (output.failed()) return output.finish();
  CHECK_OK(put_text(zip, kDataMember, torch_data_pickle(model)));
  CHECK_OK(put_text(zip, kConstantsMember, torch_constants_pickle()));
  CHECK_OK(put_text(zip, kConfigMember, model.config));
  CHECK_OK(put_text(zip, kSignatureMember, torch_signature(model)));
  CHECK_OK(put_text(zip, kCodeMember, print_torch_code(model.code)));
  CHECK_OK(zip.finish());
  return output.finish();
}

Result<std::vector<std::byte>> torch_archive_with_code(const std::string& path, const TorchCode& code) {
  TRY(file, MappedFile::open(path));
  TRY(read, ZipReader::open(file->bytes()));
  const std::string text = print_torch_code(code);
  std::vector<std::byte> archive;
  archive.reserve(file->bytes().size() + text.size());
  ZipWriter zip([&](std::span<const std::byte> bytes) -> Status {
    archive.insert(archive.end(), bytes.begin(), bytes.end());
    return {};
  });
  for (const ZipMember& each : read.members()) {
    const bool is_code = each.name == member(kCodeMember);
    CHECK_OK(zip.add_member(each.name, is_code ? std::as_bytes(std::span(text)) : each.raw));
  }
  CHECK_OK(zip.finish());
  return archive;
}

}  // namespace modelport::torchscript
