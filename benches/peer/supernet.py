"""The training step that `splitscope bench step --space` measures, in PyTorch on an NVIDIA GPU, and the ratio of both.

A supernet is read from a space file. A step trains five nets and updates once: the largest with the labels, then the largest
again, the smallest and two random ones on half of the images with the largest's probabilities. Its speed is the number of
images that all nets together go through in a second. PyTorch is judged by its best mode, splitscope runs as users get it:

    python benches/peer/supernet.py spaces/tabletop.toml --images 160
"""

import argparse
import json
import random
import subprocess
import time
import tomllib
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

BINARY = Path(__file__).parent / "../../target/release/splitscope"
# mode: (TF32 in products and convolutions, bfloat16 where PyTorch thinks it safe, channels-last)
MODES = {"fp32": (False, False, False), "tf32": (True, False, False), "tf32 channels-last": (True, False, True), "amp": (True, True, True)}
ACTIVATIONS = {"swish": F.silu, "relu": F.relu, "relu6": F.relu6, "hard-swish": F.hardswish, "none": lambda x: x}


def divisible_by_8(channels):
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def weight(*shape):
    fan = shape[1] if len(shape) == 2 else shape[1] * shape[2] * shape[3]
    return nn.Parameter(torch.randn(shape) * (2 / fan) ** 0.5)


class Norm(nn.Module):
    """Batch norm with the batch's statistics; narrower inputs take the leading channels."""

    def __init__(self, channels):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        channels = x.shape[1]
        return F.batch_norm(x, None, None, self.gamma[:channels], self.beta[:channels], training=True)


