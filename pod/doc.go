// Package pod says what a pod is: containers that share a node, an address and
// volumes, and live and end together.
//
// The types have the fields and the JSON of Kubernetes' core/v1, as far as
// Coracle carries them. This package only describes and checks: what becomes of
// a pod is decided in package lifecycle, and where it runs by a scheduler. It
// reads no clock and does no I/O.
//
// # The life of an object
//
// Whoever takes a pod from a client treats it in this order:
//
//	p.Default()                // fill in what was left out
//	err := p.Validate()        // everything that is wrong with it, at once
//	err = p.ValidateUpdate(old) // on an update: everything it must not change
//
// Errors are a [labels.FieldErrors]: each has the path of its field as a reader
// of the manifest would write it, the value, and what it must be.
//
//	spec.containers[0].ports[1].containerPort: "70000": must be 1 to 65535
//	spec.containers[1].name: "web": must be unique: spec.containers[0].name has it
//
// [ValidateTemplate] and [ValidateSpec] do the same for what a controller makes
// pods from, below a path of the caller's. A pod may be validated before or
// after its defaults.
//
// An accepted pod stays as it was asked for. [Pod.ValidateUpdate] lets through
// new images, a node's name given once, a deadline given or lowered, and further
// tolerations; and [Status.ValidateUpdate] keeps terminal phases terminal.
//
// Stored objects are shared and are never changed. Change a copy: [Pod.Copy]
// and its like share nothing with their original and cost no more than
// the memory of what is there; a nil or empty list costs none.
//
// # Defaults
//
//	metadata.namespace               default
//	spec.restartPolicy               Always
//	spec.terminationGracePeriodSeconds   30
//	spec.volumes[]                   emptyDir, where no source is given
//	spec.tolerations[].operator      Equal
//	…containers[].imagePullPolicy    Always for the tag latest or none, otherwise IfNotPresent
//	…containers[].ports[].protocol   TCP
//	…containers[].resources.requests the limits
//	…Probe                           timeout 1 s, period 10 s, 1 success, 3 failures; GET / over HTTP
//	…containers[].terminationMessagePath    /dev/termination-log
//	…containers[].terminationMessagePolicy  File
//	status.phase                     Pending
//
// # Quantities
//
// A [Quantity] is an exact amount: never a float, never rounded where it is read.
// [ParseQuantity] takes Kubernetes' grammar
//
//	number   digits, with an optional sign and an optional point: 1, -1.5, .5, 1.
//	suffix   n u m k M G T P E        thousandths, thousands and so on (DecimalSI)
//	         Ki Mi Gi Ti Pi Ei        powers of 1024 (BinarySI)
//	         e3 E3 e-3 …              powers of ten (DecimalExponent)
//
// and String returns its canonical form: no fraction, and the largest suffix of
// the family it was written in with which that is exact.
//
//	0.25 → 250m    1.5Gi → 1536Mi    2048Ki → 2Mi    1000m → 1    1e4 → 10e3    0.5Ki → 512
//
// Reading the canonical form gives the same Quantity again. An amount must be a
// multiple of 1n, of at most 2^63-1, with no more digits than 64 bits hold;
// another is refused with the reason, where Kubernetes rounds it or cuts it off.
//
// # Resources
//
// [Resources] are amounts by name. Add, Sub and Max return new ones;
// [Resources.Fits] and [Resources.Shortage] compare a request with the room of a
// node. What a pod asks of a node is [Pod.Requests]: the sum of its containers,
// or what one init container asks for where that is more, name by name. A
// request that is not stated is the limit.
//
// # Environment
//
// [Environment] makes a container's variables: values from fields of the pod,
// and $(NAME) replaced by the variables before. [CommandLine] does the same for
// command and args, and [Expand] for any text.
//
//	$(NAME)    the variable; stays as it is where there is none
//	$$         a dollar, so that $$(NAME) is $(NAME)
//
// A [ResourceFieldRef] is a container's limit or request. What stands for a limit
// that is not set only the orchestrator knows, which puts the values in with
// [WithResourceFields] before it has a container started.
//
// # Hooks, and the last words
//
// A [Lifecycle] has a container's hooks, each a [Handler]: a command, a request, a
// connection, or time to pass. When they run is decided in package lifecycle.
//
// What a container leaves in its TerminationMessagePath becomes the message of
// its end, up to [MaxMessageBytes]; with [MessageFromLogs] the end of its logs
// does, where it failed without a word.
//
// # Tuning restarts
//
// Three annotations override how the cluster delays restarts, for one pod. They
// are durations of Go: 500ms, 10s, 5m. [Pod.RestartTuning] reads them.
//
//	coracle.dev/restart-backoff-base    the delay that doubles with each restart in a row
//	coracle.dev/restart-backoff-cap     the longest delay
//	coracle.dev/restart-backoff-reset   a run this long starts the count over
//
// # Status
//
// [Status.Container] and [Status.Condition] find a part of the status by its
// name and point into it. [Status.SetCondition] keeps the time of a condition's
// last transition right. Beside core/v1's fields a [ContainerStatus] has three
// of our own, for back-off and failed liveness probes: BackOff, RetryAt, Unhealthy;
// and three for its hooks: PostStarted, StoppingSince, PreStopped.
//
// # Concurrency
//
// Nothing here is locked. Any number of goroutines may read one object; who
// changes it must be alone with it.
package pod
