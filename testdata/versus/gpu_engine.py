"""The engines of gpu.py, seen from outside: each can check(), which gives its result, and time() a round.

A result has "logits", and of a training step "loss" and "gradients" (the norm of each parameter's). time() gives "ms"
of a pass, and "memory_bytes".
"""
import json, os, subprocess, sys


class Failure(Exception):
    """An engine can't do what was asked of it. The message says which and why."""


class Torch:
    """The process in which PyTorch runs: gpu_torch.py, with its settings."""

    def __init__(self, settings):
        self.log = open(os.path.join(settings["folder"], "torch.log"), "w+")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gpu_torch.py")
        self.process = subprocess.Popen([sys.executable, "-W", "ignore", script, json.dumps(settings)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.log.close()

    def ask(self, *words):
        try:
            self.process.stdin.write(" ".join(words) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended: the missing answer says so
        answer = self.process.stdout.readline()
        if not answer:
            self.log.seek(0)
            raise Failure("PyTorch's process ended at %s: %s" % (" ".join(words), self.log.read().strip()[-800:]))
        answer = json.loads(answer)
        if "failed" in answer:
            raise Failure(answer["failed"])
        return answer


class Peer:
    """One of the ways in which PyTorch runs."""

    def __init__(self, torch, name):
        self.torch, self.name = torch, name

    def check(self):
        return self.torch.ask("check", self.name)

    def time(self):
        return self.torch.ask("time", self.name)


class Ours:
    """The program, which runs as a process each time. flags say which net, on what, and how."""

    def __init__(self, program, flags, train, runs):
        self.program, self.flags, self.train, self.runs = program, flags, train, runs
        self.device = None  # that ran, known from time() on

    def check(self):
        p = call(self.program, "run", *self.flags)
        result = {"logits": [v for row in p["output"]["logits"] for v in row]}
        if self.train:
            result["loss"], result["gradients"] = p["loss"], {g["name"]: g["norm"] for g in p["params_grad"]}
        return result

    def time(self):
        """ms is the median of passes that nobody observes. If passes take so long that the program pairs too few
        of them with observed ones, it is that of observed ones."""
        warm = str(max(3, self.runs // 4))
        p = call(self.program, "profile", "--no-history", "--runs", str(self.runs), "--warmup", warm, *self.flags)
        self.device = p["device"]
        observed, pairs = p["total"]["p50_ms"], p.get("recorder")
        return {"ms": pairs["unobserved_ms"] if pairs else observed, "observed_ms": observed,
                "memory_bytes": p["memory"]["predicted_bytes"]}


def call(program, *flags):
    """What a command of the program prints as JSON."""
    command = [program, *flags, "--format", "json"]
    try:
        r = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise Failure("%s took more than 300 s" % " ".join(command))
    if r.returncode:
        raise Failure("%s: exit %d: %s" % (" ".join(command), r.returncode, r.stderr.strip()[-800:]))
    return json.loads(r.stdout)
