"""What the Python around old releases was: names that later numpy, torch and matplotlib removed. Import it first."""
import importlib.util
import os
import socket
import sys
import types

import numpy as np
import torch

for name, kind in (("int", int), ("float", float), ("bool", bool), ("object", object)):
    if name not in np.__dict__:
        setattr(np, name, kind)
if not hasattr(np, "trapz"):
    np.trapz = np.trapezoid

torch.set_num_threads(1)
_load = torch.load


def load(*arguments, **options):
    """Up to 2.5 torch.load read any pickle by default."""
    return _load(*arguments, **{"weights_only": False, **options})


torch.load = load


def _refuse(*_, **__):
    raise OSError("there is no network here")


socket.create_connection = _refuse
socket.socket.connect = _refuse


class _Anything(types.ModuleType):
    """A package that is imported and that no training needs."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Thing()


class _Thing:
    def __call__(self, *_, **__):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self):
        return iter(())


for _package in ("IPython", "IPython.display", "tensorboard", "torch.utils.tensorboard", "seaborn", "git", "sentry_sdk", "lap"):
    if "." in _package or importlib.util.find_spec(_package) is None:
        sys.modules.setdefault(_package, _Anything(_package))
os.environ.update(YOLO_AUTOINSTALL="False", YOLO_OFFLINE="True", YOLO_VERBOSE="False", WANDB_MODE="disabled", MPLBACKEND="agg")
