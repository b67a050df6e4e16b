#!/usr/bin/env python3
"""Makes bf16.json: how far PyTorch's bf16 autocast on the CPU is from PyTorch in float64.

  bf16.py [NAME …]        all, or those named

Nets, weights and inputs are those of oracle.py. "logits" is the relative RMS of the logits in eval mode. "step" is of
one in train mode: the relative error of the loss, the relative RMS over all gradients of parameters together, and the
median and the largest of the parameters' own. Gradients below a thousandth of the largest norm are measured relative to
that, as gradients.py does.
"""
import json, os, sys
import numpy as np, torch, torch.nn.functional as F
from nets import net
from oracle import HERE, SEED, fill, share_dropout
from stream import Stream

FILE = os.path.join(HERE, "bf16.json")
# Steps are of nets whose batch statistics are of a hundred values or more: those of few amplify any rounding to
# gradients that say nothing.
CASES = [dict(arch=arch, shape=shape, classes=classes, step=step) for arch, shape, classes, step in (
    ("cifar_resnet20", (16, 3, 32, 32), 10, True),
    ("cifar_preact_resnet20", (16, 3, 32, 32), 10, True),
    ("cifar_plain20", (16, 3, 32, 32), 10, True),
    ("cifar_resnet56", (8, 3, 32, 32), 10, True),
    ("resnet18", (4, 3, 96, 96), 100, True),
    ("resnet18_nonorm", (4, 3, 64, 64), 100, True),
    ("preact_resnet18", (4, 3, 96, 96), 100, True),
    ("resnet50", (4, 3, 64, 64), 100, False),
    ("plain34", (4, 3, 64, 64), 100, False),
    ("resnext50_32x4d", (4, 3, 64, 64), 100, False),
    ("wide_resnet50_2", (4, 3, 64, 64), 100, False),
)]


def inputs(c):
    x = torch.from_numpy(Stream(SEED, "input").normals(int(np.prod(c["shape"])), 1.0)).reshape(c["shape"])
    target = [int(u * c["classes"]) for u in Stream(SEED, "target").uniform(c["shape"][0])]
    return x, torch.tensor(target)


def run(c, exact):
    model = net(c["arch"], c["classes"], c["shape"][1])
    fill(model)
    share_dropout(model)
    x, target = inputs(c)
    if exact:
        model, x = model.double(), x.double()
    with torch.autocast("cpu", torch.bfloat16, enabled=not exact):
        with torch.no_grad():
            logits = model.eval()(x)
        if not c["step"]:
            return logits.double(), None, None
        loss = F.cross_entropy(model.train()(x), target)
    loss.backward()
    return logits.double(), loss.item(), {n: p.grad.double() for n, p in model.named_parameters()}


def figures(c):
    logits, loss, grads = run(c, True)
    got_logits, got_loss, got = run(c, False)
    row = dict(arch=c["arch"], shape=c["shape"], classes=c["classes"])
    row["logits"] = rounded(((got_logits - logits).norm() / logits.norm()).item())
    if not c["step"]:
        return row
    off = {n: (got[n] - g).norm().item() for n, g in grads.items()}
    size = {n: g.norm().item() for n, g in grads.items()}
    least = 1e-3 * max(size.values())
    each = [off[n] / max(size[n], least) for n in grads]
    whole = np.linalg.norm(list(off.values())) / np.linalg.norm(list(size.values()))
    step = dict(loss=abs(got_loss / loss - 1), gradients=whole, median=np.median(each), largest=max(each))
    return dict(row, step={k: rounded(v) for k, v in step.items()})


def rounded(x):
    return float("%.4g" % x)


if __name__ == "__main__":
    torch.set_num_threads(2)
    rows = {r["arch"]: r for r in json.load(open(FILE))["nets"]} if os.path.exists(FILE) else {}
    for c in CASES:
        if not sys.argv[1:] or c["arch"] in sys.argv[1:]:
            rows[c["arch"]] = r = figures(c)
            print(r, flush=True)
    with open(FILE, "w") as f:
        lines = ",\n".join(json.dumps(rows[c["arch"]]) for c in CASES if c["arch"] in rows)
        f.write('{"torch": "%s", "nets": [\n%s\n]}\n' % (torch.__version__, lines))
