// Package train measures what a net gets right: softmax, cross-entropy, top-k
// and the evaluation loop over a data set.
package train
