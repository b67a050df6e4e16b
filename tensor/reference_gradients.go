package tensor

import "math"

// conv2dGradInput: dx[n,c,h,w] = Σ w[k,c,u,v] · dy[n,k,i,j] over k of c's group
// and those u, v, i, j with h = i·SH+u−Top, w = j·SW+v−Left.
func conv2dGradInput[T Real](dx, dy images[T], w []T, op *Op) {
	clear(dx.data)
	cg, kg := dx.c/op.Groups, dy.c/op.Groups
	size := cg * op.KH * op.KW
	dy.eachPatches(op, size, func(patches []T, first, count, g int) {
		clear(patches)
		k := g * kg
		for ; k+4 <= (g+1)*kg; k += 4 {
			for p := range count {
				alpha := [4]T{*dy.pixel(first+p, k), *dy.pixel(first+p, k+1), *dy.pixel(first+p, k+2), *dy.pixel(first+p, k+3)}
				axpy4(patches[p*size:(p+1)*size], alpha, w[k*size:])
			}
		}
		for ; k < (g+1)*kg; k++ {
			for p := range count {
				axpy(patches[p*size:(p+1)*size], *dy.pixel(first+p, k), w[k*size:])
			}
		}
		for p := range count {
			n, top, left := dy.corner(first+p, op)
			scatter(dx, patches[p*size:(p+1)*size], n, g*cg, top, left, op.Window)
		}
	})
}

// scatter adds to what a kernel sees at top, left: x[n, first+c, top+u, left+v]
// += patch[c,u,v]; what lies outside the image is dropped.
func scatter[T Real](x images[T], patch []T, n, first, top, left int, win Window) {
	from, to := max(0, -left), min(win.KW, x.w-left)
	for c := range len(patch) / (win.KH * win.KW) {
		out := x.plane(n, first+c)
		for u := max(0, -top); u < min(win.KH, x.h-top) && from < to; u++ {
			row := (top+u)*x.w + left
			axpy(out[row+from:row+to], 1, patch[(c*win.KH+u)*win.KW+from:])
		}
	}
}

// conv2dGradWeight: dw[k,c,u,v] = Σ dy[n,k,i,j] · x[n, g·C/G+c, i·SH+u−Top,
// j·SW+v−Left] over n, i, j.
func conv2dGradWeight[T Real](dw []T, x, dy images[T], op *Op) {
	clear(dw)
	cg, kg := x.c/op.Groups, dy.c/op.Groups
	size := cg * op.KH * op.KW
	dy.eachPatches(op, size, func(patches []T, first, count, g int) {
		for p := range count {
			n, top, left := dy.corner(first+p, op)
			gather(patches[p*size:(p+1)*size], x, n, g*cg, top, left, op.Window)
		}
		for k := g * kg; k < (g+1)*kg; k++ {
			row, p := dw[k*size:(k+1)*size], first
			for ; p+4 <= first+count; p += 4 {
				alpha := [4]T{*dy.pixel(p, k), *dy.pixel(p+1, k), *dy.pixel(p+2, k), *dy.pixel(p+3, k)}
				axpy4(row, alpha, patches[(p-first)*size:])
			}
			for ; p < first+count; p++ {
				axpy(row, *dy.pixel(p, k), patches[(p-first)*size:])
			}
		}
	})
}

// axpy: y += α·x, over the length of y.
func axpy[T Real](y []T, alpha T, x []T) {
	x = x[:len(y)]
	i := 0
	for ; i+4 <= len(y); i += 4 {
		p, q := y[i:i+4:i+4], x[i:i+4:i+4]
		p[0] += alpha * q[0]
		p[1] += alpha * q[1]
		p[2] += alpha * q[2]
		p[3] += alpha * q[3]
	}
	for ; i < len(y); i++ {
		y[i] += alpha * x[i]
	}
}

// axpy4 is axpy of four rows of x, one after the other, with the same sums.
func axpy4[T Real](y []T, alpha [4]T, x []T) {
	n := len(y)
	x0, x1, x2, x3 := x[:n], x[n:][:n], x[2*n:][:n], x[3*n:][:n]
	a0, a1, a2, a3 := alpha[0], alpha[1], alpha[2], alpha[3] // in registers
	for i, v := range y {
		v += a0 * x0[i]
		v += a1 * x1[i]
		v += a2 * x2[i]
		v += a3 * x3[i]
		y[i] = v
	}
}

// gradBias: db[k] = Σ dy[n,k,i,j] over n, i, j, in float64.
func gradBias[T Real](db []T, dy images[T]) {
	for k := range db {
		sum := 0.0
		for n := range dy.n {
			for _, v := range dy.plane(n, k) {
				sum += float64(v)
			}
		}
		db[k] = T(sum)
	}
}

// linearGradInput: dx[n,c] = Σ w[k,c]·dy[n,k] over k.
func linearGradInput[T Real](dx, dy images[T], w []T) {
	clear(dx.data)
	for n := range dy.n {
		for k, v := range dy.row(n) {
			axpy(dx.row(n), v, w[k*dx.c:])
		}
	}
}

// linearGradWeight: dw[k,c] = Σ dy[n,k]·x[n,c] over n.
func linearGradWeight[T Real](dw []T, x, dy images[T]) {
	clear(dw)
	for n := range dy.n {
		for k, v := range dy.row(n) {
			axpy(dw[k*x.c:(k+1)*x.c], v, x.row(n))
		}
	}
}

