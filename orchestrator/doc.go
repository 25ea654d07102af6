// Package orchestrator runs pods on nodes: it places them, starts them, watches
// over them, and replaces what is lost. It is a library. A program imports it,
// hands it something that can run containers, and has an orchestrator inside.
//
//	package main
//
//	import (
//		"context"
//		"log"
//		"log/slog"
//		"os"
//		"os/signal"
//
//		"github.com/coracle-dev/coracle/labels"
//		"github.com/coracle-dev/coracle/node"
//		"github.com/coracle-dev/coracle/orchestrator"
//		"github.com/coracle-dev/coracle/orchestrator/manifest"
//		"github.com/coracle-dev/coracle/orchestrator/process"
//	)
//
//	func main() {
//		process.Supervise()
//		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
//		defer stop()
//		objects, err := manifest.ReadFiles("web.yaml")
//		if err != nil {
//			log.Fatal(err)
//		}
//		o, err := orchestrator.New(orchestrator.Config{
//			Dial:     process.Config{Dir: "state"}.Dial,
//			Machines: []*node.Node{{Meta: labels.Meta{Name: "here"}}},
//			Logger:   slog.Default(), // warnings: otherwise it is silent
//		})
//		if err != nil {
//			log.Fatal(err)
//		}
//		if _, err := o.Client().Apply(ctx, objects...); err != nil {
//			log.Fatal(err)
//		}
//		log.Print(o.Run(ctx))
//	}
//
// Here one node runs operating-system processes, as web.yaml asks for them.
// With another Dial the same program runs on whatever else can run a container;
// with that of package fake it runs nothing at all, on the clock of a test.
//
// # The parts
//
// An [Orchestrator] is made by [New], which starts nothing, and works while
// Orchestrator.Run runs. Its [Client] reads and writes objects. A [Runtime] runs
// the containers of one node, and a [Journal], if there is one, keeps every
// change. What decides is the [Engine]: most programs never see it.
//
// # Objects
//
// The objects are Kubernetes' core/v1 in Go: pod.Pod, replication.Controller,
// service.Service, service.Endpoints, node.Node and labels.Namespace. All but
// the last two live in a namespace: labels.DefaultNamespace where they name
// none. Every object has a name, a UID that no other ever has, and a resource
// version: the revision of the store at which it was last written. There is one
// count of revisions for everything.
//
// Objects that come back from the orchestrator are shared. Read them; to change
// one, change a copy of it and hand that in.
//
// # The client
//
//	c := o.Client()
//	p, err := c.Pods().Get("", "web-1")
//	all := c.Pods().List(store.Filter{Node: "node-1"})
//	_, err = c.Controllers().Create(ctx, controller)
//	_, err = c.Controllers().Patch(ctx, "", "web", func(c *replication.Controller) error {
//		*c.Spec.Replicas = 5
//		return nil
//	})
//	err = c.Pods().Delete(ctx, "", "web-1", orchestrator.DeleteOptions{})
//	_, err = c.Apply(ctx, objects...)
//
// Reading never waits. It sees what was durable at the moment of the call, and
// Client.View gives many reads one moment. A write returns when it is durable
// and readers see it. Before Run it is carried out at once; while Run runs many
// writes share one commit; after Run it is refused with [ErrStopped].
//
//	Create        adds; ErrExists if the name is taken
//	Update        replaces labels, annotations and spec; ErrConflict if somebody was faster
//	UpdateStatus  replaces the status
//	Patch         reads, changes by a function and updates, until nobody was faster
//	Apply         creates, or updates where something differs: the verb for manifests
//	Delete        asks for the end; a pod goes when its containers have ended
//	Bind          puts a pod onto a node, past the scheduler
//
// Client.Apply and Client.Do take many objects or operations: all are done, or
// none. Input is checked first, and everything that is wrong with an object
// comes back at once: the error is [ErrInvalid], and a labels.FieldErrors in it
// has each path, value and problem.
//
//	for change, err := range c.Pods().Watch(ctx, store.Filter{}, 0) { … }
//
// A watch tells every change of the objects that a filter chooses, in order and
// without gaps. A loop that falls too far behind is told [ErrExpired] and starts
// over; it never holds up a writer. What happened to objects, in words, is in
// Client.Events and Client.WatchEvents: Scheduled, Started, BackOff, Killing,
// OOMKilling, FailedScheduling and so on, each with a count.
//
// # Looking into pods
//
// Methods of [Pods] reach the runtime of a pod's node, past the engine, while Run runs:
//
//	err := c.Pods().Logs(ctx, "", "web-1", orchestrator.LogOptions{Follow: true, Tail: new(10), Stdout: os.Stdout})
//	code, err := c.Pods().Exec(ctx, "", "web-1", orchestrator.ExecOptions{Command: command, Streams: streams})
//	err = c.Pods().Attach(ctx, "", "web-1", orchestrator.AttachOptions{Streams: streams})
//	conn, err := c.Pods().PortForward(ctx, "", "web-1", 8080)
//	stats, err := c.Pods().Stats(ctx, "", "web-1")
//
// They go on until they are done, their context ends, the node goes or Run ends,
// and hold up nothing, Run's return included. What a runtime can't do is errors.ErrUnsupported.
//
// # The engine
//
// Everything is decided in one place, by a state machine that owns no
// goroutine, reads no clock and does no I/O. Whoever drives it tells it what
// happened and what time it is, and is told what to do:
//
//	for {
//		e.Apply(now, inputs...)     // writes of clients, results of work, hints
//		ready := e.Step(now)        // decide from the whole state
//		journal(ready.Changes)      // first make it durable,
//		publish(ready.Changes)      // then show it to readers,
//		carryOut(ready.Work)        // then act; each end is an input
//		wait(ready.Wake)            // or for the next input
//	}
//
// Orchestrator.Run is this loop in the real world, with workers for the work.
// Package simulate is the same loop on virtual time. One seed and one sequence of
// inputs give one history, byte for byte.
//
// The engine decides from what is the case, never from what has just happened:
// it compares what is asked for with what is recorded and with what the runtimes
// list, and asks for the difference. Asked again, it gives the same answer. That
// is why it needs to know nothing of how a crash, a lost answer or a hint that
// never came led to the present state. It looks only at what changed, so that a
// step costs what happened and not what exists.
//
// Silence is a state too. A node whose runtime has not answered for
// Config.Node.Grace gets no more pods; after Config.Node.LostAfter its pods are
// Failed, and controllers replace them elsewhere. When it is heard of again,
// what still runs there and should not is stopped.
//
// # Nodes
//
// Nodes come from Config.Machines, from the client one by one, or from a
// [Cloud] whose list of instances is followed (Config.SyncNodes). A node is
// Pending until its runtime answers, and its health endpoint if it has one, and
// takes pods while it is Running and Ready. It is checked every
// Config.Node.CheckPeriod.
//
// Pods of a lost node are given up no faster than is good: one node of a zone
// each ten seconds, one each hundred when most of a large zone is silent, none
// when most of a small one is, and none when nobody answers at all. Such an outage is
// more likely the network's than the nodes'. See node.Zones.
//
// Client.Drain empties a node in order. A taint of effect NoExecute empties it
// of what does not tolerate it. Deleting a node stops its pods first.
//
// # Services
//
// A service gets its cluster IP and its node ports when it is created or changed,
// out of Config.ServiceCIDR and Config.NodePortRange, or those that it asks for;
// what can't be had is an error of the write. It keeps them as long as it is there
// and needs them, also over an Apply that does not mention them.
//
// The endpoints of a service with a selector are kept as service.Resolve says:
// written when its pods come, go, become ready or not, and only then; also over
// endpoints that were there before. Those of a service without a selector are
// for somebody else to write. Either go with their service. A selector that
// matches nothing and a target port that nobody has are told by events of the service.
//
// Containers find the services of their namespace that were there before their
// pod in their environment, on every runtime: WEB_SERVICE_HOST and so on, see
// service.Environment.
//
// A service of type LoadBalancer gets a load balancer from Config.Balancer, or from
// the Cloud if it is a [Balancer]. Its status says so before it is made, and the
// service is there until it has gone: so none is left behind by a crash.
//
// # What survives a crash
//
// The program may die between any two instructions.
//
// Containers go on running: they belong to the runtime. When the program is
// back, each runtime is listed before anything is started on it. What runs and
// is recorded goes on as if nothing had happened. What runs and is not recorded
// is stopped. What ended meanwhile is restarted as its policy says, with its
// exit code if the runtime knows it. No attempt is ever started twice.
//
// With a [Journal] the objects survive as well. A change is durable before
// anybody is told of it and before anything follows from it: a write that
// returned nil is there after the crash, and one that did not is there as a
// whole or not at all. If the journal fails, Run ends with its error, and memory
// does not go on without it. Without a journal the objects are gone, and so what
// ran before counts as a leftover; apply them again.
//
// Events, probe results and the engine's view of runtimes are never stored. They
// come again. What waits for a time goes on waiting for the same time: back-offs,
// deadlines, expiry, tolerationSeconds, drains. What a node's silence was before
// counts after it, but the time in which nobody watched does not; and every node has
// Config.Node.Grace to answer before it is given up. A pod that was being deleted,
// and whose grace is over, gets it again, since nobody knows whether its containers
// were asked to end. A deletion of many nodes that was held back for the next list
// of the cloud is held back anew.
//
// A clock that was set restarts nothing and gives nobody up. If it is behind what
// is recorded, all of that which would lie in the future is moved back by the same
// time, and the event ClockSetBack says so; what had a minute left has a minute left.
// If it is far ahead, that can not be told from a long absence and is taken for
// one: what runs goes on, and only what has a deadline by the clock meets it. A
// clock that is set while Run runs is not even noticed, and neither is that of a
// machine which is wrong: what is new in a list has happened since the one before.
//
// What was found is told in events: Adopted for a container that goes on, Started
// for what was missing, RemovedLeftover for what did not belong there, and
// [EventRecovered] for each node, which the logger gets as well.
//
// # Writing a runtime
//
// A Runtime is five methods over whatever can run a program:
//
//	Start(ctx, p, c)         run the attempt that RefTo names, unless it was ever run
//	Stop(ctx, ref, grace)    ask politely, kill after grace, return when nothing runs
//	Remove(ctx, uid)         forget a pod and everything of it
//	List(ctx)                every attempt, running or ended
//	Changed()                a channel that hints at news
//
// Three rules carry everything. An attempt has a name, [ContainerRef], under
// which it is started at most once, ever: write down that it was started before
// it runs. List is the only memory after a crash, so what it tells must outlive
// the program. And every method may be called again, with the same end: a stop
// of what has ended, a removal of what is not there and a start of what was
// started all return nil.
//
// A method that returns an error may have done its work or not; the engine lists
// again and goes on from what it finds. A [StartError] gives the error a reason,
// such as ErrImagePull. Each call has a context that ends after
// Config.CallTimeout, when the call is overtaken by another, or with Run. Honour
// it: a call that does not return keeps its pod from going on, and keeps Run
// from returning nil.
//
// What more a runtime can do it shows by further methods: [Sizer] says how large
// the node is, [Warner] what is wrong with it, [Reporter] what happens on it, [Prober] runs commands for
// probes and hooks; [Logger], [Executor], [Attacher], [PortForwarder] and [Meter] let
// clients look into pods, also after Close, when they fail; and io.Closer is closed when the node goes or Run returns. Package
// orchtest has a suite that shows whether a runtime keeps its promises, in one
// line of test. So it has for a Cloud and a Balancer.
//
// # Concurrency
//
// New starts nothing. Run is the only way goroutines start, and when it returns
// all of them have ended; unless a runtime ignores its contexts, which its error
// then says. There is no Stop: end the context of Run.
//
// A Client, and everything it returns, may be used by any number of goroutines.
// An Engine belongs to one at a time. While Run runs one goroutine decides, and
// each call to a runtime has one of its own: a node that hangs holds up no
// other. Calls to one runtime come at the same time, at most Config.CallsPerNode
// of each kind, and never two for the same container. Dial is called by many
// goroutines at a time; the methods of a Journal by one.
package orchestrator
