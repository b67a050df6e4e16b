#!/usr/bin/env python3
"""Compares resnet-tui on a GPU with PyTorch on the same GPU: the same net, weights and input.

  gpu.py infer --ours ./resnet-tui [--precision fp32] [--batch 1,8,64] [--arch resnet50] [-o FILE.json]
  gpu.py train --ours ./resnet-tui [--precision bf16] …
  gpu.py infer --ours ./resnet-tui --self-test     without a GPU: shows that this script works, measures nothing

Run it with a Python that has torchvision, and PyTorch for CUDA. gpu.sh beside it carries it to a machine with a GPU.

A step of train is forward, cross-entropy and backward; ours also takes the norms of the gradients at the blocks.
Before anything is timed, the results of all (logits; of a step also the loss and the norms of the parameters'
gradients) are compared with PyTorch's in float64: who is off by more than the precision explains is not timed. fp32
is strict: PyTorch's TF32 is off, and its error would not pass. In bf16, PyTorch runs by autocast, and with weights
and input converted.

In each round every engine runs once, in rotating order. The time of a pass is from its call until the device is
through with it: for ours the unobserved passes of `profile`, for PyTorch calls with a synchronisation after each.
"queued" is PyTorch's time a pass, by CUDA events, where passes are called one after the other without waiting.
PyTorch chooses its algorithms by cudnn.benchmark; it runs as

  torch                NCHW, eager
  torch-channels-last  NHWC, eager
  torch-compile        NHWC, by torch.compile
  torch-graph          NHWC, eager, recorded as a CUDA graph and replayed

It exits with 1 if ours or PyTorch failed, or ours computes something else.
"""
import argparse, contextlib, json, math, os, shutil, statistics, subprocess, sys, tempfile, time

from gpu_engine import Failure, Ours, Peer, Torch, call

LAYOUTS = ["torch", "torch-channels-last", "torch-compile", "torch-graph"]

# How far a result may be from float64's: relative, over all logits, and over the norms of all gradients. PyTorch's
# ResNet-50 on a CPU, batches of 1 and 8, is off by 3e-6, 6e-8 and 6e-5 in fp32; by 1e-3, 2e-5 and 4e-4 where TF32
# is emulated; and by 1.5e-2, 2e-4 and 7e-3 in bf16.
TOLERANCE = {"fp32": {"logits": 1e-4, "loss": 1e-5, "gradients": 1e-3},
             "bf16": {"logits": 5e-2, "loss": 5e-3, "gradients": 5e-2}}


def arguments():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("task", choices=["infer", "train"])
    ap.add_argument("--ours", help="the program")
    ap.add_argument("--device", help="ours (default: vulkan; in a self-test vulkan:0)")
    ap.add_argument("--precision", choices=list(TOLERANCE), default="fp32")
    ap.add_argument("--flags", default="", help="more flags for ours, such as --no-fuse")
    ap.add_argument("--arch", help="resnet50, cifar_resnet20 …: torchvision's names and the paper's CIFAR nets "
                    "(default: resnet50; in a self-test cifar_resnet8)")
    ap.add_argument("--batch", help="images per pass, one comparison each (default: 1,8,64; in a self-test 2)")
    ap.add_argument("--size", type=int, help="height and width of the images (default: 224, for a CIFAR net 32)")
    ap.add_argument("--rounds", type=int, help="default: 5; in a self-test 2")
    ap.add_argument("--runs", type=int, help="passes of an engine in a round, 5 at least (default: by the batch)")
    ap.add_argument("--peers", help="default: " + ",".join(LAYOUTS))
    ap.add_argument("--bf16", default="autocast,weights", help="how PyTorch runs in bf16 (default: both ways)")
    ap.add_argument("--limit", type=float, default=math.inf, metavar="SECONDS", help="begin no round after them")
    ap.add_argument("-o", dest="out", metavar="FILE", help="write everything as JSON, anew after each round")
    ap.add_argument("--self-test", action="store_true", help="PyTorch on the CPU, a small net: no measurement")
    a = ap.parse_args()
    a.train, a.device = a.task == "train", a.device or ("vulkan:0" if a.self_test else "vulkan")
    a.arch = a.arch or ("cifar_resnet8" if a.self_test else "resnet50")
    cifar = a.arch.startswith("cifar_")
    a.size, a.classes = a.size or (32 if cifar else 224), 10 if cifar else 1000
    a.rounds = a.rounds or (2 if a.self_test else 5)
    a.batches = whole(ap, "--batch", a.batch or ("2" if a.self_test else "1,8,64"))
    if a.runs is not None and a.runs < 5:
        ap.error("--runs: 5 at least, or the program doesn't tell the time of unobserved passes")
    # The CPU, which stands in for PyTorch's GPU in a self-test, records no graphs.
    layouts = known(ap, "--peers", a.peers or ",".join(LAYOUTS[:3] if a.self_test else LAYOUTS), LAYOUTS)
    ways = ["-" + w for w in known(ap, "--bf16", a.bf16, ["autocast", "weights"])] if a.precision == "bf16" else [""]
    a.peers = [layout + way for layout in layouts for way in ways]
    if not a.ours:
        ap.error("--ours is missing: the program to compare, as built by go build ./cmd/resnet-tui")
    if not shutil.which(a.ours):
        ap.error("--ours %s: no such program" % a.ours)
    return a


