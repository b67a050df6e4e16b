#!/usr/bin/env python3
"""Makes the goldens in inspections/: what PyTorch computes in float64 of what `inspect` shows.

  inspections.py [NAME …]        all, or those named

For each net, in eval mode: statistics of every call's output, of every parameter and of its gradient; Grad-CAM with the
parts of skip and branch; the score's gradient and its integral; for small nets also an occlusion map, the areas under
deletion and insertion, the values that excite channels most, and fields of units. similarity.json.gz has CKA of a net
with itself and with its plain twin. "float32" has the errors of PyTorch itself in float32, relative to a map's range.

Weights are oracle.py's, with a calmer classifier, and each image has a seed of its own: of many, those are taken whose
values stay farthest from where a ReLU or a max pool changes sides. Gradients jump there, and rounding must not decide
between two right answers.
"""
import base64, gzip, json, os, sys
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
import nets
from oracle import HERE, SEED, Watch, fill
from stream import Stream

STEPS = 32  # of integrated gradients, and of deletion and insertion
CANDIDATES = 100  # images, of which those with the largest margins are taken
DOUBLE = torch.float64


def case(arch, shape, classes, at, channels, units=(), patch=None, images=12):
    """images is of how many PyTorch's error in integrated gradients is taken."""
    return dict(arch=arch, shape=shape, classes=classes, at=at, channels=channels, units=units, patch=patch, images=images)


SMALL = dict(shape=(2, 3, 12, 11), classes=5, patch=(5, 3), at=("layer3.0", "layer2.0", "layer1.0.conv1"), channels=("layer2.0", "layer3.0.conv1"),
             units=(("layer3.0", 25, 2, 1), ("layer2.0", 17, 0, 4), ("layer1.0", 2, 9, 4), ("conv1", 3, 11, 0), ("layer3.0.conv1", 12, 2, 2)))
CIFAR = dict(shape=(2, 3, 32, 32), classes=10)
CASES = [
    case("cifar_resnet8_b", **SMALL),
    case("cifar_preact_resnet8", **SMALL),
    case("cifar_preact_resnet8_b", **SMALL),
    case("cifar_plain8", **SMALL),
    case("cifar_resnet11_bottleneck", **SMALL),
    case("cifar_resnet20", **CIFAR, at=("layer3.2", "layer2.1", "layer2.0"), channels=("layer2.0", "layer3.2.conv2"), patch=(10, 6),
         units=(("layer3.2", 25, 3, 4), ("layer2.0", 18, 0, 15), ("layer1.1", 2, 20, 9), ("layer3.0.conv1", 40, 7, 7))),
    case("cifar_preact_resnet20", **CIFAR, at=("layer3.2", "layer2.0"), channels=("layer3.1",), units=(("layer3.2", 25, 4, 3), ("layer2.0", 20, 8, 1))),
    case("cifar_plain20", **CIFAR, at=("layer3.2", "layer2.0"), channels=("layer2.1",), units=(("layer2.2", 6, 3, 12),)),
    case("resnet18", (2, 3, 48, 48), 20, at=("layer4.1", "layer2.0"), channels=("layer3.0",), units=(("layer2.1", 30, 2, 3), ("maxpool", 8, 0, 11)), images=4),
    case("resnet50", (2, 3, 48, 48), 20, at=("layer4.2", "layer3.0"), channels=("layer2.0",), units=(("layer2.3", 100, 1, 4),), images=4),
]


def build(arch, classes, dtype, calm=1):
    model = nets.own(arch, classes, 3)
    fill(model)
    model.fc.weight.data /= calm
    model.fc.bias.data /= calm
    return model.to(dtype).eval()


def calmness(c):
    """The power of two by which the classifier must be divided for probabilities that are neither 0 nor 1."""
    with torch.no_grad():
        logits = build(c["arch"], c["classes"], DOUBLE)(image(SEED, c["shape"]).double())
    return 2 ** round(np.log2(logits.std().item()))


def image(seed, shape):
    return torch.from_numpy(Stream(seed, "input").normals(int(np.prod(shape)), 1.0)).reshape(shape)