class Convolution(nn.Module):
    """Dense convolution, batch norm, activation."""

    def __init__(self, inputs, outputs, kernel, stage):
        super().__init__()
        self.weight, self.norm = weight(outputs, inputs, kernel, kernel), Norm(outputs)
        self.stride, self.act = stage.get("stride", 1), ACTIVATIONS[stage.get("activation", "relu6")]

    def forward(self, x, choice):
        outputs = choice["width"] if "width" in choice else divisible_by_8(x.shape[1] * choice["expansion"])
        w = self.weight[:outputs, : x.shape[1]]
        return self.act(self.norm(F.conv2d(x, w, stride=self.stride, padding=w.shape[-1] // 2)))


class InvertedResidual(nn.Module):
    """1x1 expansion, depthwise, squeeze-excite where the space has it, 1x1 projection, shortcut."""

    def __init__(self, inputs, stage, stride):
        super().__init__()
        self.stride, self.kernel, self.reduction = stride, max(stage["kernels"]), stage.get("squeeze-excite")
        self.act, self.projected = ACTIVATIONS[stage.get("activation", "relu6")], stage.get("shortcut") == "projected"
        expansion, width = max(stage["expansions"]), max(stage["widths"])
        hidden = divisible_by_8(inputs * expansion) if expansion > 1 else inputs
        if expansion > 1:
            self.expand, self.expand_norm = weight(hidden, inputs, 1, 1), Norm(hidden)
        self.depthwise, self.depthwise_norm = weight(hidden, 1, self.kernel, self.kernel), Norm(hidden)
        self.transform = nn.Parameter(torch.eye(9)) if self.kernel == 5 and 3 in stage["kernels"] else None
        if self.reduction:
            reduced = divisible_by_8(hidden // self.reduction)
            self.reduce, self.reduce_bias = weight(reduced, hidden, 1, 1), nn.Parameter(torch.zeros(reduced))
            self.excite, self.excite_bias = weight(hidden, reduced, 1, 1), nn.Parameter(torch.zeros(hidden))
        self.project, self.project_norm = weight(width, hidden, 1, 1), Norm(width)
        self.shortcut = weight(width, inputs, 1, 1) if self.projected else None

    def taps(self, hidden, kernel):
        taps = self.depthwise[:hidden]
        if kernel == self.kernel:
            return taps
        margin = (self.kernel - kernel) // 2
        taps = taps[:, :, margin : margin + kernel, margin : margin + kernel]
        if self.transform is not None:
            taps = (taps.reshape(hidden, 9) @ self.transform.t()).reshape(hidden, 1, 3, 3)
        return taps.contiguous()

    def forward(self, x, choice):
        inputs, width, kernel = x.shape[1], choice["width"], choice["kernel"]
        hidden = divisible_by_8(inputs * choice["expansion"]) if choice["expansion"] > 1 else inputs
        y = x
        if choice["expansion"] > 1:
            y = self.act(self.expand_norm(F.conv2d(y, self.expand[:hidden, :inputs])))
        y = F.conv2d(y, self.taps(hidden, kernel), stride=self.stride, padding=kernel // 2, groups=hidden)
        y = self.act(self.depthwise_norm(y))
        if self.reduction:
            reduced = divisible_by_8(hidden // self.reduction)
            means = y.mean((2, 3), keepdim=True)
            means = F.relu(F.conv2d(means, self.reduce[:reduced, :hidden], self.reduce_bias[:reduced]))
            y = y * F.hardsigmoid(F.conv2d(means, self.excite[:hidden, :reduced], self.excite_bias[:hidden]))
        y = self.project_norm(F.conv2d(y, self.project[:width, :hidden]))
        if self.projected:
            if self.stride > 1:
                x = F.avg_pool2d(x, self.stride, ceil_mode=True)
            return y + (F.conv2d(x, self.shortcut[:width, :inputs]) if inputs != width else x)
        return y + x if self.stride == 1 and inputs == width else y


class Pool(nn.Module):
    """Mean or maximum over all positions."""

    def __init__(self, pooling):
        super().__init__()
        self.pooling = pooling

    def forward(self, x, _):
        return x.mean((2, 3), keepdim=True) if self.pooling == "average" else x.amax((2, 3), keepdim=True)


class Classifier(nn.Module):
    """Fully connected layer."""

    def __init__(self, inputs, classes):
        super().__init__()
        self.weight, self.bias = weight(classes, inputs), nn.Parameter(torch.zeros(classes))

    def forward(self, x, _):
        return F.linear(x.flatten(1), self.weight[:, : x.shape[1]], self.bias)


class Supernet(nn.Module):
    """All networks of a space of one side; a net is a choice for each stage."""

    def __init__(self, space):
        super().__init__()
        self.stages, channels = nn.ModuleList(), space["space"]["channels"]
        for stage in space["stage"]:
            blocks, kind = nn.ModuleList(), stage["block"]
            if kind == "mbconv":
                for depth in range(max(stage["depths"])):
                    blocks.append(InvertedResidual(channels, stage, stage["stride"] if depth == 0 else 1))
                    channels = max(stage["widths"])
            elif kind in ("conv", "expand"):
                outputs = max(stage["widths"]) if kind == "conv" else divisible_by_8(channels * max(stage["expansions"]))
                blocks.append(Convolution(channels, outputs, max(stage.get("kernels", [1])), stage))
                channels = outputs
            elif kind == "global-pool":
                blocks.append(Pool(stage.get("pooling", "average")))
            elif kind == "linear":
                blocks.append(Classifier(channels, space["space"]["classes"]))
            else:
                raise SystemExit(f"no twin for blocks of the kind {kind}")
            self.stages.append(blocks)

    def forward(self, x, net):
        for blocks, choice in zip(self.stages, net):
            for block in blocks[: choice.get("depth", 1)]:
                x = block(x, choice)
        return x


def draw(space, pick):
    genes = {"width": "widths", "depth": "depths", "kernel": "kernels", "expansion": "expansions"}
    return [{gene: pick(stage[name]) for gene, name in genes.items() if name in stage} for stage in space["stage"]]


def measure(space, mode, images, side, steps):
    """Net-images a second."""
    tf32, amp, channels_last = MODES[mode]
    torch.manual_seed(0)
    random.seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    layout = torch.channels_last if channels_last else torch.contiguous_format
    supernet = Supernet(space).to("cuda", memory_format=layout)
    x = torch.randn(images, space["space"]["channels"], side, side, device="cuda").to(memory_format=layout)
    labels = torch.randint(0, space["space"]["classes"], (images,), device="cuda")
    optimiser = torch.optim.AdamW(supernet.parameters(), lr=1e-3, fused=True)
    part = (images + 1) // 2

    def logits(x, pick):
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=amp):
            return supernet(x, draw(space, pick)).float()

    def step():
        optimiser.zero_grad(set_to_none=True)
        taught = logits(x, max)
        F.cross_entropy(taught, labels, label_smoothing=0.1).backward()
        goal = F.softmax(taught.detach(), 1)[:part]
        for pick in (max, min, random.choice, random.choice):
            (-(goal * F.log_softmax(logits(x[:part], pick), 1)).sum(1).mean()).backward()
        torch.nn.utils.clip_grad_value_(supernet.parameters(), 1.0)
        optimiser.step()

    for _ in range(10):
        step()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    torch.cuda.synchronize()
    return (images + 4 * part) * steps / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("space")
    parser.add_argument("--images", type=int, default=160)
    parser.add_argument("--resolution", type=int)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--modes", nargs="+", default=list(MODES))
    parser.add_argument("--device", default="cuda", help="of splitscope")
    parser.add_argument("--float-format", default="f32", help="of splitscope")
    parser.add_argument("--splitscope", default=str(BINARY))
    arguments = parser.parse_args()
    space = tomllib.loads(Path(arguments.space).read_text())
    side = arguments.resolution or max(space["space"]["resolutions"])
    print(f"{space['space']['name']}, {arguments.images} images of side {side}, {torch.cuda.get_device_name()}", flush=True)
    best = 0
    for mode in arguments.modes:
        rate = measure(space, mode, arguments.images, side, arguments.steps)
        best = max(best, rate)
        print(f"PyTorch {torch.__version__}, {mode}: {rate:.0f} net-images/s", flush=True)
    command = [arguments.splitscope, "bench", "step", "--space", arguments.space, "--images", str(arguments.images)]
    command += ["--resolution", str(side), "--device", arguments.device, "--steps", str(arguments.steps)]
    command += ["--float-format", arguments.float_format, "--json"]
    ours = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    print(json.dumps(ours))
    rate = ours["net_images_per_second"]
    print(f"splitscope: {rate:.0f} net-images/s, {rate / best:.2f}x PyTorch's best")


if __name__ == "__main__":
    main()
