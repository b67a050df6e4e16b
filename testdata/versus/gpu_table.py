#!/usr/bin/env python3
"""Times of a net's layers on a GPU, against the GPU's measured peaks and the shares of them that are expected.

  gpu_table.py --ours ./resnet-tui [--batch 64] [--precision fp32] [--backward] [--expected docs/gpu.md] [-o FILE.json]

Expected shares are read from the page's table of this batch, which has a row for each different product, under the
path of the first layer that has it: `layer1.0.conv2` is the convolution, `layer1.0.conv2, input` and `…, weight` are
its gradients. A layer below 0.8 of its expected share is marked. Totals are by kind and by size of the kernel.
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


WAYS = {"Conv2d": "forward", "Linear": "forward", "Conv2dGradInput": "input", "LinearGradInput": "input",
        "Conv2dGradWeight": "weight", "LinearGradWeight": "weight"}


def expected(path, batch):
    """The shares of the peak, from 0 to 1, of a page's table between <!-- batch N --> and <!-- end of batch N -->."""
    text = open(path, encoding="utf-8").read()
    rows = re.search(r"<!-- batch %d -->\n(.*?)<!-- end of batch %d -->" % (batch, batch), text, re.S)
    if not rows:
        raise Failure("%s has no table for a batch of %d" % (path, batch))
    header, _, *rows = [[c.strip() for c in line.strip("|").split("|")] for line in rows[1].splitlines()]
    return {row[0]: float(row[header.index("expected")].rstrip(" %")) / 100 for row in rows}


def wanted(p, geometry, shares):
    """The expected share of each row: that of the layer on the page which computes the same product."""
    def product(row):
        return WAYS.get(row["kind"]), geometry.get(row["path"]), tuple(row["out_shape"])

    def name(row):
        way = WAYS.get(row["kind"])
        return row["path"] if way == "forward" else "%s, %s" % (row["path"], way)

    same = {product(row): shares[name(row)] for row in p["layers"] if name(row) in shares}
    return [same.get(product(row)) for row in p["layers"]]


def table(p, geometry, wants):
    """The lines of the table."""
    flops, bytes = 1e9 * p["ceilings"]["gflops"], 1e9 * p["ceilings"]["gbps"]
    yield "%-24s %-8s %-26s %9s %6s %8s %7s %8s %8s %7s  %s" % (
        "layer", "pass", "geometry", "ms", "time", "TFLOP/s", "of peak", "expected", "GB/s", "of peak", "kernel")
    for row, want in zip(p["layers"], wants):
        ms, rate = row.get("typical_ms", 0), 1e9 * row.get("gflops", 0)
        traffic = 1e3 * row["bytes"] / ms if ms else 0
        low = want is not None and rate / flops < 0.8 * want
        yield "%-24s %-8s %-26s %9.3f %6s %8s %7s %8s %8.0f %7s  %s%s" % (
            row["path"], row["pass"], geometry.get(row["path"], ""), ms, percent(row["share"]),
            "%.2f" % (rate / 1e12) if rate else "", percent(rate / flops) if rate else "",
            "" if want is None else percent(want), traffic / 1e9, percent(traffic / bytes), row["kernel"],
            "  BELOW" if low else "")


def totals(p, geometry, shares):
    """Time and rate of the products, by way and size of the kernel; then of the whole."""
    sums, batch = {}, p["input"]["shape"][0]
    for row in p["layers"]:
        if way := WAYS.get(row["kind"]):
            size = re.search(r"\d+×\d+", geometry.get(row["path"], ""))
            for key in "all " + way, "%s, %s" % (way, size[0] if size else "linear"):
                ms, flops = sums.get(key, (0, 0))
                sums[key] = ms + row.get("typical_ms", 0), flops + 2 * row["macs"] * batch
    for key, (ms, flops) in sorted(sums.items()):
        if not ms:
            continue
        share = flops / 1e6 / ms / p["ceilings"]["gflops"]
        want = shares.get("*%s*" % key)
        yield "%-14s %9.3f ms %8.2f TFLOP/s, %s of the peak%s" % (
            key, ms, flops / ms / 1e9, percent(share), "" if want is None else ", expected %s" % percent(want))
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
    print("%s, batch %d, %s on %s; peaks %.1f TFLOP/s in fp32, %.0f GB/s" % (
        a.arch, a.batch, a.precision, ", ".join(d[k] for k in ("name", "kind", "driver") if d.get(k)),
        c["gflops"] / 1e3, c["gbps"]))
    shares = expected(a.expected, a.batch) if a.expected else {}
    print("\n".join(table(p, geometry, wanted(p, geometry, shares))))
    print("\n".join(totals(p, geometry, shares)))


if __name__ == "__main__":
    try:
        main(arguments())
    except Failure as e:
        sys.exit("gpu_table.py: %s" % e)
