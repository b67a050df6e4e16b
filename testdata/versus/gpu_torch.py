"""PyTorch's side of gpu.py: a process of its own for each net and batch, so that its memory is given back.

gpu.py starts it with the settings as JSON and asks by lines on its stdin; it answers by lines of JSON.
"""
import contextlib, json, os, statistics, sys, time


class Peers:
    """The nets that were built so far, of one architecture with the same weights. settings: train, arch, classes,
    size, batch, precision, runs, cpu (in place of a GPU), folder (of the net and its input)."""

    def __init__(self, settings):
        self.__dict__.update(settings)
        import torch, torchvision  # a missing one is said by the answer
        if not self.cpu and not torch.cuda.is_available():
            raise RuntimeError("PyTorch %s sees no CUDA device: it must be built for CUDA, and NVIDIA's driver be "
                               "installed (--self-test shows without a GPU that the script works)"
                               % torch.__version__)
        self.torch, self.built = torch, {}
        self.at = torch.device("cpu" if self.cpu else "cuda")
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        torch.set_float32_matmul_precision("highest")
        torch.set_grad_enabled(self.train)
        if self.cpu:
            torch.set_num_threads(1)

    def about(self):
        """What PyTorch is, and what it runs on."""
        t = self.torch
        versions = {"torch": t.__version__, "cuda": t.version.cuda, "cudnn": t.backends.cudnn.version()}
        if self.cpu:
            return dict(versions, device="the CPU")
        return dict(versions, device=t.cuda.get_device_name(), capability="%d.%d" % t.cuda.get_device_capability(),
                    memory_bytes=t.cuda.get_device_properties(0).total_memory)

    def net(self):
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))
        import nets
        return nets.net(self.arch, self.classes, 3)

    def prepare(self):
        """Writes net.pth, with batch norms that are calibrated if it is to infer, and x.npy. Answers with the labels,
        and what float64 has as the result."""
        import numpy as np
        t = self.torch
        t.manual_seed(0)
        net = calm(self.net()).to(self.at).train()
        self.x = t.randn(self.batch, 3, self.size, self.size)
        self.labels = t.randint(0, self.classes, (self.batch,))
        if not self.train:
            with t.no_grad():
                for m in net.modules():
                    if isinstance(m, t.nn.BatchNorm2d):
                        m.momentum = 1.0
                net(t.randn(8, 3, self.size, self.size).to(self.at))
        self.weights = {name: w.cpu().clone() for name, w in net.state_dict().items()}
        t.save(self.weights, os.path.join(self.folder, "net.pth"))
        np.save(os.path.join(self.folder, "x.npy"), self.x.numpy())
        self.x, self.labels = self.x.to(self.at), self.labels.to(self.at)
        net, x = net.double().train(self.train), self.x.double()
        truth = self.result(net, self.step(net, lambda: self.forward(net(x))))
        t.backends.cudnn.benchmark = True  # from here on: its search takes long in float64
        return {"labels": self.labels.tolist(), "result": truth}

    def forward(self, logits):
        """The logits, and of a training step the loss."""
        if not self.train:
            return logits, None
        return logits, self.torch.nn.functional.cross_entropy(logits, self.labels)

    def step(self, net, call):
        """A function that runs a pass. It returns the logits and the loss; gradients are in the net."""
        def run():
            net.zero_grad(set_to_none=True)
            logits, loss = call()
            loss.backward()
            return logits, loss

        return run if self.train else call

    def result(self, net, run):
        """The logits; of a training step also the loss, and the norm of each parameter's gradient."""
        logits, loss = run()
        result = {"logits": logits.detach().double().flatten().tolist()}
        if self.train:
            result["loss"] = loss.item()
            result["gradients"] = {name: p.grad.double().norm().item() for name, p in net.named_parameters()}
        return result

    def check(self, name):
        """Builds a peer, and answers with its result."""
        before = self.allocated()
        net, run = self.build(name)
        own = self.allocated() - before
        answer = self.result(net, run)
        self.built[name] = net, run, own
        return answer

    def build(self, name):
        """A net, and the function that runs it. gpu.py says what the names mean."""
        t = self.torch
        layout, _, way = (name, "", "") if self.precision == "fp32" else name.rpartition("-")
        net, x = self.net(), self.x
        net.load_state_dict(self.weights)
        net = net.to(self.at).train(self.train)
        if way == "weights":
            net, x = net.to(t.bfloat16), x.to(t.bfloat16)
        if layout != "torch":
            net, x = net.to(memory_format=t.channels_last), x.to(memory_format=t.channels_last)
        cast = (lambda: t.autocast(self.at.type, t.bfloat16)) if way == "autocast" else contextlib.nullcontext

        def call():
            with cast():
                return self.forward(net(x).float())

        run = self.step(net, t.compile(call) if layout == "torch-compile" else call)
        return net, self.recorded(run) if layout == "torch-graph" else run

    def recorded(self, run):
        """A pass as a CUDA graph. Gradients that a pass makes anew stay where the recording has put them."""
        cuda = self.torch.cuda
        side = cuda.Stream()
        side.wait_stream(cuda.current_stream())
        with cuda.stream(side):  # cuDNN chooses its algorithms, which can't be recorded
            for _ in range(3):
                run()
        cuda.current_stream().wait_stream(side)
        graph = cuda.CUDAGraph()
        with cuda.graph(graph):
            out = run()

        def replay():
            graph.replay()
            return out

        return replay

    def time(self, name):
        """Answers with the times of a peer that was checked."""
        net, run, own = self.built[name]
        for _ in range(max(3, self.runs // 4)):
            run()
        self.wait()
        before, peak = self.allocated(), self.peak()
        times = []
        for _ in range(self.runs):
            begin = time.perf_counter()
            run()
            self.wait()
            times.append(1e3 * (time.perf_counter() - begin))
        return {"ms": statistics.median(times), "queued_ms": self.queued(run), "samples_ms": times,
                "memory_bytes": peak() - before + own}

    def queued(self, run):
        """Milliseconds a pass, of passes in a queue."""
        if self.cpu:
            begin = time.perf_counter()
            for _ in range(self.runs):
                run()
            return 1e3 * (time.perf_counter() - begin) / self.runs
        first, last = (self.torch.cuda.Event(enable_timing=True) for _ in range(2))
        first.record()
        for _ in range(self.runs):
            run()
        last.record()
        last.synchronize()
        return first.elapsed_time(last) / self.runs

    def wait(self):
        if not self.cpu:
            self.torch.cuda.synchronize()

    def give_back(self):
        """Leaves memory that PyTorch holds for later to the other engines."""
        if not self.cpu:
            self.torch.cuda.empty_cache()

    def allocated(self):
        return 0 if self.cpu else self.torch.cuda.memory_allocated()

    def peak(self):
        """A function that tells the most that was allocated from now on."""
        if self.cpu:
            return lambda: 0
        self.torch.cuda.reset_peak_memory_stats()
        return self.torch.cuda.max_memory_allocated


def calm(net):
    """Weakens the branches of a fresh net: at full strength, sixteen blocks make rounding grow a hundredfold."""
    for block in net.modules():
        if hasattr(block, "conv2"):
            getattr(block, "bn3", block.bn2).weight.data.fill_(0.25)
    return net


def main(settings):
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    peers = None
    for line in sys.stdin:
        what, *name = line.split()
        try:
            peers = peers or Peers(settings)
            answer = getattr(peers, what)(*name)
        except ImportError as e:
            answer = {"failed": "PyTorch and torchvision are needed (%s): run this with a Python that has them" % e}
        except Exception as e:  # out of memory, no compiler for torch.compile, …: the end of this peer only
            answer = {"failed": "%s: %s" % (type(e).__name__, str(e).strip()[:500])}
        if peers:
            peers.give_back()
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