def batch(seeds, shape):
    return torch.cat([image(s, (1, *shape[1:])) for s in seeds])


class Branch(torch.autograd.Function):
    """The identity, whose gradient is scaled: a polynomial in the scale separates paths by their number of branches."""

    @staticmethod
    def forward(ctx, y, scale):
        ctx.scale = scale
        return y.clone()

    @staticmethod
    def backward(ctx, g):
        return g * ctx.scale, None


class Blocks:
    """While it is entered: keeps what the skip and the branch of each block bring, and scales the branches' gradients."""

    def __init__(self, model, scale=1.0):
        self.model, self.scale = model, scale
        self.paths = {m: path for path, m in model.named_modules()}
        self.skip, self.branch = {}, {}

    def __enter__(self):
        self.join = nets.Skip.join
        nets.Skip.join = lambda m, y, x, activated: self.add(m, y, x, activated)
        return self

    def __exit__(self, *_):
        nets.Skip.join = self.join

    def add(self, m, y, x, activated):
        y = Branch.apply(y, self.scale)
        if m.kind == "none":
            return y
        skip = self.join(m, torch.zeros_like(y), x, activated)
        self.skip[self.paths[m]], self.branch[self.paths[m]] = skip.detach(), y.detach()
        return y + skip


class Outputs:
    """Keeps the outputs of the modules of some paths: of a module that is called twice, the last."""

    def __init__(self, model, paths):
        self.kept, self.hooks = {}, []
        modules = dict(model.named_modules())
        for path in paths:
            self.hooks.append(modules[path].register_forward_hook(lambda m, x, y, path=path: self.keep(path, y)))

    def keep(self, path, y):
        y = y.clone()  # a ReLU in place must not change it
        if y.requires_grad:
            y.retain_grad()
        self.kept[path] = y
        return y

    def close(self):
        for h in self.hooks:
            h.remove()


def forward(model, x, paths):
    out = Outputs(model, paths)
    logits = model(x)
    out.close()
    return logits, out.kept


# Statistics


def histogram(v):
    """Counts by sign and power of two, as the command line has them."""
    v = v.flatten()
    exponents = np.frexp(np.abs(v[v != 0]))[1] - 1
    if not exponents.size:
        return dict(first=0, negative=[], positive=[], zero=int(v.size))
    first, n = int(exponents.min()), int(np.ptp(exponents)) + 1
    count = lambda side: np.bincount(exponents[side] - first, minlength=n).tolist()
    return dict(first=first, negative=count(v[v != 0] < 0), positive=count(v[v != 0] > 0), zero=int((v == 0).sum()))


def statistics(t):
    v = t.detach().double().numpy()
    return dict(shape=list(v.shape), mean=v.mean(), std=v.std(), min=v.min(), max=v.max(), l2=np.sqrt((v * v).sum()), histogram=histogram(v))


def per_channel(path, t):
    v = t.detach().double().numpy()
    return dict(path=path, mean=v.mean((0, 2, 3)).tolist(), std=v.std((0, 2, 3)).tolist(), max=v.max((0, 2, 3)).tolist(),
                zeros=(v == 0).sum((0, 2, 3)).tolist())


class Everything(Watch):
    """Describes every call's output."""

    def record(self, path, y):
        call = sum(l["path"] == path for l in self.layers)
        self.layers.append(dict(path=path, call=call, **statistics(y)))


def stats(c, x, model):
    watch = Everything(model)
    with torch.no_grad(), watch:
        model(x)
    watch.close()
    with torch.no_grad():
        _, kept = forward(model, x, c["channels"])
    target = [int(u * c["classes"]) for u in Stream(SEED, "target").uniform(c["shape"][0])]
    loss = F.cross_entropy(model(x), torch.tensor(target))
    params = dict(model.named_parameters())
    gradients = torch.autograd.grad(loss, list(params.values()))
    return dict(layers=watch.layers, target=target, channels=[per_channel(p, t) for p, t in kept.items()],
                params=[dict(name=n, **statistics(p)) for n, p in params.items()],
                gradients=[dict(name=n, **statistics(g)) for n, g in zip(params, gradients)])


