#!/usr/bin/env python3
"""Makes the goldens beside this file: what PyTorch computes in float64 for the program's nets.

  oracle.py [NAME …]        all, or those named

Weights, statistics, inputs and dropout masks are not stored: stream.py generates them here, tensor/random.go and
internal/oracle in the tests, with the same bits. NAME.json.gz holds, for eval and train mode, the logits, and the mean and population
standard deviation of every call's output in execution order (before a ReLU in place overwrites it); for train mode also
those of the running statistics after the pass, and the errors of PyTorch itself in float32, since batch statistics of
a few values amplify rounding. Needs PyTorch, torchvision and numpy.
"""
import gzip, hashlib, json, os, sys
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
from torch.overrides import TorchFunctionMode
from nets import check_own_nets, net
from stream import Stream

SEED = 7
DROPOUT_SEED = 5.0  # the value of the scalar input
HERE = os.path.dirname(os.path.abspath(__file__))


def case(arch, shape=(2, 3, 48, 48), classes=20, modes=("eval", "train"), name=None):
    return dict(name=name or arch, arch=arch, shape=shape, classes=classes, modes=modes)


CIFAR = dict(shape=(4, 3, 32, 32), classes=10)
CASES = [
    case("resnet18"),
    case("resnet18", (1, 3, 224, 224), 1000, ("eval",), "resnet18_224"),
    case("resnet18", (3, 1, 75, 53), 7, name="resnet18_odd"),
    case("resnet18_nonorm"),
    case("resnet34"),
    case("resnet34_a"),
    case("resnet34_a", (1, 3, 75, 53), name="resnet34_a_odd"),
    case("resnet34_c"),
    case("plain34"),
    case("resnet50"),
    case("resnet50", (1, 3, 224, 224), 1000, ("eval",), "resnet50_224"),
    case("resnet50_v1"),
    case("resnet50_v1", (2, 3, 75, 53), name="resnet50_v1_odd"),
    case("resnet101"),
    case("resnet18_3x3", (2, 3, 32, 32), 10),
    case("resnet18d"),
    case("resnet50d", (2, 3, 75, 53), name="resnet50d_odd"),
    case("resnext14d_8x8d_1x1x1x1", (2, 3, 53, 43), 7),
    case("resnext50_32x4d"),
    case("wide_resnet50_2"),
    case("preact_resnet18"),
    case("preact_resnet50"),
    case("keras_resnet50"),
    case("resnet50v2"),
    case("resnet50v2", (2, 3, 75, 53), name="resnet50v2_odd"),
    case("cifar_resnet20", **CIFAR),
    case("cifar_resnet20", (2, 1, 33, 29), 3, name="cifar_resnet20_odd"),
    case("cifar_resnet20_a_end", (2, 3, 33, 29), 10),
    case("cifar_resnet26_3x4x5", **CIFAR),
    case("cifar_resnet20_b", **CIFAR),
    case("cifar_plain20", **CIFAR),
    case("cifar_preact_resnet20", **CIFAR),
    case("cifar_preact_resnet29", **CIFAR),
    case("cifar_preact_resnet29_b", **CIFAR),
    case("vgg19", (1, 3, 32, 64), modes=("eval",)),
    case("vgg19_bn", (2, 3, 32, 64)),
]


def fill(model):
    """Weights He normal by fan-in, and batch norms far from 1 and 0: internal/oracle has the same formulas."""

    def normal(name, t, std):
        t.copy_(torch.from_numpy(Stream(SEED, name).normals(t.numel(), std)).reshape(t.shape))

    def uniform(name, t, low, high):
        t.copy_(torch.from_numpy(Stream(SEED, name).uniforms(t.numel(), low, high)))

    for path, m in model.named_modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            normal(path + ".weight", m.weight.data, np.sqrt(2 / m.weight[0].numel()))
            if m.bias is not None:
                normal(path + ".bias", m.bias.data, 0.2)
        if isinstance(m, nn.BatchNorm2d):
            uniform(path + ".weight", m.weight.data, 0.5, 1.5)
            normal(path + ".bias", m.bias.data, 0.2)
            normal(path + ".running_mean", m.running_mean, 0.1)
            uniform(path + ".running_var", m.running_var, 0.5, 1.5)


def moments(t):
    t = t.detach()
    return dict(mean=t.mean().item(), std=t.std(unbiased=False).item())


