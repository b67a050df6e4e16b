"""Writes the files in this folder, which the tests of resnet/checkpoint read.

Needs torch, numpy and safetensors:  python make.py [FILE ...]

With names of files it writes only those: other versions of torch give other bytes.

Every tensor holds the same sequence, which all types can hold exactly:
element k, in row-major order, is (7k mod 31 - 15) / 8 for floats,
7k mod 31 - 15 for signed integers, 7k mod 31 for unsigned ones, and whether
that is odd for bool.
"""
import argparse
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import math
import pathlib
import pickle
import random
import struct
import sys
import tarfile
import uuid

import numpy as np
import safetensors.torch
import torch

HERE = pathlib.Path(__file__).parent
WANTED = set(sys.argv[1:])
torch.serialization.get_source_lines_and_file = None  # so that no file gets the source code of a module's class


def wanted(name):
    return not WANTED or name in WANTED


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
    if wanted(name):
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


class OldPickler(pickle.Pickler):
    """Refers to tensors by key, as torch.save did before PyTorch 0.1.9."""

    def persistent_id(self, obj):
        return id(obj) if isinstance(obj, torch.Tensor) else None


def save_tar(name, obj, tensors):
    """Writes the tar archive of before PyTorch 0.1.9, which torch.load reads with weights_only=False."""
    if not wanted(name):
        return
    roots = {t.untyped_storage().data_ptr(): t for t in tensors}

    def write_storages(f):
        pickle.dump(len(roots), f, 2)
        for key, t in roots.items():
            kind = str(t.dtype).removeprefix("torch.")
            pickle.dump((key, "cpu", {"float32": torch.FloatStorage, "int64": torch.LongStorage}[kind]), f, 2)
            data = bytes(t.untyped_storage())
            f.write(struct.pack("<q", len(data) // t.element_size()) + data)
        views = [(id(t), t.untyped_storage().data_ptr(), t.storage_offset(), t.numel()) for t in tensors[:1]]
        pickle.dump(views, f, 2)

    def write_tensors(f):
        pickle.dump(len(tensors), f, 2)
        for i, t in enumerate(tensors):
            key, offset = t.untyped_storage().data_ptr(), t.storage_offset()
            if i == 0:  # by way of a part of the storage
                key, offset = id(t), 0
            pickle.dump((id(t), key, type(t)), f, 2)
            f.write(struct.pack(f"<{2 * t.dim() + 2}q", t.dim(), *t.size(), *t.stride(), offset))

    with tarfile.open(HERE / name, "w", format=tarfile.PAX_FORMAT) as tar:
        for entry, write in [("sys_info", lambda f: pickle.dump({"little_endian": True}, f, 2)),
                             ("pickle", lambda f: OldPickler(f, 2).dump(obj)),
                             ("tensors", write_tensors), ("storages", write_storages)]:
            f = io.BytesIO()
            write(f)
            info = tarfile.TarInfo(entry)
            info.size, info.mtime = f.tell(), 1.5
            f.seek(0)
            tar.addfile(info, f)
    got = torch.load(HERE / name, weights_only=False)
    for k, v in obj["model"].items():
        assert torch.equal(got["model"][k], v), k


def old():
    """A net of tensors with strides and offsets in few storages."""
    model = net()
    model["conv1.weight"] = torch.cat([torch.zeros(5), fill(4, 3, 3, 3).flatten()])[5:].view(4, 3, 3, 3)
    model["fc.weight"] = fill(5, 4).t().contiguous().t()
    both = torch.cat([fill(4), fill(5)])
    model["bn1.bias"], model["fc.bias"] = both[:4], both[4:]
    return {"epoch": 1, "model": model, "arch": argparse.Namespace(a=1)}


class Mode(enum.Enum):
    FAST = "fast"


class Flags(enum.IntFlag):
    A = 1
    B = 2


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Settings:
    lr: float
    point: Point
    weights: torch.Tensor


class History:
    """An object that sets its own state."""

    def __init__(self):
        self.values = np.arange(3.0)
        self.best = fill(4)

    def __getstate__(self):
        return (self.values, self.best)

    def __setstate__(self, state):
        self.values, self.best = state


class Registry(dict):
    pass


class Sequence(list):
    pass


class Names(set):
    pass


class Slots:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a, self.b = 1, fill(2)


class WithKeywords:
    def __new__(cls, *, weight):
        self = super().__new__(cls)
        self.weight = weight
        return self

    def __getnewargs_ex__(self):
        return (), {"weight": self.weight}


def double(x):
    return 2 * x


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 3)
        self.loss = torch.nn.CrossEntropyLoss(weight=fill(5))


def beside():
    """Weights beside everything that people put into checkpoints."""
    block = Block()
    opt = torch.optim.SGD(block.parameters(), lr=0.1, momentum=0.9)
    nested = Registry(a=Registry(weight=fill(2)), b=Sequence([fill(3)]))
    nested["self"] = nested
    return {
        "version": torch.torch_version.TorchVersion("2.1.0"),
        "hyper_parameters": {
            "net": block, "loss": block.loss, "optimizer": functools.partial(torch.optim.SGD, lr=0.1),
            "activation": torch.nn.functional.relu, "mode": Mode.FAST, "flags": Flags.A | Flags.B, "double": double,
            "class": Block, "method": block.forward, "builtin": len,
        },
        "generator": torch.Generator().manual_seed(1),
        "rng": {"python": random.Random(1).getstate(), "numpy": np.random.RandomState(1),
                "state": np.random.RandomState(1).get_state(), "new": np.random.default_rng(1)},
        "numpy": [np.float32(1), np.int64(2), np.bool_(True), np.str_("a"), np.datetime64("2020-01-01"),
                  np.arange(3), np.array(["a", None], dtype=object), np.dtype("float32"), np.ma.array([1, 2])],
        "numbers": [1j, decimal.Decimal("1.5"), fractions.Fraction(1, 3), range(3), slice(1, 2), Ellipsis,
                    NotImplemented, -(1 << 70)],
        "time": [datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), datetime.timedelta(1),
                 datetime.date(2020, 1, 1)],
        "containers": [collections.Counter("abba"), collections.deque([1, 2], maxlen=3), frozenset({1}), {Mode.FAST: 1},
                       collections.ChainMap({"a": 1}), collections.UserDict(a=1), bytearray(b"a"), Point(1, 2)],
        "paths": [pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("b"), uuid.UUID(int=1)],
        "objects": [Settings(0.1, Point(1, 2), fill(2)), History(), nested, Names({"a"}), Slots(),
                    WithKeywords(weight=fill(2)), ValueError("x"), argparse.Namespace(a=1)],
        "scheduler": torch.optim.lr_scheduler.StepLR(opt, 3),
        "optimizer": opt,
        "tensors": [fill(3, dtype=torch.complex64), fill(3).to(torch.float8_e5m2), fill(3).to_sparse(),
                    torch.empty(3, device="meta"), torch.quantize_per_tensor(fill(3), 0.1, 0, torch.qint8)],
        "model": net(),
    }