def stats_error(exact, single):
    """The largest differences, relative to a tensor's deviation (L2: to itself)."""
    worst = {}
    for key in ("layers", "gradients"):
        for e, s in zip(exact[key], single[key]):
            for what in ("mean", "std", "min", "max", "l2"):
                scale = e["l2"] if what == "l2" else e["std"] if np.prod(e["shape"]) > 1 else abs(e["mean"])
                worst[key] = max(worst.get(key, 0), abs(s[what] - e[what]) / scale if scale else 0)
    return worst


# Explanations


def gradcam(model, x, cls, paths):
    """Selvaraju et al. 2017, before the ReLU, and what a block's skip and branch bring to it."""
    with Blocks(model) as blocks:
        logits, kept = forward(model, x, paths)
    logits[0, cls].backward()
    maps = []
    for path in paths:
        a = kept[path]
        w = a.grad.mean((2, 3), keepdim=True)
        row = dict(at=path, map=(w * a).sum(1)[0].detach())
        if path in blocks.skip:
            mask = 1.0 if model.v2 else (a > 0)
            row["skip"], row["branch"] = ((w * mask * part[path]).sum(1)[0].detach() for part in (blocks.skip, blocks.branch))
        maps.append(row)
    return maps


def gradient(model, x, cls):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(model(x)[:, cls].sum(), x)[0]


def score(model, x, cls):
    with torch.no_grad():
        return model(x)[0, cls].item()


def integrated(model, x, cls):
    """Sundararajan et al. 2017, from a black image, by the midpoint rule."""
    total = sum(gradient(model, x * ((i + 0.5) / STEPS), cls) for i in range(STEPS))
    return x * total / STEPS


def occlusion(model, x, cls, patch, stride):
    whole = score(model, x, cls)
    rows = []
    for i in range(0, x.shape[2], stride):
        rows.append([])
        for j in range(0, x.shape[3], stride):
            without = x.clone()
            without[:, :, i : i + patch, j : j + patch] = 0
            rows[-1].append(whole - score(model, without, cls))
    return torch.tensor(rows, dtype=DOUBLE)


