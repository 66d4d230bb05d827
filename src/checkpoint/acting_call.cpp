#include "checkpoint/acting_call.h"

#include <algorithm>

#include "checkpoint/call_name.h"

namespace modelport {
namespace {

constexpr std::string_view kCode = "code";
constexpr std::string_view kFiles = "files";
constexpr std::string_view kImports = "imports";
constexpr std::string_view kInterpreter = "the interpreter";
constexpr std::string_view kNetwork = "network";
constexpr std::string_view kProcesses = "processes";

constexpr ActingCall kActingCalls[] = {
    // Python's own functions.
    {"builtins.__import__", kImports},
    {"builtins.apply", kCode},
    {"builtins.breakpoint", kCode},
    {"builtins.compile", kCode},
    {"builtins.delattr", kInterpreter},
    {"builtins.dir", kInterpreter},
    {"builtins.eval", kCode},
    {"builtins.exec", kCode},
    {"builtins.execfile", kCode},
    {"builtins.exit", kProcesses},
    {"builtins.file", kFiles},
    {"builtins.getattr", kInterpreter},
    {"builtins.globals", kInterpreter},
    {"builtins.help", kCode},
    {"builtins.input", kCode},
    {"builtins.intern", kInterpreter},
    {"builtins.locals", kInterpreter},
    {"builtins.open", kFiles},
    {"builtins.print", kFiles},
    {"builtins.quit", kProcesses},
    {"builtins.raw_input", kFiles},
    {"builtins.reload", kImports},
    {"builtins.setattr", kInterpreter},
    {"builtins.super", kInterpreter},
    {"builtins.vars", kInterpreter},

    // Processes.
    {"asyncio", kProcesses},
    {"concurrent.futures", kProcesses},
    {"multiprocessing", kProcesses},
    {"_multiprocessing", kProcesses},
    {"nt", kProcesses},
    {"os", kProcesses},
    {"pexpect", kProcesses},
    {"platform.popen", kProcesses},
    {"platform._syscmd_ver", kProcesses},
    {"platform._syscmd_file", kProcesses},
    {"plumbum", kProcesses},
    {"popen2", kProcesses},
    {"posix", kProcesses},
    {"_posixsubprocess", kProcesses},
    {"psutil", kProcesses},
    {"pty", kProcesses},
    {"ptyprocess", kProcesses},
    {"resource", kProcesses},
    {"sched", kProcesses},
    {"signal", kProcesses},
    {"subprocess", kProcesses},
    {"subprocess32", kProcesses},
    {"_thread", kProcesses},
    {"threading", kProcesses},
    {"time.sleep", kProcesses},
    {"torch.distributed.elastic", kProcesses},
    {"torch.distributed.launch", kProcesses},
    {"torch.distributed.run", kProcesses},
    {"torch.multiprocessing.spawn", kProcesses},
    {"torch.multiprocessing.start_processes", kProcesses},
    {"torch.utils.bottleneck", kProcesses},
    {"torch.utils.collect_env", kProcesses},
    {"uuid._get_command_stdout", kProcesses},
    {"uuid._popen", kProcesses},
    {"_winapi", kProcesses},
    {"win32api", kProcesses},

    // Code: what runs text or bytes as Python or as machine code.
    {"IPython", kCode},
    {"_ctypes", kCode},
    {"atexit", kCode},
    {"bdb", kCode},
    {"cProfile", kCode},
    {"cffi", kCode},
    {"cgitb", kCode},
    {"cloudpickle.load", kCode},
    {"cloudpickle.loads", kCode},
    {"cloudpickle.cloudpickle.load", kCode},
    {"cloudpickle.cloudpickle.loads", kCode},
    {"code.InteractiveConsole", kCode},
    {"code.InteractiveInterpreter", kCode},
    {"code.compile_command", kCode},
    {"code.interact", kCode},
    {"codeop", kCode},
    {"collections.namedtuple", kCode},
    {"compileall", kCode},
    {"ctypes", kCode},
    {"dataclasses.make_dataclass", kCode},
    {"dill._dill.load", kCode},
    {"dill._dill.loads", kCode},
    {"dill.load", kCode},
    {"dill.loads", kCode},
    {"doctest", kCode},
    {"faulthandler", kCode},
    {"idlelib", kCode},
    {"joblib.load", kCode},
    {"joblib.numpy_pickle.load", kCode},
    {"jsonpickle", kCode},
    {"lib2to3.pgen2.grammar", kCode},
    {"lib2to3.pgen2.pgen", kCode},
    {"logging.config", kCode},
    {"marshal", kCode},
    {"numpy.core._internal._ctypes", kCode},
    {"numpy.ctypeslib", kCode},
    {"numpy.distutils", kCode},
    {"numpy.f2py", kCode},
    {"numpy.load", kCode},
    {"numpy.lib.npyio.load", kCode},
    {"numpy.lib._npyio_impl.load", kCode},
    {"numpy.testing", kCode},
    {"pandas.eval", kCode},
    {"pandas.read_pickle", kCode},
    {"pandas.io.pickle", kCode},
    {"pdb", kCode},
    {"pickle.Unpickler", kCode},
    {"pickle.load", kCode},
    {"pickle.loads", kCode},
    {"pickle._Unpickler", kCode},
    {"pickle._load", kCode},
    {"pickle._loads", kCode},
    {"profile.Profile", kCode},
    {"profile.run", kCode},
    {"profile.runctx", kCode},
    {"pydoc", kCode},
    {"rlcompleter", kCode},
    {"runpy", kCode},
    {"shelve", kCode},
    {"timeit", kCode},
    {"torch._dynamo.optimize", kCode},
    {"torch._inductor", kCode},
    {"torch.classes.load_library", kCode},
    {"torch.compile", kCode},
    {"torch.hub", kCode},
    {"torch.jit.load", kCode},
    {"torch.load", kCode},
    {"torch.ops.load_library", kCode},
    {"torch.package", kCode},
    {"torch.serialization.load", kCode},
    {"torch.serialization._legacy_load", kCode},
    {"torch.serialization._load", kCode},
    {"torch.utils.cpp_extension", kCode},
    {"torch.utils._config_module", kCode},
    {"trace.Trace", kCode},
    {"types.CodeType", kCode},
    {"types.FunctionType", kCode},
    {"types.LambdaType", kCode},
    {"unittest", kCode},
    {"six.moves", kCode},
    {"yaml.load", kCode},
    {"yaml.unsafe_load", kCode},
    {"yaml.full_load", kCode},

    // Files.
    {"bz2.BZ2File", kFiles},
    {"bz2.open", kFiles},
    {"codecs.open", kFiles},
    {"dbm", kFiles},
    {"fcntl", kFiles},
    {"fileinput", kFiles},
    {"genericpath", kFiles},
    {"glob", kFiles},
    {"gzip.GzipFile", kFiles},
    {"gzip.open", kFiles},
    {"io.FileIO", kFiles},
    {"io.open", kFiles},
    {"io.open_code", kFiles},
    {"linecache", kFiles},
    {"logging.FileHandler", kFiles},
    {"logging.basicConfig", kFiles},
    {"logging.handlers", kFiles},
    {"lzma.LZMAFile", kFiles},
    {"lzma.open", kFiles},
    {"mmap", kFiles},
    {"msvcrt", kFiles},
    {"ntpath", kFiles},
    {"numpy.fromfile", kFiles},
    {"numpy.genfromtxt", kFiles},
    {"numpy.loadtxt", kFiles},
    {"numpy.lib.format.open_memmap", kFiles},
    {"numpy.memmap", kFiles},
    {"numpy.core.memmap.memmap", kFiles},
    {"numpy.save", kFiles},
    {"numpy.savetxt", kFiles},
    {"numpy.savez", kFiles},
    {"numpy.savez_compressed", kFiles},
    {"posixpath", kFiles},
    {"py_compile", kFiles},
    {"shutil", kFiles},
    {"sqlite3", kFiles},
    {"_sqlite3", kFiles},
    {"tarfile", kFiles},
    {"tempfile", kFiles},
    {"torch.from_file", kFiles},
    {"torch.save", kFiles},
    {"torch.serialization.save", kFiles},
    {"torch.utils.tensorboard", kFiles},
    {"torch._C.PyTorchFileReader", kFiles},
    {"torch._C.PyTorchFileWriter", kFiles},
    {"tty", kFiles},
    {"winreg", kFiles},
    {"zipapp", kFiles},
    {"zipfile", kFiles},

    // Network.
    {"aiohttp", kNetwork},
    {"boto3", kNetwork},
    {"botocore", kNetwork},
    {"fabric", kNetwork},
    {"fsspec", kNetwork},
    {"ftplib", kNetwork},
    {"gdown", kNetwork},
    {"http.client", kNetwork},
    {"http.server", kNetwork},
    {"httplib2", kNetwork},
    {"httpx", kNetwork},
    {"huggingface_hub", kNetwork},
    {"imaplib", kNetwork},
    {"nntplib", kNetwork},
    {"paramiko", kNetwork},
    {"poplib", kNetwork},
    {"pycurl", kNetwork},
    {"requests", kNetwork},
    {"select", kNetwork},
    {"selectors", kNetwork},
    {"smtpd", kNetwork},
    {"smtplib", kNetwork},
    {"socket", kNetwork},
    {"_socket", kNetwork},
    {"socketserver", kNetwork},
    {"ssl", kNetwork},
    {"_ssl", kNetwork},
    {"telnetlib", kNetwork},
    {"torch.distributed.FileStore", kNetwork},
    {"torch.distributed.TCPStore", kNetwork},
    {"torch.distributed.init_process_group", kNetwork},
    {"torch.distributed.rpc", kNetwork},
    {"torch.utils.model_zoo", kNetwork},
    {"urllib.request", kNetwork},
    {"urllib.urlopen", kNetwork},
    {"urllib.urlretrieve", kNetwork},
    {"urllib3", kNetwork},
    {"webbrowser", kNetwork},
    {"websocket", kNetwork},
    {"websockets", kNetwork},
    {"wget", kNetwork},
    {"xmlrpc", kNetwork},
    {"zmq", kNetwork},

    // Imports, and what installs.
    {"distutils", kImports},
    {"ensurepip", kImports},
    {"imp", kImports},
    {"_imp", kImports},
    {"importlib", kImports},
    {"_frozen_importlib", kImports},
    {"_frozen_importlib_external", kImports},
    {"pip", kImports},
    {"pkg_resources", kImports},
    {"pkgutil", kImports},
    {"setuptools", kImports},
    {"site.addsitedir", kImports},
    {"site.main", kImports},
    {"venv", kImports},
    {"cloudpickle.cloudpickle.subimport", kImports},
    {"dill._dill._import_module", kImports},
    {"zipimport", kImports},

    // The interpreter itself.
    {"_testcapi", kInterpreter},
    {"_xxsubinterpreters", kInterpreter},
    {"copyreg.add_extension", kInterpreter},
    {"copyreg.pickle", kInterpreter},
    {"functools.reduce", kInterpreter},
    {"gc", kInterpreter},
    {"inspect.getattr_static", kInterpreter},
    {"operator.attrgetter", kInterpreter},
    {"operator.call", kInterpreter},
    {"operator.delitem", kInterpreter},
    {"operator.methodcaller", kInterpreter},
    {"operator.setitem", kInterpreter},
    {"sys", kInterpreter},
    {"sysconfig", kInterpreter},
    {"types.MethodType", kInterpreter},
    {"types.ModuleType", kInterpreter},
    {"types.coroutine", kInterpreter},
    {"types.new_class", kInterpreter},
    {"types.prepare_class", kInterpreter},
};

constexpr ActingCall kActingImports[] = {
    {"antigravity", kNetwork}, {"idlelib.idle", kProcesses}, {"pip.__main__", kImports},
    {"this", kFiles},          {"turtledemo", kFiles},
};

/// Modules that are reached behind the name of another that imported them: `torch.os.system`.
constexpr ActingCall kBehindOthers[] = {
    {"__builtins__", kCode}, {"builtins", kCode},  {"ctypes", kCode},
    {"importlib", kImports}, {"marshal", kCode},   {"multiprocessing", kProcesses},
    {"nt", kProcesses},      {"os", kProcesses},   {"pickle", kCode},
    {"posix", kProcesses},   {"pty", kProcesses},  {"runpy", kCode},
    {"shutil", kFiles},      {"socket", kNetwork}, {"subprocess", kProcesses},
    {"sys", kInterpreter},   {"urllib", kNetwork},
};

/// Whether `name` is `family` or lies below it.
bool is_below(std::string_view name, std::string_view family) {
  return name.starts_with(family) && (name.size() == family.size() || name[family.size()] == '.');
}

const ActingCall* find_below(std::span<const ActingCall> rows, std::string_view name) {
  const auto row =
      std::ranges::find_if(rows, [&](const ActingCall& candidate) { return is_below(name, candidate.name); });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace

std::span<const ActingCall> acting_calls() { return kActingCalls; }

std::span<const ActingCall> acting_imports() { return kActingImports; }

const ActingCall* find_acting_call(const PickleGlobal& global) {
  const std::string name = current_name(global);
  if (is_exception_name(name)) return nullptr;
  if (const ActingCall* row = find_below(kActingCalls, name)) return row;
  for (std::string_view path = global.name; !path.empty();) {
    if (const ActingCall* row = find_below(kBehindOthers, path)) return row;
    const size_t dot = path.find('.');
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return nullptr;
}

const ActingCall* find_acting_import(std::string_view module) { return find_below(kActingImports, module); }

}  // namespace modelport
