package tensor

import "math"

// conv2d: y[n,k,i,j] = bias[k] + Σ w[k,c,u,v] · x[n, g·C/G+c, i·SH+u−Top, j·SW+v−Left]
// over c < C/G, u < KH, v < KW, where g is the group of k, and x is zero
// outside the image.
func conv2d[T Real](y, x images[T], w, bias []T, op *Op) {
	cg, kg := x.c/op.Groups, y.c/op.Groups
	size := cg * op.KH * op.KW
	y.eachPatches(op, size, func(patches []T, first, count, g int) {
		for p := range count {
			n, top, left := y.corner(first+p, op)
			gather(patches[p*size:(p+1)*size], x, n, g*cg, top, left, op.Window)
		}
		for k := g * kg; k < (g+1)*kg; k++ {
			for p := range count {
				*y.pixel(first+p, k) = dot(patches[p*size:(p+1)*size], w[k*size:]) + at(bias, k)
			}
		}
	})
}

// patchBatch is how many pixels of a convolution's result are computed at once:
// each filter is read once for all of them, and reading filters takes most of
// the time in deep layers.
const patchBatch = 16

// eachPatches calls f for every group g and every patchBatch pixels of a
// convolution's result, counted over all images, with memory for their patches
// of size elements each.
func (v images[T]) eachPatches(op *Op, size int, f func(patches []T, first, count, g int)) {
	patches := make([]T, patchBatch*size)
	for g := range op.Groups {
		for first := 0; first < v.n*v.h*v.w; first += patchBatch {
			f(patches, first, min(patchBatch, v.n*v.h*v.w-first), g)
		}
	}
}

// pixel is channel c of a pixel, counted over all images.
func (v images[T]) pixel(i, c int) *T { return &v.plane(i/(v.h*v.w), c)[i%(v.h*v.w)] }

// corner is the image of pixel i of a convolution's result, and the top left of
// its window.
func (v images[T]) corner(i int, op *Op) (n, top, left int) {
	at := i % (v.h * v.w)
	return i / (v.h * v.w), at/v.w*op.SH - op.Top, at%v.w*op.SW - op.Left
}

// gather copies the window at top, left into a patch: patch[c,u,v] =
// x[n, first+c, top+u, left+v], or zero outside the image.
func gather[T Real](patch []T, x images[T], n, first, top, left int, win Window) {
	clear(patch)
	from, to := max(0, -left), min(win.KW, x.w-left)
	for c := range len(patch) / (win.KH * win.KW) {
		in := x.plane(n, first+c)
		for u := max(0, -top); u < min(win.KH, x.h-top) && from < to; u++ {
			row := (top+u)*x.w + left
			copy(patch[(c*win.KH+u)*win.KW+from:], in[row+from:row+to])
		}
	}
}

// linear: y[n,k] = bias[k] + Σ w[k,c] · x[n,c] over c < C.
func linear[T Real](y, x images[T], w, bias []T) {
	for n := range y.n {
		row := x.data[n*x.c : (n+1)*x.c]
		for k := range y.c {
			y.data[n*y.c+k] = dot(row, w[k*x.c:]) + at(bias, k)
		}
	}
}