def areas(model, x, cls, heat):
    """Under the class's probability while pixels are deleted, and inserted into black, the most important first."""
    heat = F.interpolate(heat[None, None].float().double(), x.shape[2:], mode="bilinear", align_corners=False).flatten()
    heat = heat.float()  # at the edges, values are the same but for rounding: let them be the same
    order = torch.argsort(heat, descending=True, stable=True)
    curves = []
    for deleting in (True, False):
        curve = []
        for step in range(STEPS + 1):
            first = torch.zeros(heat.numel(), dtype=torch.bool)
            first[order[: step * heat.numel() // STEPS]] = True
            shown = ~first if deleting else first
            with torch.no_grad():
                curve.append(model(x * shown.reshape(x.shape[2:]))[0].softmax(0)[cls].item())
        curves.append(np.trapezoid(curve, dx=1 / STEPS))
    return dict(deletion=curves[0], insertion=curves[1])


def explain(c, x, cls, model):
    """All explanations of one image, as tensors; x is 1×C×H×W."""
    model.zero_grad()
    r = dict(score=score(model, x, cls), black=score(model, torch.zeros_like(x), cls), gradcam=gradcam(model, x, cls, c["at"]),
             gradient=gradient(model, x, cls)[0], integrated=integrated(model, x, cls)[0])
    r["completeness"] = (r["integrated"].sum().item() - (r["score"] - r["black"])) / abs(r["score"] - r["black"])
    if c["patch"]:
        r["patch"], r["stride"] = c["patch"]
        r["occlusion"] = occlusion(model, x, cls, r["patch"], r["stride"])
        heat = dict(gradcam=r["gradcam"][0]["map"], gradient=r["gradient"].abs().amax(0), integrated=r["integrated"].sum(0))
        r["areas"] = {method: areas(model, x, cls, h) for method, h in heat.items()}
    return r


def off(exact, single):
    """The largest difference of two maps, relative to the range of the first."""
    return ((single.double() - exact).abs().max() / (exact.max() - exact.min() if exact.numel() > 1 else exact.abs().max())).item()


def integrated_error(c, exact, single):
    """PyTorch's largest error in a few images: of the millions of values on the way from black, rounding changes the sides
    of some, or of none."""
    images = [image(seed, (1, *c["shape"][1:])) for seed in range(c["images"])]
    return max(off(integrated(exact, x.double(), 0), integrated(single, x, 0)) for x in images)


def explain_error(exact, single):
    cams = [off(e[k], s[k]) for e, s in zip(exact["gradcam"], single["gradcam"]) for k in ("map", "skip", "branch") if k in e]
    return dict(gradcam=max(cams), **{k: off(exact[k], single[k]) for k in ("gradient", "integrated", "occlusion") if k in exact})


def packed(t):
    return base64.b64encode(t.numpy().astype("<f4").tobytes()).decode()


def explained(exact, single):
    """The explanations as JSON has them: large maps as float32."""
    g = dict(exact, float32=explain_error(exact, single))
    g["gradcam"] = [{k: v if k == "at" else v.tolist() for k, v in row.items()} for row in exact["gradcam"]]
    for key in ("gradient", "integrated"):
        g[key] = packed(exact[key])
    if "occlusion" in exact:
        g["occlusion"] = exact["occlusion"].tolist()
    return g


# Fields


def box(nonzero):
    """The bounding box of what is true in H×W; bottom and right are exclusive."""
    rows, columns = (np.flatnonzero(nonzero.any(axis)) for axis in (1, 0))
    if not rows.size:
        return None
    return dict(top=int(rows[0]), left=int(columns[0]), bottom=int(rows[-1]) + 1, right=int(columns[-1]) + 1)


def mass(magnitude, share):
    """The smallest square around the largest magnitude, cut at the edge, that holds a share of the sum."""
    y, x = np.unravel_index(magnitude.argmax(), magnitude.shape)
    for r in range(max(magnitude.shape)):
        top, left, bottom, right = max(y - r, 0), max(x - r, 0), min(y + r + 1, magnitude.shape[0]), min(x + r + 1, magnitude.shape[1])
        if magnitude[top:bottom, left:right].sum() >= share * magnitude.sum():
            return dict(share=share, top=int(top), left=int(left), bottom=int(bottom), right=int(right))


def unit_gradient(model, x, unit, scale=1.0):
    path, c, y, column = unit
    x = x.clone().requires_grad_()
    with Blocks(model, scale):
        _, kept = forward(model, x, [path])
    return torch.autograd.grad(kept[path][0, c, y, column], x)[0][0]


def split(model, x, unit, n):
    """The unit's gradient by the number of branches that it came through: the coefficients of a polynomial in their scale."""
    nodes = np.cos((np.arange(n + 1) + 0.5) * np.pi / (n + 1))
    values = np.stack([unit_gradient(model, x, unit, t).numpy() for t in nodes])
    parts = np.linalg.solve(np.vander(nodes, increasing=True), values.reshape(n + 1, -1))
    return [float(np.linalg.norm(p)) for p in parts]


def depth(model, path):
    """The number of blocks up to that of a path, which must be a block."""
    blocks = [p for p, m in model.named_modules() if isinstance(m, nets.Skip)]
    return blocks.index(path) + 1 if path in blocks else None


class Spread(nn.Module):
    """A max pool whose gradient reaches its whole window."""

    def __init__(self, pool):
        super().__init__()
        self.pool = nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding)

    def forward(self, x):
        return self.pool(x)


def reach(arch, path, y, column, size=640):
    """The theoretical field: what reaches the unit in a linear net of ones on a canvas without end. The unit is moved into
    its middle by a multiple of the stride, and the box back."""
    model = build(arch, 2, DOUBLE)
    for m in list(model.modules()):
        for name, child in list(m.named_children()):
            if isinstance(child, nn.ReLU):
                setattr(m, name, nn.Identity())
            if isinstance(child, nn.MaxPool2d):
                setattr(m, name, Spread(child))
        if isinstance(m, (nn.Conv2d, nn.BatchNorm2d)):
            m.weight.data.fill_(1.0)
    for m in model.modules():
        if isinstance(m, nn.Conv2d):  # one channel is as good as all, and much faster
            m.weight.data = m.weight.data[:1, :1]
            m.groups = 1
        if isinstance(m, nn.BatchNorm2d):
            for t in (m.weight, m.bias, m.running_mean, m.running_var):
                t.data = torch.ones_like(t.data[:1])
        if isinstance(m, nets.Skip):
            m.grow = m.before = 0
            m.kind = "pad" if m.kind == "pad" else m.kind
    x = torch.zeros((1, 1, size, size), dtype=DOUBLE, requires_grad=True)
    out = Outputs(model, [path])
    model.fc = nn.Identity()
    model(x)
    out.close()
    a = out.kept[path]
    middle = a.shape[2] // 2
    stride = size // a.shape[2]
    g = torch.autograd.grad(a[0, 0, middle, middle], x)[0][0, 0]
    b = box((g != 0).numpy())
    return dict(top=b["top"] - (middle - y) * stride, left=b["left"] - (middle - column) * stride,
                bottom=b["bottom"] - (middle - y) * stride, right=b["right"] - (middle - column) * stride)


def field(c, x, model, unit):
    g = unit_gradient(model, x, unit).numpy()
    magnitude = np.abs(g).sum(0)
    row = dict(at=unit[0], unit=unit[1:], box=reach(c["arch"], unit[0], *unit[2:]), support=box(magnitude != 0), norm=float(np.linalg.norm(g)),
               sum=float(g.sum()), mass=[mass(magnitude, s) for s in (0.5, 0.9, 0.99)] if magnitude.any() else [])
    n = depth(model, unit[0])
    if n and "plain" not in c["arch"]:
        row["branches"] = split(model, x, unit, n)
    return row


# What excites channels


def excite(c, model, images=16, top=3):
    at = ("conv1", *c["at"][:2])
    with torch.no_grad():
        _, kept = forward(model, image(SEED, (images, *c["shape"][1:])).double(), at)
    rows = []
    for path in at:
        channels = []
        for plane in kept[path].transpose(0, 1):  # images×H×W
            values, where = plane.flatten(1).max(1)
            order = torch.argsort(values, descending=True, stable=True)[:top].tolist()
            channels.append([dict(image=i, value=values[i].item(), y=where[i].item() // plane.shape[2], x=where[i].item() % plane.shape[2])
                             for i in order])
        rows.append(dict(at=path, top=channels, origin=reach(c["arch"], path, 0, 0)))
    return dict(images=images, rows=rows)


# Similarity


def hsic_biased(k, l):
    h = np.eye(len(k)) - 1 / len(k)
    return np.trace(k @ h @ l @ h) / (len(k) - 1) ** 2


def hsic_debiased(k, l):
    """Song et al. 2012, equation 5."""
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    one = np.ones(n)
    cross = (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ k @ l @ one)
    return (np.trace(k @ l) + cross) / (n * (n - 3))


def cka(a, b, hsic):
    """Kornblith et al. 2019, section 3, of linear kernels; debiased as in Nguyen et al. 2021, equation 3."""
    return [[hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l)) for l in b] for k in a]


