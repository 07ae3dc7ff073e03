"""The training step that `splitscope bench step` measures, in PyTorch on the CPU.

Same network, subnets, batch, losses and optimiser as src/train/step_bench.rs; channels-last, the faster of PyTorch's two
layouts here. Prints one JSON object with the same keys.
"""

import argparse
import json
import resource
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

STEM, HEAD, CLASSES = 16, 128, 10
# width choices, stride
STAGES = [((8, 16), 1), ((16, 24), 2), ((24, 40), 2), ((32, 64), 1)]
# per subnet: index of the width, depth, expansion, kernel of every stage
SUBNETS = {
    "max": (1, 2, 4, 5),
    "min": (0, 1, 2, 3),
    "mid wide": (1, 1, 4, 3),
    "mid deep": (0, 2, 2, 5),
}


class Norm(nn.Module):
    """Batch norm with the batch's statistics; narrower inputs take the leading channels."""

    def __init__(self, channels):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        c = x.shape[1]
        return F.batch_norm(x, None, None, self.gamma[:c], self.beta[:c], training=True)


def weight(*shape, fan):
    return nn.Parameter(torch.randn(shape) * (2 / fan) ** 0.5)


class Block(nn.Module):
    """1x1 expansion, depthwise, 1x1 projection; the input is added where shapes agree."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        hidden = inputs * 4
        self.stride = stride
        self.expand, self.norm1 = weight(hidden, inputs, 1, 1, fan=inputs), Norm(hidden)
        self.depthwise, self.norm2 = weight(hidden, 1, 5, 5, fan=25), Norm(hidden)
        self.to3 = nn.Parameter(torch.eye(9))
        self.project, self.norm3 = weight(width, hidden, 1, 1, fan=hidden), Norm(width)

    def kernel(self, hidden, side):
        full = self.depthwise[:hidden]
        if side == 5:
            return full
        centre = full[:, :, 1:4, 1:4].reshape(hidden, 9)
        return (centre @ self.to3.t()).reshape(hidden, 1, 3, 3)

    def forward(self, x, width, expansion, side):
        inputs = x.shape[1]
        hidden = inputs * expansion
        y = F.relu6(self.norm1(F.conv2d(x, self.expand[:hidden, :inputs])))
        y = F.conv2d(y, self.kernel(hidden, side), stride=self.stride, padding=side // 2, groups=hidden)
        y = F.relu6(self.norm2(y))
        y = self.norm3(F.conv2d(y, self.project[:width, :hidden]))
        return y + x if self.stride == 1 and inputs == width else y


class Supernet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.stem_norm = weight(STEM, 3, 3, 3, fan=27), Norm(STEM)
        self.stages, inputs = nn.ModuleList(), STEM
        for (_, width), stride in STAGES:
            self.stages.append(nn.ModuleList([Block(inputs, width, stride), Block(width, width, 1)]))
            inputs = width
        self.head, self.head_norm = weight(HEAD, inputs, 1, 1, fan=inputs), Norm(HEAD)
        self.classifier, self.bias = weight(CLASSES, HEAD, fan=HEAD), nn.Parameter(torch.zeros(CLASSES))

    def forward(self, x, subnet):
        at, depth, expansion, side = subnet
        x = F.relu6(self.stem_norm(F.conv2d(x, self.stem, padding=1)))
        for (widths, _), stage in zip(STAGES, self.stages):
            for block in stage[:depth]:
                x = block(x, widths[at], expansion, side)
        x = F.relu6(self.head_norm(F.conv2d(x, self.head[:, : x.shape[1]])))
        return F.linear(x.mean((2, 3)), self.classifier, self.bias)


def step(net, optimiser, x, targets):
    """Largest with labels, the others with its probabilities; gradients added, one update."""
    optimiser.zero_grad(set_to_none=True)
    soft = None
    for subnet in SUBNETS.values():
        logits = net(x, subnet)
        goal = targets if soft is None else soft
        loss = -(F.log_softmax(logits, 1) * goal).sum(1).mean()
        loss.backward()
        if soft is None:
            soft = F.softmax(logits.detach(), 1)
    optimiser.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--batch", type=int, default=64)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    net = Supernet().to(memory_format=torch.channels_last)
    x = torch.randn(arguments.batch, 3, 32, 32).to(memory_format=torch.channels_last)
    targets = F.one_hot(torch.arange(arguments.batch) % CLASSES, CLASSES).float()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-4)
    seconds, wall = [], []
    for index in range(arguments.steps + 3):
        start, clock = time.process_time(), time.perf_counter()
        step(net, optimiser, x, targets)
        if index >= 3:
            seconds.append(time.process_time() - start)
            wall.append(time.perf_counter() - clock)
    median = statistics.median(seconds)
    print(json.dumps({
        "device": f"torch {torch.__version__}",
        "threads": arguments.threads,
        "cpu_seconds_per_step": median,
        "seconds_per_step": statistics.median(wall),
        "images_per_cpu_second": arguments.batch / median,
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }))


if __name__ == "__main__":
    main()
