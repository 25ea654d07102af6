package pause_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/orchestrator/docker/internal/pause"
)

// The image can be given to an engine as it is.
func ExampleImage() {
	image, err := pause.For("amd64")
	fmt.Println(image.Name, image.Layer[:19], len(image.Archive), err)
	// Output: coracle/pause:3e64fbfa862b sha256:606426ba7526 5632 <nil>
}

func ExampleProgram() {
	program, err := pause.Program("arm64")
	fmt.Printf("%q %d %v\n", program[:4], len(program), err)
	// Output: "\x7fELF" 372 <nil>
}