class Watch(TorchFunctionMode):
    """Records every call of a leaf module, and the calls that aren't modules: add, pad (of channels) and flatten."""

    def __init__(self, model):
        super().__init__()
        self.layers, self.stack, self.hooks = [], [], []
        for path, m in model.named_modules():
            self.hooks.append(m.register_forward_pre_hook(lambda m, x, path=path: self.stack.append(path)))
            self.hooks.append(m.register_forward_hook(lambda m, x, y: self.leave(m, y)))

    def leave(self, m, y):
        path = self.stack.pop()
        if not list(m.children()) and not isinstance(m, nn.Identity):
            self.record(path, y)

    def record(self, path, y):
        call = sum(l["path"] == path for l in self.layers)
        self.layers.append(dict(path=path, call=call, shape=list(y.shape), **moments(y)))

    def __torch_function__(self, func, types, args=(), kwargs=None):
        y = func(*args, **(kwargs or {}))
        name = {torch.Tensor.add: "add", torch.Tensor.add_: "add", F.pad: "pad", torch.flatten: "flatten",
                torch.Tensor.flatten: "flatten"}.get(func)
        if name == "pad" and y.shape[1] == args[0].shape[1]:
            name = None  # Keras's padding of images is part of the layer after it
        if name and y.is_floating_point():
            self.record(".".join(filter(None, [self.stack[-1], name])), y)
        return y

    def close(self):
        for h in self.hooks:
            h.remove()


def share_dropout(model):
    """Gives dropout the program's mask, which depends on the seed, the path and the element alone."""
    for path, m in model.named_modules():
        if isinstance(m, nn.Dropout):
            key = int(np.float32(DROPOUT_SEED).view(np.uint32))

            def forward(x, m=m, stream=Stream(key, path)):
                if not m.training:
                    return x
                keep = stream.uniform(x.numel()) >= m.p
                return x * torch.from_numpy(keep).reshape(x.shape) / (1 - m.p)

            m.forward = forward


def run(model, x, train):
    model.train(train)
    watch = Watch(model)
    with torch.no_grad(), watch:
        logits = model(x)
    watch.close()
    result = dict(logits=logits.tolist(), layers=watch.layers)
    if train:
        result["running"] = [dict(path=n, **moments(b)) for n, b in model.named_buffers() if "running" in n]
    return result


def difference(a, b):
    """What internal/oracle measures: the relative RMS of logits, the largest difference of moments in deviations."""
    la, lb = np.array(a["logits"]), np.array(b["logits"])
    worst = lambda key: max((max(abs(p["mean"] - q["mean"]), abs(p["std"] - q["std"])) / p["std"]
                             for p, q in zip(a[key], b[key])), default=0)
    return dict(logits=np.sqrt(((la - lb) ** 2).sum() / (la**2).sum()), layers=worst("layers"), running=worst("running"))


def golden(c):
    model = net(c["arch"], c["classes"], c["shape"][1])
    fill(model)
    share_dropout(model)
    x = torch.from_numpy(Stream(SEED, "input").normals(int(np.prod(c["shape"])), 1.0)).reshape(c["shape"])
    g = dict(name=c["name"], arch=c["arch"], shape=c["shape"], classes=c["classes"])
    single = run(model, x, True) if "train" in c["modes"] else None
    fill(model)  # the pass has moved the running statistics
    model = model.double()
    for mode in c["modes"]:
        g[mode] = run(model, x.double(), mode == "train")
    if single:
        g["train"]["float32"] = difference(g["train"], single)
    return g


def stream_golden():
    """Hashes of long runs of numbers, to compare the two generators."""
    rows = []
    for seed, name in ((1, "conv1.weight"), (7, "layer1.0.conv1.weight"), ((1 << 63) + 5, "")):
        s = Stream(seed, name)
        rows.append(dict(seed=seed, name=name, bits=["%016x" % b for b in s.bits(3)],
                         normals=hashlib.sha256(s.normals(300000, 0.3).tobytes()).hexdigest(),
                         uniforms=hashlib.sha256(s.uniforms(300000, 0.5, 1.5).tobytes()).hexdigest()))
    return rows


def save(name, value):
    with open(os.path.join(HERE, name + ".json.gz"), "wb") as f:
        f.write(gzip.compress(json.dumps(value, separators=(",", ":")).encode(), 9, mtime=0))


if __name__ == "__main__":
    torch.set_num_threads(2)
    check_own_nets()
    wanted = sys.argv[1:]
    if not wanted:
        save("stream", stream_golden())
    for c in CASES:
        if not wanted or c["name"] in wanted:
            g = golden(c)
            save(c["name"], g)
            last = g[c["modes"][0]]["layers"][-1]
            print("%-24s %4d calls, logits %.3g ± %.3g" % (c["name"], len(g["eval"]["layers"]), last["mean"], last["std"]), flush=True)
