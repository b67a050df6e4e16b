#!/usr/bin/env python3
"""Converts Keras Applications' ResNets to .safetensors for resnet-tui.

  convert_keras.py ResNet50 OUT.safetensors [--weights imagenet|none|FILE.keras]
then  resnet-tui run --arch keras_resnet50 --weights OUT.safetensors --input photo.jpg

MODEL is ResNet50, ResNet101, ResNet152 (--arch keras_resnet50 …) or ResNet50V2, ResNet101V2, ResNet152V2
(--arch resnet50v2 …). Needs keras with any backend, and numpy. Keras doesn't use torchvision's normalisation: its v1 nets
expect BGR minus a mean, and its V2 nets values from −1 to 1. For the same predictions, prepare the input as .npy.
"""
import argparse, json, re, struct

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("model")
ap.add_argument("out")
ap.add_argument("--weights", default="imagenet")
a = ap.parse_args()
import keras, numpy as np

v2 = a.model.endswith("V2")
weights = None if a.weights == "none" else a.weights
net = getattr(keras.applications, a.model)(weights=weights, classifier_activation=None)

# Maps Keras's names of a block's layers to those of resnet-tui.
BLOCK = {"1_conv": "conv1", "2_conv": "conv2", "3_conv": "conv3", "0_conv": "downsample.0"}
BLOCK.update({"preact_bn": "bn1", "1_bn": "bn2", "2_bn": "bn3"} if v2 else
             {"1_bn": "bn1", "2_bn": "bn2", "3_bn": "bn3", "0_bn": "downsample.1"})
TOP = {"conv1_conv": "conv1", "conv1_bn": "bn1", "post_bn": "post_bn", "predictions": "fc"}


def name(layer):
    block = re.fullmatch(r"conv(\d)_block(\d+)_(.*)", layer)
    if block:
        return "layer%d.%d.%s" % (int(block[1]) - 1, int(block[2]) - 1, BLOCK[block[3]])
    return TOP[layer]


tensors = {}
for layer in net.layers:
    values = [np.asarray(w, dtype="<f4") for w in layer.get_weights()]
    if not values:
        continue
    path = name(layer.name)
    if isinstance(layer, keras.layers.BatchNormalization):
        parts = ("weight", "bias", "running_mean", "running_var")
    else:
        parts = ("weight", "bias")
        values[0] = values[0].transpose(3, 2, 0, 1) if values[0].ndim == 4 else values[0].T
    for part, value in zip(parts, values):
        tensors[path + "." + part] = np.ascontiguousarray(value)

header, at = {}, 0
for key, value in tensors.items():
    header[key] = {"dtype": "F32", "shape": value.shape, "data_offsets": [at, at + value.nbytes]}
    at += value.nbytes
text = json.dumps(header).encode()
with open(a.out, "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text)
    for value in tensors.values():
        f.write(value.tobytes())