def grams(arch, images, shape, classes, dtype):
    model = build(arch, classes, dtype)
    first = "conv1" if model.v2 else "relu"
    paths = [first] + [p for p, m in model.named_modules() if isinstance(m, nets.Skip)] + ["avgpool"]
    with torch.no_grad():
        _, kept = forward(model, image(SEED, (images, *shape)).to(dtype), paths)
    features = [kept[p].flatten(1).double().numpy() for p in paths]
    return paths, [f @ f.T for f in features]


def similarity(images=10, shape=(3, 32, 32), classes=10):
    rows = []
    for one, other in (("cifar_resnet20", "cifar_resnet20"), ("cifar_resnet20", "cifar_plain20"), ("cifar_preact_resnet20", "cifar_resnet20")):
        (paths, a), (others, b) = (grams(arch, images, shape, classes, DOUBLE) for arch in (one, other))
        (_, a32), (_, b32) = (grams(arch, images, shape, classes, torch.float32) for arch in (one, other))
        row = dict(a_arch=one, b_arch=other, a=paths, b=others, biased=cka(a, b, hsic_biased), debiased=cka(a, b, hsic_debiased))
        row["float32"] = {e: np.abs(np.array(row[e]) - cka(a32, b32, f)).max()
                          for e, f in (("biased", hsic_biased), ("debiased", hsic_debiased))}
        rows.append(row)
        print("%s, %s: debiased %.3f … %.3f, float32 off by %s" % (one, other, np.min(row["debiased"]), np.max(row["debiased"]), row["float32"]))
    return dict(images=images, shape=(images, *shape), classes=classes, rows=rows)