def whole(ap, flag, text):
    if not all(n.isdigit() and int(n) for n in text.split(",")):
        ap.error("%s: whole numbers from 1, such as 1,8,64, not %s" % (flag, text))
    return [int(n) for n in text.split(",")]


def known(ap, flag, text, names):
    if unknown := set(text.split(",")) - set(names):
        ap.error("%s: %s: unknown; there are %s" % (flag, ", ".join(sorted(unknown)), ", ".join(names)))
    return text.split(",")


def runs(a, batch):
    """Passes of an engine in a round."""
    return a.runs or (5 if a.self_test else 100 if batch == 1 else 40 if batch <= 8 else 20)


def torch(a, batch, folder):
    return Torch({"train": a.train, "arch": a.arch, "classes": a.classes, "size": a.size, "batch": batch,
                  "precision": a.precision, "runs": runs(a, batch), "cpu": a.self_test, "folder": folder})


class Case:
    """The comparison of one batch. rounds has for each round what each engine's time() gave."""

    def __init__(self, a, batch):
        self.a, self.batch, self.rounds = a, batch, []
        self.errors, self.failed, self.device = {}, {}, None

    def measure(self, over, keep):
        """over: whether time is up; keep is called after each round."""
        with tempfile.TemporaryDirectory() as folder, torch(self.a, self.batch, folder) as peers:
            prepared = peers.ask("prepare")
            engines = {"ours": self.ours(folder, prepared["labels"])}
            engines.update((name, Peer(peers, name)) for name in self.a.peers)
            self.check(engines, prepared["result"])
            while "ours" in engines and len(self.rounds) < self.a.rounds and not over():
                self.round(engines)
                keep()

    def ours(self, folder, labels):
        a = self.a
        flags = ["--arch", a.arch, "--weights", os.path.join(folder, "net.pth"), "--input",
                 os.path.join(folder, "x.npy"), "--device", a.device, "--precision", a.precision] + a.flags.split()
        if a.train:
            flags += ["--backward", "--labels", ",".join(map(str, labels))]
        return Ours(a.ours, flags, a.train, runs(a, self.batch))

    def check(self, engines, truth):
        """Keeps the engines that compute the same as float64. Without ours, which is first, no others are needed."""
        for name in list(engines):
            try:
                self.errors[name] = {k: distance(v, truth[k]) for k, v in engines[name].check().items()}
                self.judge(self.errors[name])
            except Failure as e:
                self.failed[name] = str(e)
                del engines[name]
                if name == "ours":
                    return

    def judge(self, errors):
        most = TOLERANCE[self.a.precision]
        if wrong := ["%s off by %.1e, allowed %.0e" % (k, e, most[k]) for k, e in errors.items() if not e <= most[k]]:
            raise Failure("computes something else than float64: " + ", ".join(wrong))

    def round(self, engines):
        """Times each once. Which is first rotates, and a failure ends an engine's part in the comparison."""
        names, times = list(engines), {}
        first = len(self.rounds) % len(names)
        for name in names[first:] + names[:first]:
            try:
                times[name] = engines[name].time()
            except Failure as e:
                self.failed[name] = str(e)
                del engines[name]
        if "ours" in times:
            self.device = engines["ours"].device
            self.rounds.append(times)
            print("batch %d, round %d: %s" % (self.batch, len(self.rounds), "  ".join(
                "%s %.2f ms" % (n, times[n]["ms"]) for n in names if n in times)), file=sys.stderr, flush=True)

    def peers(self):
        """Those that ran in every round."""
        return [p for p in self.a.peers if self.rounds and all(p in r for r in self.rounds)]

    def fastest(self, what):
        """The peer whose median is the least, None if there is none."""
        return min(self.peers(), key=lambda p: self.median(p, what), default=None)

    def median(self, name, what="ms"):
        return statistics.median(r[name][what] for r in self.rounds)

    def report(self):
        a = self.a
        yield "%s %s, batch %d, %d×%d, %s, %d rounds of %d passes" % (
            a.task, a.arch, self.batch, a.size, a.size, a.precision, len(self.rounds), runs(a, self.batch))
        if self.rounds:
            yield "%-28s %9s %9s %9s %9s %9s  %-21s %7s  %s" % (
                "", "median ms", "min ms", "max ms", "queued ms", "images/s", "ours ÷ it (range)", "GPU MB", "error")
            for name in ["ours"] + self.peers():
                yield self.line(name)
        if self.peers():
            yield "%-78s %s" % ("the fastest peer of a round", self.ratio(lambda r: self.least(r, "ms")))
            yield "%-78s %s" % ("the same, queued", self.ratio(lambda r: self.least(r, "queued_ms")))
        for name, why in self.failed.items():
            yield "%s: left out: %s" % (name, why.split("\n")[0])

    def line(self, name):
        ms = [r[name]["ms"] for r in self.rounds]
        queued, ratio = "–", ""
        if name != "ours":
            queued, ratio = "%.2f" % self.median(name, "queued_ms"), self.ratio(lambda r: r[name]["ms"])
        memory = max(r[name]["memory_bytes"] for r in self.rounds)
        return "%-28s %9.2f %9.2f %9.2f %9s %9.1f  %-21s %7s  %s" % (
            name, statistics.median(ms), min(ms), max(ms), queued, 1e3 * self.batch / statistics.median(ms), ratio,
            "%.0f" % (memory / 1e6) if memory else "–", " ".join("%s %.0e" % e for e in self.errors[name].items()))

    def least(self, times, what):
        return min(times[p][what] for p in self.peers())

    def ratio(self, theirs):
        """The median over the rounds of ours ÷ theirs, and the range."""
        r = sorted(r["ours"]["ms"] / theirs(r) for r in self.rounds)
        return "%.3f (%.3f–%.3f)" % (statistics.median(r), r[0], r[-1])

    def summary(self):
        """One line: what share ours has of the images a second of the fastest peer, in both senses."""
        if not self.peers():
            return "batch %-4d not compared" % self.batch
        parts = ["batch %-4d ours %.1f images/s" % (self.batch, 1e3 * self.batch / self.median("ours"))]
        for what, label in ("ms", "waited for"), ("queued_ms", "queued"):
            ms = self.median(self.fastest(what), what)
            parts.append("%.2f of %s's %.1f, %s" % (ms / self.median("ours"), self.fastest(what),
                                                    1e3 * self.batch / ms, label))
        return "; ".join(parts)

    def json(self):
        return {"batch": self.batch, "device": self.device, "errors": self.errors, "failed": self.failed,
                "rounds": self.rounds}


