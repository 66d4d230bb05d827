#include "checkpoint/pickle_reader.h"

#include <gmock/gmock.h>

#include "checkpoint/pickle_call.h"
#include "checkpoint/pickle_scan.h"
#include "models/ultralytics/names/family.h"
#include "pickle_builder.h"

namespace modelport {
namespace {

using namespace pickled;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& pickle) {
  return {reinterpret_cast<const std::byte*>(pickle.data()), pickle.size()};
}

/// Reads a pickle and keeps what its value points into.
class Reading {
 public:
  explicit Reading(std::string pickle, PickleLimits limits = {}) : pickle_(std::move(pickle)) {
    const PersistentLoader loader = [](const PickleValue&) { return Result<PickleValue>(PickleValue::integer(42)); };
    result_ = read_pickle(bytes_of(pickle_), arena_, loader, limits);
  }
  const PickleValue& value() const {
    EXPECT_TRUE(result_) << (result_ ? "" : result_.error().text());
    return result_ ? result_->value : none_;
  }
  std::string text() const { return pickle_value_text(value(), 500); }
  bool fails() const { return !result_; }
  Error error() const { return result_ ? Error{} : result_.error(); }
  const PickleArena& arena() const { return arena_; }

 private:
  std::string pickle_;
  PickleArena arena_{ultralytics::families()};
  Result<UnpickledValue> result_ = Error{};
  PickleValue none_;
};

std::string text_of(const std::string& pickle) { return Reading(pickle).text(); }

void expect_hostile(const std::string& pickle, std::string_view what) {
  const Reading reading(pickle);
  ASSERT_TRUE(reading.fails()) << "accepted, although " << what;
  EXPECT_EQ(reading.error().code, ErrorCode::kHostile) << reading.error().text();
  EXPECT_THAT(reading.error().message, HasSubstr(what));
}

void expect_unknown(const std::string& pickle, std::string_view what) {
  const Reading reading(pickle);
  ASSERT_TRUE(reading.fails()) << "accepted, although " << what;
  EXPECT_EQ(reading.error().code, ErrorCode::kUnknownContent) << reading.error().text();
  EXPECT_THAT(reading.error().message, HasSubstr("not read: it "));
  EXPECT_THAT(reading.error().message, HasSubstr(what));
}

void expect_damaged(const std::string& pickle, std::string_view what) {
  const Reading reading(pickle);
  ASSERT_TRUE(reading.fails()) << "accepted, although " << what;
  EXPECT_EQ(reading.error().code, ErrorCode::kDamaged) << reading.error().text();
  EXPECT_THAT(reading.error().message, HasSubstr(what));
}

TEST(PickleReader, ReadsTheTextOpcodesOfProtocol0) {
  EXPECT_EQ(text_of("(lp0\nI7\naI01\naL12345678901L\naF1.5\naVa\\u00e9\naS'it\\'s'\naNa."),
            "[7, True, 12345678901, 1.5, 'a\xc3\xa9', 'it's', None]");
  EXPECT_EQ(text_of("(dVk\nI1\ns."), "{'k': 1}");
  EXPECT_EQ(text_of("(Va\nVb\nd."), "{'a': 'b'}");
}

TEST(PickleReader, ReadsTheBinaryOpcodesOfProtocol2) {
  EXPECT_EQ(text_of(proto() + "(K\x05M\x01\x02" + integer(-3) + long_integer(-5'000'000'000) + real(0.25) + text("s") +
                    boolean(true) + boolean(false) + none() + "t."),
            "(5, 513, -3, -5000000000, 0.25, 's', True, False, None)");
  EXPECT_EQ(text_of("\x8a\x01\xff."), "-1");
  EXPECT_EQ(text_of("K\x01\x85."), "(1,)");
  EXPECT_EQ(text_of("K\x01K\x02\x86."), "(1, 2)");
  EXPECT_EQ(text_of("K\x01K\x02K\x03\x87."), "(1, 2, 3)");
  EXPECT_EQ(text_of("}K\x01K\x02s."), "{1: 2}");
  EXPECT_EQ(text_of("U\x02hi."), "'hi'");
}

TEST(PickleReader, ReadsTheOpcodesOfProtocols3To5) {
  EXPECT_EQ(text_of(proto(4) + "\x95" + raw(uint64_t{5}) + "\x8f(K\x01\x90."), "{1}");
  EXPECT_EQ(text_of("(K\x01\x91."), "{1}");
  EXPECT_EQ(text_of("\x8c\x01"
                    "a\x94h" +
                    std::string(1, '\0') + "\x86."),
            "('a', 'a')");
  EXPECT_EQ(text_of(proto(5) + "C\x03"
                               "abc."),
            "<3 bytes>");
  EXPECT_EQ(text_of("\x96" + raw(uint64_t{2}) + "ab."), "<2 bytes>");
  EXPECT_EQ(text_of("\x8c\x05torch\x8c\x04Size\x93."), "torch.Size");
}

TEST(PickleReader, KeepsIntegersBeyond64BitsAsBytes) {
  EXPECT_EQ(Reading("\x8a\x09" + std::string(9, '\x7f') + ".").value().kind(), PickleKind::kBigInteger);
  EXPECT_EQ(Reading("L123456789012345678901234567890L\n.").value().kind(), PickleKind::kBigInteger);
}

TEST(PickleReader, KeepsIdentityOfWhatIsShared) {
  const Reading reading("]" + put(0) + get(0) + "\x86.");
  const auto& items = *reading.value().as_sequence();
  EXPECT_EQ(items[0].identity(), items[1].identity());
}

TEST(PickleReader, ReadsCycles) {
  const Reading reading("]" + put(0) + get(0) + "a.");
  EXPECT_EQ(reading.value().identity(), reading.value().as_sequence()->front().identity());
  EXPECT_EQ(reading.text(), "[[[[...]]]]");
}

TEST(PickleReader, ReadsNestingWithoutRecursion) {
  constexpr size_t kDepth = 500'000;
  const Reading reading(std::string(kDepth, ']') + std::string(kDepth - 1, 'a') + ".");
  EXPECT_THAT(reading.text(), HasSubstr("..."));
}

TEST(PickleReader, MakesInstancesOfUnknownClassesInert) {
  const Reading reading(object("some.package", "Loss", dict({text("weight"), real(2)})) + ".");
  const PickleObject* loss = reading.value().as_object();
  ASSERT_NE(loss, nullptr);
  EXPECT_EQ(loss->type->qualified_name(), "some.package.Loss");
  EXPECT_EQ(loss->attribute("weight")->as_number(), 2.0);
}

TEST(PickleReader, MergesStatesThatAreBuiltTwice) {
  const Reading reading(object("a", "B", dict({text("x"), integer(1), text("y"), integer(2)})) +
                        dict({text("y"), integer(3)}) + "b.");
  EXPECT_EQ(reading.value().as_object()->attribute("x")->as_integer(), 1);
  EXPECT_EQ(reading.value().as_object()->attribute("y")->as_integer(), 3);
}

TEST(PickleReader, ALaterEqualKeyReplacesTheValue) {
  std::string pickle = "}(";
  for (int i = 0; i < 40; ++i) pickle += text("key" + std::to_string(i % 20)) + integer(i);
  const Reading reading(pickle + "u.");
  EXPECT_EQ(reading.value().as_dict()->entries.size(), 20u);
  EXPECT_EQ(reading.value().as_dict()->find("key3")->as_integer(), 23);
  EXPECT_EQ(reading.value().as_dict()->find("key20"), nullptr);
}

TEST(PickleReader, RefusesWhatActsByEveryOpcodeThatCalls) {
  const std::string arguments = tuple({text("here")});
  expect_hostile(reduce(global("builtins", "print"), arguments) + ".", "it calls builtins.print");
  expect_hostile(reduce(global("posix", "getcwd"), ")") + ".", "byte 15: it calls posix.getcwd");
  expect_hostile("(" + text("here") + "i__builtin__\nprint\n.", "it calls __builtin__.print");
  expect_hostile("(" + global("builtins", "print") + text("here") + "o.", "it calls builtins.print");
  expect_hostile(global("builtins", "print") + arguments + "}\x92.", "it calls builtins.print");
  expect_hostile(global("builtins", "print") + arguments + "\x81.", "it calls builtins.print");
  expect_hostile("\x8c\x02os\x8c\x06getcwd\x93" + arguments + "R.", "it calls os.getcwd");
  expect_hostile(reduce(global("copyreg", "__newobj__"), tuple({global("builtins", "print"), text("here")})) + ".",
                 "it calls builtins.print");
  expect_hostile(
      reduce(global("copyreg", "__newobj_ex__"), tuple({global("builtins", "print"), arguments, dict({})})) + ".",
      "it calls builtins.print");
}

TEST(PickleReader, CallsWhatItDoesNotKnowUnknown) {
  const std::string arguments = tuple({text("here"), integer(1)});
  expect_unknown(reduce(global("some.package", "make"), arguments) + ".",
                 "it calls some.package.make, which this reader");
  expect_unknown("(" + text("here") + "isome\nmake\n.", "it calls some.make");
  expect_unknown("(" + global("some", "make") + text("here") + "o.", "it calls some.make");
  expect_unknown("\x82\x01.", "not read: it uses entry 1 of Python's extension registry, which this reader");
  expect_unknown("\x83\x01\x01.", "not read: it uses entry 257 of Python's extension registry");
  expect_unknown("\x84\x01" + std::string(3, '\0') + ".", "not read: it uses entry 1 of");
  expect_unknown(reduce("\x82\x07", ")") + ".", "it uses entry 7 of");
  expect_unknown(reduce(reduce(global("some", "make"), ")"), ")") + ".", "it calls some.make");
  expect_unknown(reduce(text("not callable"), ")") + ".", "it calls a string");
  expect_unknown(text("x") + ")\x81.", "makes an instance of a string");
  expect_unknown(reduce(global("some", "make"), ")") + "a.", "it calls some.make");  // damage may come of the call
  const Reading reading(reduce(global("some", "make"), ")") + ".");
  EXPECT_THAT(reading.error().hint, HasSubstr("nothing was run"));
  EXPECT_THAT(reading.error().text(), Not(HasSubstr("would run")));
}

TEST(PickleReader, FindsWhatActsBehindTheUnknown) {
  expect_hostile(list({reduce(global("some", "make"), ")"), reduce(global("os", "getcwd"), ")")}) + ".", "os.getcwd");
}

TEST(PickleReader, RefusesCallsWhereverTheyHide) {
  const std::string acts = reduce(global("os", "getcwd"), ")");
  expect_hostile("K\x01" + acts + "0.", "os.getcwd");                  // dropped from the stack
  expect_hostile(dict({text("a"), list({acts})}) + ".", "os.getcwd");  // deep inside
  expect_hostile(object("a", "B", acts) + ".", "os.getcwd");           // in a state
  expect_hostile(reduce(global("torch._tensor", "_rebuild_from_type_v2"),
                        tuple({global("os", "getcwd"), global("torch", "Tensor"), ")", none()})) +
                     ".",
                 "calls os.getcwd by torch._tensor");
}

std::string getattr_of(const std::string& owner, std::string_view name) {
  return reduce(global("builtins", "getattr"), tuple({owner, text(name)}));
}

TEST(PickleReader, ReadsNamesOfMethodsByThePair) {
  const std::string head = global("ultralytics.nn.modules.block", "BNContrastiveHead");
  const std::string anchors = global("models.yolo", "Detect");
  text_of(getattr_of(head, "forward_fuse") + ".");
  text_of(getattr_of(anchors, "forward") + ".");
  for (const char* module : {"ultralytics.nn.modules", "ultralytics.nn.modules.head"}) {
    text_of(getattr_of(global(module, "Detect"), "forward") + ".");
    expect_hostile(getattr_of(global(module, "Detect"), "__init__") + ".", "'__init__')");
    expect_unknown(getattr_of(global(module, "Segment"), "forward") + ".", "Segment, 'forward')");
  }
  text_of(getattr_of(global("torch._C", "_VariableFunctionsClass"), "relu") + ".");
  text_of(getattr_of(object("a", "B", dict({})), "forward") + ".");
  EXPECT_EQ(text_of(getattr_of(global("a", "Outer"), "Inner") + "."), "a.Outer.Inner");
  expect_unknown(getattr_of(head, "fuse") + ".", "BNContrastiveHead, 'fuse')");
  expect_unknown(getattr_of(anchors, "_forward") + ".", "'_forward')");
  expect_unknown(reduce(getattr_of(anchors, "forward"), ")") + ".", "it calls models.yolo.Detect.forward");
  expect_unknown(reduce(getattr_of(object("a", "B", dict({})), "forward"), ")") + ".", "of class builtins.getattr");
  expect_hostile(getattr_of(global("os", "path"), "join") + ".", "builtins.getattr with (os.path, 'join')");
  expect_hostile(getattr_of(global("torch", "os"), "getcwd") + ".", "builtins.getattr with (torch.os, 'getcwd')");
  expect_hostile(getattr_of(anchors, "__globals__") + ".", "'__globals__')");
  expect_hostile(getattr_of(object("a", "B", dict({})), "__class__") + ".", "'__class__')");
}

TEST(PickleReader, RefusesIndirectCalls) {
  const auto called = [](std::string_view holder, const std::string& wrapped) {
    return reduce(reduce(global("functools", holder), tuple({wrapped})), ")") + ".";
  };
  expect_hostile(called("partial", global("os", "getcwd")), "an object of class functools.partial");
  expect_unknown(called("partial", global("some", "make")), "an object of class functools.partial");
  for (const char* holder : {"attrgetter", "methodcaller"}) {
    expect_hostile(reduce(reduce(global("operator", holder), tuple({text("getcwd")})), tuple({global("a", "b")})) + ".",
                   "an object of class operator");
  }
  expect_hostile(reduce(global("builtins", "map"), tuple({global("os", "listdir"), list({text("/")})})) + ".",
                 "map with os.listdir");
  expect_unknown(reduce(global("builtins", "map"), tuple({global("some", "make"), list({text("/")})})) + ".",
                 "map with some.make");
  expect_hostile(reduce(global("functools", "reduce"), tuple({global("builtins", "getattr"), list({})})) + ".",
                 "it calls functools.reduce");
  expect_hostile(reduce(global("torch", "os.getcwd"), ")") + ".", "it calls torch.os.getcwd");
  expect_hostile(
      reduce(global("torchvision.transforms.functional", "InterpolationMode.__init__.__globals__"), ")") + ".",
      "it calls torchvision");
  expect_unknown(reduce(global("transformers.trainer_utils", "a.b"), ")") + ".", "it calls transformers");
  expect_hostile(reduce(global("copy_reg", "_reconstructor"),
                        tuple({global("a", "B"), global("subprocess", "Popen"), text("true")})) +
                     ".",
                 "with base class subprocess.Popen");
  expect_hostile(reduce(reduce(global("dill._dill", "_load_type"), tuple({text("CodeType")})), ")") + ".",
                 "it calls types.CodeType");
  expect_unknown(reduce(global("_codecs", "encode"), tuple({text("x"), text("rot13")})) + ".", "encoding 'rot13'");
  expect_hostile(global("torch._utils", "x") + dict({text("a"), none()}) + "b.",
                 "changes attributes of torch._utils.x");
  expect_hostile(global("this", "s") + ".", "it imports this");
}

TEST(PickleReader, LooksIntoWhatNumpysConstructorsCall) {
  const auto made = [](std::string_view name, const std::string& first, const std::string& second) {
    return reduce(global("numpy.random._pickle", name), tuple({first, second})) + ".";
  };
  const std::string bits = global("numpy.random._pickle", "__bit_generator_ctor");
  const std::string seeds = reduce(global("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"),
                                   tuple({global("numpy.random.bit_generator", "SeedSequence"), integer(1), none()}));
  const std::string state =
      reduce(bits, tuple({global("numpy.random._pcg64", "PCG64")})) + tuple({none(), seeds}) + "b";
  text_of(seeds + ".");
  text_of(reduce(global("numpy.random", "__RandomState_ctor"), ")") + ".");
  for (const char* name : {"__generator_ctor", "__randomstate_ctor"}) {
    text_of(made(name, text("PCG64"), bits));
    text_of(made(name, state, bits));
    expect_hostile(made(name, text("x"), global("builtins", "print")), "with builtins.print");
    expect_hostile(made(name, text("x"), global("builtins", "getattr")), "with builtins.getattr");
    expect_hostile(made(name, text("x"), reduce(global("functools", "partial"), tuple({global("os", "getcwd")}))),
                   "with <functools.partial>");
    expect_unknown(made(name, text("x"), global("some", "make")), "with some.make");
    expect_unknown(made(name, text("x"), global("builtins", "dict")), "with builtins.dict");
  }
  expect_hostile(reduce(bits, tuple({global("os", "getcwd")})) + ".", "with os.getcwd");
  expect_unknown(reduce(global("numpy.random._pickle", "helper"), tuple({text("x")})) + ".", "it calls numpy.random");
  text_of(reduce(global("torch._C", "Generator"), tuple({reduce(global("torch", "device"), tuple({text("cpu")}))})) +
          ".");
}

TEST(PickleReader, RefusesWhatActsAmongTheArgumentsOfData) {
  const std::string acts = global("builtins", "print");
  const std::string array = global("numpy", "ndarray");
  const auto given = [](std::string_view module, std::string_view name, const std::string& argument) {
    return reduce(global(module, name), tuple({argument, text("x"), integer(1)})) + ".";
  };
  for (const auto& [module, name] :
       {std::pair("numpy.ma.core", "_mareconstruct"), std::pair("torch._utils", "_rebuild_wrapper_subclass"),
        std::pair("numpy.core.multiarray", "_reconstruct"), std::pair("torch._dynamo.eval_frame", "OptimizedModule"),
        std::pair("types", "GenericAlias"), std::pair("builtins", "KeyError"), std::pair("torch", "Generator")}) {
    expect_hostile(given(module, name, acts), "builtins.print");
  }
  text_of(given("numpy.ma.core", "_mareconstruct", global("numpy.ma", "MaskedArray")));
  text_of(given("torch._utils", "_rebuild_wrapper_subclass", global("a", "Subclass")));
  text_of(reduce(global("functools", "partial"), tuple({acts})) + ".");
  expect_unknown(given("torch._dynamo.eval_frame", "OptimizedModule", global("some", "make")), "with some.make");
  text_of(reduce(global("torch._dynamo.eval_frame", "OptimizedModule"), tuple({object("a", "B", dict({}))})) + ".");
  const auto rebuilt = [](const std::string& type) {
    return reduce(global("torch._tensor", "_rebuild_from_type_v2"),
                  tuple({global("torch._utils", "_rebuild_sparse_tensor"), type, ")", none()})) +
           ".";
  };
  text_of(rebuilt(global("a", "Subclass")));
  expect_hostile(rebuilt(acts), "calls builtins.print by torch._tensor");
}

TEST(PickleReader, KnowsWhatActs) {
  constexpr std::pair<std::string_view, std::string_view> kActs[] = {
      {"time", "time"},
      {"torch.storage", "_load_from_bytes"},
      {"torch.fx.graph_module", "reduce_graph_module"},
      {"torch.fx.graph_module", "reduce_package_graph_module"},
      {"dill._dill", "_create_function"},
      {"cloudpickle.cloudpickle", "_make_function"},
      {"typing", "get_type_hints"},
      {"pathlib", "Path.read_text"},
      {"pathlib", "PosixPath.unlink"},
      {"pathlib._local", "WindowsPath.open"},
      {"ultralytics.utils.downloads", "safe_download"},
      {"ultralytics.utils.checks", "check_requirements"},
      {"getpass", "getuser"},
      {"inspect", "stack"},
      {"test.support.script_helper", "assert_python_ok"},
      {"sh", "ls"},
      {"torch.serialization", "tempfile"},
  };
  for (const auto& [module, name] : kActs) expect_hostile(reduce(global(module, name), ")") + ".", name);
  text_of(reduce(global("time", "struct_time"), tuple({tuple({integer(1)})})) + ".");
  text_of(reduce(global("pathlib", "PosixPath"), tuple({text("a")})) + ".");
  expect_hostile(getattr_of(global("torch.serialization", "os"), "getcwd") + ".", "torch.serialization.os, 'getcwd'");
  expect_hostile(getattr_of(global("torch", "serialization"), "os") + ".", "torch.serialization, 'os'");
  expect_hostile(getattr_of(global("pathlib", "Path"), "home") + ".", "pathlib.Path, 'home'");
  const std::string path = reduce(global("pathlib", "PosixPath"), tuple({text("a")}));
  expect_hostile(reduce(getattr_of(path, "read_text"), ")") + ".", "it calls pathlib.PosixPath.read_text");
}

/// A legacy torch.save file of this object, as pickle.dump holds each storage of a model.
std::string storage_in_bytes(const std::string& object) {
  const std::string file = proto() + std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 13) + proto() +
                           integer(1001) + "." + proto() + dict({text("little_endian"), boolean(true)}) + "." +
                           proto() + object + "." + proto() + list({}) + ".\x08";
  return reduce(global("torch.storage", "_load_from_bytes"),
                tuple({"B" + raw(static_cast<uint32_t>(file.size())) + file}));
}

TEST(PickleReader, LooksIntoStoragesThatPickleDumpWrites) {
  text_of(storage_in_bytes(
              tuple({text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), integer(1)}) + "Q") +
          ".");
  const std::string tensor_of_it =
      reduce(global("torch._utils", "_rebuild_tensor_v2"),
             tuple({storage_in_bytes("N"), integer(0), sizes({1}), sizes({1}), boolean(false), dict({})}));
  EXPECT_THAT(text_of(tensor_of_it + "."), HasSubstr("_rebuild_tensor_v2"));
  const std::string prints = reduce(global("builtins", "print"), tuple({text("called")}));
  expect_hostile(storage_in_bytes(prints) + ".", "_load_from_bytes with a file in which it calls builtins.print");
  expect_unknown(storage_in_bytes(reduce(global("some", "make"), ")")) + ".", "in which it calls some.make");
  expect_hostile(
      reduce(global("torch.storage", "_load_from_bytes"), tuple({"B" + raw(uint32_t{4}) + "PK\x03\x04"})) + ".",
      "it calls torch.storage._load_from_bytes");
  std::string nested = prints;
  for (int depth = 0; depth < 8; ++depth) nested = storage_in_bytes(nested);
  expect_hostile(nested + ".", "it calls torch.storage._load_from_bytes");
  expect_hostile(reduce(global("collections", "UserList"), tuple({global("torch.storage", "_load_from_bytes")})) + ".",
                 "_load_from_bytes");
}

