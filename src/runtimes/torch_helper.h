#pragma once

#include <string_view>

namespace modelport {

/// What a Python with torch runs, as `python -c`. It talks over its standard input, a socket: messages in both
/// directions are a JSON header, whose size comes first as 8 little-endian bytes, and the bytes of the tensors that it
/// lists. The helper begins with {"torch": version, "float16": whether it
/// convolves in it}; then it answers
///   {"do": "load", "path" | "size": bytes that follow, "optimize": bool}  with {"session": number},
///   {"do": "run", "session", "inputs": [{"dtype", "shape"}...]}           with {"outputs": [{"dtype", "shape"}...]},
///   {"do": "drop", "session"}                                             with {},
/// each of them with {"error": text} when torch refuses. It ends when its input does, even in the middle of a
/// computation.
inline constexpr std::string_view kTorchHelper = R"python(
import sys
if sys.path and sys.path[0] == "":
    del sys.path[0]
import ctypes, fcntl, io, json, os, select, signal, struct, warnings

warnings.simplefilter("ignore")
source = open(0, "rb", closefd=False)
sink = open(os.dup(0), "wb")
flags = fcntl.fcntl(0, fcntl.F_GETFL)
fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
signal.signal(signal.SIGIO, signal.SIG_DFL)

class Busy:
    """While nothing may be heard: the end of the input then raises SIGIO, which ends even a process that holds its interpreter's lock."""
    def __enter__(self):
        fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_ASYNC)
        if select.select([0], [], [], 0)[0]:
            os._exit(1)
    def __exit__(self, *ignored):
        fcntl.fcntl(0, fcntl.F_SETFL, flags)

def receive(size):
    data = bytearray(size)
    if source.readinto(data) != size:
        os._exit(0)
    return data

def answer(header, payloads=()):
    text = json.dumps(header).encode()
    sink.write(struct.pack("<Q", len(text)) + text)
    for payload in payloads:
        sink.write(payload)
    sink.flush()

def words(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0][:600] if len(lines) == 1 else lines[0][:600] + " ... " + lines[-1][:600]

# Threads that wait spinning take the processors from the process that waits for them.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
try:
    with Busy():
        import torch
    torch.set_num_threads(2)
    torch.set_num_interop_threads(1)
except BaseException as error:
    answer({"error": type(error).__name__ + ": " + words(error)})
    os._exit(0)
try:
    torch.conv2d(torch.zeros(1, 1, 1, 1, dtype=torch.float16), torch.zeros(1, 1, 1, 1, dtype=torch.float16))
    float16 = True
except RuntimeError:
    float16 = False
answer({"torch": torch.__version__, "float16": float16})

def choose_executor(optimize):
    torch._C._jit_set_profiling_executor(optimize)
    torch._C._jit_set_profiling_mode(optimize)
    torch._C._set_graph_executor_optimize(optimize)

def flat(value):
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    if not isinstance(value, (list, tuple, type({}.values()))):
        raise TypeError("an output is a " + type(value).__name__ + ", not a tensor")
    return [tensor for item in value for tensor in flat(item)]

def tensor_from(spec):
    dtype = getattr(torch, spec["dtype"])
    count = 1
    for size in spec["shape"]:
        count *= size
    if count == 0:
        return torch.empty(spec["shape"], dtype=dtype)
    data = receive(count * torch.empty(0, dtype=dtype).element_size())
    return torch.frombuffer(data, dtype=dtype).reshape(spec["shape"])

def bytes_of(tensor):
    size = tensor.numel() * tensor.element_size()
    return memoryview((ctypes.c_char * size).from_address(tensor.data_ptr())) if size else b""

sessions = {}
loaded = 0

def load(request):
    global loaded
    place = io.BytesIO(receive(request["size"])) if "size" in request else request["path"]
    optimize = request["optimize"]
    choose_executor(optimize)
    with Busy():
        module = torch.jit.load(place, map_location="cpu").eval()
        if optimize:
            module = torch.jit.optimize_for_inference(torch.jit.freeze(module))
    loaded += 1
    sessions[loaded] = (module, optimize)
    answer({"session": loaded})

def run(request):
    inputs = [tensor_from(spec) for spec in request["inputs"]]
    module, optimize = sessions[request["session"]]
    choose_executor(optimize)
    with Busy():
        outputs = [tensor.detach().cpu().contiguous() for tensor in flat(module(*inputs))]
    specs = [{"dtype": str(tensor.dtype)[6:], "shape": list(tensor.shape)} for tensor in outputs]
    answer({"outputs": specs}, [bytes_of(tensor) for tensor in outputs])

def drop(request):
    sessions.pop(request["session"], None)
    answer({})

with torch.no_grad():
    while True:
        request = json.loads(receive(struct.unpack("<Q", receive(8))[0]))
        try:
            {"load": load, "run": run, "drop": drop}[request["do"]](request)
        except Exception as error:
            answer({"error": words(error)})
)python";

}  // namespace modelport
