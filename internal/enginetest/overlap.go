package enginetest

import (
	"flag"
	"runtime"
	"strconv"
)

// Overlap lets six parallel tests of a package run at a time, unless -parallel
// says otherwise: they wait for an engine, which needs its time whether there
// are processors or not. Call it in TestMain, before m.Run. It parses the flags.
func Overlap() {
	flag.Parse()
	f := flag.Lookup("test.parallel")
	if f != nil && f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = f.Value.Set("6") // a number is a value for it
	}
}
