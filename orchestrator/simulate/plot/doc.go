// Package plot draws curves as SVG or PNG: the reports of simulations, and
// whatever else is written as CSV in the same form.
//
//	arrived load (%),fgd,fgd ±,best-fit,best-fit ±
//	0,0,0,0,0
//	1,0.99,0.02,0.99,0.02
//
// The first column is x, every other is a line, and "NAME ±" is how far the line
// NAME varies. The program in cmd/plot does it for a file:
//
//	go run ./cmd/plot -y "GPUs allocated (%)" -o curves.svg curves.csv
//
// It is a module of its own, so that nobody gets the library that draws
// (gonum.org/v1/plot) who does not ask for it. Nothing of Coracle is needed.
//
// Nothing here is shared or runs by itself: a Table and a Chart are values.
package plot
