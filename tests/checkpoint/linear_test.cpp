#include "../base/linear_work.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/safetensors.h"
#include "memory_checkpoint.h"
#include "models/ultralytics/names/family.h"
#include "modules/checkpoint_facts.h"
#include "modules/find_model.h"
#include "modules/module_ledger.h"
#include "modules/module_view.h"
#include "modules/network_sketch.h"
#include "pickle_builder.h"

namespace modelport {
namespace {

using namespace pickled;

/// `before` n times, the core, `after` n times.
std::string nested(size_t n, std::string_view before, std::string_view core, std::string_view after) {
  return repeated(n, before) + std::string(core) + repeated(n, after);
}

std::string numbered(size_t n, const std::function<std::string(size_t)>& item) {
  std::string out;
  for (size_t i = 0; i < n; ++i) out += item(i);
  return out;
}

std::string long_put(size_t index) { return "r" + raw(static_cast<uint32_t>(index)); }

/// A text of eight digits: keys that are all as long as each other.
std::string digits(size_t i) { return text(fmt::format("{:08}", i)); }

const std::string kTensor = tensor(storage("FloatStorage", "0", 6), 0, {2, 3}, {3, 1});

/// A module whose `_parameters`, `_buffers` and `_modules` are these.
std::string module_of(const std::string& parameters, const std::string& modules, std::string_view type = "Net") {
  return object("a", type,
                dict({text("_parameters"), parameters, text("_buffers"), dict({}), text("_modules"), modules}));
}

const InputShape kPickles[] = {
    {"nested tuples", [](size_t n) { return nested(n, "", ")", "\x85"); }},
    {"nested pairs", [](size_t n) { return nested(n, "", ")", "N\x86"); }},
    {"nested lists", [](size_t n) { return nested(n, "]", "N", "a"); }},
    {"nested lists by marks", [](size_t n) { return nested(n, "](", "N", "e"); }},
    {"nested dicts", [](size_t n) { return nested(n, "}K\x01", "N", "s"); }},
    {"nested dicts by texts", [](size_t n) { return nested(n, "}X\x03" + std::string(3, '\0') + "key", "N", "s"); }},
    {"nested frozen sets", [](size_t n) { return nested(n, "(", "", "\x91"); }},
    {"frozen sets as keys",
     [](size_t n) { return "}(" + numbered(n, [](size_t) { return std::string("(K\x01\x91N"); }) + "u"; }},
    {"nested objects", [](size_t n) { return nested(n, "ca\nB\n)\x81", "N", "b"); }},
    {"nested arguments", [](size_t n) { return nested(n, "ca\nB\n", ")\x81", "\x85\x81"); }},
    {"nested calls", [](size_t n) { return nested(n, "cbuiltins\nslice\n", "N", "\x85R"); }},
    {"nested modules",
     [](size_t n) {
       const std::string whole = module_of(dict({}), dict({text("0"), "?"}));
       const size_t at = whole.rfind('?');
       return nested(n, whole.substr(0, at), module_of(dict({text("w"), kTensor}), dict({})), whole.substr(at + 1));
     }},
    {"a tensor at every depth",
     [](size_t n) { return repeated(n, "]") + "N" + numbered(n, [](size_t) { return "a" + kTensor + "a"; }); }},
    {"tensors under one long name",
     [](size_t n) {
       return text(std::string(n, 'k')) + put(0) + "0](" +
              numbered(n, [](size_t) { return "}" + get(0) + kTensor + "s"; }) + "e";
     }},
    {"numbers", [](size_t n) { return "](" + repeated(n, "K\x01") + "e"; }},
    {"long texts",
     [](size_t n) {
       return list({text(std::string(16 * n, 'x')), text(std::string(16 * n, 'y'))});
     }},
    {"distinct texts as keys",
     [](size_t n) { return "}(" + numbered(n, [](size_t i) { return digits(i) + "N"; }) + "u"; }},
    {"one long text as key, again and again",
     [](size_t n) { return text(std::string(64 * n, 'k')) + put(0) + "0}(" + repeated(n, get(0) + "N") + "u"; }},
    {"one long text as key of many dicts",
     [](size_t n) { return text(std::string(64 * n, 'k')) + put(0) + "0](" + repeated(n, "}" + get(0) + "Ns") + "e"; }},
    {"numbers as keys, apart as a hash table's sizes",
     [](size_t n) {
       return "}(" +
              numbered(n, [](size_t i) { return long_integer(static_cast<int64_t>(i) * 1'065'151'889'507) + "N"; }) +
              "u";
     }},
    {"a memo in order", [](size_t n) { return numbered(n, [](size_t i) { return "N" + long_put(i) + "0"; }) + "N"; }},
    {"a memo with gaps",
     [](size_t n) { return numbered(n, [](size_t i) { return "N" + long_put(i * 262'139) + "0"; }) + "N"; }},
    {"the same text memoised", [](size_t n) { return text("a") + put(0) + "0](" + repeated(n, get(0)) + "e"; }},
    {"pairs of themselves", [](size_t n) { return "]" + repeated(n, put(0) + get(0) + "\x86"); }},
    {"pairs of themselves as values",
     [](size_t n) { return "]" + repeated(n, put(0) + "0}(K\x01" + get(0) + "K\x02" + get(0) + "u"); }},
    {"copies of a list",
     [](size_t n) {
       return "](" + repeated(n, "N") + "e" + put(0) + "0" +
              repeated(n, global("builtins", "list") + get(0) + "\x85R0") + "N";
     }},
    {"copies of copies",
     [](size_t n) {
       return "](" + repeated(n, "N") + "e" + put(0) + "0" +
              repeated(n, global("builtins", "list") + get(0) + "\x85R" + put(0) + "0") + "N";
     }},
    {"copies of a dict",
     [](size_t n) {
       return "}(" + numbered(n, [](size_t i) { return digits(i) + "N"; }) + "u" + put(0) + "0" +
              repeated(n, global("builtins", "dict") + get(0) + "\x85R0") + "N";
     }},
    {"encodings of one text",
     [](size_t n) {
       return text(std::string(16 * n, 'x')) + put(0) + "0" +
              repeated(n, global("_codecs", "encode") + get(0) + text("latin1") + "\x86R0") + "N";
     }},
    {"one tuple of arguments",
     [](size_t n) {
       return "(" + repeated(n, "N") + "t" + put(0) + "0" + repeated(n, global("a", "B") + get(0) + "\x81" + "0") + "N";
     }},
    {"states added to one object",
     [](size_t n) { return "ca\nB\n)\x81" + numbered(n, [](size_t i) { return "}" + digits(i) + "Nsb"; }); }},
    {"one state of many objects",
     [](size_t n) {
       return "}(" + numbered(n, [](size_t i) { return digits(i) + "]"; }) + "u" + put(0) + "0](" +
              repeated(n, "ca\nB\n)\x81" + get(0) + "b") + "e";
     }},
    {"one state given twice to many objects",
     [](size_t n) {
       return "}(" + numbered(n, [](size_t i) { return digits(i) + "]"; }) + "u" + put(0) + "0](" +
              repeated(n, "ca\nB\n)\x81" + get(0) + "b}b" + get(0) + "b") + "e";
     }},
    {"modules that share parameters",
     [](size_t n) {
       const std::string shared = "}(" + numbered(n, [](size_t i) { return digits(i) + "]"; }) + "u" + put(0) + "0";
       return shared + module_of(dict({}), "}(" + numbered(n, [](size_t i) {
                                             return digits(i) + module_of(get(0), dict({}));
                                           }) + "u");
     }},
    {"modules that share modules",
     [](size_t n) {
       const std::string leaf = module_of(dict({}), dict({}));
       const std::string shared = "}(" + numbered(n, [&](size_t i) { return digits(i) + leaf; }) + "u" + put(0) + "0";
       return shared + module_of(dict({}), "}(" + numbered(n, [](size_t i) {
                                             return digits(i) + module_of(dict({}), get(0));
                                           }) + "u");
     }},
    {"modules that hang at many places",
     [](size_t n) {
       const std::string leaf = module_of(dict({}), dict({}));
       const std::string shared =
           module_of(dict({}), "}(" + numbered(n, [&](size_t i) { return digits(i) + leaf; }) + "u") + put(0) + "0";
       return shared + module_of(dict({}), "}(" + numbered(n, [](size_t i) { return digits(i) + get(0); }) + "u");
     }},
    {"modules of many classes that share parameters",
     [](size_t n) {
       const std::string shared = "}(" + numbered(n, [](size_t i) { return digits(i) + "]"; }) + "u" + put(0) + "0";
       return shared + module_of(dict({}), "}(" + numbered(n, [](size_t i) {
                                             return digits(i) + module_of(get(0), dict({}), fmt::format("N{:06}", i));
                                           }) + "u");
     }},
    {"modules that share attributes",
     [](size_t n) {
       const std::string state = "}(" + text("_parameters") + "}" + text("_buffers") + "}" + text("_modules") + "}" +
                                 numbered(n, [](size_t i) { return digits(i) + "N"; }) + "u" + put(0) + "0";
       return state + module_of(dict({}), "}(" + numbered(n, [](size_t i) {
                                            return digits(i) + "ca\nNet\n)\x81" + get(0) + "b";
                                          }) + "u");
     }},
    {"modules under one long name",
     [](size_t n) {
       return text(std::string(n, 'k')) + put(0) + "0" +
              module_of(dict({}), "}(" + numbered(n, [](size_t i) {
                                    return digits(i) +
                                           module_of(dict({}), "}" + get(0) + module_of(dict({}), "}") + "s");
                                  }) + "u");
     }},
    {"modules that share hooks",
     [](size_t n) {
       const std::string hook = object("thop", "Count", "}");
       const std::string shared = "}(" + numbered(n, [&](size_t i) { return digits(i) + hook; }) + "u" + put(0) + "0";
       return shared + module_of(dict({}), "}(" + numbered(n, [](size_t i) {
                                             return digits(i) + object("a", "Net",
                                                                       dict({text("_parameters"), "}", text("_buffers"),
                                                                             "}", text("_modules"), "}",
                                                                             text("_forward_hooks"), get(0)}));
                                           }) + "u");
     }},
    {"refused calls", [](size_t n) { return "](" + repeated(n, reduce(global("some", "make"), ")")) + "e"; }},
    {"calls of refused calls", [](size_t n) { return nested(n, "", global("some", "make"), ")R"); }},
    {"calls of listed functions",
     [](size_t n) { return "](" + repeated(n, reduce(global("builtins", "slice"), "N\x85")) + "e"; }},
    {"long names of classes",
     [](size_t n) {
       return text(std::string(900, 'm')) + put(0) + "0" + text(std::string(900, 'N')) + put(1) + "0](" +
              repeated(n, get(0) + get(1) + "\x93") + "e";
     }},
    {"storages", [](size_t n) { return "](" + repeated(n, kTensor) + "e"; }},
    {"strides of one storage",
     [](size_t n) {
       return "(" + repeated(n, "K\x01") + "t" + put(0) + "0](" +
              repeated(n, reduce(global("torch._utils", "_rebuild_tensor"),
                                 "(" + storage("FloatStorage", "0", 6) + integer(0) + get(0) + get(0) + "t")) +
              "e";
     }},
};

void use(const std::string& path) {
  (void)survey_checkpoint(path, ultralytics::families());
  const auto checkpoint = open_checkpoint(path, ultralytics::families());
  if (!checkpoint) return;
  (void)describe_checkpoint(*checkpoint);
  (void)sketch_network(*checkpoint);
  (void)list_tensors(checkpoint->root);
  (void)pickle_value_text(checkpoint->root, 200);
  const PickleObject* root = model_root(*checkpoint);
  if (!root) return;
  const IgnoreRule rules[] = {{"a.Net", "*ignored", ""}};
  Account account;
  const Ledger ledger(account, *root, rules);
  (void)ledger.require_known_hooks();
  (void)ledger.unaccounted();
  (void)account.require_everything_accounted_for();
}

TEST(LinearWork, OfEveryPickleInAnArchive) {
  expect_linear_work(
      kPickles,
      [](const std::string& pickle) {
        const TemporaryFile file(torch_zip(pickle + ".").add("top/data/0", std::string(24, '\0')).finish());
        use(file.path());
      },
      4096);
}

TEST(LinearWork, OfEveryPickleAlone) {
  expect_linear_work(
      kPickles,
      [](const std::string& pickle) {
        const TemporaryFile file(proto() + pickle + ".");
        use(file.path());
      },
      4096);
}

TEST(LinearWork, OfManySmallPickles) {
  const InputShape shapes[] = {
      {"pickles", [](size_t n) { return repeated(n, proto() + "N."); }},
      {"pickles that call", [](size_t n) { return repeated(n, proto() + reduce(global("some", "make"), ")") + "."); }}};
  expect_linear_work(shapes, [](const std::string& pickles) {
    const TemporaryFile file(pickles);
    use(file.path());
  });
}

TEST(LinearWork, OfSafetensors) {
  const auto file_of = [](const std::string& header) { return raw(static_cast<uint64_t>(header.size())) + header; };
  const InputShape shapes[] = {
      {"tensors",
       [&](size_t n) {
         return file_of("{" +
                        numbered(n,
                                 [](size_t i) {
                                   return fmt::format(
                                       "{}\"{}\":{{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
                                       i ? "," : "", i);
                                 }) +
                        "}");
       }},
      {"metadata",
       [&](size_t n) {
         return file_of("{\"__metadata__\":{" +
                        numbered(n, [](size_t i) { return fmt::format("{}\"{}\":\"x\"", i ? "," : "", i); }) + "}}");
       }},
      {"sizes",
       [&](size_t n) {
         return file_of("{\"a\":{\"dtype\":\"I8\",\"shape\":[0" + repeated(n, ",1") + "],\"data_offsets\":[0,0]}}");
       }},
      {"open brackets", [&](size_t n) { return file_of("{\"a\":" + repeated(n, "[")); }},
  };
  expect_linear_work(shapes, [](const std::string& content) {
    const TemporaryFile file(content);
    use(file.path());
  });
}

}  // namespace
}  // namespace modelport
