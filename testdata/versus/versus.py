#!/usr/bin/env python3
"""Compares resnet-tui with other engines on the same net, weights, input and threads.

  versus.py infer --ours ./resnet-tui [--arch resnet50] [--batch 1] [--peers ort,openvino,ncnn,torch,torch-channels-last,torch-compile]
  versus.py train --ours ./resnet-tui [--arch resnet50] [--batch 8] [--peers torch-channels-last,torch-compile,torch-compile-channels-last]

Run it with a Python that has numpy, torch and torchvision; for peers of infer also onnx and onnxruntime, openvino, or ncnn and pnnx.
In each round, every engine runs once, in its own process, in rotating order, so that other load on the machine affects all alike. A
step of train is forward, cross-entropy and backward. It prints, for each peer and for the fastest of each round, the median over the
rounds of the ratio of median times (ours ÷ theirs: below 1 ours is faster), peak resident memory, and how far the result (logits, or
the loss) is from PyTorch's in float64.

With --precision bf16 every engine is asked for bf16 in its own way: ours by --precision bf16, OpenVINO by its hint, PyTorch by autocast
(of a training step the forward pass and the loss), ncnn by storage in bf16. ONNX Runtime has none on x86-64 and runs in fp32; on arm64
it gets its bf16 products. Some fall back to fp32 on processors without bf16 instructions, so what each says of its convolutions is
printed too.
"""
import argparse, collections, contextlib, json, os, platform, resource, statistics, subprocess, sys, tempfile, time

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("task", choices=["infer", "train"])
ap.add_argument("--ours", help="the program")
ap.add_argument("--flags", default="", help="more flags for ours, such as --exact")
ap.add_argument("--precision", choices=["fp32", "bf16"], default="fp32", help="what every engine is asked for (default: fp32)")
ap.add_argument("--arch", default="resnet50", help="resnet50, cifar_resnet20 …: torchvision's names and the paper's CIFAR nets")
ap.add_argument("--batch", type=int, default=0, help="images per pass (default: 1; a training step 8, of a CIFAR net 128)")
ap.add_argument("--size", type=int, default=0, help="height and width of the images (default: 224, for a CIFAR net 32)")
ap.add_argument("--threads", type=int, default=2)
ap.add_argument("--rounds", type=int, default=7)
ap.add_argument("--runs", type=int, default=0, help="passes per process (default: 20; with a batch 5)")
ap.add_argument("--peers", help="default: all named above; of a CIFAR net without ncnn")
ap.add_argument("--peer", help=argparse.SUPPRESS)  # in a child process: which engine
ap.add_argument("--dir", help=argparse.SUPPRESS)   # in a child process: the folder of the net
a = ap.parse_args()
train, cifar, bf16 = a.task == "train", a.arch.startswith("cifar_"), a.precision == "bf16"
a.batch = a.batch or ((128 if cifar else 8) if train else 1)
a.size = a.size or (32 if cifar else 224)
a.runs = a.runs or (20 if a.batch == 1 else 5)
warm = max(3, a.runs // 4)
peers = ["torch-channels-last", "torch-compile", "torch-compile-channels-last"] if train else [
    "ort", "openvino", "ncnn", "torch", "torch-channels-last", "torch-compile"]
if a.peers:
    peers = a.peers.split(",")
elif cifar and not train:
    peers.remove("ncnn")  # it lacks the strided slices of these nets' shortcuts


def build():
    """The net, with random weights, and its number of classes."""
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))
    import nets
    classes = 10 if cifar else 1000
    return nets.net(a.arch, classes, 3), classes