TEST(PickleReader, SaysWhatToDoAboutGraphsAndFunctionsThatAreCode) {
  const auto advice = [](std::string_view module, std::string_view name) {
    return Reading(reduce(global(module, name), ")") + ".").error().hint;
  };
  EXPECT_THAT(advice("torch.fx.graph_module", "reduce_graph_module"), HasSubstr("the module that it was traced from"));
  EXPECT_THAT(advice("dill._dill", "_create_function"), HasSubstr("with torch.save's own pickle"));
  EXPECT_THAT(advice("os", "getcwd"), Not(HasSubstr("save")));
}

TEST(PickleReader, RefusesWhatChangesValuesOfModules) {
  const std::string item = text("x");
  expect_hostile(global("sys", "path") + item + "a.", "it appends to sys.path itself");
  expect_hostile(global("some", "LIST") + "(" + item + "e.", "it appends to some.LIST itself");
  expect_hostile(global("os", "environ") + item + item + "s.", "it sets entries of os.environ itself");
  expect_hostile(global("copyreg", "dispatch_table") + "(" + item + item + "u.",
                 "sets entries of copyreg.dispatch_table");
  expect_hostile(global("some", "SET") + "(" + item + "\x90.", "it adds items to some.SET itself");
  text_of("]" + item + "a.");
}

