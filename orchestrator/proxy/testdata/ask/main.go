// Ask connects to the address that is its argument, and prints the first line
// that it is told.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"time"
)

func main() {
	c, err := net.DialTimeout("tcp", os.Args[1], time.Minute)
	if err == nil {
		c.SetDeadline(time.Now().Add(time.Minute))
		var line string
		if line, err = bufio.NewReader(c).ReadString('\n'); err == nil {
			fmt.Print(line)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
