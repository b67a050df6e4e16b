// Package tensortest holds what tests of plans and devices share: a Builder of
// small plans, seeded Values for their parameters, the plain reference of
// package tensor as a device (Reference), and a device that computes nothing
// but does what a test scripts (Fake). Only tests import it.
package tensortest