TEST(PickleReader, RefusesStoragesOfWhatActs) {
  expect_hostile(tuple({text("storage"), global("os", "getcwd"), text("0"), text("cpu"), integer(1)}) + "Q.",
                 "it makes a storage of os.getcwd");
  expect_unknown(tuple({text("storage"), global("some", "Kind"), text("0"), text("cpu"), integer(1)}) + "Q.",
                 "not read: it makes a storage of some.Kind");
}

TEST(PickleReader, ReadsMembersOfEnumerationsAndExceptionsOfItsOwnClasses) {
  const std::string member = reduce(global("net", "Mode"), tuple({integer(1)}));
  text_of(reduce(global("__main__", "Mode"), tuple({integer(1)})) + ".");
  text_of(list({member, object("net.layers", "Conv", dict({}))}) + ".");
  text_of(reduce(global("signal", "Signals"), tuple({integer(15)})) + ".");
  text_of(reduce(global("torch.nn.attention.bias", "CausalVariant"), tuple({integer(1)})) + ".");
  text_of(reduce(getattr_of(global("__main__", "Outer"), "Mode"), tuple({integer(1)})) + ".");
  text_of(reduce(global("exceptions", "KeyError"), tuple({text("a")})) + ".");
  text_of(reduce(global("urllib2", "URLError"), tuple({text("a")})) + ".");
  expect_unknown(member + ".", "it calls net.Mode");
  expect_unknown(list({object("net.layers", "Conv", dict({})), reduce(global("net", "Mode"), tuple({list({})}))}) + ".",
                 "it calls net.Mode");
  expect_unknown(
      list({object("net.layers", "Conv", dict({})), reduce(global("net", "mode"), tuple({integer(1)}))}) + ".",
      "it calls net.mode");
}

