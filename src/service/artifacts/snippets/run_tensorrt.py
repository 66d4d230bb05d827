"""Runs model.engine on a picture, on the GPU that it was built for: run_tensorrt.py PICTURE.
Needs tensorrt 10, torch with CUDA, numpy and Pillow."""
import sys

import tensorrt
import torch

import vision

runtime = tensorrt.Runtime(tensorrt.Logger(tensorrt.Logger.WARNING))
engine = runtime.deserialize_cuda_engine((vision.FOLDER / "model.engine").read_bytes())
context = engine.create_execution_context()
names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
inputs = [name for name in names if engine.get_tensor_mode(name) == tensorrt.TensorIOMode.INPUT]
picture = torch.from_numpy(vision.load(sys.argv[1], engine.get_tensor_shape(inputs[0])[-1] not in (1, 3, 4))).cuda()
context.set_input_shape(inputs[0], tuple(picture.shape))
context.set_tensor_address(inputs[0], picture.data_ptr())
outputs = {}
for name in names:
    if name not in inputs:
        outputs[name] = torch.empty(tuple(context.get_tensor_shape(name)), device="cuda")
        context.set_tensor_address(name, outputs[name].data_ptr())
context.execute_async_v3(torch.cuda.current_stream().cuda_stream)
torch.cuda.synchronize()
vision.report([tensor.cpu().numpy() for tensor in outputs.values()])
