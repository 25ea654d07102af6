package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// display shows the pods and events: a table that is drawn again where stdout
// is a terminal, a line for each change otherwise.
type display struct {
	cancel context.CancelFunc
	group  sync.WaitGroup
}

func startDisplay(ctx context.Context, client *orchestrator.Client, p *proxy.Proxy) *display {
	ctx, cancel := context.WithCancel(ctx)
	d := &display{cancel: cancel}
	if info, err := os.Stdout.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		d.group.Go(func() { drawTable(ctx, client, p) })
		return d
	}
	var out sync.Mutex
	d.group.Go(func() { printPods(ctx, client, &out) })
	d.group.Go(func() { printServices(ctx, client, &out) })
	d.group.Go(func() { printEvents(ctx, client, &out) })
	return d
}

func (d *display) stop() {
	d.cancel()
	d.group.Wait()
}

// printPods prints a line whenever what is shown of a pod changes.
func printPods(ctx context.Context, client *orchestrator.Client, out *sync.Mutex) {
	last := make(map[string]string)
	for change, err := range client.Pods().Watch(ctx, store.Filter{}, 0) {
		if err != nil {
			return
		}
		p := change.Object
		line := strings.Join(columns(p), "  ")
		if change.Type == store.Deleted {
			line = p.Name + "  gone"
		}
		if last[p.UID] != line {
			last[p.UID] = line
			out.Lock()
			fmt.Printf("%s pod    %s\n", time.Now().Format("15:04:05.000"), line)
			out.Unlock()
		}
	}
}

// printServices prints where a service is reached, and who is behind it, whenever that changes.
func printServices(ctx context.Context, client *orchestrator.Client, out *sync.Mutex) {
	for change, err := range client.Endpoints().Watch(ctx, store.Filter{}, 0) {
		if err != nil {
			return
		}
		e := change.Object
		s, err := client.Services().Get(e.Namespace, e.Name)
		if err != nil || len(s.Spec.Ports) == 0 {
			continue
		}
		out.Lock()
		fmt.Printf("%s service %s  http://%s:%d  %d ready\n", time.Now().Format("15:04:05.000"),
			s.Name, s.Spec.ClusterIP, s.Spec.Ports[0].Port, len(readyAddresses(e)))
		out.Unlock()
	}
}

// readyAddresses returns the addresses that a service's traffic goes to.
func readyAddresses(e *service.Endpoints) []service.EndpointAddress {
	var all []service.EndpointAddress
	for _, subset := range e.Subsets {
		all = append(all, subset.Addresses...)
	}
	return all
}

func printEvents(ctx context.Context, client *orchestrator.Client, out *sync.Mutex) {
	for e := range client.WatchEvents(ctx, orchestrator.EventFilter{}) {
		out.Lock()
		fmt.Printf("%s event  %s\n", time.Now().Format("15:04:05.000"), eventLine(e))
		out.Unlock()
	}
}

func eventLine(e labels.Event) string {
	line := fmt.Sprintf("%s %s: %s: %s", strings.ToLower(e.InvolvedObject.Kind), e.InvolvedObject.Name, e.Reason, e.Message)
	if e.Count > 1 {
		line += fmt.Sprintf(" (%d times)", e.Count)
	}
	return line
}

// drawTable draws the table several times a second, and once more in the end.
func drawTable(ctx context.Context, client *orchestrator.Client, p *proxy.Proxy) {
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		draw(client, p)
		select {
		case <-ctx.Done():
			draw(client, p)
			return
		case <-ticker.C:
		}
	}
}

// draw writes the page over the one before.
func draw(client *orchestrator.Client, p *proxy.Proxy) {
	var page strings.Builder
	writeServices(&page, p)
	writeTable(&page, client, time.Now())
	io.WriteString(os.Stdout, "\x1b[H"+fit(page.String())+"\x1b[J") // home, and clear what is below
}

// fit cuts a page to the size of the terminal, and clears the rest of each line.
func fit(page string) string {
	width, height := 80, 24
	if size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
		width, height = int(size.Col), int(size.Row)
	}
	lines := strings.Split(strings.TrimSuffix(page, "\n"), "\n")
	lines = lines[:min(len(lines), height-1)]
	for i, line := range lines {
		if len(line) > width {
			line = line[:width]
		}
		lines[i] = line + "\x1b[K\n"
	}
	return strings.Join(lines, "")
}

// writeServices writes where services are reached, and what came to them.
func writeServices(w io.Writer, p *proxy.Proxy) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tPORTAL\tREADY\tCONNECTIONS\tBY ENDPOINT")
	for _, s := range p.Status() {
		portal, ready, counts := "-", 0, []string{}
		if len(s.Listening) > 0 {
			portal = "http://" + s.Listening[0].String()
		}
		for _, e := range s.Endpoints {
			if !e.Leaving {
				ready++
				counts = append(counts, fmt.Sprint(e.Connections))
			}
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\n", s.Service, portal, ready, s.Connections, strings.Join(counts, " "))
	}
	table.Flush()
	fmt.Fprintln(w)
}

// writeTable writes the pods, and the newest events below them.
func writeTable(w io.Writer, client *orchestrator.Client, now time.Time) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "POD\tNODE\tREADY\tPHASE\tRESTARTS\tPID\tADDRESS\tAGE")
	for _, p := range client.Pods().List(store.Filter{}) {
		fmt.Fprintf(table, "%s\t%s\n", strings.Join(columns(p), "\t"), now.Sub(p.CreationTimestamp).Round(time.Second))
	}
	table.Flush()
	fmt.Fprintln(w)
	events := client.Events(orchestrator.EventFilter{})
	for _, e := range slices.Backward(events[max(0, len(events)-12):]) {
		fmt.Fprintf(w, "%s  %s\n", e.LastTimestamp.Local().Format("15:04:05"), eventLine(e))
	}
}

// columns returns what is shown of a pod, all but its age.
func columns(p *pod.Pod) []string {
	phase := string(p.Status.Phase)
	if p.Deleting() {
		phase = "Terminating"
	}
	restarts, ready, pids := 0, 0, []string{}
	for _, s := range append(slices.Clone(p.Status.InitContainerStatuses), p.Status.ContainerStatuses...) {
		restarts += s.RestartCount
		switch {
		case s.State.Running != nil:
			pids = append(pids, s.ContainerID)
		case s.State.Waiting != nil && s.State.Waiting.Reason != "" && !strings.Contains(phase, "/"):
			phase += "/" + s.State.Waiting.Reason // of the first that waits
		}
	}
	for _, s := range p.Status.ContainerStatuses {
		if s.Ready {
			ready++
		}
	}
	return []string{
		p.Name, dash(p.Spec.NodeName), fmt.Sprintf("%d/%d", ready, len(p.Spec.Containers)), phase,
		fmt.Sprint(restarts), dash(strings.Join(pids, ",")), address(p),
	}
}

// address returns where the pod's first port is served.
func address(p *pod.Pod) string {
	if p.Status.PodIP == "" {
		return "-"
	}
	for _, c := range p.Spec.Containers {
		for _, port := range c.Ports {
			return fmt.Sprintf("http://%s:%d", p.Status.PodIP, port.ContainerPort)
		}
	}
	return p.Status.PodIP
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