TEST(PickleReader, BindsListedMethodsAsDillDoes) {
  const std::string bind = reduce(global("dill._dill", "_load_type"), tuple({text("MethodType")}));
  const std::string conv = global("ultralytics.nn.modules.conv", "Conv");
  const std::string instance = reduce(global("copy_reg", "__newobj__"), tuple({conv}));
  const auto method = [&](const std::string& name) {
    return reduce(global("builtins", "getattr"), tuple({conv, text(name)}));
  };
  const Reading reading(reduce(bind, tuple({method("forward_fuse"), instance})) + ".");
  EXPECT_EQ(reading.value().as_object()->type->qualified_name(), "types.MethodType");
  expect_hostile(reduce(bind, tuple({global("os", "system"), instance})) + ".", "types.MethodType with (os.system");
  expect_hostile(reduce(bind, tuple({global("os", "path.join"), instance})) + ".", "types.MethodType with (os.path");
  expect_hostile(reduce(reduce(bind, tuple({method("forward_fuse"), instance})), tuple({text("x")})) + ".",
                 "an object of class types.MethodType");
  expect_unknown(reduce(bind, tuple({global("own", "function"), instance})) + ".", "own.function");
}

TEST(PickleReader, EvaluatesListedCalls) {
  EXPECT_EQ(text_of(reduce(global("collections", "OrderedDict"), ")") + "(" + text("k") + integer(1) + "u."),
            "{'k': 1}");
  EXPECT_EQ(text_of(reduce(global("collections", "OrderedDict"), tuple({list({list({text("k"), integer(1)})})})) + "."),
            "{'k': 1}");
  EXPECT_EQ(text_of(reduce(global("__builtin__", "set"), tuple({list({integer(1)})})) + "."), "{1}");
  EXPECT_EQ(text_of(reduce(global("torch", "Size"), tuple({tuple({integer(3), integer(4)})})) + "."), "(3, 4)");
  EXPECT_EQ(text_of(reduce(global("collections", "defaultdict"), tuple({global("os", "getcwd")})) + "."), "{}");
  EXPECT_EQ(text_of(reduce(global("_codecs", "encode"), tuple({text("a\xc3\xa9"), text("latin1")})) + "."),
            "<2 bytes>");
  EXPECT_EQ(text_of(reduce(global("pathlib", "PosixPath"), tuple({text("/")})) + "."), "<pathlib.PosixPath>");
  EXPECT_EQ(text_of(reduce(reduce(global("dill._dill", "_load_type"), tuple({text("set")})), tuple({list({})})) + "."),
            "{}");
  const std::string dtype = reduce(global("numpy", "dtype"), tuple({text("f8"), boolean(false), boolean(true)}));
  const std::string eight =
      reduce(global("_codecs", "encode"), tuple({text(std::string("\0\0\0\0\0\0\xc3\xb8?", 9)), text("latin1")}));
  EXPECT_EQ(text_of(reduce(global("numpy.core.multiarray", "scalar"), tuple({dtype, eight})) + "."), "1.5");
}