def prepare(folder):
    """The net as .pth and, with calibrated batch norms, as .onnx; an input and its labels; and the result in float64."""
    import numpy as np, torch
    torch.manual_seed(0)
    net, classes = build()
    x, labels = torch.randn(a.batch, 3, a.size, a.size), torch.randint(0, classes, (a.batch,))
    np.save(os.path.join(folder, "x.npy"), x.numpy())
    np.save(os.path.join(folder, "labels.npy"), labels.numpy())
    net.train()
    with torch.no_grad():
        if not train:
            for m in net.modules():
                if isinstance(m, torch.nn.BatchNorm2d):
                    m.momentum = 1.0
            net(torch.randn(max(2, min(8, a.batch)), 3, a.size, a.size))
            net.eval()
        torch.save(net.state_dict(), os.path.join(folder, "net.pth"))
        if set(peers) & {"ort", "openvino", "ncnn"}:
            torch.onnx.export(net, x, os.path.join(folder, "net.onnx"), opset_version=13, input_names=["input"], output_names=["logits"], dynamo=False)
        result = net.double()(x.double())
        if train:
            result = torch.nn.functional.cross_entropy(result, labels)
        np.save(os.path.join(folder, "result.npy"), result.numpy())
    if "ncnn" in peers:
        subprocess.run([os.path.join(os.path.dirname(sys.executable), "pnnx"), "net.onnx", "inputshape=[%d,3,%d,%d]f32" % (a.batch, a.size, a.size), "fp16=0"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


# Each engine below returns what runs one pass, its version, and what says, after the passes, in which precision they were.

def ort(x):
    import onnxruntime
    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads, o.inter_op_num_threads = a.threads, 1
    fast = bf16 and platform.machine().lower() in ("arm64", "aarch64")
    if fast:
        o.add_session_config_entry("mlas.enable_gemm_fastmath_arm64_bfloat16", "1")
    session = onnxruntime.InferenceSession(os.path.join(a.dir, "net.onnx"), o, providers=["CPUExecutionProvider"])
    return (lambda: session.run(None, {"input": x})[0]), onnxruntime.__version__, lambda: "fp32, products bf16 where it can" if fast else "fp32"


def openvino(x):
    import openvino
    core = openvino.Core()
    net = core.compile_model(core.read_model(os.path.join(a.dir, "net.onnx")), "CPU", {
        "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32", "INFERENCE_NUM_THREADS": a.threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1})
    request = net.create_infer_request()

    def precision():
        info = [n.get_rt_info() for n in net.get_runtime_model().get_ops()]
        text = lambda v: v if isinstance(v, str) else v.astype(str)
        return counted(text(i["runtimePrecision"]) for i in info if text(i["layerType"]) == "Convolution")

    return (lambda: request.infer({0: x}, share_inputs=True)[0]), openvino.__version__.split("-")[0], precision


def counted(names):
    """Precisions of convolutions, with how many of each if they differ: "bf16", "bf16 52, fp32 1"."""
    c = collections.Counter({"f32": "fp32", "f16": "fp16"}.get(n.lower(), n.lower()) for n in names)
    return ", ".join(n if len(c) == 1 else "%s %d" % (n, k) for n, k in c.most_common()) or "unknown"


def ncnn(x):
    """Runs one image at a time: ncnn has no batches."""
    import numpy as np, ncnn
    net = ncnn.Net()
    net.opt.num_threads = a.threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = bf16
    if hasattr(net.opt, "use_bf16_packed"):
        net.opt.use_bf16_packed = bf16
    net.load_param(os.path.join(a.dir, "net.ncnn.param"))
    net.load_model(os.path.join(a.dir, "net.ncnn.bin"))

    def run():
        rows = []
        for image in x:
            extractor = net.create_extractor()
            extractor.input("in0", ncnn.Mat(image))
            rows.append(np.array(extractor.extract("out0")[1]))
        return np.stack(rows)

    def precision():
        """From how outputs of convolutions lie in memory."""
        lines = [line.split() for line in open(os.path.join(a.dir, "net.ncnn.param"))]
        extractor = net.create_extractor()
        extractor.input("in0", ncnn.Mat(x[0]))
        outputs = [line[4 + int(line[2])] for line in lines if line[0] == "Convolution"]
        bits = [extractor.extract(blob, 1)[1].elembits() for blob in outputs]
        return counted({16: "bf16 storage", 32: "fp32"}[b] for b in bits)

    return run, ncnn.__version__, precision


def pytorch(x):
    import numpy as np, torch
    torch.set_num_threads(a.threads)
    torch.set_grad_enabled(train)
    net, t = build()[0], torch.from_numpy(x)
    net.load_state_dict(torch.load(os.path.join(a.dir, "net.pth")))
    net.train(train)
    if a.peer.endswith("channels-last"):
        net, t = net.to(memory_format=torch.channels_last), t.to(memory_format=torch.channels_last)
    forward = lambda t: net(t)
    if train:
        labels = torch.from_numpy(np.load(os.path.join(a.dir, "labels.npy")))
        forward = lambda t: torch.nn.functional.cross_entropy(net(t), labels)
    call = torch.compile(forward) if a.peer.startswith("torch-compile") else forward
    cast = torch.autocast("cpu", dtype=torch.bfloat16) if bf16 else contextlib.nullcontext()

    def step():
        net.zero_grad(set_to_none=True)
        with cast:
            loss = call(t)
        loss.backward()
        return loss.detach().float().numpy()

    def infer():
        return call(t).float().numpy()

    def precision():
        """From what convolutions give, without compilation; bf16 without oneDNN is one plain loop."""
        seen = []
        note = lambda module, given, result: seen.append(str(result.dtype).replace("torch.", ""))
        for m in net.modules():
            if isinstance(m, torch.nn.Conv2d):
                m.register_forward_hook(note)
        with cast:
            forward(t)
        said = counted({"bfloat16": "bf16", "float32": "fp32"}.get(n, n) for n in seen)
        return said + (", not by oneDNN" if "bf16" in said and not torch.ops.mkldnn._is_mkldnn_bf16_supported() else "")

    if not train:
        cast.__enter__()  # held, so that weights are cast once and not in each pass
    return (step if train else infer), torch.__version__, precision


def child():
    """Times one peer, and prints its JSON."""
    os.environ["OMP_NUM_THREADS"] = str(a.threads)
    import numpy as np
    x = np.load(os.path.join(a.dir, "x.npy"))
    run, version, precision = {"ort": ort, "openvino": openvino, "ncnn": ncnn}.get(a.peer, pytorch)(x)
    times = []
    for _ in range(warm + a.runs):
        begin = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - begin)
    rss = peak_bytes()
    print(json.dumps(dict(version="%s %s" % (a.peer.split("-")[0], version), ms=1e3 * statistics.median(times[warm:]), rss=rss,
                          precision=precision(), result=np.asarray(result, dtype=np.float64).tolist())))


def peak_bytes():
    """Peak resident memory of this process. Linux's ru_maxrss would include the parent's, from before exec."""
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
    import numpy as np
    common = ["--arch", a.arch, "--weights", os.path.join(folder, "net.pth"), "--input", os.path.join(folder, "x.npy"),
              "--threads", str(a.threads), "--format", "json", "--precision", a.precision] + a.flags.split()
    if train:
        common += ["--backward", "--labels", ",".join(map(str, np.load(os.path.join(folder, "labels.npy"))))]
    p = call([a.ours, "profile", "--no-history", "--runs", str(a.runs), "--warmup", str(warm)] + common)
    result = p["loss"] if train else call([a.ours, "run"] + common)["output"]["logits"]
    return dict(version="resnet-tui, %s kernels" % p["device"]["kernels"], ms=p["total"]["p50_ms"], rss=p["memory"].get("peak_rss_bytes", 0),
                precision=p["device"]["precision"], result=result)


def peer(name, folder):
    same = [v for k in ("precision", "arch", "batch", "size", "threads", "runs") for v in ("--" + k, str(getattr(a, k)))]
    return call([sys.executable, "-W", "ignore", os.path.abspath(__file__), a.task, "--peer", name, "--dir", folder, "--peers", ",".join(peers)] + same)


def main():
    import numpy as np
    if not a.ours:
        ap.error("--ours is missing: the program to compare, as built by go build ./cmd/resnet-tui")
    known = {"torch", "torch-channels-last", "torch-compile", "torch-compile-channels-last"} | (set() if train else {"ort", "openvino", "ncnn"})
    if set(peers) - known:
        ap.error("unknown peers for %s: %s" % (a.task, ", ".join(sorted(set(peers) - known))))
    order = ["ours"] + peers
    with tempfile.TemporaryDirectory() as folder:
        peer("prepare", folder)
        truth = np.load(os.path.join(folder, "result.npy"))
        rounds = []
        for r in range(a.rounds):
            rounds.append({n: ours(folder) if n == "ours" else peer(n, folder) for n in (order if r % 2 == 0 else reversed(order))})
            print("round %d: %s" % (r + 1, "  ".join("%s %.2f ms" % (n, rounds[-1][n]["ms"]) for n in order)), file=sys.stderr, flush=True)
    print("%s %s in %s, batch %d, %d×%d, %d threads, %d rounds of %d passes" % (a.task, a.arch, a.precision, a.batch, a.size, a.size, a.threads, a.rounds, a.runs))
    print("%-28s %9s %9s  %-22s %9s %8s  %-20s  %s" % (
        "", "median ms", "min ms", "ours ÷ it (range)", "peak MB", "error", "convolutions in", "version"))
    for n in order:
        ms = [r[n]["ms"] for r in rounds]
        error = np.sqrt(np.mean((np.array(rounds[0][n]["result"]) - truth) ** 2) / np.mean(truth ** 2))
        print("%-28s %9.2f %9.2f  %-22s %9.0f %8.1e  %-20s  %s" % (
            n, statistics.median(ms), min(ms), ratios(rounds, lambda r: r[n]["ms"]), max(r[n]["rss"] for r in rounds) / 1e6, error,
            rounds[0][n]["precision"], rounds[0][n]["version"]))
    fastest = lambda r: min(r[n]["ms"] for n in peers)
    ms = [fastest(r) for r in rounds]
    print("%-28s %9.2f %9.2f  %-22s" % ("the fastest peer", statistics.median(ms), min(ms), ratios(rounds, fastest)))


def ratios(rounds, it):
    """The median over the rounds of ours ÷ theirs, and the range."""
    r = sorted(r["ours"]["ms"] / it(r) for r in rounds)
    return "%.3f (%.3f–%.3f)" % (statistics.median(r), r[0], r[-1])


if not a.peer:
    main()
elif a.peer == "prepare":
    prepare(a.dir)
    print("{}")
else:
    child()
