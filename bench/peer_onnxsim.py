"""Prunes a model by onnxsim's SparseGPT on given tensors: MODEL TENSORS SHAPE INPUT SETTING OUTPUT; prints the seconds."""

import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxsim

model, tensors, shape, name, setting, output = sys.argv[1:]
dims = tuple(map(int, shape.split(",")))
batches = [{name: np.fromfile(path, np.float32).reshape(dims)} for path in sorted(Path(tensors).glob("*.bin"))]
pattern = dict(zip("nm", map(int, setting.split(":")), strict=True)) if ":" in setting else {"sparsity": float(setting)}
started = time.perf_counter()
pruned = onnxsim.apply_sparsegpt_pruning_cpp(onnx.load(model), batches, **pattern)
print(time.perf_counter() - started)
onnx.save(pruned, output)
