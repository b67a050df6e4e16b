#!/usr/bin/env python3
"""Trains in fp32 and in bf16, and compares test errors: of a ResNet and its plain twin, the experiment on degradation.

  train.py PROGRAM [--depth 20,32] [--epochs 3] [--limit 6000] [--seeds 3] [--data fashion-mnist] [-o FILE.json]

PROGRAM is the built resnet-tui. The recipe is that of the included weights, on fewer images unless --limit 0. A
difference counts as none if it is within twice its standard error, from the spread over seeds. Exit code 1 if a net
in bf16 is worse than that, or if plain and residual nets change places.
"""
import argparse, json, math, statistics, subprocess, sys


def train(a, precision):
    command = [a.program, "train", "--compare", "--family", "cifar", "--depth", a.depth, "--data", a.data, "--seeds", a.seeds,
               "--epochs", a.epochs, "--batch", a.batch, "--lr", "0.1", "--schedule", "cosine", "--device", "cpu",
               "--precision", precision, "--format", "json"]
    if a.limit != "0":
        command += ["--limit", a.limit]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    nets = {}
    for run in json.loads(out)["runs"]:
        nets.setdefault(run["model"]["arch"], []).append(run["final"])
    return nets


def spread(errors):
    return statistics.mean(errors), statistics.stdev(errors)


def compare(name, single, half):
    """One row, and whether bf16 is no worse than the spread allows."""
    errors = [[100 * f["test_error"] for f in finals] for finals in (single, half)]
    (a, da), (b, db) = map(spread, errors)
    bound = 2 * math.sqrt((da**2 + db**2) / len(single))
    losses = [statistics.mean(f["train_loss"] for f in finals) for finals in (single, half)]
    print("| %s | %.2f ± %.2f %% | %.2f ± %.2f %% | %+.2f, noise %.2f | %.4f | %.4f |" % (name, a, da, b, db, b - a, bound, *losses), flush=True)
    return b - a <= bound


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("program")
    for name, value in dict(depth="20", epochs="3", limit="6000", seeds="3", batch="128", data="fashion-mnist").items():
        p.add_argument("--" + name, default=value)
    p.add_argument("-o", help="all runs as JSON")
    a = p.parse_args()
    runs = {precision: train(a, precision) for precision in ("fp32", "bf16")}
    if a.o:
        with open(a.o, "w") as f:
            json.dump(dict(vars(a), runs=runs), f, indent=1)
    print("| net | test error, fp32 | bf16 | difference | training loss, fp32 | bf16 |\n| --- | --- | --- | --- | --- | --- |")
    good = all([compare(net, runs["fp32"][net], runs["bf16"][net]) for net in runs["fp32"]])
    for plain in [net for net in runs["fp32"] if "plain" in net]:
        twin = plain.replace("plain", "resnet")
        order = [spread([f["test_error"] for f in r[plain]])[0] > spread([f["test_error"] for f in r[twin]])[0] for r in runs.values()]
        print("%s is %s than %s in fp32, and %s in bf16" % (plain, *("worse" if order[0] else "better", twin, "worse" if order[1] else "better")))
        good = good and order[0] == order[1]
    sys.exit(not good)


if __name__ == "__main__":
    main()