TEST(PickleReader, GivesEveryListedCallableAReason) {
  for (const PickleCallable& row : pickle_callables()) {
    EXPECT_NE(row.evaluate, nullptr) << row.name;
    EXPECT_GT(row.reason.size(), 5u) << row.name;
  }
}

TEST(PickleReader, AListedCallableWithWrongArgumentsIsDamaged) {
  for (const PickleCallable& row : pickle_callables()) {
    if (row.name.ends_with('*')) continue;
    const size_t dot = row.name.rfind('.');
    for (const std::string& arguments :
         {std::string(")"), tuple({none()}), tuple({integer(1), none(), none(), none()}),
          tuple({list({}), list({}), list({}), list({}), list({}), list({}), list({})})}) {
      const Reading reading(reduce(global(row.name.substr(0, dot), row.name.substr(dot + 1)), arguments) + ".");
      if (reading.fails()) {
        EXPECT_THAT(reading.error().message, HasSubstr("byte")) << row.name;
      }
    }
  }
}

TEST(PickleReader, NamesTheOffsetOfDamage) {
  expect_damaged("", "byte 0: the pickle ends without");
  expect_damaged("K\x01", "byte 2: the pickle ends without");
  expect_damaged("a.", "byte 0: the stack is empty");
  expect_damaged("]]t.", "byte 2: no mark");
  expect_damaged("h\x07.", "memo entry 7");
  expect_damaged("K\x01\xff.", "byte 2: 0xff is not an opcode");
  expect_damaged(proto(6) + "N.", "protocol 6");
  expect_damaged("X\xff\xff\xff\x7f.", "2147483647 bytes are declared, 1 are left");
  expect_damaged("X\x01" + std::string(3, '\0') + "\xff.", "not UTF-8");
  expect_damaged("\x95" + raw(uint64_t{99}) + "N.", "a frame of 99 bytes");
  expect_damaged(
      "K\x01K\x02"
      "a.",
      "elements are appended to an integer");
  expect_damaged("](K\x01K\x02u.", "entries are set on a list");
  expect_damaged("}(K\x01u.", "a key without a value");
  expect_damaged("Pid\n.", "persistent id is text");
  expect_damaged("I12x\n.", "an integer is malformed");
}

