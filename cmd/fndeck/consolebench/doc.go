// Package consolebench measures the built console as an operator meets it: the
// real binary on a terminal of 160x48, on a real engine with a large state. It
// holds benchmarks only, and each figure stands beside a floor of the same run:
// a bare program on the same terminal, grep, wc. docs/benchmarks.md says what the
// figures are and what they were.
package consolebench
