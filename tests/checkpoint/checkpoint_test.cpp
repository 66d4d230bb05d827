#include "checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/json.h"
#include "base/sha256.h"
#include "memory_checkpoint.h"
#include "models/ultralytics/names/family.h"
#include "modules/checkpoint_facts.h"
#include "modules/find_model.h"
#include "pickle_builder.h"

namespace modelport {
namespace {

using namespace pickled;
using testing::ElementsAre;
using testing::HasSubstr;
using Member = ZipBuilder::Member;

std::string floats(std::initializer_list<float> values) {
  std::string out;
  for (const float value : values) out += raw(value);
  return out;
}

/// The error of opening a file with this content.
Error refusal(const std::string& content) {
  const TemporaryFile file(content);
  auto checkpoint = open_checkpoint(file.path(), ultralytics::families());
  return checkpoint ? fail(ErrorCode::kInternal, "it opened") : std::move(checkpoint).error();
}

void expect_refused(const std::string& content, ErrorCode code, std::string_view what) {
  const Error error = refusal(content);
  EXPECT_EQ(error.code, code) << error.text();
  EXPECT_THAT(error.text(), HasSubstr(what));
}

const std::string kSixFloats = storage("FloatStorage", "0", 6);

TEST(TorchZip, ReadsViewsOfSharedStorages) {
  const std::string pickle = dict({text("all"), tensor(kSixFloats, 0, {2, 3}, {3, 1}), text("transposed"),
                                   tensor(kSixFloats, 0, {3, 2}, {1, 3}), text("last"), tensor(kSixFloats, 5, {}, {}),
                                   text("none"), tensor(kSixFloats, 6, {0, 4}, {4, 1})}) +
                             ".";
  const TemporaryFile file(torch_zip(pickle).add("top/data/0", floats({0, 1, 2, 3, 4, 5})).finish());
  const auto checkpoint = open_checkpoint(file.path(), ultralytics::families());
  ASSERT_TRUE(checkpoint) << checkpoint.error().text();
  EXPECT_EQ(checkpoint->container, Container::kTorchZip);
  EXPECT_THAT(checkpoint->find("transposed")->as_tensor()->to_floats(), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(checkpoint->find("last")->as_tensor()->to_floats(), ElementsAre(5));
  EXPECT_EQ(checkpoint->find("none")->as_tensor()->element_count(), 0);
  const std::byte* base = checkpoint->files.front().file->bytes().data();
  const std::byte* data = checkpoint->find("all")->as_tensor()->data();
  EXPECT_TRUE(data > base && data < base + checkpoint->files.front().file->bytes().size()) << "weights are not copied";
}

TEST(TorchZip, RefusesViewsOutsideTheirStorage) {
  const auto archive = [](const std::string& value) {
    return torch_zip(value + ".").add("top/data/0", floats({0, 1, 2, 3, 4, 5})).finish();
  };
  constexpr int64_t kHuge = int64_t{1} << 62;
  expect_refused(archive(tensor(kSixFloats, 1, {2, 3}, {3, 1})), ErrorCode::kDamaged, "storage 0");
  expect_refused(archive(tensor(kSixFloats, -1, {2}, {1})), ErrorCode::kDamaged, "storage 0");
  expect_refused(archive(tensor(kSixFloats, 0, {2}, {-1})), ErrorCode::kDamaged, "storage 0");
  expect_refused(archive(tensor(kSixFloats, 0, {-2}, {1})), ErrorCode::kDamaged, "storage 0");
  expect_refused(archive(tensor(kSixFloats, 0, {2}, {kHuge})), ErrorCode::kDamaged, "storage 0");
  expect_refused(archive(tensor(kSixFloats, kHuge, {2}, {1})), ErrorCode::kDamaged, "storage 0");
  expect_refused(archive(tensor(kSixFloats, 0, {kHuge, kHuge}, {1, 1})), ErrorCode::kDamaged, "storage 0");
  expect_refused(archive(tensor(kSixFloats, 0, {2, 3}, {1})), ErrorCode::kDamaged, "storage 0");
  expect_refused(archive(tensor(kSixFloats, 0, {1 << 20, 1 << 20}, {0, 0})), ErrorCode::kHostile, "on a storage of 6");
}

TEST(TorchZip, ChecksDeclaredStorageSizesAgainstTheMember) {
  const auto archive = [](const std::string& id) {
    return torch_zip(id + ".").add("top/data/0", floats({0, 1})).finish();
  };
  expect_refused(archive(storage("FloatStorage", "0", 3)), ErrorCode::kDamaged, "declares 12 bytes, its member has 8");
  expect_refused(archive(storage("FloatStorage", "0", int64_t{1} << 62)), ErrorCode::kDamaged,
                 "not the id of a storage");
  expect_refused(archive(storage("FloatStorage", "0", -1)), ErrorCode::kDamaged, "not the id of a storage");
  expect_refused(archive(storage("FloatStorage", "7", 1)), ErrorCode::kDamaged, "no member top/data/7");
  expect_refused(archive(storage("StrangeStorage", "0", 1)), ErrorCode::kUnsupportedModel, "torch.StrangeStorage");
  expect_refused(archive(text("id") + "Q"), ErrorCode::kDamaged, "not the id of a storage");
}

TEST(TorchZip, ReadsUntypedStoragesAndNewDtypes) {
  const std::string untyped =
      tuple({text("storage"), global("torch.storage", "UntypedStorage"), text("0"), text("cpu"), long_integer(8)}) +
      "Q";
  const auto v3 = [&](std::string_view dtype, int64_t count) {
    return reduce(
        global("torch._utils", "_rebuild_tensor_v3"),
        tuple({untyped, integer(0), sizes({count}), sizes({1}), boolean(false), none(), global("torch", dtype)}));
  };
  const std::string pickle = dict({text("u16"), v3("uint16", 4), text("f8"), v3("float8_e4m3fn", 8)}) + ".";
  const TemporaryFile file(torch_zip(pickle).add("top/data/0", raw(uint64_t{0x0004000300020001})).finish());
  const auto checkpoint = open_checkpoint(file.path(), ultralytics::families());
  ASSERT_TRUE(checkpoint) << checkpoint.error().text();
  EXPECT_THAT(checkpoint->find("u16")->as_tensor()->to_int64s(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(checkpoint->find("f8")->as_tensor()->dtype(), DType::kFloat8E4M3);
}

TEST(TorchZip, RefusesOtherByteOrdersAndSeveralPickles) {
  ZipBuilder big;
  big.add("top/data.pkl", "N.").add("top/byteorder", "big");
  expect_refused(big.finish(), ErrorCode::kUnsupportedModel, "big-endian");
  ZipBuilder two;
  two.add("a/data.pkl", "N.").add("b/data.pkl", "N.");
  expect_refused(two.finish(), ErrorCode::kHostile, "more than one data.pkl");
}

TEST(TorchZip, NamesHostileCallsBehindTheEndBehindDamageAndInOtherMembers) {
  const std::string acts = reduce(global("os", "getcwd"), ")");
  expect_refused(torch_zip("N." + acts + ".").finish(), ErrorCode::kHostile, "os.getcwd");
  expect_refused(torch_zip(list({storage("FloatStorage", "7", 1), acts}) + ".").finish(), ErrorCode::kHostile,
                 "os.getcwd");
  expect_refused(torch_zip("N.").add("top/other.pkl", acts + ".").finish(), ErrorCode::kHostile, "top/other.pkl");
  expect_refused(torch_zip("N.").add({.name = "top/data.pkl", .raw = acts + "."}).finish(), ErrorCode::kHostile,
                 "os.getcwd");
  expect_refused(torch_zip("N.N").finish(), ErrorCode::kDamaged, "1 bytes follow the pickle's end at byte 2");
}

TEST(TorchZip, KeepsTensorsWithLazyBitsAsInertObjects) {
  const std::string negative = reduce(global("torch._utils", "_rebuild_tensor_v2"),
                                      tuple({kSixFloats, integer(0), sizes({6}), sizes({1}), boolean(false), none(),
                                             dict({text("neg"), boolean(true)})}));
  const TemporaryFile file(torch_zip(negative + ".").add("top/data/0", floats({0, 1, 2, 3, 4, 5})).finish());
  const auto checkpoint = open_checkpoint(file.path());
  ASSERT_TRUE(checkpoint) << checkpoint.error().text();
  EXPECT_EQ(checkpoint->root.as_tensor(), nullptr) << "its values are not those of the storage";
  EXPECT_NE(checkpoint->root.as_object(), nullptr);
}

TEST(Container, RecognisesWhatItDoesNotRead) {
  using namespace std::string_literals;
  const auto zip = [](std::initializer_list<std::string> names) {
    ZipBuilder builder;
    for (const std::string& name : names) builder.add(name, "{}");
    return builder.finish();
  };
  const std::pair<std::string, std::string_view> cases[] = {
      {"\x89HDF\r\n\x1a\n and more"s, "HDF5"},
      {"7z\xbc\xaf\x27\x1c"s, "7z archive"},
      {"\x1f\x8b\x08"s, "gzip"},
      {"Rar!\x1a\x07"s, "RAR"},
      {"\x08\x08\x12\x07pytorch"s, "ONNX model"},
      {"\x1c\0\0\0TFL3"s, "TensorFlow Lite"},
      {std::string(257, '\0') + "ustar", "tar archive"},
      {"version https://git-lfs.github.com/spec/v1\n"s, "Git LFS pointer"},
      {zip({"m/data.pkl", "m/constants.pkl", "m/code/__torch__.py"}), "TorchScript"},
      {zip({"m/archive_format", "m/models/model.json"}), ".pt2"},
      {zip({"config.json", "metadata.json", "model.weights.h5"}), "Keras"},
      {zip({"m/data.pkl", "m/bytecode.pkl"}), "TorchScript"},
      {zip({"m/.data/extern_modules", "m/model.pkl"}), "torch.package"},
      {zip({"model/saved_model.pb", "model/variables/variables.index"}), "TensorFlow SavedModel"},
      {zip({"a.mlpackage/Manifest.json", "a.mlpackage/Data/com.apple.CoreML/model.mlmodel"}), "Core ML package"},
      {zip({"model.onnx"}), "ONNX model"},
      {zip({"a.npy", "b.npy"}), "numpy archive"},
      {zip({"readme.txt"}), "zip archive that torch.save did not write"},
      {"\x1c\0\0\0ET12"s, "ExecuTorch"},
      {"\x1c\0\0\0PTMF"s, "TorchScript for mobiles"},
      {"\x1c\0\0\0ORTM"s, "ONNX Runtime"},
      {"\x08\x05\x12\x04\x0a\x02\x0a\0"s, "Core ML model or TensorFlow SavedModel"},
      {"ftrt and more"s, "TensorRT engine"},
      {"GGUF\x03\0\0\0"s, "GGUF"},
      {"\0\0\0\0\x02\0\0\0\x05\0\0\0\0"s, "Darknet"},
      {"\x12\x01\0\0\0\0\0\0"s, "MXNet"},
      {"\x93NUMPY\x01\0"s, "numpy array"},
      {"7767517\n1 1\n"s, "ncnn"},
      {"\x78\x9c\x01"s, "joblib"},
      {"<?xml version=\"1.0\"?>\n<net name=\"a\" version=\"11\">"s, "OpenVINO IR"},
      {"<?xml version=\"1.0\"?>\n<annotation>"s, "XML"},
      {"<!DOCTYPE html><title>404"s, "web page"},
      {"  <HTML>"s, "web page"},
      {"{\"nc\": 3}"s, "JSON"},
      {"nc: 3\nnames: [a, b, c]\n"s, "text file"},
      {"model.yaml" + std::string(90, '\0') + std::string(157, '0') + "ustar", "tar archive (unpack"},
      {"pickle" + std::string(251, '\0') + "ustar", "torch.save before PyTorch 0.1.10"},
      {proto() + dict({text("a"), integer(1)}) + ".", "plain pickle"},
  };
  for (const auto& [content, name] : cases) expect_refused(content, ErrorCode::kUnsupportedModel, name);
  expect_refused(ZipBuilder().add({.name = "secret", .raw = "\x93\x02", .flags = 1}).finish(),
                 ErrorCode::kUnsupportedModel, "encrypted zip archive");
  expect_refused("", ErrorCode::kDamaged, "empty");
  expect_refused("\x01\x02\x03", ErrorCode::kDamaged, "no checkpoint of a known kind");
  for (const ContainerInfo& row : containers()) {
    EXPECT_TRUE(row.support == ContainerInfo::Support::kRead || row.hint.size() > 10) << row.name;
  }
}

TEST(Container, IsRecognisedBeforeItsPicklesAreJudged) {
  const std::string integers = reduce(global("torch.jit._pickle", "build_intlist"), tuple({list({integer(1)})}));
  ZipBuilder script;
  script.add("m/data.pkl", proto() + object("__torch__", "Net", dict({text("stride"), integers})) + ".");
  script.add("m/constants.pkl", proto() + ").").add("m/code/__torch__.py", "class Net(Module):\n");
  expect_refused(script.finish(), ErrorCode::kUnsupportedModel, "TorchScript archive");
}

TEST(Checkpoint, TellsMissingUnreadableAndDirectoriesApart) {
  EXPECT_EQ(open_checkpoint("/no/such/file.pt", ultralytics::families()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(open_checkpoint("/tmp", ultralytics::families()).error().code, ErrorCode::kUnreadable);
}

TEST(Checkpoint, ChoosesEmaBeforeModel) {
  const auto module = [](const std::string& name) {
    return object("ultralytics.nn.tasks", name,
                  dict({text("_modules"), dict({}), text("_parameters"), dict({}), text("_buffers"), dict({})}));
  };
  const auto model_class = [&](const std::string& value) {
    const TemporaryFile file(torch_zip(value + ".").finish());
    const auto checkpoint = open_checkpoint(file.path(), ultralytics::families());
    const PickleObject* model = checkpoint ? model_root(*checkpoint) : nullptr;
    return model ? model->type->name : "none";
  };
  EXPECT_EQ(model_class(dict({text("model"), none(), text("ema"), module("OBBModel")})), "OBBModel");
  EXPECT_EQ(model_class(dict({text("model"), module("PoseModel"), text("ema"), none()})), "PoseModel");
  EXPECT_EQ(model_class(dict({text("model"), module("PoseModel"), text("ema"), module("OBBModel")})), "OBBModel");
  EXPECT_EQ(model_class(module("PoseModel")), "PoseModel");
  EXPECT_EQ(model_class(dict({text("model"), dict({})})), "none");
}

TEST(Checkpoint, ReadsClassNamesInIndexOrder) {
  const auto names = [](const std::string& value) {
    const TemporaryFile file(torch_zip(value + ".").finish());
    const auto checkpoint = open_checkpoint(file.path(), ultralytics::families());
    return checkpoint ? names_in_order(checkpoint->root) : std::vector<std::string>{"did not open"};
  };
  EXPECT_THAT(names(dict({integer(1), text("b"), integer(0), text("a")})), ElementsAre("a", "b"));
  EXPECT_THAT(names(list({text("a"), text("b")})), ElementsAre("a", "b"));
  EXPECT_THAT(names(dict({integer(0), text("a"), integer(2), text("c")})), ElementsAre());
}

/// A tensor as record_expected.py describes it.
std::string sha256_of(const Tensor& tensor) {
  if (tensor.is_contiguous()) return sha256_hex(tensor.bytes());
  std::vector<std::byte> contiguous;
  const auto size = static_cast<size_t>(dtype_bytes(tensor.dtype()));
  std::vector<int64_t> index(tensor.shape().size());
  for (int64_t i = 0; i < tensor.element_count(); ++i) {
    int64_t at = 0;
    for (size_t axis = 0; axis < index.size(); ++axis) at += index[axis] * tensor.strides()[axis];
    const std::byte* element = tensor.data() + at * static_cast<int64_t>(size);
    contiguous.insert(contiguous.end(), element, element + size);
    for (size_t axis = index.size(); axis-- > 0;) {
      if (++index[axis] < tensor.shape()[axis]) break;
      index[axis] = 0;
    }
  }
  return sha256_hex(contiguous);
}

TEST(RealFiles, HoldWhatTorchReads) {
  REQUIRE_TEST_DATA(data);
  const std::string text = file_content(MODELPORT_SOURCE_DIR "/tests/checkpoint/reader_expected.json");
  const auto expected = parse_json(text, ErrorCode::kInternal);
  ASSERT_TRUE(expected);
  for (const auto& [name, facts] : expected->items()) {
    const auto checkpoint = open_checkpoint(data + "/" + name, ultralytics::families());
    ASSERT_TRUE(checkpoint) << checkpoint.error().text();
    std::map<std::string, Json> found;
    for (const NamedTensor& tensor : list_tensors(checkpoint->root)) {
      found[tensor.name] = {{"dtype", dtype_name(tensor.tensor.dtype())},
                            {"shape", tensor.tensor.shape()},
                            {"sha256", sha256_of(tensor.tensor)}};
    }
    if (facts.contains("tensors")) {
      EXPECT_EQ(found.size(), facts["tensors"].size()) << name;
      for (const auto& [tensor, description] : facts["tensors"].items())
        EXPECT_EQ(found[tensor], description) << name << ": " << tensor;
      continue;
    }
    std::string all;
    for (const auto& [tensor, description] : found) {
      std::string shape = description["shape"].dump();
      for (size_t at = 0; (at = shape.find(',', at)) != std::string::npos; at += 2) shape.insert(at + 1, " ");
      all += tensor + description["dtype"].get<std::string>() + shape + description["sha256"].get<std::string>();
    }
    EXPECT_EQ(found.size(), facts["count"].get<size_t>()) << name;
    EXPECT_EQ(sha256_hex({reinterpret_cast<const std::byte*>(all.data()), all.size()}),
              facts["digest"].get<std::string>())
        << name;
  }
}

TEST(RealFiles, OfUltralyticsSayWhatTheyAre) {
  REQUIRE_TEST_DATA(data);
  const auto facts_of = [&](const std::string& name) {
    const auto checkpoint = open_checkpoint(data + "/checkpoints/" + name, ultralytics::families());
    EXPECT_TRUE(checkpoint) << checkpoint.error().text();
    return checkpoint ? describe_checkpoint(*checkpoint) : CheckpointFacts{};
  };
  const CheckpointFacts detector = facts_of("ultralytics/yolo11_robocup2026_best.pt");
  EXPECT_EQ(detector.framework, "ultralytics");
  EXPECT_EQ(detector.framework_version, "8.3.32");
  EXPECT_EQ(detector.task, "detect");
  EXPECT_EQ(detector.class_names.size(), 5u);
  const CheckpointFacts classifier = facts_of("ultralytics/cls8n_codderrrrr_train3_best.pt");
  EXPECT_EQ(classifier.architecture, "yolov8n-cls");
  EXPECT_EQ(classifier.task, "classify");
  EXPECT_EQ(classifier.class_names.front(), "dew");
  EXPECT_EQ(facts_of("ultralytics/espdet_jorge_train2_best.pt").architecture, "espdet_pico");
  EXPECT_EQ(facts_of("ultralytics/yolov5n_official_v6.pt").framework, "yolov5");
  EXPECT_EQ(facts_of("timm/timm_mnv3small050_acne_student_best.pth").framework, "state_dict");
}

}  // namespace
}  // namespace modelport