// row is the features of image n.
func (v images[T]) row(n int) []T { return v.data[n*v.c : (n+1)*v.c] }

// batchNorm2dGrad, with x̂ = (x − mean)·rstd over m values per channel:
// dγ = Σ dy·x̂, dβ = Σ dy, and dx = γ·rstd·dy with running statistics, γ·rstd·
// (dy − dβ/m − x̂·dγ/m) with the batch's, which depend on x themselves (Ioffe
// and Szegedy 2015, section 3; the sums are in float64).
func batchNorm2dGrad[T Real](out [3]images[T], x, dy images[T], gamma, mean, rstd []T, batch bool) {
	dx, m := out[0], float64(x.n*x.h*x.w)
	for c := range x.c {
		dGamma, dBeta := normSums(x, dy, c, float64(mean[c]), float64(rstd[c]))
		if out[1].data != nil {
			out[1].data[c], out[2].data[c] = T(dGamma), T(dBeta)
		}
		if !batch {
			dGamma, dBeta = 0, 0
		}
		for n := range x.n {
			to, grad := dx.plane(n, c), dy.plane(n, c)
			for i, v := range x.plane(n, c) {
				hat := (v - mean[c]) * rstd[c]
				to[i] = gamma[c] * rstd[c] * (grad[i] - T(dBeta/m) - hat*T(dGamma/m))
			}
		}
	}
}

// normSums are Σ dy·(x − mean)·rstd and Σ dy over channel c.
func normSums[T Real](x, dy images[T], c int, mean, rstd float64) (dGamma, dBeta float64) {
	for n := range x.n {
		grad := dy.plane(n, c)
		for i, v := range x.plane(n, c) {
			dGamma += float64(grad[i]) * (float64(v) - mean) * rstd
			dBeta += float64(grad[i])
		}
	}
	return dGamma, dBeta
}

// reluGrad: dx = dy where y > 0, else 0.
func reluGrad[T Real](dx, y, dy images[T]) {
	for i, v := range y.data {
		dx.data[i] = 0
		if v > 0 {
			dx.data[i] = dy.data[i]
		}
	}
}

// maxPool2dGrad: each window's dy is added to its first maximum.
func maxPool2dGrad[T Real](dx, x, dy images[T], op *Op) {
	clear(dx.data)
	for n := range x.n {
		for c := range x.c {
			out, in := dx.plane(n, c), x.plane(n, c)
			for i, v := range dy.plane(n, c) {
				if best := windowArgMax(in, x.h, x.w, i/dy.w*op.SH-op.Top, i%dy.w*op.SW-op.Left, op); best >= 0 {
					out[best] += v
				}
			}
		}
	}
}

// windowArgMax is the index of the first maximum of an h×w plane in the window
// at top, left, row by row; the last NaN if there is one, as in PyTorch; −1 if
// it is a zero of the padding.
func windowArgMax[T Real](in []T, h, w, top, left int, op *Op) int {
	best, value, none := -1, T(0), true
	for i := top; i < top+op.KH; i++ {
		for j := left; j < left+op.KW; j++ {
			v, index := T(0), -1
			if i >= 0 && i < h && j >= 0 && j < w {
				index = i*w + j
				v = in[index]
			} else if !op.PadZero {
				continue
			}
			if none || v > value || v != v {
				best, value, none = index, v, false
			}
		}
	}
	return best
}

// avgPool2dGrad spreads each mean's gradient over what it averaged.
func avgPool2dGrad[T Real](dx, dy images[T], win windows) {
	clear(dx.data)
	for n := range dx.n {
		for c := range dx.c {
			out := dx.plane(n, c)
			for i, v := range dy.plane(n, c) {
				rows, cols := win.rows[i/dy.w], win.cols[i%dy.w]
				share := v / T((rows.to-rows.from)*(cols.to-cols.from))
				for r := rows.from; r < rows.to; r++ {
					for j := cols.from; j < cols.to; j++ {
						out[r*dx.w+j] += share
					}
				}
			}
		}
	}
}

// padGrad: dx[n,c,i·SH,j·SW] = dy[n,PadBefore+c,i,j], zero elsewhere.
func padGrad[T Real](dx, dy images[T], op *Op) {
	clear(dx.data)
	for n := range dx.n {
		for c := range dx.c {
			out := dx.plane(n, c)
			for i, v := range dy.plane(n, op.PadBefore+c) {
				out[i/dy.w*op.SH*dx.w+i%dy.w*op.SW] = v
			}
		}
	}
}

// join: sum = branch + skip, and ‖branch‖, ‖skip‖, ⟨branch, skip⟩, ‖sum‖.
func join[T Real](sum images[T], probe []T, branch, skip images[T]) {
	add(sum, branch, skip, 1)
	probe[0] = T(math.Sqrt(inner(branch, branch)))
	probe[1] = T(math.Sqrt(inner(skip, skip)))
	probe[2] = T(inner(branch, skip))
	probe[3] = T(math.Sqrt(inner(sum, sum)))
}

// sgd: d = g + λw; v ← μv + d; w ← w − lr·v; see SGD.
func sgd[T Real](w, v, g []T, lr T, op *Op) {
	mu := T(op.Momentum)
	for i := range w {
		d := g[i] + T(op.Decay)*w[i]
		step := d
		if v != nil {
			v[i] = mu*v[i] + d
			step = v[i]
			if op.Nesterov {
				step = d + mu*v[i]
			}
		}
		w[i] -= lr * step
	}
}
