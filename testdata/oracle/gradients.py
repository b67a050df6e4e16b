#!/usr/bin/env python3
"""Makes the goldens in gradients/: what PyTorch's autograd computes in float64 for the nets of oracle.py, for every
combination of block, variant, shortcut and normalisation in nets of two blocks per stage, for groups, and for deep nets.

  gradients.py [NAME …]        all, or those named

For each mode: the loss for seeded classes; for the gradient of every parameter and of the image, the L2 norm and the
scalar product with a seeded direction, which reveals wrong elements that a norm may hide; for every residual block, the
norms that run --backward prints. For two small nets also every element, as float32. "float32" has the errors of PyTorch
itself in float32: deep nets with the statistics of a small batch are ill-conditioned, so more can't be expected.
"""
import base64, gzip, json, os, re, sys
import numpy as np, torch, torch.nn.functional as F
from nets import net
from oracle import CASES, HERE, SEED, fill, share_dropout
from stream import Stream

DIRECTION_SEED = 8
SMALL = dict(shape=(3, 3, 12, 11), classes=5, modes=("eval", "train"), elements=True)
SMALL_CASES = [dict(SMALL, name=arch + "_small", arch=arch) for arch in ("cifar_resnet8_b", "cifar_preact_resnet8")]
EVAL = ("resnet18", "resnet18d", "preact_resnet18", "cifar_resnet20", "cifar_resnet8_b_small", "cifar_preact_resnet8_small")
LEFT_OUT = ("resnet34_a", "resnet50_v1", "resnet50v2",  # the same nets are there with an odd image
            "plain34", "resnet101")  # and these with a larger one


def training(arch, shape, classes=7):
    return dict(name=arch, arch=arch, shape=shape, classes=classes, modes=("train",))


def geometries():
    for pre, tail in (("", "14"), ("preact_", "14"), ("", "20_bottleneck"), ("", "20_v1_bottleneck"), ("preact_", "20_bottleneck")):
        for stem, shortcut in (("resnet", ""), ("resnet", "_a_end"), ("resnet", "_b"), ("resnet", "_c"), ("resnet", "_d"), ("plain", "")):
            for norm in ("", "_nonorm"):
                yield training("cifar_" + pre + stem + tail + shortcut + norm, (4, 3, 12, 11))
    for arch in ("resnext50_3x5d", "resnext50_3x5d_a", "resnext50_3x5d_c", "resnext50_3x5d_d", "plainext50_3x5d", "resnext50_3x5d_nonorm", "resnext50_3x5d_v1",
                 "preact_resnext50_3x5d", "preact_resnext50_1x24d"):
        yield training(arch, (8, 3, 65, 57) if arch.startswith("plain") else (3, 3, 43, 39))  # a plain net amplifies rounding


def others():
    for arch in ("cifar_resnet110", "cifar_preact_resnet110", "cifar_preact_resnet164"):
        yield training(arch, (4, 3, 12, 11))
    # Statistics of eight values amplify the rounding of a hundred layers, or of layers without skips, beyond comparison.
    for arch, n in dict(plain34=4, resnet101v2=4, resnext101_32x8d=4, resnet101=8, resnet152=8, keras_resnet101=8).items():
        yield training(arch, (n, 3, 64, 64))
    yield training("vgg19", (1, 3, 32, 64), 20)


class Blocks:
    """Separates the two paths of each residual block: the branch takes a copy of what both start from."""

    def __init__(self, model):
        self.blocks = {}
        v2 = getattr(model, "v2", False)
        for path, m in model.named_modules():
            if re.fullmatch(r"layer\d+\.\d+", path):
                b = self.blocks[path] = dict(plain=getattr(m, "kind", "") == "none")
                shared = v2 and getattr(m, "kind", "") == "projection"
                entry = m.bn1 if v2 and not shared else m.conv1
                m.register_forward_pre_hook(lambda m, x, b=b: self.keep(b, "x", x[0]))
                entry.register_forward_pre_hook(lambda m, x, b=b: self.fork(b, x[0]))
                m.register_forward_hook(lambda m, x, y, b=b: self.keep(b, "y", y))

    def keep(self, b, name, t):
        t.retain_grad()
        b[name] = t

    def fork(self, b, t):
        self.keep(b, "start", t)
        self.keep(b, "branch", t.clone())
        return (b["branch"],)

    def norms(self):
        rows = []
        ends = {path: (size(b["y"].grad), size(b["x"].grad)) for path, b in self.blocks.items()}  # autograd.grad adds to them
        for path, b in self.blocks.items():
            branch = b["branch"].grad
            skip = b["start"].grad - branch
            if b["start"] is not b["x"]:  # both go back through the normalisation that they share
                branch, skip = (torch.autograd.grad(b["start"], b["x"], g, retain_graph=True)[0] for g in (branch, skip))
            row = dict(path=path, grad_out=ends[path][0], grad_in=ends[path][1], grad_branch=size(branch))
            if not b["plain"]:
                row["grad_skip"] = size(skip)
                row["dot"] = (branch * skip).sum().item()
            rows.append(row)
        return rows


