// Package diagnose says what is wrong with a net. Gather runs it, in eval and in train
// mode, and collects Evidence: plain figures of its weights, images, activations and
// gradients. A Rule weighs evidence and makes findings; Rules is the table of them all, and
// Diagnose applies it and ranks what comes out.
//
//	session ──Gather──▶ Evidence ──Rules──▶ findings ──▶ ranked, effects of another finding left out
//
// A rule is a small function with its thresholds as named constants above it, in the file
// of its subject: weights, norm, activations, output, gradients, training, input,
// structure, cost. What a rule takes for a fault must be rare in nets that are in order:
// tests hold trained and fresh ones of all kinds to having none.
package diagnose