// dot is Σ a[i]·b[i] over i < len(a), in four independent sums.
func dot[T Real](a, b []T) T {
	b = b[:len(a)]
	var s0, s1, s2, s3 T
	i := 0
	for ; i+4 <= len(a); i += 4 {
		p, q := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += p[0] * q[0]
		s1 += p[1] * q[1]
		s2 += p[2] * q[2]
		s3 += p[3] * q[3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// at is bias[k], or 0 where there is no bias.
func at[T Real](bias []T, k int) T {
	if bias == nil {
		return 0
	}
	return bias[k]
}

// batchNorm2d: y[n,c,i,j] = γ[c] · (x[n,c,i,j] − μ[c]) / √(σ²[c] + ε) + β[c]
// (Ioffe and Szegedy 2015, algorithm 1).
func batchNorm2d[T Real](y, x images[T], gamma, beta, mean, variance []T, eps float64) {
	for n := range x.n {
		for c := range x.c {
			scale := gamma[c] / T(math.Sqrt(float64(variance[c])+eps))
			out := y.plane(n, c)
			for i, v := range x.plane(n, c) {
				out[i] = scale*(v-mean[c]) + beta[c]
			}
		}
	}
}

// batchStatistics are the mean and the biased variance of each channel over
// the batch and the plane: μ[c] and σ²[c] of Ioffe and Szegedy 2015, algorithm
// 1 and section 3.2, accumulated in float64.
func batchStatistics[T Real](x images[T]) (mean, variance []T) {
	count := float64(x.n * x.h * x.w)
	mean, variance = make([]T, x.c), make([]T, x.c)
	for c := range x.c {
		sum, squares := 0.0, 0.0
		for n := range x.n {
			for _, v := range x.plane(n, c) {
				sum += float64(v)
			}
		}
		for n := range x.n {
			for _, v := range x.plane(n, c) {
				d := float64(v) - sum/count
				squares += d * d
			}
		}
		mean[c], variance[c] = T(sum/count), T(squares/count)
	}
	return mean, variance
}

// moveStatistics moves the running statistics towards the batch's:
// r += momentum·(batch − r), the variance made unbiased by m/(m−1) (Ioffe and
// Szegedy 2015, algorithm 2, with a moving average for the population's).
func moveStatistics[T Real](runningMean, runningVar, mean, variance []T, x images[T], momentum float64) {
	m := float64(x.n * x.h * x.w)
	for c := range mean {
		runningMean[c] += T(momentum) * (mean[c] - runningMean[c])
		runningVar[c] += T(momentum) * (T(float64(variance[c])*m/(m-1)) - runningVar[c])
	}
}

// saveStatistics stores what the gradient needs: mean[c], unless that is nil,
// and rstd[c] = 1/√(σ²[c] + ε).
func saveStatistics[T Real](toMean, rstd, mean, variance []T, eps float64) {
	copy(toMean, mean)
	for c := range rstd {
		rstd[c] = T(1 / math.Sqrt(float64(variance[c])+eps))
	}
}

// relu: y = max(x, 0); NaN stays NaN.
func relu[T Real](y, x images[T]) {
	for i, v := range x.data {
		y.data[i] = max(v, 0)
	}
}

// maxPool2d: y[n,c,i,j] = max x[n,c, i·SH+u−Top, j·SW+v−Left] over u < KH,
// v < KW. Outside the image x is −∞, or 0 with PadZero; NaN stays NaN.
func maxPool2d[T Real](y, x images[T], op *Op) {
	for n := range y.n {
		for c := range y.c {
			out, in := y.plane(n, c), x.plane(n, c)
			for i := range out {
				top, left := i/y.w*op.SH-op.Top, i%y.w*op.SW-op.Left
				out[i] = windowMax(in, x.h, x.w, top, left, op)
			}
		}
	}
}

// windowMax is the largest value of an h×w plane in the window at top, left.
func windowMax[T Real](in []T, h, w, top, left int, op *Op) T {
	best := T(math.Inf(-1))
	if op.PadZero && (top < 0 || left < 0 || top+op.KH > h || left+op.KW > w) {
		best = 0
	}
	for i := max(top, 0); i < min(top+op.KH, h); i++ {
		for j := max(left, 0); j < min(left+op.KW, w); j++ {
			best = max(best, in[i*w+j])
		}
	}
	return best
}

// avgPool2d: y[n,c,i,j] is the mean of x[n,c] over its window.
func avgPool2d[T Real](y, x images[T], win windows) {
	for n := range y.n {
		for c := range y.c {
			out, in := y.plane(n, c), x.plane(n, c)
			for i := range out {
				rows, cols := win.rows[i/y.w], win.cols[i%y.w]
				var sum T
				for r := rows.from; r < rows.to; r++ {
					for _, v := range in[r*x.w+cols.from : r*x.w+cols.to] {
						sum += v
					}
				}
				out[i] = sum / T((rows.to-rows.from)*(cols.to-cols.from))
			}
		}
	}
}

// windows are the ranges of an image's rows and columns that the rows and columns
// of a pool's result average.
type windows struct{ rows, cols []interval }

// interval is from, from+1 … to−1.
type interval struct{ from, to int }

// imageWindows are those of AvgPool2d over an image with the result y, cut to the
// image.
func imageWindows[T Real](x, y images[T], op *Op) windows {
	cut := func(n, m, kernel, stride, before int) []interval {
		list := make([]interval, m)
		for i := range list {
			from := i*stride - before
			list[i] = interval{max(from, 0), min(from+kernel, n)}
		}
		return list
	}
	return windows{cut(x.h, y.h, op.KH, op.SH, op.Top), cut(x.w, y.w, op.KW, op.SW, op.Left)}
}

// adaptiveWindows are those of AdaptiveAvgPool2d: [⌊i·n/m⌋, ⌈(i+1)·n/m⌉) of n for the
// i-th of m.
func adaptiveWindows[T Real](x, y images[T]) windows {
	spread := func(n, m int) []interval {
		list := make([]interval, m)
		for i := range list {
			list[i] = interval{i * n / m, ((i+1)*n + m - 1) / m}
		}
		return list
	}
	return windows{spread(x.h, y.h), spread(x.w, y.w)}
}

// add: y = α·branch + skip.
func add[T Real](y, branch, skip images[T], alpha T) {
	for i, v := range branch.data {
		y.data[i] = alpha*v + skip.data[i]
	}
}

// scale: y = α·x.
func scale[T Real](y, x images[T], alpha T) {
	for i, v := range x.data {
		y.data[i] = alpha * v
	}
}

// inner is ⟨x, y⟩, accumulated in float64.
func inner[T Real](x, y images[T]) float64 {
	sum := 0.0
	for i, v := range x.data {
		sum += float64(v) * float64(y.data[i])
	}
	return sum
}

// pad: y[n,PadBefore+c,i,j] = x[n,c,i·SH,j·SW], zero in the other channels.
func pad[T Real](y, x images[T], op *Op) {
	clear(y.data)
	for n := range x.n {
		for c := range x.c {
			out, in := y.plane(n, op.PadBefore+c), x.plane(n, c)
			for i := range out {
				out[i] = in[i/y.w*op.SH*x.w+i%y.w*op.SW]
			}
		}
	}
}

// drop zeroes each element with probability p and scales the rest by 1/(1−p).
func drop[T Real](y images[T], mask Stream, p float64) {
	scale := T(1 / (1 - p))
	for i := range y.data {
		y.data[i] *= scale
		if mask.Uniform(uint64(i)) < p {
			y.data[i] = 0
		}
	}
}

// moments are the mean and the population standard deviation of all elements.
func moments[T Real](x images[T]) (mean, std float64) {
	for _, v := range x.data {
		mean += float64(v)
	}
	mean /= float64(len(x.data))
	for _, v := range x.data {
		d := float64(v) - mean
		std += d * d
	}
	return mean, math.Sqrt(std / float64(len(x.data)))
}
