#include <algorithm>
#include <filesystem>

#include "artifact/readers.h"

namespace modelport {

namespace {

constexpr uint64_t kMaxManifestBytes = uint64_t{1} << 20;

template <Result<ArtifactHeader> (*read)(std::span<const std::byte>)>
Result<ArtifactHeader> read_file(const ExportDirectory& directory, const std::string& name) {
  TRY(file, directory.map(name));
  auto header = read(file->bytes()).in(name);
  CHECK_OK(file->check_intact());
  return header;
}

Result<ArtifactHeader> read_onnx(const ExportDirectory& directory) {
  return read_file<read_onnx_header>(directory, "model.onnx");
}

Result<ArtifactHeader> read_tensorrt(const ExportDirectory& directory) {
  return read_file<recognise_tensorrt>(directory, "model.engine");
}

Result<ArtifactHeader> read_coreml(const ExportDirectory& directory) {
  const std::string package = "model.mlpackage";
  TRY(manifest, directory.map(package + "/Manifest.json"));
  const auto bytes = manifest->bytes();
  if (bytes.size() > kMaxManifestBytes)
    return fail(ErrorCode::kHostile, "Manifest.json has {} bytes, at most {} are read", bytes.size(),
                kMaxManifestBytes);
  TRY(model, read_coreml_manifest({reinterpret_cast<const char*>(bytes.data()), bytes.size()}).in("Manifest.json"));
  const std::string path = package + "/" + model;
  TRY(header, read_file<read_coreml_spec>(directory, path));
  TRY(spec, directory.map(path));
  for (const std::string& name : coreml_weight_files(spec->bytes())) {
    const std::string weights = path.substr(0, path.rfind('/') + 1) + name;
    header.companions.push_back(weights);
    const DirectoryEntry* entry = directory.find(weights);
    if (entry == nullptr || entry->kind != DirectoryEntry::Kind::kFile || entry->size == 0) continue;
    TRY(file, directory.map(weights));
    CHECK_OK(check_coreml_weights(file->bytes()).in(weights));
  }
  return header;
}

Result<ArtifactHeader> read_tflite(const ExportDirectory& directory) {
  return read_file<read_tflite_header>(directory, "model.tflite");
}

Result<ArtifactHeader> read_torchscript(const ExportDirectory& directory) {
  return read_file<read_torchscript_header>(directory, "model.torchscript");
}

Result<ArtifactHeader> read_openvino(const ExportDirectory& directory) {
  TRY(header, read_file<read_openvino_header>(directory, "model.xml"));
  const DirectoryEntry* weights = directory.find("model.bin");
  if (weights != nullptr && weights->size < header.companion_bytes)
    return fail(ErrorCode::kDamaged, "model.bin has {} bytes, model.xml places constants in {}", weights->size,
                header.companion_bytes);
  return header;
}

constexpr ArtifactFormat kFormats[] = {
    {"onnx", "model.onnx", "", DirectoryEntry::Kind::kFile, read_onnx, "_onnx"},
    {"tensorrt", "model.engine", "", DirectoryEntry::Kind::kFile, read_tensorrt, "_tensorrt"},
    {"coreml", "model.mlpackage", "", DirectoryEntry::Kind::kDirectory, read_coreml, "_coreml"},
    {"tflite", "model.tflite", "", DirectoryEntry::Kind::kFile, read_tflite, "_tflite"},
    {"torchscript", "model.torchscript", "", DirectoryEntry::Kind::kFile, read_torchscript, "_torchscript"},
    {"openvino", "model.xml", "model.bin", DirectoryEntry::Kind::kFile, read_openvino, "_openvino_model"},
};

}  // namespace

std::span<const ArtifactFormat> artifact_formats() { return kFormats; }

const ArtifactFormat* find_artifact_format(std::string_view name) {
  const auto row = std::ranges::find(kFormats, name, &ArtifactFormat::name);
  return row == std::end(kFormats) ? nullptr : row;
}

std::string extension_of(const ArtifactFormat& format) {
  return std::filesystem::path(format.artifact).extension().string();
}

const ArtifactFormat* artifact_format_of(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  const auto row = std::ranges::find(kFormats, extension, extension_of);
  return row == std::end(kFormats) ? nullptr : row;
}

}  // namespace modelport