def distance(value, truth):
    """‖value − truth‖ ÷ ‖truth‖, of numbers, lists, or numbers by name. Infinite where a number is none."""
    if isinstance(truth, dict):
        if value.keys() != truth.keys():
            raise Failure("no gradient of %s" % ", ".join(sorted(set(truth) ^ set(value))[:5]))
        value, truth = [value[k] for k in truth], list(truth.values())
    if not isinstance(truth, list):
        value, truth = [value], [truth]
    if len(value) != len(truth) or not all(v is not None and math.isfinite(v) for v in value):
        return math.inf
    return math.dist(value, truth) / math.hypot(*truth)


def machine(a):
    """What runs, and on what."""
    with tempfile.TemporaryDirectory() as folder, torch(a, a.batches[0], folder) as peers:
        about = peers.ask("about")
    info = call(a.ours, "info")
    return {"torch": about, "ours": {k: info.get(k) for k in ("version", "devices", "vulkan")},
            "smi": smi("name,driver_version,clocks.sm,clocks.max.sm,temperature.gpu,power.limit")}


def smi(what):
    """What nvidia-smi says of the first GPU, None where it can't say anything."""
    with contextlib.suppress(OSError):
        r = subprocess.run(["nvidia-smi", "-i", "0", "--query-gpu=" + what, "--format=csv,noheader"],
                           stdout=subprocess.PIPE, text=True)
        if r.returncode == 0:
            return dict(zip(what.split(","), r.stdout.strip().split(", ")))