TEST(PickleReader, BoundsStackMemoAndWork) {
  PickleLimits limits;
  limits.stack = 10;
  limits.memo = 5;
  limits.work = 1000;
  EXPECT_EQ(Reading(std::string(11, 'N') + ".", limits).error().code, ErrorCode::kHostile);
  EXPECT_EQ(Reading(std::string(11, '(') + ".", limits).error().code, ErrorCode::kHostile);
  std::string memos = "N";
  for (uint8_t i = 0; i < 6; ++i) memos += put(i);
  EXPECT_EQ(Reading(memos + ".", limits).error().code, ErrorCode::kHostile);
  // Each copy of a list costs what it holds: 100 elements copied 20 times.
  std::string copies = "](" + std::string("NNNN") + "e" + put(0) + "0" + global("builtins", "list") + put(1) + "0";
  for (int i = 0; i < 400; ++i) copies += get(1) + get(0) + "\x85R0";
  EXPECT_THAT(Reading(copies + "N.", limits).error().message, HasSubstr("beyond the limit"));
  limits.bytes = 3;
  EXPECT_EQ(Reading("NNNN.", limits).error().code, ErrorCode::kHostile);
}

TEST(PickleReader, SurvivesEveryTruncationAndEveryByteChanged) {
  const std::string pickle = proto() +
                             dict({text("a"), tensor(storage("FloatStorage", "0", 4), 0, {2, 2}, {2, 1}), text("b"),
                                   object("a", "B", dict({text("x"), real(1)})), text("c"), list({integer(1)})}) +
                             ".";
  for (size_t size = 0; size < pickle.size(); ++size) EXPECT_TRUE(Reading(pickle.substr(0, size)).fails()) << size;
  for (size_t at = 0; at < pickle.size(); ++at) {
    for (int value = 0; value < 256; value += 5) {
      std::string changed = pickle;
      changed[at] = static_cast<char>(value);
      Reading reading(changed);
      if (!reading.fails()) (void)reading.text();
    }
  }
}

TEST(PickleScan, ListsEverythingThatWouldBeCalledInEveryPickle) {
  const std::string bytes = list({text("honest")}) + "." +
                            list({reduce(global("os", "getcwd"), ")"), reduce(global("os", "getpid"), ")")}) + ".";
  const PickleScan scan = scan_pickles(bytes_of(bytes));
  EXPECT_EQ(scan.pickles, 2u);
  ASSERT_EQ(scan.refused_calls.size(), 2u);
  EXPECT_EQ(scan.refused_calls[1].text, "it calls os.getpid");
  EXPECT_EQ(bytes[scan.refused_calls[1].offset], 'R');
  EXPECT_EQ(scan.globals.size(), 2u);
}

}  // namespace
}  // namespace modelport
