#!/usr/bin/env python3
"""Writes names.txt: the names of the modules and parameters of torchvision's ResNets and VGGs.

  names.py > names.txt        needs torch and torchvision

A net is a line "net NAME"; one line "param NAME EXTENT×…" per tensor of its state_dict, except num_batches_tracked; and
one line "call PATH KIND EXTENT×…" per call of a leaf module for two images of 64×64, in execution order, with the shape
of its output.
"""
import torch, torchvision


def lines(name):
    net = getattr(torchvision.models, name)(weights=None).eval()
    yield "net " + name
    extents = lambda t: "×".join(map(str, t.shape))
    for key, tensor in net.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            yield "param %s %s" % (key, extents(tensor))
    calls = []
    for path, module in net.named_modules():
        if not list(module.children()):
            module.register_forward_hook(
                lambda m, _, out, path=path: calls.append("call %s %s %s" % (path, type(m).__name__, extents(out))))
    with torch.no_grad():
        net(torch.zeros(2, 3, 64, 64))
    yield from calls


for name in ("resnet18", "resnet50", "resnext50_32x4d", "vgg19", "vgg19_bn"):
    print("\n".join(lines(name)))
