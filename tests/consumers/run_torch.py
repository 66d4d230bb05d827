"""torch.jit.load: as run_opencv.py."""
import json
import sys

import numpy as np
import torch


def answer(request):
    try:
        with torch.no_grad():
            result = torch.jit.load(request["model"]).eval()(torch.from_numpy(np.load(request["input"])))
    except RuntimeError as error:
        return {"loads": False, "reason": str(error)}
    np.savez(request["to"], *[part.numpy() for part in (result if isinstance(result, (tuple, list)) else (result,))])
    return {"loads": True}


torch.set_num_threads(1)
for each in json.load(open(sys.argv[1])):
    print(json.dumps(answer(each)), flush=True)
