"""Times models of single layers by ONNX Runtime, one profile for each.

usage: profile_layers.py LAYERS TIMES [RUNS]
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime

layers, times = Path(sys.argv[1]), Path(sys.argv[2])
runs = int(sys.argv[3]) if len(sys.argv) > 3 else 50
times.mkdir(exist_ok=True)
for path in sorted(layers.glob("*.onnx")):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_profiling = True
    options.profile_file_prefix = str(times / path.stem)
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    value = np.zeros(source.shape, np.int8 if "int8" in source.type else np.float32)
    for _ in range(runs):
        session.run(None, {source.name: value})
    session.end_profiling()
