#include "checkpoint/call_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace modelport {
namespace {

struct Renamed {
  std::string_view old_name;
  std::string_view name;
};

// Whole names first: they win over the module's.
constexpr Renamed kNames[] = {
    {"__builtin__.xrange", "builtins.range"},
    {"__builtin__.reduce", "functools.reduce"},
    {"__builtin__.unicode", "builtins.str"},
    {"__builtin__.basestring", "builtins.str"},
    {"__builtin__.long", "builtins.int"},
    {"__builtin__.unichr", "builtins.chr"},
    {"_functools.reduce", "functools.reduce"},
    {"_functools.partial", "functools.partial"},
    {"_operator.itemgetter", "operator.itemgetter"},
    {"_operator.attrgetter", "operator.attrgetter"},
    {"_operator.methodcaller", "operator.methodcaller"},
    {"_operator.getitem", "operator.getitem"},
    {"itertools.izip", "builtins.zip"},
    {"itertools.imap", "builtins.map"},
    {"itertools.ifilter", "builtins.filter"},
    {"itertools.ifilterfalse", "itertools.filterfalse"},
    {"itertools.izip_longest", "itertools.zip_longest"},
    {"UserDict.IterableUserDict", "collections.UserDict"},
    {"urllib2.HTTPError", "urllib.error.HTTPError"},
    {"urllib2.URLError", "urllib.error.URLError"},
    {"torch.tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type_v2"},
};

constexpr Renamed kModules[] = {
    {"__builtin__", "builtins"},
    {"copy_reg", "copyreg"},
    {"exceptions", "builtins"},
    {"cPickle", "pickle"},
    {"_pickle", "pickle"},
    {"thread", "_thread"},
    {"commands", "subprocess"},
    {"httplib", "http.client"},
    {"urllib2", "urllib.request"},
    {"xmlrpclib", "xmlrpc.client"},
    {"BaseHTTPServer", "http.server"},
    {"SimpleHTTPServer", "http.server"},
    {"CGIHTTPServer", "http.server"},
    {"SocketServer", "socketserver"},
    {"SimpleXMLRPCServer", "xmlrpc.server"},
    {"DocXMLRPCServer", "xmlrpc.server"},
    {"_winreg", "winreg"},
    {"anydbm", "dbm"},
    {"Queue", "queue"},
    {"_queue", "queue"},
    {"ConfigParser", "configparser"},
    {"StringIO", "io"},
    {"cStringIO", "io"},
    {"_io", "io"},
    {"UserDict", "collections"},
    {"UserList", "collections"},
    {"UserString", "collections"},
    {"numpy._core", "numpy.core"},
    {"numpy._core.multiarray", "numpy.core.multiarray"},
    {"numpy._core.numeric", "numpy.core.numeric"},
    {"numpy._core.records", "numpy.core.records"},
    {"pathlib._local", "pathlib"},
    {"torch.tensor", "torch._tensor"},
};

// Sorted.
constexpr std::string_view kStandardLibrary[] = {"abc",          "aifc",         "argparse",
                                                 "array",        "ast",          "asynchat",
                                                 "asyncio",      "asyncore",     "atexit",
                                                 "audioop",      "base64",       "bdb",
                                                 "binascii",     "bisect",       "builtins",
                                                 "bz2",          "cProfile",     "calendar",
                                                 "cgi",          "cgitb",        "chunk",
                                                 "cmath",        "cmd",          "code",
                                                 "codecs",       "codeop",       "collections",
                                                 "colorsys",     "compileall",   "concurrent",
                                                 "configparser", "contextlib",   "contextvars",
                                                 "copy",         "copyreg",      "crypt",
                                                 "csv",          "ctypes",       "curses",
                                                 "dataclasses",  "datetime",     "dbm",
                                                 "decimal",      "difflib",      "dis",
                                                 "distutils",    "doctest",      "email",
                                                 "encodings",    "ensurepip",    "enum",
                                                 "errno",        "faulthandler", "fcntl",
                                                 "filecmp",      "fileinput",    "fnmatch",
                                                 "fractions",    "ftplib",       "functools",
                                                 "gc",           "genericpath",  "getopt",
                                                 "getpass",      "gettext",      "glob",
                                                 "graphlib",     "grp",          "gzip",
                                                 "hashlib",      "heapq",        "hmac",
                                                 "html",         "http",         "imaplib",
                                                 "imghdr",       "imp",          "importlib",
                                                 "inspect",      "io",           "ipaddress",
                                                 "itertools",    "json",         "keyword",
                                                 "lib2to3",      "linecache",    "locale",
                                                 "logging",      "lzma",         "mailbox",
                                                 "mailcap",      "marshal",      "math",
                                                 "mimetypes",    "mmap",         "modulefinder",
                                                 "msilib",       "msvcrt",       "multiprocessing",
                                                 "netrc",        "nis",          "nntplib",
                                                 "nt",           "ntpath",       "nturl2path",
                                                 "numbers",      "opcode",       "operator",
                                                 "optparse",     "os",           "ossaudiodev",
                                                 "pathlib",      "pdb",          "pickle",
                                                 "pickletools",  "pipes",        "pkgutil",
                                                 "platform",     "plistlib",     "poplib",
                                                 "posix",        "posixpath",    "pprint",
                                                 "profile",      "pstats",       "pty",
                                                 "pwd",          "py_compile",   "pyclbr",
                                                 "pydoc",        "pydoc_data",   "pyexpat",
                                                 "queue",        "quopri",       "random",
                                                 "re",           "readline",     "reprlib",
                                                 "resource",     "rlcompleter",  "runpy",
                                                 "sched",        "secrets",      "select",
                                                 "selectors",    "shelve",       "shlex",
                                                 "shutil",       "signal",       "site",
                                                 "smtpd",        "smtplib",      "sndhdr",
                                                 "socket",       "socketserver", "spwd",
                                                 "sqlite3",      "sre_compile",  "sre_constants",
                                                 "sre_parse",    "ssl",          "stat",
                                                 "statistics",   "string",       "stringprep",
                                                 "struct",       "subprocess",   "sunau",
                                                 "symtable",     "sys",          "sysconfig",
                                                 "syslog",       "tabnanny",     "tarfile",
                                                 "telnetlib",    "tempfile",     "termios",
                                                 "textwrap",     "threading",    "time",
                                                 "timeit",       "tkinter",      "token",
                                                 "tokenize",     "tomllib",      "trace",
                                                 "traceback",    "tracemalloc",  "tty",
                                                 "turtle",       "types",        "typing",
                                                 "unicodedata",  "unittest",     "urllib",
                                                 "uu",           "uuid",         "venv",
                                                 "warnings",     "wave",         "weakref",
                                                 "webbrowser",   "winreg",       "winsound",
                                                 "wsgiref",      "xdrlib",       "xml",
                                                 "xmlrpc",       "zipapp",       "zipfile",
                                                 "zipimport",    "zlib",         "zoneinfo"};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

/// Calls `use` with every part between dots; true when it is true for all of them.
template <class Use>
bool all_parts(std::string_view name, Use use) {
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    if (!use(name.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

std::string current_name(const PickleGlobal& global) {
  const std::string name = global.qualified_name();
  const auto whole = std::ranges::find(kNames, name, &Renamed::old_name);
  if (whole != std::end(kNames)) return std::string(whole->name);
  const auto module = std::ranges::find(kModules, global.module, &Renamed::old_name);
  return module == std::end(kModules) ? name : fmt::format("{}.{}", module->name, global.name);
}

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

bool is_class_like(std::string_view name) {
  return all_parts(name, [](std::string_view part) {
    part.remove_prefix(std::min(part.find_first_not_of('_'), part.size()));
    return !part.empty() && is_upper(part.front());
  });
}

bool is_exception_name(std::string_view name) {
  const std::string_view last = last_part(name);
  return is_class_like(last) && (last.ends_with("Error") || last.ends_with("Exception") || last.ends_with("Warning"));
}

bool names_builtin_type(const PickleGlobal& global) {
  constexpr std::string_view kTypes[] = {"bool",      "bytearray", "bytes", "complex", "dict",   "float",
                                         "frozenset", "int",       "list",  "long",    "object", "range",
                                         "set",       "slice",     "str",   "tuple",   "type",   "unicode"};
  const bool is_builtin = global.module == "builtins" || global.module == "__builtin__";
  return is_builtin && std::ranges::find(kTypes, global.name) != std::end(kTypes);
}

bool is_standard_library(std::string_view module) {
  return std::ranges::binary_search(kStandardLibrary, module.substr(0, module.find('.')));
}

bool names_an_internal(std::string_view name) {
  return !all_parts(
      name, [](std::string_view part) { return part.size() <= 4 || !part.starts_with("__") || !part.ends_with("__"); });
}

}  // namespace modelport