# Seeds


def margin(model, x):
    """How near the closest value is to where a ReLU or a max pool changes sides, relative to the RMS of its layer."""
    least, hooks = [], []

    def relu(m, args):
        v = args[0].detach()
        least.append((v.abs().min() / v.square().mean().sqrt()).item())

    def pool(m, args):
        v = F.pad(args[0].detach(), [m.padding] * 4)
        top = v.unfold(2, m.kernel_size, m.stride).unfold(3, m.kernel_size, m.stride).flatten(4).topk(2).values
        gap = (top[..., 0] - top[..., 1])[top[..., 0] > 0]  # of windows of zeros the gradient ends at the ReLU before
        least.append((gap.min() / v.square().mean().sqrt()).item())

    for m in model.modules():
        if isinstance(m, (nn.ReLU, nn.MaxPool2d)):
            hooks.append(m.register_forward_pre_hook(relu if isinstance(m, nn.ReLU) else pool))
    with torch.no_grad():
        model(x)
    for h in hooks:
        h.remove()
    return min(least)


def choose(c, model):
    """The seeds of the images that stay farthest from any change of sides, and their margin."""
    margins = [margin(model, batch([seed], c["shape"]).double()) for seed in range(CANDIDATES)]
    best = np.argsort(margins)[::-1][: c["shape"][0]].tolist()
    return best, margins[best[-1]]


def golden(c):
    calm = calmness(c)
    exact, single = (build(c["arch"], c["classes"], dtype, calm) for dtype in (DOUBLE, torch.float32))
    seeds, least = choose(c, exact)
    x = batch(seeds, c["shape"])
    g = dict(name=c["arch"], arch=c["arch"], shape=c["shape"], classes=c["classes"], seeds=seeds, calm=calm, margin=least)
    g["stats"] = stats(c, x.double(), exact)
    g["stats"]["float32"] = stats_error(g["stats"], stats(c, x, single))
    last = len(x) - 1
    with torch.no_grad():
        cls = exact(x.double())[last].argmax().item()
    one = x[last:]
    g["explain"] = explained(explain(c, one.double(), cls, exact), explain(c, one, cls, single))
    g["explain"].update({"image": last, "class": cls})
    ours = g["explain"]["float32"]
    ours["integrated"] = max(ours["integrated"], integrated_error(c, exact, single))
    g["fields"] = [field(c, one.double(), exact, unit) for unit in c["units"]]
    if c["patch"]:
        g["excite"] = excite(c, exact)
    return g


def rounded(value):
    """To twelve digits: files are committed."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(v) for v in value]
    return float("%.12g" % value) if isinstance(value, float) else value


def save(name, value):
    with open(os.path.join(HERE, "inspections", name + ".json.gz"), "wb") as f:
        f.write(gzip.compress(json.dumps(rounded(value), separators=(",", ":")).encode(), 9, mtime=0))


if __name__ == "__main__":
    torch.set_num_threads(1)
    wanted = sys.argv[1:]
    if not wanted or "similarity" in wanted:
        save("similarity", similarity())
    for c in CASES:
        if not wanted or c["arch"] in wanted:
            g = golden(c)
            save(c["arch"], g)
            print("%-26s seeds %s, margin %.1g, float32 off by %s, %s" % (
                c["arch"], g["seeds"], g["margin"], g["stats"]["float32"], g["explain"]["float32"]), flush=True)
