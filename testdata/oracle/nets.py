"""The nets that torchvision lacks, in PyTorch, by the module names of the program.

Each is written from its paper, or from Keras Applications' source; `net(name)` also gives torchvision's own.
"""
import re
import torch.nn as nn
import torch.nn.functional as F
import torchvision

IMAGENET = {18: (2, 2, 2, 2), 26: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3),
            200: (3, 24, 36, 3)}
NAME = re.compile(r"(?P<family>cifar_|keras_)?(?P<preact>preact_)?(wide_)?(?P<kind>plain|res)(next|ext|net)?"
                  r"(?P<depth>\d+)(?P<deep>[cd])?(_(?P<groups>\d+)x(?P<width>\d+)d|_(?P<times>\d+))?(?P<v2>v2)?(?P<v1>_v1)?"
                  r"(_(?P<block>basic|bottleneck))?(_(?P<blocks>\d+(x\d+){2,3}))?(_(?P<stem>[37]x[37]))?"
                  r"(_(?P<shortcut>a_end|[abcd]))?(?P<nonorm>_nonorm)?")
KERAS_EPS = 1.001e-5


def conv(cin, cout, k, stride=1, bias=False, groups=1):
    return nn.Conv2d(cin, cout, k, stride, k // 2, bias=bias, groups=groups)


class Skip(nn.Module):
    """What all blocks share: the skip of a post- or pre-activation block, by the options of He et al. 2015."""

    def make_skip(self, cin, cout, stride, o):
        same = cin == cout and stride == 1
        self.stride, self.grow, self.kind = stride, cout - cin, "identity"
        if o.shortcut is None:
            self.kind = "none"
        elif o.shortcut == "C" or (o.shortcut in "BD" and not same):
            self.kind = "projection"
            norm, pool = [] if o.v2 else [o.norm(cout)], []
            if o.shortcut == "D":  # He et al. 2018, figure 2(c), as timm has it
                pool = [nn.AvgPool2d(2, stride, ceil_mode=True, count_include_pad=False) if stride > 1 else nn.Identity()]
                stride = 1
            self.downsample = nn.Sequential(*pool, conv(cin, cout, 1, stride, o.bias or o.keras), *norm)
        elif not same:
            self.kind, self.before = "pad", 0 if o.shortcut == "A_END" else self.grow // 2

    def join(self, y, x, activated):
        """branch + skip; in a pre-activation block, a projection takes the output of the first ReLU."""
        if self.kind == "none":
            return y
        if self.kind == "projection":
            return y + self.downsample(activated)
        if self.kind == "pad":
            x = x[:, :, :: self.stride, :: self.stride]
            x = F.pad(x, (0, 0, 0, 0, self.before, self.grow - self.before))
        if self.kind == "pool":
            x = self.pool(x)
        return y + x


class Basic(Skip):
    def __init__(self, cin, planes, stride, o):
        super().__init__()
        self.conv1, self.bn1 = conv(cin, planes, 3, stride, o.bias), o.norm(planes)
        self.relu = nn.ReLU()
        self.conv2, self.bn2 = conv(planes, planes, 3, 1, o.bias), o.norm(planes)
        self.make_skip(cin, planes, stride, o)

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(self.join(y, x, x))


class Bottleneck(Skip):
    """He et al. 2015: the stride is on the first 1×1; in v1.5, torchvision's, on the 3×3. Groups: Xie et al. 2016."""

    def __init__(self, cin, planes, stride, o):
        super().__init__()
        first, second = (stride, 1) if o.v1 else (1, stride)
        inner = planes * o.width // 64 * o.groups
        self.conv1, self.bn1 = conv(cin, inner, 1, first, o.bias), o.norm(inner)
        self.conv2, self.bn2 = conv(inner, inner, 3, second, o.bias, o.groups), o.norm(inner)
        self.conv3, self.bn3 = conv(inner, 4 * planes, 1, 1, o.bias), o.norm(4 * planes)
        self.relu = nn.ReLU()
        self.make_skip(cin, 4 * planes, stride, o)

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(self.join(y, x, x))


class PreActBasic(Skip):
    def __init__(self, cin, planes, stride, o):
        super().__init__()
        self.bn1, self.relu, self.conv1 = o.norm(cin), nn.ReLU(), conv(cin, planes, 3, stride, o.bias)
        self.bn2, self.conv2 = o.norm(planes), conv(planes, planes, 3, 1, o.bias)
        self.make_skip(cin, planes, stride, o)

    def forward(self, x):
        a = self.relu(self.bn1(x))
        y = self.conv1(a)
        y = self.conv2(self.relu(self.bn2(y)))
        return self.join(y, x, a)


class PreActBottleneck(Skip):
    """He et al. 2016; in Keras's, the last convolution and the projection have a bias, and an unprojected skip that
    must shrink goes through a max pool of 1×1."""

    def __init__(self, cin, planes, stride, o):
        super().__init__()
        inner = planes * o.width // 64 * o.groups
        self.bn1, self.relu, self.conv1 = o.norm(cin), nn.ReLU(), conv(cin, inner, 1, 1, o.bias)
        self.bn2, self.conv2 = o.norm(inner), conv(inner, inner, 3, stride, o.bias, o.groups)
        self.bn3, self.conv3 = o.norm(inner), conv(inner, 4 * planes, 1, 1, o.bias or o.keras)
        if o.keras and cin == 4 * planes and stride > 1:
            self.kind, self.pool = "pool", nn.MaxPool2d(1, stride)
        else:
            self.make_skip(cin, 4 * planes, stride, o)

    def forward(self, x):
        a = self.relu(self.bn1(x))
        y = self.conv1(a)
        y = self.conv2(self.relu(self.bn2(y)))
        y = self.conv3(self.relu(self.bn3(y)))
        return self.join(y, x, a)


class Net(nn.Module):
    """Options: shortcut (A, A_END, B, C, D, or None for a plain net), v1 or v2 in place of v1.5, keras, cifar, batch_norm,
    the groups of the 3×3 convolutions with the width of each, and the stem (7x7, 3x3 or deep)."""

    def __init__(self, block, repeats, classes, channels, shortcut="B", v1=False, v2=False, keras=False, cifar=False,
                 batch_norm=True, groups=1, width=64, stem="7x7"):
        super().__init__()
        self.shortcut, self.v1, self.v2, self.keras, self.cifar = shortcut, v1, v2, keras, cifar
        self.groups, self.width = groups, width
        self.eps = KERAS_EPS if keras else 1e-5
        self.norm = (lambda c: nn.BatchNorm2d(c, eps=self.eps)) if batch_norm else (lambda c: nn.Identity())
        self.bias = not batch_norm or (keras and not v2)  # of the convolutions of post-activation blocks
        c = 16 if cifar else 64
        self.small = cifar or stem == "3x3"
        if stem == "deep":  # He et al. 2018, figure 2(b), by timm's names
            self.conv1 = nn.Sequential(conv(channels, c // 2, 3, 2, self.bias), self.norm(c // 2), nn.ReLU(),
                                       conv(c // 2, c // 2, 3, 1, self.bias), self.norm(c // 2), nn.ReLU(),
                                       conv(c // 2, c, 3, 1, self.bias))
        else:
            self.conv1 = conv(channels, c, 3, 1, self.bias) if self.small else conv(channels, c, 7, 2, self.bias or keras)
        if not v2:
            self.bn1, self.relu = self.norm(c), nn.ReLU()
        if not self.small:
            self.maxpool = nn.MaxPool2d(3, 2, 0 if keras else 1)
        out = 4 if block in (Bottleneck, PreActBottleneck) else 1
        cin = c
        for s, n in enumerate(repeats):
            strides = [1] * n
            if keras and v2:  # the last block of each stage but the last
                strides[-1] = 2 if s + 1 < len(repeats) else 1
            else:
                strides[0] = 2 if s else 1
            blocks = []
            for stride in strides:
                blocks.append(block(cin, c << s, stride, self))
                cin = (c << s) * out
            setattr(self, "layer%d" % (s + 1), nn.Sequential(*blocks))
        self.stages = len(repeats)
        if v2:
            self.post_bn, self.post_relu = self.norm(cin), nn.ReLU()
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(cin, classes)

    def forward(self, x):
        x = self.conv1(x)
        if not self.v2:
            x = self.relu(self.bn1(x))
        if not self.small:
            x = self.maxpool(F.pad(x, (1, 1, 1, 1)) if self.keras else x)
        for s in range(self.stages):
            x = getattr(self, "layer%d" % (s + 1))(x)
        if self.v2:
            x = self.post_relu(self.post_bn(x))
        return self.fc(self.avgpool(x).flatten(1))


def net(name, classes, channels):
    """torchvision's net of a name, or one of those written here: resnet/arch.go has the grammar of the names."""
    if hasattr(torchvision.models, name):
        model = getattr(torchvision.models, name)(weights=None, num_classes=classes)
        if channels != 3:
            model.conv1 = conv(channels, 64, 7, 2)
        return model
    return own(name, classes, channels)


def own(name, classes, channels):
    m = NAME.fullmatch(name)
    depth, cifar, keras = int(m["depth"]), m["family"] == "cifar_", m["family"] == "keras_" or bool(m["v2"])
    v2 = bool(m["preact"] or m["v2"])
    if cifar:
        known = "basic" if depth % 6 == 2 and depth != 164 or depth % 9 != 2 else "bottleneck"
        basic = (m["block"] or known) == "basic"
        repeats = [(depth - 2) // (6 if basic else 9)] * 3
    else:
        basic, repeats = depth in (18, 34), IMAGENET.get(depth)
    if m["blocks"]:
        repeats = [int(n) for n in m["blocks"].split("x")]
        basic = depth == 2 * sum(repeats) + 2
    block = {(True, False): Basic, (False, False): Bottleneck, (True, True): PreActBasic, (False, True): PreActBottleneck}[basic, v2]
    shortcut = (m["shortcut"] or ("d" if m["deep"] == "d" else "a" if cifar else "b")).upper()
    shortcut = None if m["kind"] == "plain" else shortcut
    return Net(block, repeats, classes, channels, shortcut, bool(m["v1"]) or keras and not v2, v2, keras, cifar, not m["nonorm"],
               int(m["groups"] or 1), int(m["width"] or 64 * int(m["times"] or 1)), "deep" if m["deep"] else m["stem"] or "7x7")


def check_own_nets():
    """The nets written here are torchvision's where they are the same net."""
    import torch

    for name in ("resnet34", "resnext50_32x4d", "wide_resnet50_2"):
        theirs, ours = net(name, 10, 3).eval(), own(name, 10, 3).eval()
        ours.load_state_dict(theirs.state_dict())
        x = torch.randn(1, 3, 64, 64)
        with torch.no_grad():
            assert torch.equal(theirs(x), ours(x)), name
