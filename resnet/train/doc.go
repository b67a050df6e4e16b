// Package train trains nets, and measures what they get right.
//
// Train makes one run: stochastic gradient descent on a schedule, an evaluation
// after each epoch, checkpoints from which an interrupted run goes on to the
// same bits, and a history of JSON lines. Everything random (initialisation,
// order of the images, augmentation, dropout) is drawn by counter from the
// seed, so that neither threads nor interruptions have a part in it. A run
// whose loss is no finite number any more is traced back to the first value
// that was none.
//
// Compare makes several runs; Summarise says what they show, over their seeds.
// Evaluate scores any net on a data set.
package train
