package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// serve is the program of the default manifest: a web server that says who it
// is, until it is asked to end.
func serve(args []string) {
	address := "127.0.0.1:8080"
	if len(args) > 0 {
		address = args[0]
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "hello from %s, process %d\n", os.Getenv("POD_NAME"), os.Getpid())
	})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		<-ctx.Done()
		server.Shutdown(context.Background()) // answers what it has been asked
	}()
	fmt.Println("listening on", address)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	<-answered
}
