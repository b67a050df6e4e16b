// Package train trains nets and measures their accuracy.
//
// Train performs one run: stochastic gradient descent on a schedule, an evaluation
// after each epoch, checkpoints, and a history of JSON lines. An interrupted run that
// resumes from its checkpoint ends with the same bits. Everything random
// (initialisation, order of the images, augmentation, dropout) is a function of the
// seed and a counter, so neither the number of threads nor an interruption changes it.
// When the loss stops being finite, the run is replayed from a recent copy of its state
// to find the first non-finite value.
//
// Compare performs several runs; Summarise sums them up over their seeds. Evaluate
// scores any net on a data set.
//
// Losses are mean cross-entropies in nats, errors and shares are between 0 and 1.
package train
