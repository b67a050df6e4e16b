"""The nets that torchvision lacks, in PyTorch, by the module names of the program.

Each is written from its paper, or from Keras Applications' source; `net(name)` also gives torchvision's own.
"""
import torch.nn as nn
import torch.nn.functional as F
import torchvision

IMAGENET = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
KERAS_EPS = 1.001e-5


def conv(cin, cout, k, stride=1, bias=False):
    return nn.Conv2d(cin, cout, k, stride, k // 2, bias=bias)


class Skip(nn.Module):
    """What all blocks share: the skip of a post- or pre-activation block, by the options of He et al. 2015."""

    def make_skip(self, cin, cout, stride, o):
        same = cin == cout and stride == 1
        self.stride, self.grow, self.kind = stride, cout - cin, "identity"
        if o.shortcut is None:
            self.kind = "none"
        elif o.shortcut == "C" or (o.shortcut == "B" and not same):
            self.kind = "projection"
            norm = [] if o.v2 else [o.norm(cout)]
            self.downsample = nn.Sequential(conv(cin, cout, 1, stride, o.bias or o.keras), *norm)
        elif not same:
            self.kind = "pad"

    def join(self, y, x, activated):
        """branch + skip; a projection of a pre-activation block takes what its first ReLU gave."""
        if self.kind == "none":
            return y
        if self.kind == "projection":
            return y + self.downsample(activated)
        if self.kind == "pad":
            x = x[:, :, :: self.stride, :: self.stride]
            x = F.pad(x, (0, 0, 0, 0, self.grow // 2, self.grow - self.grow // 2))
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
    """He et al. 2015: the stride is on the first 1×1."""

    def __init__(self, cin, planes, stride, o):
        super().__init__()
        self.conv1, self.bn1 = conv(cin, planes, 1, stride, o.bias), o.norm(planes)
        self.conv2, self.bn2 = conv(planes, planes, 3, 1, o.bias), o.norm(planes)
        self.conv3, self.bn3 = conv(planes, 4 * planes, 1, 1, o.bias), o.norm(4 * planes)
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
        self.bn1, self.relu, self.conv1 = o.norm(cin), nn.ReLU(), conv(cin, planes, 3, stride)
        self.bn2, self.conv2 = o.norm(planes), conv(planes, planes, 3)
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
        self.bn1, self.relu, self.conv1 = o.norm(cin), nn.ReLU(), conv(cin, planes, 1)
        self.bn2, self.conv2 = o.norm(planes), conv(planes, planes, 3, stride)
        self.bn3, self.conv3 = o.norm(planes), conv(planes, 4 * planes, 1, bias=o.keras)
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
    """Options: shortcut (A, B, C, or None for a plain net), v2, keras, cifar, batch_norm."""

    def __init__(self, block, repeats, classes, channels, shortcut="B", v2=False, keras=False, cifar=False, batch_norm=True):
        super().__init__()
        self.shortcut, self.v2, self.keras, self.cifar = shortcut, v2, keras, cifar
        self.eps = KERAS_EPS if keras else 1e-5
        self.norm = (lambda c: nn.BatchNorm2d(c, eps=self.eps)) if batch_norm else (lambda c: nn.Identity())
        self.bias = not batch_norm or (keras and not v2)  # of the convolutions of post-activation blocks
        c = 16 if cifar else 64
        self.conv1 = conv(channels, c, 3, 1, self.bias) if cifar else conv(channels, c, 7, 2, self.bias or keras)
        if not v2:
            self.bn1, self.relu = self.norm(c), nn.ReLU()
        if not cifar:
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
        if not self.cifar:
            x = self.maxpool(F.pad(x, (1, 1, 1, 1)) if self.keras else x)
        for s in range(self.stages):
            x = getattr(self, "layer%d" % (s + 1))(x)
        if self.v2:
            x = self.post_relu(self.post_bn(x))
        return self.fc(self.avgpool(x).flatten(1))


def net(name, classes, channels):
    own = {
        "resnet18_nonorm": lambda o: Net(Basic, IMAGENET[18], batch_norm=False, **o),
        "plain34": lambda o: Net(Basic, IMAGENET[34], shortcut=None, **o),
        "resnet34_a": lambda o: Net(Basic, IMAGENET[34], shortcut="A", **o),
        "resnet34_c": lambda o: Net(Basic, IMAGENET[34], shortcut="C", **o),
        "resnet50_v1": lambda o: Net(Bottleneck, IMAGENET[50], **o),
        "preact_resnet18": lambda o: Net(PreActBasic, IMAGENET[18], v2=True, **o),
        "preact_resnet50": lambda o: Net(PreActBottleneck, IMAGENET[50], v2=True, **o),
        "keras_resnet50": lambda o: Net(Bottleneck, IMAGENET[50], keras=True, **o),
        "resnet50v2": lambda o: Net(PreActBottleneck, IMAGENET[50], v2=True, keras=True, **o),
        "cifar_resnet20": lambda o: Net(Basic, (3, 3, 3), cifar=True, shortcut="A", **o),
        "cifar_resnet20_b": lambda o: Net(Basic, (3, 3, 3), cifar=True, **o),
        "cifar_plain20": lambda o: Net(Basic, (3, 3, 3), cifar=True, shortcut=None, **o),
        "cifar_resnet8_b": lambda o: Net(Basic, (1, 1, 1), cifar=True, **o),
        "cifar_preact_resnet8": lambda o: Net(PreActBasic, (1, 1, 1), cifar=True, v2=True, shortcut="A", **o),
        "cifar_preact_resnet20": lambda o: Net(PreActBasic, (3, 3, 3), cifar=True, v2=True, shortcut="A", **o),
        "cifar_preact_resnet29": lambda o: Net(PreActBottleneck, (3, 3, 3), cifar=True, v2=True, shortcut="A", **o),
        "cifar_preact_resnet29_b": lambda o: Net(PreActBottleneck, (3, 3, 3), cifar=True, v2=True, **o),
    }
    if name in own:
        return own[name](dict(classes=classes, channels=channels))
    model = getattr(torchvision.models, name)(weights=None, num_classes=classes)
    if channels != 3:
        model.conv1 = conv(channels, 64, 7, 2)
    return model


def check_own_nets():
    """The nets written here are torchvision's where they are the same net."""
    import torch

    theirs, ours = torchvision.models.resnet34().eval(), Net(Basic, IMAGENET[34], 1000, 3).eval()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(theirs(x), ours(x))
