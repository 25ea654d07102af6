// The program of the images of tests. Its arguments are commands, each with
// its own arguments, divided by arguments that are ";". They are carried out in turn; the
// first that fails ends the program with exit code 1. After the last it exits with 0.
//
//	toy print hello ';' wait
package main

import (
	"fmt"
	"os"
)

func main() {
	for _, command := range divide(os.Args[1:]) {
		do, ok := commands()[command[0]]
		if !ok {
			fmt.Fprintf(os.Stderr, "toy: no command is called %q\n", command[0])
			os.Exit(2)
		}
		if err := do(command[1:]); err != nil {
			fmt.Fprintf(os.Stderr, "toy: %s: %v\n", command[0], err)
			os.Exit(1)
		}
	}
}

// divide returns the commands among the arguments.
func divide(arguments []string) [][]string {
	var list [][]string
	var command []string
	for _, a := range append(arguments, ";") {
		switch {
		case a != ";":
			command = append(command, a)
		case command != nil:
			list, command = append(list, command), nil
		}
	}
	return list
}
