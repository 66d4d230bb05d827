#include "export/weight_dtypes.h"

#include <charconv>

#include "artifact/protobuf.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/torch_zip.h"
#include "io/mapped_file.h"
#include "io/zip_reader.h"

namespace modelport {

namespace {

/// In bytes; declared sizes are not believed to be more than a share needs.
struct FloatBytes {
  double float16 = 0, wider = 0;

  void add(double elements, int64_t bytes_of_element) {
    (bytes_of_element == 2 ? float16 : wider) += elements * static_cast<double>(bytes_of_element);
  }
};

/// By onnx.proto3: bytes of an element of a TensorProto.DataType that is a real number; 0 of others. bfloat16 is no
/// float16, and as wide as what it stands for.
int64_t onnx_float_bytes(int64_t data_type) {
  constexpr int64_t kFloat = 1, kFloat16 = 10, kDouble = 11, kBfloat16 = 16;
  if (data_type == kFloat16) return 2;
  if (data_type == kFloat || data_type == kBfloat16) return 4;
  return data_type == kDouble ? 8 : 0;
}

/// TensorProto
Status add_onnx_tensor(const ProtobufField& field, FloatBytes& bytes) {
  constexpr uint32_t kDims = 1, kDataType = 2;
  TRY(tensor, ProtobufReader::inside(field));
  std::vector<int64_t> dims;
  int64_t data_type = 0;
  while (!tensor.at_end()) {
    TRY(inner, tensor.next());
    if (inner.number == kDims) CHECK_OK(inner.append_integers(dims));
    if (inner.number == kDataType) {
      TRY(number, inner.as_integer());
      data_type = number;
    }
  }
  double elements = 1;
  for (const int64_t size : dims) elements *= static_cast<double>(size);
  if (const int64_t width = onnx_float_bytes(data_type)) bytes.add(elements, width);
  return {};
}

/// The message at the end of a path of field numbers, each of them wherever it repeats.
Status each_at(const ProtobufField& field, std::span<const uint32_t> path,
               const std::function<Status(const ProtobufField&)>& use) {
  if (path.empty()) return use(field);
  TRY(message, ProtobufReader::inside(field));
  while (!message.at_end()) {
    TRY(inner, message.next());
    if (inner.number == path.front()) CHECK_OK(each_at(inner, path.subspan(1), use));
  }
  return {};
}

Result<FloatBytes> onnx_bytes(std::span<const std::byte> file) {
  constexpr uint32_t kGraph = 7, kNode = 1, kInitializer = 5, kAttribute = 5, kTensor = 5;
  constexpr uint32_t kInitializers[] = {kInitializer}, kConstants[] = {kNode, kAttribute, kTensor};
  FloatBytes bytes;
  const auto add = [&](const ProtobufField& tensor) { return add_onnx_tensor(tensor, bytes); };
  ProtobufReader model(file);
  while (!model.at_end()) {
    TRY(field, model.next());
    if (field.number != kGraph) continue;
    CHECK_OK(each_at(field, kInitializers, add));
    CHECK_OK(each_at(field, kConstants, add));
  }
  return bytes;
}

/// The text of an attribute of an XML element.
std::string_view attribute_of(std::string_view element, std::string_view name) {
  const std::string opening = " " + std::string(name) + "=\"";
  const size_t at = element.find(opening);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = element.substr(at + opening.size());
  return rest.substr(0, std::min(rest.find('"'), rest.size()));
}

/// `<data element_type="f16" ... size="432"/>` of every Const layer.
FloatBytes openvino_bytes(std::string_view xml) {
  FloatBytes bytes;
  constexpr std::string_view kData = "<data ";
  for (size_t at = xml.find(kData); at != std::string_view::npos; at = xml.find(kData, at + 1)) {
    const std::string_view element = xml.substr(at, xml.find('>', at) - at);
    const std::string_view type = attribute_of(element, "element_type"), size = attribute_of(element, "size");
    uint64_t count = 0;
    std::from_chars(size.data(), size.data() + size.size(), count);
    if (type == "f16") bytes.float16 += static_cast<double>(count);
    if (type == "f32" || type == "f64") bytes.wider += static_cast<double>(count);
  }
  return bytes;
}

Result<FloatBytes> torchscript_bytes(const std::shared_ptr<const MappedFile>& file) {
  TRY(zip, ZipReader::open(file->bytes()));
  PickleArena arena;
  TRY(root, read_torch_zip(zip, file->bytes().size(), file, arena));
  FloatBytes bytes;
  for (const NamedTensor& each : list_tensors(root)) {
    const DType dtype = each.tensor.dtype();
    if (is_float(dtype))
      bytes.add(static_cast<double>(each.tensor.element_count()), dtype == DType::kBFloat16 ? 4 : dtype_bytes(dtype));
  }
  return bytes;
}

}  // namespace

std::optional<double> float16_weight_share(const ArtifactFacts& facts) {
  const auto opened = MappedFile::open(facts.path);
  if (!opened) return std::nullopt;
  const std::shared_ptr<const MappedFile> file = *opened;
  const auto bytes = [&]() -> Result<FloatBytes> {
    if (facts.row->name == "onnx") return onnx_bytes(file->bytes());
    if (facts.row->name == "torchscript") return torchscript_bytes(file);
    return openvino_bytes({reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()});
  }();
  if (!bytes || bytes->float16 + bytes->wider <= 0) return std::nullopt;
  return bytes->float16 / (bytes->float16 + bytes->wider);
}

}  // namespace modelport
