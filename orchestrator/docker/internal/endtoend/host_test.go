package endtoend_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// The environment of a host program.
const (
	hostDir      = "CORACLE_TEST_HOST" // where its journal is; empty: this is no host program
	hostInstance = "CORACLE_TEST_INSTANCE"
	hostImage    = "CORACLE_TEST_IMAGE"
	hostTask     = "CORACLE_TEST_TASK" // what it does with its pods: churn, settle, clear
)

// manyPods is how many pods a host program looks after.
const manyPods = 20

// hostProgram is what is killed: a program with an orchestrator whose pods it
// creates and deletes at random, until it dies; or has exactly as they should
// be; or deletes. It says when it is at work, and when it is done.
func hostProgram(dir string) {
	if err := host(dir); err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		os.Exit(1)
	}
}

func host(dir string) error {
	journal, err := bolt.Open(filepath.Join(dir, "journal.db"))
	if err != nil {
		return err
	}
	o, err := orchestrator.New(orchestrator.Config{
		Dial:     docker.Config{Instance: os.Getenv(hostInstance)}.Dial,
		Machines: []*node.Node{newNode("n1", "")},
		Journal:  journal,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	fmt.Println("working")
	switch client := o.Client(); os.Getenv(hostTask) {
	case "churn":
		err = churn(ctx, client)
	case "settle":
		err = settle(ctx, client)
	case "clear":
		err = clearPods(ctx, client)
	}
	if err == nil {
		fmt.Println("done")
		io.Copy(io.Discard, os.Stdin) // until it is told to end
	}
	cancel()
	return errors.Join(err, <-ended)
}

func podName(i int) string { return fmt.Sprintf("p%02d", i) }

func hostPod(i int) *pod.Pod {
	return newPod(podName(i), os.Getenv(hostImage), pod.RestartAlways, []string{"wait"})
}

// churn creates and deletes pods for ever, and gives some of them the time to get
// somewhere. It says whenever one of them runs.
func churn(ctx context.Context, client *orchestrator.Client) error {
	began := time.Now()
	go func() {
		for change := range client.Pods().Watch(ctx, store.Filter{}, 0) {
			if p := change.Object; p != nil && p.Status.Phase == pod.Running && p.CreationTimestamp.After(began) {
				fmt.Println("step")
			}
		}
	}()
	for {
		i := rand.IntN(manyPods)
		name := podName(i)
		_, err := client.Pods().Get("default", name)
		if errors.Is(err, orchestrator.ErrNotFound) {
			_, err = client.Pods().Create(ctx, hostPod(i))
		} else if err == nil && rand.IntN(2) == 0 {
			err = client.Pods().Delete(ctx, "default", name, orchestrator.DeleteOptions{})
		}
		if err != nil && !errors.Is(err, orchestrator.ErrNotFound) {
			return err
		}
		wait, cancel := context.WithTimeout(ctx, time.Duration(rand.Int64N(int64(250*time.Millisecond))))
		client.Wait(wait, func(store.Reader) bool { return false })
		cancel()
	}
}

// settle has exactly the pods that there should be, running.
func settle(ctx context.Context, client *orchestrator.Client) error {
	going := func(view store.Reader) bool {
		for p := range view.Pods().All(store.Filter{}) {
			if p.Deleting() {
				return false
			}
		}
		return true
	}
	if err := client.Wait(ctx, going); err != nil {
		return err
	}
	for i := range manyPods {
		_, err := client.Pods().Create(ctx, hostPod(i))
		if err != nil && !errors.Is(err, orchestrator.ErrExists) {
			return err
		}
	}
	if err := client.Wait(ctx, allReady(manyPods)); err != nil {
		return err
	}
	for _, p := range client.Pods().List(store.Filter{}) {
		s := p.Status.ContainerStatuses[0]
		fmt.Println("pod", p.UID, s.ContainerID, s.RestartCount)
	}
	return nil
}

// clearPods deletes every pod.
func clearPods(ctx context.Context, client *orchestrator.Client) error {
	for _, p := range client.Pods().List(store.Filter{}) {
		if err := client.Pods().Delete(ctx, "default", p.Name, orchestrator.DeleteOptions{}); err != nil {
			return err
		}
	}
	return client.Wait(ctx, func(view store.Reader) bool { return view.Pods().Len() == 0 })
}
