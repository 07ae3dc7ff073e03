"""Runs exported files by foreign programs and compares them with the interpreter's test vectors.

usage: check.py EXPORT VECTORS.npz LAYERS

Prints one line per check, and exits with 1 if one of them fails.
"""

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

folder, vectors, layers = Path(sys.argv[1]), np.load(sys.argv[2]), Path(sys.argv[3])
manifest = json.loads((folder / "manifest.json").read_text())
links = {entry["precision"]: entry for entry in manifest["precisions"]}
failures = 0


def report(name, holds, figure):
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'FAILED'}  {name}: {figure}")


def session(path):
    options = onnxruntime.SessionOptions()
    # As the file says it, so that roundings are those of the standard.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(model, value):
    return model.run(None, {model.get_inputs()[0].name: value})[0]


def of_precision(precision):
    """Runs both halves; each gets the interpreter's input, so that its own difference shows."""
    images, sent, logits = vectors["images"], vectors[f"sent_{precision}"], vectors[f"logits_{precision}"]
    for half in ["sensor", "aggregator"]:
        path = folder / f"{half}-{precision}.onnx"
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        names = [node.name for node in model.graph.node]
        typed = {info.name for info in [*model.graph.value_info, *model.graph.output]}
        complete = all(names) and len(set(names)) == len(names)
        complete &= all(output in typed for node in model.graph.node for output in node.output)
        report(f"{path.name} nodes named and typed", complete, f"{len(names)} nodes")
    sensor = session(folder / f"sensor-{precision}.onnx")
    aggregator = session(folder / f"aggregator-{precision}.onnx")
    made = np.stack([np.concatenate([run(sensor, view[None]) for view in views]) for views in images])
    apart = np.abs(made.astype(np.float32) - sent)
    if precision == "int8":
        report("ONNX Runtime, sensor in int8", apart.max() <= 1, f"{(apart > 0).sum()} of {apart.size} codes differ, by {apart.max():.0f}")
    else:
        relative = apart.max() / max(1.0, np.abs(sent).max())
        report("ONNX Runtime, sensor in float", relative <= 1e-4, f"{relative:.1e} of the largest")
    if precision == "int8":
        received = sent.astype(np.int8)
    else:
        received = np.stack([arrived(views) for views in sent])
    found = np.concatenate([run(aggregator, views) for views in received])
    apart = np.abs(found - logits).max()
    if precision == "int8":
        scales = [tensor["scale"] for tensor in links[precision]["aggregator"] if "scale" in tensor]
        step = scales[-1] if scales else links[precision]["sensor"][-1]["scale"]
        report("ONNX Runtime, aggregator in int8", apart <= 1.01 * step, f"logits differ by {apart / step:.2f} steps")
    else:
        relative = apart / max(1.0, np.abs(logits).max())
        report("ONNX Runtime, aggregator in float", relative <= 1e-4, f"{relative:.1e} of the largest logit")


def arrived(views):
    """Values that arrive over a link whose codes have the range of their image."""
    link = links["float"]["link"]
    if link["codes"] != "OwnRange":
        return views
    values = []
    for view in views:
        low, high = view.min(), view.max()
        step = np.float32((high - low) / np.float32(2 ** link["bits"] - 1))
        values.append((low + np.floor((view - low) / step + np.float32(0.5)) * step).astype(np.float32))
    return np.stack(values)


def tflite():
    """The sensor half by both ways of LiteRT: a multiplication in single precision and one rounding, as the interpreter
    has it, and fixed-point multipliers that round twice, as on a microcontroller."""
    path = folder / "sensor-int8.tflite"
    if not path.exists():
        return
    try:
        from ai_edge_litert.interpreter import OpResolverType
    except ImportError as error:
        print(f"left out  LiteRT: {error}")
        return
    litert(path, "LiteRT", OpResolverType.AUTO, 1, 0.01)
    litert(path, "LiteRT's reference kernels", OpResolverType.BUILTIN_REF, 3, 0.5)


def litert(path, name, resolver, steps, most_share):
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(model_path=str(path), experimental_op_resolver_type=resolver, num_threads=1)
    model.allocate_tensors()
    source, target = model.get_input_details()[0], model.get_output_details()[0]
    scale, zero = source["quantization"]
    images, sent = vectors["images"], vectors["sent_int8"]
    most, different, total = 0, 0, 0
    for views, wanted in zip(images, sent):
        for view, codes in zip(views, wanted):
            rounded = np.clip(np.round(view / np.float32(scale)) + zero, -128, 127).astype(np.int8)
            model.set_tensor(source["index"], rounded.transpose(1, 2, 0)[None])
            model.invoke()
            found = model.get_tensor(target["index"])[0].transpose(2, 0, 1).astype(np.int32)
            apart = np.abs(found - codes)
            most, different, total = max(most, apart.max()), different + (apart > 0).sum(), total + apart.size
    share = different / total
    figure = f"{share:.2%} of {total} codes differ, by {most:.0f} at most"
    report(f"{name}, sensor in int8", most <= steps and share <= most_share, figure)


def vela(path):
    """Arm's compiler must place every operator of the file on the NPU."""
    program = Path(sys.executable).parent / "vela"
    if not program.exists():
        print("left out  Vela: it is not installed")
        return
    with tempfile.TemporaryDirectory() as output:
        command = [program, path, "--accelerator-config", "ethos-u55-128", "--verbose-performance", "--output-dir", output]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        tables = list(Path(output).glob("*_per-layer.csv"))
        rows = list(csv.DictReader(tables[0].open())) if tables else []
    placed = done.returncode == 0 and rows and all(row["Target"] == "NPU" for row in rows)
    cycles = sum(float(row["Op Cycles"]) for row in rows)
    report(f"Vela, {Path(path).name}", placed, f"{len(rows)} operators on the NPU, {cycles:.0f} cycles")


def single_layers():
    """Models of one layer: each is valid, runs, and makes the shape that the index says."""
    index = list(csv.DictReader((layers / "index.csv").open()))
    wrong = []
    for row in index:
        for end in ["onnx", "int8.onnx"]:
            path = layers / f"{row['file']}.{end}"
            onnx.checker.check_model(onnx.load(path), full_check=True)
            model = session(path)
            source = model.get_inputs()[0]
            sides = [int(row[key]) for key in ["cin", "hin", "win"]]
            kind = np.int8 if end.startswith("int8") else np.float32
            made = run(model, np.ones(source.shape, kind))
            if source.shape[1:] != sides or made.shape[1] != int(row["cout"]):
                wrong.append(path.name)
    report("ONNX Runtime, single layers", not wrong, f"{2 * len(index)} models, {len(wrong)} wrong {wrong[:3]}")
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        return
    for row in index:
        model = Interpreter(model_path=str(layers / f"{row['file']}.tflite"), num_threads=1)
        model.allocate_tensors()
        model.invoke()
        shape = model.get_output_details()[0]["shape"]
        if shape[-1] != int(row["cout"]):
            wrong.append(row["file"])
    report("LiteRT, single layers", not wrong, f"{len(index)} models, {len(wrong)} wrong {wrong[:3]}")


for precision in ["float", "int8"]:
    if precision in links and f"logits_{precision}" in vectors:
        of_precision(precision)
if "int8" in links:
    tflite()
vela(folder / "sensor-int8.tflite")
vela(layers / "001-stem.tflite")
single_layers()
sys.exit(failures > 0)
