#!/usr/bin/env python3
"""Times of a net's layers on a GPU, against the GPU's measured peaks and the shares of them that are expected.

  gpu_table.py --ours ./resnet-tui [--batch 64] [--precision fp32] [--backward] [--expected docs/gpu.md] [-o FILE.json]

Expected shares are read from the tables of a Markdown page: those with a column "layer" (a path, in backquotes) and
a column "share", in per cent. A layer below 0.8 of its expected share is marked. Totals are by kernel size.
"""
import argparse, json, re, shutil, sys

from gpu_engine import Failure, call


def arguments():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--ours", required=True, help="the program")
    ap.add_argument("--device", default="vulkan")
    ap.add_argument("--arch", default="resnet50")
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--precision", default="fp32")
    ap.add_argument("--runs", type=int, default=20, help="passes")
    ap.add_argument("--backward", action="store_true", help="a training step: forward, loss and backward")
    ap.add_argument("--expected", metavar="FILE", help="a Markdown page with expected shares of the peak")
    ap.add_argument("-o", dest="out", metavar="FILE", help="write the profile as JSON")
    a = ap.parse_args()
    if not shutil.which(a.ours):
        ap.error("--ours %s: no such program" % a.ours)
    return a


def expected(path):
    """The expected share of the peak of each layer, from 0 to 1."""
    shares, columns = {}, None
    for line in open(path, encoding="utf-8"):
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            columns = None
        elif columns is None:
            columns = {name: i for i, name in enumerate(cells)}
        elif {"layer", "share"} <= columns.keys() and (m := re.match(r"[\d.]+", cells[columns["share"]])):
            for layer in re.findall(r"`([^`]+)`", cells[columns["layer"]]):
                shares[layer] = float(m[0]) / 100
    if not shares:
        raise Failure("%s has no table with the columns layer and share" % path)
    return shares


def table(p, geometry, shares):
    """The lines of the table."""
    flops, bytes = 1e9 * p["ceilings"]["gflops"], 1e9 * p["ceilings"]["gbps"]
    yield "%-26s %-8s %-22s %9s %6s %8s %7s %8s %8s %7s  %s" % (
        "layer", "pass", "geometry", "ms", "time", "TFLOP/s", "of peak", "expected", "GB/s", "of peak", "kernel")
    for row in p["layers"]:
        ms, rate = row.get("typical_ms", 0), 1e9 * row.get("gflops", 0)
        traffic = 1e3 * row["bytes"] / ms if ms else 0
        want = shares.get(row["path"]) if row["pass"] == "forward" else None
        low = want is not None and rate / flops < 0.8 * want
        yield "%-26s %-8s %-22s %9.3f %6s %8s %7s %8s %8.0f %7s  %s%s" % (
            row["path"], row["pass"], geometry.get(row["path"], ""), ms, percent(row["share"]),
            "%.2f" % (rate / 1e12) if rate else "", percent(rate / flops) if rate else "",
            "" if want is None else percent(want), traffic / 1e9, percent(traffic / bytes), row["kernel"],
            "  BELOW" if low else "")


def totals(p, geometry):
    """Time and rate of each kernel size, and of the whole."""
    sums = {}
    for row in p["layers"]:
        if size := re.search(r"\d+×\d+", geometry.get(row["path"], "")) if row.get("macs") else None:
            ms, macs = sums.get((size[0], row["pass"]), (0, 0))
            sums[size[0], row["pass"]] = ms + row.get("typical_ms", 0), macs + row["macs"]
    batch = p["input"]["shape"][0]
    for (size, which), (ms, macs) in sorted(sums.items()):
        yield "%s, %s: %.3f ms, %.2f TFLOP/s" % (size, which, ms, 2 * macs * batch / ms / 1e9)
    t = p["total"]
    yield "pass: %.3f ms, %.1f images/s, overhead %.3f ms, %.2f TFLOP/s" % (
        t["typical_ms"], t["images_per_s"], t["overhead_typical_ms"], t["gflops"] / 1e3)
    if p.get("recorder"):
        yield "unobserved: %.3f ms, %.1f images/s" % (
            p["recorder"]["unobserved_ms"], 1e3 * batch / p["recorder"]["unobserved_ms"])


def percent(share):
    return "%.1f %%" % (100 * share)


def main(a):
    flags = ["--arch", a.arch, "--batch", str(a.batch)]
    geometry = {row["path"]: row.get("geometry", "") for row in call(a.ours, "summary", *flags)["layers"]}
    p = call(a.ours, "profile", "--no-history", "--device", a.device, "--precision", a.precision,
             "--runs", str(a.runs), *flags, *["--backward"] * a.backward)
    if a.out:
        with open(a.out, "w") as f:
            json.dump(p, f)
    d, c = p["device"], p["ceilings"]
    print("%s, batch %d, %s on %s (%s, driver %s); peaks %.1f TFLOP/s in fp32, %.0f GB/s" % (
        a.arch, a.batch, a.precision, d["name"], d.get("kind"), d.get("driver"), c["gflops"] / 1e3, c["gbps"]))
    print("\n".join(table(p, geometry, expected(a.expected) if a.expected else {})))
    print("\n".join(totals(p, geometry)))


if __name__ == "__main__":
    try:
        main(arguments())
    except Failure as e:
        sys.exit("gpu_table.py: %s" % e)