def heading(a, about):
    ours, peer = about["ours"], about["torch"]
    if a.self_test:
        yield "SELF-TEST, NO MEASUREMENT: PyTorch runs on the CPU, in place of a GPU"
    yield "ours: resnet-tui %s, --device %s, of" % (ours["version"], a.device)
    for d in ours["devices"]:
        about_it = [d[k] for k in ("name", "kind", "driver") if d.get(k)] + d.get("precisions", [])
        yield "  %s: %s" % (d["id"], ", ".join(about_it))
    yield "PyTorch %s on %s, CUDA %s, cuDNN %s" % (peer["torch"], peer["device"], peer["cuda"], peer["cudnn"])
    if about["smi"]:
        yield "nvidia-smi: " + ", ".join("%s %s" % pair for pair in about["smi"].items())


def main(a):
    begin = time.monotonic()
    about, cases = machine(a), []
    print("\n".join(heading(a, about)), flush=True)

    def over():
        return time.monotonic() - begin > a.limit

    def keep():
        if a.out:
            with open(a.out, "w") as f:
                json.dump({"self_test": a.self_test, "task": a.task, "arch": a.arch, "size": a.size,
                           "precision": a.precision, "about": about, "cases": [c.json() for c in cases]}, f, indent=1)

    for batch in a.batches:
        if over():
            print("\nbatch %d: not begun, as %.0f s are over" % (batch, a.limit))
            continue
        cases.append(Case(a, batch))
        try:
            cases[-1].measure(over, keep)
        except Failure as e:
            cases[-1].failed["PyTorch"] = str(e)
        keep()
        print("\n" + "\n".join(cases[-1].report()), flush=True)
        ran = cases[-1].device
        if ran and not a.self_test and ran["name"] != about["torch"]["device"]:
            print("Not the same GPU? Ours ran on %s, PyTorch on %s" % (ran["name"], about["torch"]["device"]))
    print("\n%s %s, %s%s" % (a.task, a.arch, a.precision, ", SELF-TEST, NO MEASUREMENT" if a.self_test else ""))
    print("\n".join(c.summary() for c in cases))
    return 1 if any(c.failed.keys() & {"ours", "PyTorch"} for c in cases) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(arguments()))
    except Failure as e:
        sys.exit("gpu.py: %s" % e)
