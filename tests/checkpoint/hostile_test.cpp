#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "../io/zip_builder.h"
#include "checkpoint/acting_call.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/pickle_call.h"
#include "memory_checkpoint.h"
#include "models/ultralytics/names/family.h"
#include "modules/checkpoint_facts.h"
#include "modules/find_model.h"
#include "modules/module_ledger.h"
#include "modules/module_view.h"
#include "pickle_builder.h"

namespace modelport {
namespace {

using namespace pickled;
using testing::HasSubstr;
using enum ErrorCode;

/// What the calls below would do if anybody made them: print a word, or tell the working directory.
const std::string kPrints = reduce(global("builtins", "print"), tuple({text("called")}));
const std::string kPrintsInProtocol0 = "c__builtin__\nprint\n(Vcalled\ntR";
const std::string kTellsDirectory = "\x8c\x02os\x8c\x06getcwd\x93)R";
const std::string kUnknown = reduce(global("some.package", "make"), tuple({text("called"), integer(1)}));
const std::string kHonest = dict({text("a"), integer(1)});

/// The three pickles before the object of a legacy file, and the list of storages after it.
std::string legacy(const std::string& object) {
  return proto() + std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 13) + proto() + integer(1001) +
         "." + proto() + dict({text("little_endian"), boolean(true)}) + "." + proto() + object + "." + proto() +
         list({}) + ".";
}

/// The same as protocol 4 begins (in a frame) and as protocol 1 does (as text).
std::string legacy_beginning_with(const std::string& magic, const std::string& object) {
  return magic + legacy(object).substr(15);
}
const std::string kMagicInAFrame =
    proto(4) + "\x95" + raw(uint64_t{13}) + std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 13);
const std::string kMagicAsText = "L119547037146038801333356L\n.";

std::string zip_of(const std::string& name, const std::string& content) {
  return ZipBuilder().add(name, content).finish();
}

struct GuardCase {
  std::string_view what;
  std::string content;
  ErrorCode code;
  /// What the error must name: the callable, the offset of the damage, or the container.
  std::string_view named;
};

std::vector<GuardCase> guard_cases() {
  std::vector<GuardCase> cases = {
      {"torch.save", torch_zip(kPrints + ".").finish(), kHostile,
       "top/data.pkl: pickle, byte 29: it calls builtins.print"},
      {"torch.save, unknown", torch_zip(kUnknown + ".").finish(), kUnknownContent,
       "not read: it calls some.package.make"},
      {"torch.save, unknown before", torch_zip(list({kUnknown, kPrints}) + ".").finish(), kHostile, "builtins.print"},
      {"behind the end", torch_zip(kHonest + "." + kPrints + ".").finish(), kHostile, "builtins.print"},
      {"another member", torch_zip(kHonest + ".").add("top/other.pkl", kPrints + ".").finish(), kHostile,
       "top/other.pkl"},
      {"behind damage", torch_zip(list({storage("FloatStorage", "7", 1), kPrints}) + ".").finish(), kHostile,
       "builtins.print"},
      {"legacy", legacy(kPrints), kHostile, "builtins.print"},
      {"legacy in frames", legacy_beginning_with(kMagicInAFrame, kPrints), kHostile, "builtins.print"},
      {"legacy in frames, unknown", legacy_beginning_with(kMagicInAFrame, kUnknown), kUnknownContent,
       "some.package.make"},
      {"legacy as text", legacy_beginning_with(kMagicAsText, kUnknown), kUnknownContent, "some.package.make"},
      {"legacy, unknown", legacy(kUnknown), kUnknownContent, "some.package.make"},
      {"legacy, before the rest",
       proto() + std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 13) + kPrints + ".", kHostile,
       "builtins.print"},
      {"plain pickle", proto() + kHonest + ".", kUnsupportedModel, "plain pickle"},
      {"plain pickle of protocol 0", "(dVa\nI1\ns.", kUnsupportedModel, "plain pickle"},
      {"plain pickle that calls", proto() + kPrints + ".", kHostile, "byte 31: it calls builtins.print"},
      {"plain pickle, unknown", proto() + kUnknown + ".", kUnsupportedModel, "plain pickle"},
      {"protocol 0", kPrintsInProtocol0 + ".", kHostile, "it calls __builtin__.print"},
      {"protocol 4", proto(4) + kTellsDirectory + ".", kHostile, "it calls os.getcwd"},
      {"two pickles", proto() + kHonest + "." + proto() + kPrints + ".", kHostile, "byte 48: it calls builtins.print"},
      {"cut short behind the name", proto() + global("builtins", "print") + "X\x7f\x7f\x7f\x7f", kDamaged,
       "it names builtins.print"},
      {"cut short behind the call", proto() + kPrints + "X\x7f\x7f\x7f\x7f", kHostile, "builtins.print"},
      {"zip", zip_of("data.pkl", kPrints + "."), kHostile, "data.pkl: pickle, byte 29: it calls builtins.print"},
      {"zip, another extension", zip_of("data.txt", kPrints + "."), kHostile, "data.txt: pickle"},
      {"zip, honest", zip_of("data.txt", kHonest + "."), kUnsupportedModel,
       "zip archive that torch.save did not write"},
      {"zip, unknown", zip_of("data.txt", kUnknown + "."), kUnsupportedModel,
       "zip archive that torch.save did not write"},
      {"zip, a PNG's extension", zip_of("data.png", kPrints + "."), kHostile, "data.png"},
      {"zip whose two names differ",
       ZipBuilder().add({.name = "data.pkl", .raw = kPrints + ".", .local_name = "atad.pkl"}).finish(), kHostile,
       "builtins.print"},
      {"zip without a directory", zip_of("data.pkl", kPrints + ".").substr(0, 90), kHostile, "builtins.print"},
      {"zip that says to be encrypted",
       ZipBuilder().add({.name = "data.pkl", .raw = kPrints + ".", .flags = 1}).finish(), kHostile, "builtins.print"},
      {"encrypted zip", ZipBuilder().add({.name = "data.pkl", .raw = "\x93\x02\x51\x99\xab", .flags = 1}).finish(),
       kUnsupportedModel, "encrypted zip"},
      {"PNG", "\x89PNG\r\n\x1a\n" + kPrints + ".", kUnsupportedModel, "PNG image"},
      {"7z", "7z\xbc\xaf\x27\x1c" + kPrints + ".", kUnsupportedModel, "7z archive"},
      {"no pickle", "\x01\x02 no pickle", kDamaged, "no checkpoint of a known kind"},
  };
  // Flags that may or may not be believed: reserved bits, patches, strong encryption.
  for (const uint16_t flags : {uint16_t{1}, uint16_t{0x20}, uint16_t{0x40}}) {
    cases.push_back({"zip with odd flags",
                     ZipBuilder().add({.name = "data.pkl", .raw = kPrints + ".", .flags = flags}).finish(), kHostile,
                     "builtins.print"});
  }
  return cases;
}

