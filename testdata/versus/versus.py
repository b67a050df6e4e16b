#!/usr/bin/env python3
"""resnet-tui against ONNX Runtime and PyTorch on the same net, weights, input and threads.

  versus.py --ours ./resnet-tui [--arch resnet50] [--batch 1] [--threads 2] [--rounds 7] [--peers ort,torch,torch-channels-last,torch-compile]

Run it with a Python that has numpy, torch, torchvision, onnx and onnxruntime. Everyone runs in a process of its own, turn about,
so that what else the machine does falls on all alike. It prints, for each peer, the median of the rounds' ratios of median times
(ours ÷ it: below 1 we are faster), peak resident memory, and how far the logits are from PyTorch's in float64.
"""
import argparse, json, os, resource, statistics, subprocess, sys, tempfile, time

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("--ours", help="the program")
ap.add_argument("--flags", default="", help="more flags for ours, as --exact")
ap.add_argument("--arch", default="resnet50", help="a name that torchvision and we share")
ap.add_argument("--batch", type=int, default=1)
ap.add_argument("--size", type=int, default=224)
ap.add_argument("--threads", type=int, default=2)
ap.add_argument("--rounds", type=int, default=7)
ap.add_argument("--runs", type=int, default=0, help="passes a process (default: 20, or 5 for a batch)")
ap.add_argument("--peers", default="ort,torch,torch-channels-last,torch-compile")
ap.add_argument("--peer", help=argparse.SUPPRESS)  # in a child: which
ap.add_argument("--dir", help=argparse.SUPPRESS)   # in a child: where the net is
a = ap.parse_args()
runs = a.runs or (20 if a.batch == 1 else 5)
warm = max(3, runs // 4)


def prepare(folder):
    """The net with calibrated batch norms as .pth and .onnx, an input, and the logits in float64."""
    import numpy as np, torch, torchvision
    torch.manual_seed(0)
    net = getattr(torchvision.models, a.arch)(weights=None)
    x = torch.randn(a.batch, 3, a.size, a.size)
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.momentum = 1.0
    net.train()
    with torch.no_grad():
        net(torch.randn(max(2, min(8, a.batch)), 3, a.size, a.size))
        net.eval()
        torch.save(net.state_dict(), os.path.join(folder, "net.pth"))
        torch.onnx.export(net, x, os.path.join(folder, "net.onnx"), opset_version=13, input_names=["input"], output_names=["logits"], dynamo=False)
        np.save(os.path.join(folder, "x.npy"), x.numpy())
        np.save(os.path.join(folder, "logits.npy"), net.double()(x.double()).numpy())


def child():
    """Times one peer, and prints its JSON."""
    os.environ["OMP_NUM_THREADS"] = str(a.threads)
    import numpy as np
    x = np.load(os.path.join(a.dir, "x.npy"))
    if a.peer == "ort":
        import onnxruntime
        o = onnxruntime.SessionOptions()
        o.intra_op_num_threads, o.inter_op_num_threads = a.threads, 1
        session = onnxruntime.InferenceSession(os.path.join(a.dir, "net.onnx"), o, providers=["CPUExecutionProvider"])
        run, version = (lambda: session.run(None, {"input": x})[0]), "onnxruntime " + onnxruntime.__version__
    else:
        import torch, torchvision
        torch.set_num_threads(a.threads)
        torch.set_grad_enabled(False)
        net = getattr(torchvision.models, a.arch)(weights=None).eval()
        net.load_state_dict(torch.load(os.path.join(a.dir, "net.pth")))
        t = torch.from_numpy(x)
        if a.peer == "torch-channels-last":
            net, t = net.to(memory_format=torch.channels_last), t.to(memory_format=torch.channels_last)
        elif a.peer == "torch-compile":
            net = torch.compile(net)
        elif a.peer != "torch":
            sys.exit("no such peer: " + a.peer)
        run, version = (lambda: net(t).numpy()), "torch " + torch.__version__
    times = []
    for i in range(warm + runs):
        begin = time.perf_counter()
        logits = run()
        times.append(time.perf_counter() - begin)
    print(json.dumps(dict(version=version, ms=1e3 * statistics.median(times[warm:]), rss=peak_bytes(), logits=logits.tolist())))


def peak_bytes():
    """The most memory that this process has held. Linux's ru_maxrss would count the parent's, from before exec."""
    try:
        for line in open("/proc/self/status"):
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def call(command):
    r = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if r.returncode:
        sys.exit("%s: exit %d: %s" % (" ".join(command[:3]), r.returncode, r.stderr.strip()[-500:]))
    return json.loads(r.stdout)


def ours(folder):
    common = ["--arch", a.arch, "--weights", os.path.join(folder, "net.pth"), "--input", os.path.join(folder, "x.npy"),
              "--threads", str(a.threads), "--format", "json"] + a.flags.split()
    p = call([a.ours, "profile", "--runs", str(runs), "--warmup", str(warm)] + common)
    return dict(version="resnet-tui, %s kernels" % p["device"]["kernels"], ms=p["total"]["p50_ms"], rss=p["memory"].get("peak_rss_bytes", 0),
                logits=call([a.ours, "run"] + common)["output"]["logits"])


def peer(name, folder):
    same = [v for k in ("arch", "batch", "size", "threads", "runs") for v in ("--" + k, str(runs if k == "runs" else getattr(a, k)))]
    return call([sys.executable, "-W", "ignore", os.path.abspath(__file__), "--peer", name, "--dir", folder] + same)


def main():
    import numpy as np
    if not a.ours:
        ap.error("--ours is missing: the program to compare, as built by go build ./cmd/resnet-tui")
    names = [n for n in a.peers.split(",") if n]
    with tempfile.TemporaryDirectory() as folder:
        peer("prepare", folder)
        truth = np.load(os.path.join(folder, "logits.npy"))
        rounds = []
        for r in range(a.rounds):
            order = ["ours"] + names
            got = {n: ours(folder) if n == "ours" else peer(n, folder) for n in (order if r % 2 == 0 else reversed(order))}
            rounds.append(got)
            print("round %d: %s" % (r + 1, "  ".join("%s %.2f ms" % (n, got[n]["ms"]) for n in order)), file=sys.stderr, flush=True)
    print("%s, batch %d, %d×%d, %d threads, %d rounds of %d passes" % (a.arch, a.batch, a.size, a.size, a.threads, a.rounds, runs))
    print("%-20s %9s %9s  %-22s %9s %10s  %s" % ("", "median ms", "min ms", "ours ÷ it (range)", "peak MB", "error", "version"))
    for n in ["ours"] + names:
        ms = [r[n]["ms"] for r in rounds]
        ratio = sorted(r["ours"]["ms"] / r[n]["ms"] for r in rounds)
        error = np.sqrt(np.mean((np.array(rounds[0][n]["logits"]) - truth) ** 2) / np.mean(truth ** 2))
        print("%-20s %9.2f %9.2f  %-22s %9.0f %10.1e  %s" % (
            n, statistics.median(ms), min(ms), "%.3f (%.3f–%.3f)" % (statistics.median(ratio), ratio[0], ratio[-1]),
            max(r[n]["rss"] for r in rounds) / 1e6, error, rounds[0][n]["version"]))


if not a.peer:
    main()
elif a.peer == "prepare":
    prepare(a.dir)
    print("{}")
else:
    child()
