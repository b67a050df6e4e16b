"""Writes the files in this folder, which the tests of resnet/checkpoint read.

Needs torch, numpy and safetensors:  python make.py

Every tensor holds the same sequence, which all types can hold exactly:
element k, in row-major order, is (7k mod 31 - 15) / 8 for floats,
7k mod 31 - 15 for signed integers, 7k mod 31 for unsigned ones, and whether
that is odd for bool.
"""
import argparse
import collections
import math
import pathlib

import numpy as np
import safetensors.torch
import torch

HERE = pathlib.Path(__file__).parent


def fill(*shape, dtype=torch.float32):
    k = 7 * torch.arange(math.prod(shape)) % 31
    if dtype == torch.bool:
        k = k % 2 == 1
    elif dtype.is_floating_point:
        k = (k - 15) / 8
    elif dtype.is_signed:
        k = k - 15
    return k.to(dtype).reshape(shape)


def save(name, obj, legacy=False, protocol=2):
    torch.save(obj, HERE / name, _use_new_zipfile_serialization=not legacy, pickle_protocol=protocol)


def net(prefix="", fc="fc."):
    state = collections.OrderedDict()
    for name, shape in [("conv1.weight", (4, 3, 3, 3)), ("bn1.weight", (4,)), ("bn1.bias", (4,)),
                        ("bn1.running_mean", (4,)), ("bn1.running_var", (4,))]:
        state[prefix + name] = fill(*shape)
    state[prefix + "bn1.num_batches_tracked"] = torch.tensor(3)
    state[prefix + fc + "weight"] = fill(5, 4)
    state[prefix + fc + "bias"] = fill(5)
    state._metadata = collections.OrderedDict([("", {"version": 1})])
    return state


TYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
         torch.int8, torch.uint8, torch.bool]
NEW_TYPES = [torch.uint16, torch.uint32, torch.uint64]  # without a storage class


def types(of):
    return {str(t).removeprefix("torch."): fill(3, 5, dtype=t) for t in of}


def views():
    """Tensors that are fill(shape) in row-major order, but have another layout in memory."""
    base = fill(40)
    return {
        "transposed": fill(4, 6).t().contiguous().t(),
        "channels_last": fill(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        "stepped": fill(12).repeat_interleave(3)[::3],
        "tail": torch.cat([torch.zeros(7), fill(9)])[7:],
        "shared_a": base[:12].view(3, 4),
        "shared_b": base,
        "one_by_one": fill(6, 2, 1, 1).contiguous(memory_format=torch.channels_last),
        "expanded": torch.full((1,), -15 / 8).expand(1, 1),
        "scalar": fill(),
        "empty": torch.zeros(0, 3),
    }


def training():
    model = torch.nn.Linear(2, 2)
    opt = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    opt.step()
    counts = collections.defaultdict(int)
    counts["images"] = 128
    return {
        "epoch": 3,
        "arch": "resnet18",
        "state_dict": net("module."),
        "optimizer": opt.state_dict(),
        "best_acc1": torch.tensor(71.5),
        "args": argparse.Namespace(lr=0.1, out=pathlib.PurePosixPath("runs"), device=torch.device("cpu")),
        "loss": np.float64(0.5),
        "history": np.arange(6.0).reshape(2, 3),
        "rng": torch.get_rng_state()[:16].clone(),
        "counts": counts,
        "seen": {1, 2, 3},
        "size": torch.Size([1, 2]),
        "big": 1 << 80,
        "negative": [-1, -200, -70000, -(1 << 40), 2.5, True, None, b"bytes", (1, 2)],
        "dtype": torch.float16,
    }


def arrays():
    a = fill(2, 3, 4, 5).numpy()
    i = (7 * np.arange(120) % 31).reshape(a.shape)
    yield "f4", a
    yield "f8", a.astype("<f8")
    yield "f2", a.astype("<f2")
    yield "f4_big", a.astype(">f4")
    yield "f4_fortran", np.asfortranarray(a)
    yield "f4_1d", fill(7).numpy()
    yield "f4_0d", fill().numpy()
    yield "i8", (i - 15).astype("<i8")
    yield "i2_big", (i - 15).astype(">i2")
    yield "u1", i.astype("u1")
    yield "b1", i % 2 == 1


def main():
    save("zip.pth", net())
    save("legacy.pth", net(), legacy=True)
    save("zip_protocol4.pth", net(), protocol=4)
    save("legacy_protocol5.pth", net(), legacy=True, protocol=5)
    save("types.pth", types(TYPES + NEW_TYPES))
    save("types_legacy.pth", types(TYPES), legacy=True)
    save("views.pth", views())
    save("views_legacy.pth", views(), legacy=True)
    save("training.pth", training())
    save("training_legacy.pth", training(), legacy=True)
    save("two_sets.pth", {"model": net(), "model_ema": net("module.", "linear.")})
    save("parameters.pth", {k: torch.nn.Parameter(v) for k, v in net().items() if v.is_floating_point()})
    save("tensor.pth", fill(2, 3))
    save("whole_model.pth", torch.nn.Linear(2, 2))
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2)), HERE / "script.pt")
    safetensors.torch.save_file(types(TYPES), HERE / "types.safetensors", metadata={"format": "pt"})
    safetensors.torch.save_file(dict(net("module.", "linear.")), HERE / "net.safetensors")
    for name, a in arrays():
        np.save(HERE / f"{name}.npy", a)
    for version in (2, 3):
        with open(HERE / f"f4_v{version}.npy", "wb") as f:
            np.lib.format.write_array(f, fill(2, 3).numpy(), version=(version, 0))


main()
