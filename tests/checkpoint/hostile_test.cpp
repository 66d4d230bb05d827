#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "checkpoint/checkpoint.h"
#include "checkpoint/checkpoint_facts.h"
#include "checkpoint/ledger.h"
#include "checkpoint/module_view.h"
#include "memory_checkpoint.h"

namespace modelport {
namespace {

using testing::HasSubstr;
using enum ErrorCode;

struct HostileFile {
  std::string_view name;
  ErrorCode code;
  /// What the error must name: the callable, the offset of the damage, or the container.
  std::string_view what;
};

constexpr HostileFile kFiles[] = {
    {"modelscan_password_protected.zip", kUnsupportedModel, "encrypted zip"},
    {"modelscan_unsafe_zip_pytorch.pt", kHostile, "byte 59: it calls posix.system"},
    {"picklescan_data__bad_pytorch.pt", kUnsupportedModel, "PNG image"},
    {"picklescan_data__benign0_v0.pkl", kUnsupportedModel, "plain pickle"},
    {"picklescan_data__benign0_v3.pkl", kUnsupportedModel, "plain pickle"},
    {"picklescan_data__benign0_v4.pkl", kUnsupportedModel, "plain pickle"},
    {"picklescan_data__benign_password_protected.zip", kUnsupportedModel, "encrypted zip"},
    {"picklescan_data__broken_model.pkl", kDamaged,
     "byte 16: 543558206 bytes are declared, 63 are left; it names builtins.exec"},
    {"picklescan_data__malicious-invalid-bytes.pkl", kHostile, "it calls os.system"},
    {"picklescan_data__malicious0.pkl", kHostile, "it calls __builtin__.globals"},
    {"picklescan_data__malicious1.7z", kUnsupportedModel, "7z archive"},
    {"picklescan_data__malicious1.zip", kHostile, "data.pkl: pickle, byte 48: it calls builtins.eval"},
    {"picklescan_data__malicious10.pkl", kHostile, "it calls __builtin__.exec"},
    {"picklescan_data__malicious11.pkl", kHostile, "it calls os.system"},
    {"picklescan_data__malicious12.pkl", kHostile, "it calls operator.attrgetter"},
    {"picklescan_data__malicious13a.pkl", kHostile, "it calls pickle.loads"},
    {"picklescan_data__malicious13b.pkl", kHostile, "it calls _pickle.loads"},
    {"picklescan_data__malicious14.pkl", kHostile, "it calls runpy._run_code"},
    {"picklescan_data__malicious15a.pkl", kHostile, "it calls __builtin__.getattr with (bdb.Bdb, 'run')"},
    {"picklescan_data__malicious15b.pkl", kHostile, "it calls bdb.Bdb.run"},
    {"picklescan_data__malicious16.pkl", kHostile, "it calls pip.main"},
    {"picklescan_data__malicious17.pkl", kHostile, "it calls torch._inductor.codecache.compile_file"},
    {"picklescan_data__malicious18.pkl", kHostile, "it calls pydoc.pipepager"},
    {"picklescan_data__malicious19.pkl", kHostile, "an object of class functools.partial"},
    {"picklescan_data__malicious1_0x1.zip", kHostile, "it calls builtins.eval"},
    {"picklescan_data__malicious1_0x20.zip", kHostile, "it calls builtins.eval"},
    {"picklescan_data__malicious1_0x40.zip", kHostile, "it calls builtins.eval"},
    {"picklescan_data__malicious1_central_directory.zip", kHostile, "it calls builtins.eval"},
    {"picklescan_data__malicious1_v0.pkl", kHostile, "it calls __builtin__.eval"},
    {"picklescan_data__malicious1_v3.pkl", kHostile, "it calls builtins.eval"},
    {"picklescan_data__malicious1_v4.pkl", kHostile, "it calls builtins.eval"},
    {"picklescan_data__malicious1_wrong_ext.zip", kHostile, "data.txt: pickle, byte 48: it calls builtins.eval"},
    {"picklescan_data__malicious20.pkl", kHostile, "it calls venv.create"},
    {"picklescan_data__malicious2_v0.pkl", kHostile, "it calls posix.system"},
    {"picklescan_data__malicious2_v3.pkl", kHostile, "it calls posix.system"},
    {"picklescan_data__malicious2_v4.pkl", kHostile, "it calls posix.system"},
    {"picklescan_data__malicious3.pkl", kHostile, "it calls httplib.HTTPSConnection"},
    {"picklescan_data__malicious4.pickle", kHostile, "it calls requests.api.get"},
    {"picklescan_data__malicious5.pickle", kHostile, "it calls aiohttp.client.ClientSession"},
    {"picklescan_data__malicious6.pkl", kHostile, "byte 85: it calls requests.api.get"},
    {"picklescan_data__malicious7.pkl", kHostile, "it calls socket.create_connection"},
    {"picklescan_data__malicious8.pkl", kHostile, "it calls subprocess.run"},
    {"picklescan_data__malicious9.pkl", kHostile, "it calls sys.exit"},
    {"picklescan_data__not_a_pickle.bin", kDamaged, "byte 0"},
    {"picklescan_data__pytorch_magic_bypass.pt", kHostile, "it calls __builtin__.eval"},
    {"picklescan_data__sys_module_override_sploit.pkl", kHostile, "it changes attributes of torch._utils itself"},
};

/// State dicts among them that harm nobody: they open, and only no architecture fits them.
constexpr std::string_view kHonest[] = {"picklescan_data__new_pytorch_model.bin", "picklescan_data__pytorch_model.bin"};

TEST(HostileFiles, AreRefusedByTheNameOfWhatTheyDo) {
  REQUIRE_TEST_DATA(data);
  for (const HostileFile& file : kFiles) {
    const auto checkpoint = open_checkpoint(data + "/malicious/" + std::string(file.name));
    ASSERT_FALSE(checkpoint) << file.name;
    EXPECT_EQ(checkpoint.error().code, file.code) << checkpoint.error().text();
    EXPECT_THAT(checkpoint.error().text(), HasSubstr(file.what));
    EXPECT_EQ(error_info(checkpoint.error().code).exit_code, 1);
  }
  for (const std::string_view name : kHonest) {
    const auto checkpoint = open_checkpoint(data + "/malicious/" + std::string(name));
    ASSERT_TRUE(checkpoint) << checkpoint.error().text();
    EXPECT_FALSE(list_tensors(checkpoint->root).empty());
    EXPECT_EQ(model_root(*checkpoint), nullptr);
  }
}

TEST(HostileFiles, AreAllInTheTable) {
  REQUIRE_TEST_DATA(data);
  std::set<std::string> known;
  for (const HostileFile& file : kFiles) known.emplace(file.name);
  for (const std::string_view name : kHonest) known.emplace(name);
  for (const auto& entry : std::filesystem::directory_iterator(data + "/malicious")) {
    EXPECT_TRUE(known.contains(entry.path().filename().string())) << entry.path();
  }
}

/// Opens the file and does all that can be done with it; true when it opened.
bool use(const std::string& path) {
  const auto checkpoint = open_checkpoint(path);
  if (!checkpoint) {
    EXPECT_NE(checkpoint.error().code, kInternal) << checkpoint.error().text();
    (void)survey_checkpoint(path);
    return false;
  }
  (void)describe_checkpoint(*checkpoint);
  for (const NamedTensor& tensor : list_tensors(checkpoint->root)) {
    if (dtype_info(tensor.tensor.dtype()).kind == DTypeKind::kComplex) continue;
    if (tensor.tensor.element_count() > 0) {
      double last = 0;
      tensor.tensor.read(tensor.tensor.element_count() - 1, std::span(&last, 1));
    }
  }
  if (const PickleObject* root = model_root(*checkpoint)) {
    Ledger ledger(*root, {});
    EXPECT_FALSE(ledger.require_everything_accounted_for());
  }
  return true;
}

/// One file of each container and framework; the repository's own where the data is not there.
std::vector<std::string> samples() {
  std::vector<std::string> paths = {MODELPORT_SOURCE_DIR "/tests/fixtures/yolo11-sample.pt",
                                    MODELPORT_SOURCE_DIR "/tests/fixtures/yolo11-sample.ref.safetensors"};
  if (const auto data = test_data()) {
    paths.push_back(*data + "/checkpoints/ultralytics/cls8n_codderrrrr_train3_best.pt");
    paths.push_back(*data + "/checkpoints/state_dict/facenet_pnet.pt");
    paths.push_back(*data + "/reader/burn_reader__test_data__legacy_uncloned_views.pt");
  }
  return paths;
}

TEST(DamagedFiles, TruncatedAtEveryPercentAreRefused) {
  for (const std::string& path : samples()) {
    const std::string content = file_content(path);
    ASSERT_FALSE(content.empty()) << path;
    const TemporaryFile file("");
    for (size_t percent = 0; percent < 100; ++percent) {
      file.write(content.substr(0, content.size() * percent / 100));
      EXPECT_FALSE(use(file.path())) << path << " at " << percent << " %";
    }
  }
}

TEST(DamagedFiles, WithFlippedBitsNeverCrash) {
  for (const std::string& path : samples()) {
    std::string content = file_content(path);
    const TemporaryFile file("");
    std::mt19937 random(7);
    // Structure sits at both ends: zip headers and pickle in front, the directory behind.
    for (int i = 0; i < 120; ++i) {
      const size_t region = std::min<size_t>(content.size(), i % 3 == 0 ? content.size() : 60'000);
      const size_t offset = random() % region;
      const size_t at = i % 2 == 0 ? offset : content.size() - 1 - offset;
      const char before = content[at];
      content[at] = static_cast<char>(before ^ (1 << (random() % 8)));
      file.write(content);
      (void)use(file.path());
      content[at] = before;
    }
  }
}

}  // namespace
}  // namespace modelport