def size(t):
    return t.double().norm().item()


def figures(name, t, elements):
    t = t.detach().double().flatten()
    direction = torch.from_numpy(Stream(DIRECTION_SEED, name).normals(t.numel(), 1.0)).double()
    row = dict(name=name, norm=size(t), dot=(t @ direction).item())
    if elements:
        row["elements"] = base64.b64encode(t.numpy().astype("<f4").tobytes()).decode()
    return row


def run(c, train, dtype):
    model = net(c["arch"], c["classes"], c["shape"][1])
    fill(model)
    share_dropout(model)
    model = model.to(dtype).train(train)
    x = torch.from_numpy(Stream(SEED, "input").normals(int(np.prod(c["shape"])), 1.0)).reshape(c["shape"]).to(dtype)
    x.requires_grad_()
    target = [int(u * c["classes"]) for u in Stream(SEED, "target").uniform(c["shape"][0])]
    blocks = Blocks(model)
    loss = F.cross_entropy(model(x), torch.tensor(target))
    loss.backward(retain_graph=True)
    elements = c.get("elements", False)
    return dict(loss=loss.item(), target=target, input=figures("input", x.grad, elements),
                params=[figures(n, p.grad, elements) for n, p in model.named_parameters()], blocks=blocks.norms())


def off(got, want, scale):
    return abs(got - want) / scale


def float32_error(exact, single):
    """The largest relative errors; a gradient that is zero except for rounding is measured relative to the largest of the net."""
    least = 1e-3 * max(p["norm"] for p in exact["params"])
    params = [(e, s, max(e["norm"], least)) for e, s in zip(exact["params"], single["params"])]
    params_and_input = params + [(exact["input"], single["input"], exact["input"]["norm"])]
    blocks = [(e[k], s[k]) for e, s in zip(exact["blocks"], single["blocks"]) for k in e if k not in ("path", "dot")]
    return dict(loss=off(single["loss"], exact["loss"], exact["loss"]),
                norms=max(off(s["norm"], e["norm"], scale) for e, s, scale in params_and_input),
                directions=max(off(s["dot"], e["dot"], scale) for e, s, scale in params_and_input),
                blocks=max([off(s, e, e) for e, s in blocks] + [0]))


def save(name, value):
    os.makedirs(os.path.join(HERE, "gradients"), exist_ok=True)
    with open(os.path.join(HERE, "gradients", name + ".json.gz"), "wb") as f:
        f.write(gzip.compress(json.dumps(value, separators=(",", ":")).encode(), 9, mtime=0))


if __name__ == "__main__":
    torch.set_num_threads(1)
    wanted = sys.argv[1:]
    cases = [c for c in CASES if c["name"] not in LEFT_OUT] + SMALL_CASES + [*geometries(), *others()]
    for c in sorted(cases, key=lambda c: not c["name"].startswith("cifar")):
        modes = [m for m in c["modes"] if m == "train" or c["name"] in EVAL]
        if not modes or wanted and c["name"] not in wanted:
            continue
        g = dict(name=c["name"], arch=c["arch"], shape=c["shape"], classes=c["classes"])
        for mode in modes:
            exact = run(c, mode == "train", torch.float64)
            exact["float32"] = float32_error(exact, run(c, mode == "train", torch.float32))
            g[mode] = exact
            print("%-28s %-5s loss %.4g, float32 off by %s" % (c["name"], mode, exact["loss"], {k: "%.1g" % v for k, v in exact["float32"].items()}), flush=True)
        save(c["name"], g)
