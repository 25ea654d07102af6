package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// commands are what the program can do, by name. go doc of package enginetest lists them.
func commands() map[string]func(arguments []string) error {
	return map[string]func([]string) error{
		"print":    print,
		"complain": func(a []string) error { _, err := fmt.Fprintln(os.Stderr, strings.Join(a, " ")); return err },
		"exit":     exit,
		"wait":     wait,
		"stubborn": stubborn,
		"sleep":    sleep,
		"serve":    serve,
		"fetch":    fetch,
		"write":    write,
		"read":     read,
		"list":     list,
		"environ":  func([]string) error { return print([]string{strings.Join(os.Environ(), "\n")}) },
		"whoami":   func([]string) error { _, err := fmt.Printf("%d:%d\n", os.Getuid(), os.Getgid()); return err },
		"echo":     func([]string) error { _, err := io.Copy(os.Stdout, os.Stdin); return err },
		"eat":      eat,
		"orphan":   orphan,
		"spawn":    spawn,
	}
}

func print(words []string) error {
	_, err := fmt.Println(strings.Join(words, " "))
	return err
}

// say is print where there is something to say.
func say(words []string) error {
	if len(words) == 0 {
		return nil
	}
	return print(words)
}

// exit ends the program with a code.
func exit(a []string) error {
	code, err := number(a)
	if err != nil {
		return err
	}
	os.Exit(code)
	return nil
}

// wait waits for SIGTERM or SIGINT, and prints the words once it hears them.
func wait(ready []string) error {
	polite := make(chan os.Signal, 1)
	signal.Notify(polite, syscall.SIGTERM, syscall.SIGINT)
	if err := say(ready); err != nil {
		return err
	}
	<-polite
	return nil
}

// stubborn waits for ever, and prints the words once it ignores SIGTERM and SIGINT.
func stubborn(ready []string) error {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
	if err := say(ready); err != nil {
		return err
	}
	for {
		time.Sleep(time.Hour)
	}
}

// sleep takes a duration, or none where it is 0.
func sleep(a []string) error {
	if len(a) != 1 {
		return errors.New("wants a duration")
	}
	d, err := time.ParseDuration(a[0])
	time.Sleep(d)
	return err
}

// serve answers HTTP on a port for ever, in the background: with a text, and on
// the path /exit by ending the program with code 3.
func serve(a []string) error {
	if len(a) < 1 {
		return errors.New("wants a port, and may have a text")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, strings.Join(a[1:], " ")) })
	mux.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	failed := make(chan error, 1)
	go func() { failed <- http.ListenAndServe(":"+a[0], mux) }()
	select {
	case err := <-failed:
		return err
	case <-time.After(50 * time.Millisecond): // it listens, or a later request will tell
		return nil
	}
}

// fetch prints what a URL answers; it tries for up to a minute.
func fetch(a []string) error {
	if len(a) != 1 {
		return errors.New("wants a URL")
	}
	deadline := time.Now().Add(time.Minute)
	for {
		response, err := http.Get(a[0])
		if err == nil {
			defer response.Body.Close()
			_, err = io.Copy(os.Stdout, response.Body)
			return err
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func write(a []string) error {
	if len(a) < 1 {
		return errors.New("wants a path, and may have a text")
	}
	return os.WriteFile(a[0], []byte(strings.Join(a[1:], " ")+"\n"), 0o666)
}

func read(paths []string) error {
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		os.Stdout.Write(text)
	}
	return nil
}

func list(dirs []string) error {
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			fmt.Println(e.Name())
		}
	}
	return nil
}

// eat takes that many MiB of memory, and keeps them.
func eat(a []string) error {
	mib, err := number(a)
	for range mib {
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = byte(i)
		}
		eaten = append(eaten, block)
	}
	return err
}

var eaten [][]byte

// orphan has a process begun whose parent ends at once, and fails unless
// whoever adopts it lets it go when it has ended too.
func orphan([]string) error {
	said, err := exec.Command("/proc/self/exe", "spawn").Output()
	if err != nil {
		return err
	}
	folder := "/proc/" + strings.TrimSpace(string(said))
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	state, _ := os.ReadFile(folder + "/stat")
	return fmt.Errorf("the orphan is still there: %s", state)
}

// spawn begins a process, prints its id, and leaves it alone.
func spawn([]string) error {
	child := exec.Command("/proc/self/exe", "sleep", "200ms")
	if err := child.Start(); err != nil {
		return err
	}
	_, err := fmt.Println(child.Process.Pid)
	return err
}

// number returns the one argument that is a whole number.
func number(a []string) (int, error) {
	if len(a) != 1 {
		return 0, errors.New("wants a number")
	}
	return strconv.Atoi(a[0])
}