TEST(Guard, RefusesEveryContainerByTheNameOfWhatItDoes) {
  for (const GuardCase& row : guard_cases()) {
    const TemporaryFile file(row.content);
    const auto checkpoint = open_checkpoint(file.path(), ultralytics::families());
    ASSERT_FALSE(checkpoint) << row.what;
    EXPECT_EQ(checkpoint.error().code, row.code) << row.what << ": " << checkpoint.error().text();
    EXPECT_THAT(checkpoint.error().text(), HasSubstr(row.named)) << row.what;
    EXPECT_EQ(error_info(checkpoint.error().code).exit_code, 1);
  }
}

TEST(Guard, KnowsNoActorThatItReadsAsData) {
  for (const ActingCall& row : acting_calls()) {
    const size_t dot = row.name.rfind('.');
    const bool is_module = dot == std::string_view::npos;
    const std::string called =
        is_module ? global(row.name, "thing") : global(row.name.substr(0, dot), row.name.substr(dot + 1));
    const TemporaryFile file(
        torch_zip(reduce(called, tuple({text("called"), text("x"), text("y"), text("z")})) + ".").finish());
    const auto checkpoint = open_checkpoint(file.path(), ultralytics::families());
    // Holders such as operator.attrgetter and getattr of what the file holds are judged by what they hold.
    const bool is_holder = find_pickle_callable(
        PickleGlobal{std::string(row.name.substr(0, is_module ? 0 : dot)), std::string(row.name.substr(dot + 1))});
    if (is_holder) continue;
    ASSERT_FALSE(checkpoint) << row.name;
    EXPECT_EQ(checkpoint.error().code, kHostile) << row.name;
  }
}

TEST(Guard, SaysNothingOfActingAboutWhatItDoesNotKnow) {
  for (const std::string_view module : {"mylib", "mylib.os", "models.code", "test", "utils.requests"}) {
    const TemporaryFile file(torch_zip(reduce(global(module, "make"), ")") + ".").finish());
    const auto checkpoint = open_checkpoint(file.path(), ultralytics::families());
    ASSERT_FALSE(checkpoint) << module;
    EXPECT_EQ(checkpoint.error().code, kUnknownContent) << checkpoint.error().text();
  }
}

/// Opens the file and does all that can be done with it; true when it opened.
bool use(const std::string& path) {
  const auto checkpoint = open_checkpoint(path, ultralytics::families());
  if (!checkpoint) {
    EXPECT_NE(checkpoint.error().code, kInternal) << checkpoint.error().text();
    (void)survey_checkpoint(path, ultralytics::families());
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
    Account account;
    Ledger ledger(account, *root, {});
    EXPECT_FALSE(account.require_everything_accounted_for());
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