def negated(x):
    """x as a lazily negated view of -x."""
    return torch._neg_view(-x)


def lazy():
    """fill(2, 3), negated and conjugated without being computed."""
    conj = torch.complex(fill(2, 3), -fill(2, 3)).conj().imag
    return {
        "negated": negated(fill(2, 3)), "transposed": negated(fill(2, 3).t().contiguous()).t(),
        "conjugate": conj, "half": negated(fill(2, 3).half()), "parameter": torch.nn.Parameter(negated(fill(2, 3))),
    }


class Sub(torch.Tensor):
    pass


def kinds():
    """Weights that aren't plain tensors, each in a set of its own."""
    with_state = torch.nn.Parameter(fill(2, 3))
    with_state.note = "a"
    tensors = {
        "subclass": fill(2, 3).as_subclass(Sub), "parameter": with_state,
        "buffer": torch.nn.Buffer(fill(2, 3)),
        "sparse": fill(2, 3).to_sparse(), "csr": fill(2, 3).to_sparse_csr(), "meta": torch.empty(2, 3, device="meta"),
        "nested": torch.nested.nested_tensor([fill(2), fill(3)]),
        "quantized": torch.quantize_per_tensor(fill(2, 3), 0.125, 0, torch.qint8),
        "by_channel": torch.quantize_per_channel(fill(2, 3), torch.ones(2), torch.zeros(2), 0, torch.qint8),
        "complex": fill(2, 3, dtype=torch.complex64), "lazy": torch.nn.parameter.UninitializedParameter(),
    }
    for t in [torch.float8_e4m3fn, torch.float8_e4m3fnuz, torch.float8_e5m2, torch.float8_e5m2fnuz,
              torch.float8_e8m0fnu]:
        tensors[str(t).removeprefix("torch.")] = fill(2, 3).abs().to(t)
    return {k: {"fc.weight": v, "fc.bias": fill(2)} for k, v in tensors.items()}


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
    save("beside.pth", beside())
    save("beside_protocol4.pth", beside(), protocol=4)
    save("beside_legacy.pth", beside(), legacy=True)
    save("lazy.pth", lazy())
    state = old()
    save_tar("tar.pth", state, list(state["model"].values()))
    save("kinds.pth", kinds())
    save("whole_model.pth", torch.nn.Linear(2, 2))
    if wanted("script.pt"):
        torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2)), HERE / "script.pt")
    if wanted("types.safetensors"):
        safetensors.torch.save_file(types(TYPES), HERE / "types.safetensors", metadata={"format": "pt"})
    if wanted("net.safetensors"):
        safetensors.torch.save_file(dict(net("module.", "linear.")), HERE / "net.safetensors")
    for name, a in arrays():
        if wanted(f"{name}.npy"):
            np.save(HERE / f"{name}.npy", a)
    for version in (2, 3):
        if wanted(f"f4_v{version}.npy"):
            with open(HERE / f"f4_v{version}.npy", "wb") as f:
                np.lib.format.write_array(f, fill(2, 3).numpy(), version=(version, 0))


main()
