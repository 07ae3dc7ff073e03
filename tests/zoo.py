"""Compares imported networks with counts made from torchvision's own graphs.

    python tests/zoo.py [--splitscope target/release/splitscope] FOLDER [NETWORK ...]

Needs torch, torchvision, onnx and onnxscript; the exported files go to FOLDER and are used again.

Each network is exported by both exporters of PyTorch with weights of zero, and costed with `--cuts all`. The counts
beside it are made here: multiply-accumulates and weights by hooks on the modules, live bytes and cuts from the graph that
torch.fx traces, with activations, batch norm, reshapes, slices, operations with constants and dropout standing for the
tensor that they read.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys

import torch
import torchvision
from torch.fx.passes.shape_prop import ShapeProp

NETWORKS = [
    "densenet121", "googlenet", "regnet_y_400mf", "shufflenet_v2_x1_0", "squeezenet1_1", "mnasnet0_5",
    "mobilenet_v3_large", "resnet50", "inception_v3", "convnext_tiny", "vit_b_16",
]
SIDES = {"inception_v3": 299}
PLAIN = torch.nn.modules
ALIAS_MODULES = (
    PLAIN.activation.ReLU, PLAIN.activation.ReLU6, PLAIN.activation.SiLU, PLAIN.activation.Sigmoid,
    PLAIN.activation.Hardsigmoid, PLAIN.activation.Hardswish, PLAIN.activation.GELU, PLAIN.batchnorm.BatchNorm2d,
    PLAIN.dropout.Dropout, PLAIN.flatten.Flatten, PLAIN.linear.Identity, torchvision.ops.StochasticDepth,
    torchvision.ops.misc.Permute,
)
OWN_MODULES = (
    PLAIN.conv.Conv2d, PLAIN.linear.Linear, PLAIN.pooling.MaxPool2d, PLAIN.pooling.AvgPool2d,
    PLAIN.pooling.AdaptiveAvgPool2d, PLAIN.normalization.LayerNorm,
)
ALIAS_NAMES = {
    "relu", "flatten", "view", "reshape", "permute", "transpose", "chunk", "split", "dropout", "contiguous", "getitem",
    "squeeze", "unsqueeze", "hardsigmoid", "sigmoid", "gelu", "stochastic_depth",
}
OWN_NAMES = {"add", "mul", "cat", "concat", "mean", "avg_pool2d", "max_pool2d", "adaptive_avg_pool2d", "layer_norm"}


def network(name):
    """A network with weights of zero, in evaluation mode, with the side of its input."""
    extra = {"aux_logits": True, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = getattr(torchvision.models, name)(weights=None, **extra).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    return model, SIDES.get(name, 224)


def counts(model, side):
    """Multiply-accumulates and weights of convolutions and linear layers that run."""
    found = {"macs": 0, "weights": 0}

    def hook(module, _, output):
        weight = module.weight
        # Each output value is a sum over the weights of its channel.
        found["macs"] += output.numel() * weight[0].numel()
        found["weights"] += weight.numel()

    def attention(module, inputs, _):
        # One projection to queries, keys and values, their two products, and the projection of the result.
        _, length, width = inputs[0].shape
        found["macs"] += 4 * length * width**2 + 2 * length**2 * width
        found["weights"] += 4 * width**2

    layers = [module for module in model.modules() if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear))]
    handles = [module.register_forward_hook(hook) for module in layers]
    attentions = [module for module in model.modules() if isinstance(module, torch.nn.MultiheadAttention)]
    handles += [module.register_forward_hook(attention) for module in attentions]
    with torch.no_grad():
        model(torch.zeros(1, 3, side, side))
    for handle in handles:
        handle.remove()
    return found


def liveness(model, side, flat):
    """Peak live bytes and the cuts behind the layers, in int8, from the traced graph; None if it can't be traced.

    With `flat`, a concatenation that only another one reads is part of that: the exporter of traces joins them."""
    try:
        traced = torch.fx.symbolic_trace(model)
        ShapeProp(traced).propagate(torch.zeros(1, 3, side, side))
    except Exception as error:  # noqa: BLE001: any network may fail to be traced
        return None, f"not traced: {error}"
    modules = dict(traced.named_modules())
    stands_for, size, layers, joined = {}, {}, [], {}
    for node in traced.graph.nodes:
        tensors = [stands_for[one] for one in node.all_input_nodes if stands_for.get(one) is not None]
        if node.op == "placeholder":
            stands_for[node], size[node] = node, math.prod(node.meta["tensor_meta"].shape)
            continue
        if node.op in ("get_attr", "output"):
            stands_for[node] = None
            if node.op == "output":
                used = {stands_for[one] for one in node.all_input_nodes}
            continue
        if node.op == "call_module":
            module = modules[node.target]
            own = isinstance(module, OWN_MODULES)
            if not own and not isinstance(module, ALIAS_MODULES):
                return None, f"unknown module {type(module).__name__}"
        else:
            name = node.target if isinstance(node.target, str) else node.target.__name__
            is_tensor = node.meta.get("tensor_meta") is not None or name in ("chunk", "split")
            if not is_tensor:
                stands_for[node] = tensors[0] if name == "getitem" and tensors else None
                continue
            if name not in ALIAS_NAMES | OWN_NAMES:
                return None, f"unknown function {name}"
            # An operation with a constant stands for its tensor.
            own = name in OWN_NAMES and (len(tensors) > 1 or name not in ("add", "mul", "cat", "concat"))
            inner = flat and name in ("cat", "concat") and len(node.users) == 1
            if inner and next(iter(node.users)).target in (torch.cat, torch.concat):
                joined[node] = list(dict.fromkeys(tensors))
                stands_for[node] = node
                continue
        tensors = [one for tensor in tensors for one in joined.get(tensor, [tensor])]
        if not tensors:
            stands_for[node] = None
        elif own:
            stands_for[node], size[node] = node, math.prod(node.meta["tensor_meta"].shape)
            layers.append((node, list(dict.fromkeys(tensors))))
        else:
            stands_for[node] = tensors[0]
    last = {}
    for index, (_, read) in enumerate(layers):
        for tensor in read:
            last[tensor] = index
    for tensor in used:
        last[tensor] = len(layers)
    made = [node for node in traced.graph.nodes if node.op == "placeholder"]
    live, cuts = [], []
    for index, (node, read) in enumerate(layers):
        alive = {tensor for tensor in made if last.get(tensor, -1) >= index} | set(read) | {node}
        live.append(sum(size[tensor] for tensor in alive))
        made.append(node)
        cuts.append(sum(size[tensor] for tensor in made if last.get(tensor, -1) > index))
    return {"peak_bytes": max(live), "live": live, "cuts": cuts}, ""


def export(model, side, path, dynamo):
    image = (torch.zeros(1, 3, side, side),)
    options = {"dynamo": True} if dynamo else {"dynamo": False, "opset_version": 17}
    torch.onnx.export(model, image, str(path), **options)


def compare(name, folder, program):
    model, side = network(name)
    wanted, rows = counts(model, side), []
    for dynamo in (False, True):
        graph, why = liveness(model, side, flat=not dynamo)
        path = folder / f"{name}_{'dynamo' if dynamo else 'traced'}.onnx"
        if not path.exists():
            try:
                export(model, side, path, dynamo)
            except Exception as error:  # noqa: BLE001: told below
                rows.append(f"{name} {path.stem}: export failed: {str(error)[:200]}")
                continue
        arguments = [program, "cost", "--network", str(path), "--cuts", "all", "--json"]
        result = subprocess.run(arguments, capture_output=True, text=True)
        if not result.stdout.startswith("{"):
            rows.append(f"{path.stem}: refused: {result.stderr.strip()[:300]}")
            continue
        found = json.loads(result.stdout)
        total, layers = found["total"], found["layers"]
        counted = [key for key in ("macs", "weights") if total[key] != wanted[key]]
        differs = [f"{key} {total[key]} instead of {wanted[key]}" for key in counted]
        if graph is not None:
            if total["peak_bytes"] != graph["peak_bytes"]:
                differs.append(f"peak {total['peak_bytes']} instead of {graph['peak_bytes']}")
            cuts = [layer["cut_bytes"] for layer in layers]
            if sorted(cuts) != sorted(graph["cuts"]):
                differs.append(f"cuts differ: {len(cuts)} and {len(graph['cuts'])} layers")
            if sorted(layer["live_bytes"] for layer in layers) != sorted(graph["live"]):
                differs.append("live bytes differ")
        state = "; ".join(differs) or "equal"
        sizes = f"{total['macs']} MACs, {total['weights']} weights, peak {total['peak_bytes']}"
        rows.append(f"{path.stem}: {len(layers)} layers, {sizes}: {state} {why}")
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--splitscope", default="target/release/splitscope")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for name in arguments.networks or NETWORKS:
        for row in compare(name, arguments.folder, arguments.splitscope):
            print(row, flush=True)


if __name__ == "__main__":
    sys.exit(main())
