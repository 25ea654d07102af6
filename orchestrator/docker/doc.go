// Package docker runs containers on Docker Engines: a Runtime for production.
// It needs an engine of version 20.10 or newer on Linux, and the right to use it.
//
// # A program that uses it
//
//	func main() {
//		engine := docker.Config{Instance: "shop"}
//		o, err := orchestrator.New(orchestrator.Config{Dial: engine.Dial, Machines: …})
//		…
//	}
//
// One node is one engine. The zero Config works with the engine that the docker
// program would work with; nodes with an EndpointAnnotation, or Config.Port, are
// engines of other machines. Several nodes may share an engine, and so may
// several orchestrators, as long as each has an Instance of its own: two of the
// same Instance, with a node of the same name, stop each other's pods.
//
// # Pods
//
// A pod has an infra container, which does nothing but hold the pod's network
// and IPC namespaces, and with them its address, host name, name servers and
// host ports. The pod's containers join it: they reach each other on localhost,
// and the address stays what it is however often they are restarted. Processes
// are each container's own.
//
// An infra container that ends takes the network with it. What still runs of
// the pod is then killed, as by a kubelet whose sandbox has changed: these
// attempts have ended with exit code 137, and the next ones run in a new infra
// container, with a new address. The pod's restart policy holds: with Never it has failed.
//
// An attempt is a container of its own. What it wrote to its root directory is
// gone with it, its log stays as long as it is kept: see Config.KeepDead.
//
// # What becomes of a specification
//
//   - image: any name that the engine takes. It is looked for, and pulled as
//     imagePullPolicy says; Config.Pulls, Credentials and Secret have the rest.
//   - command, args, env, workingDir: as in Kubernetes. A variable that is the
//     pod's address has it, from the first attempt on.
//   - ports: a hostPort is passed on by the engine. One that is taken fails Start
//     with HostPortConflict until it is free.
//   - resources: cpu requests are weights, cpu limits quotas of each 100 ms, memory
//     limits include swap where the engine counts it. The kernel's choice of whom to kill follows
//     Kubernetes' classes of service, except that a guaranteed container is no
//     safer than the engine itself. An engine takes no memory limit below 6 MiB.
//     Devices of an extended resource are only told to the container, in a variable
//     (pod.DeviceVariable: EXAMPLE_COM_GPU_VISIBLE_DEVICES=0,2).
//   - securityContext: all that package pod knows. privileged, capabilities
//     beyond an engine's own set, hostNetwork, hostPID and hostIPC are refused with
//     CreateContainerConfigError unless the Config allows them.
//   - volumes: volumes of the engine, which the infra container holds and Remove
//     removes; a hostPath is a path of the engine's machine. What has to be in one
//     is fetched by the host program and uploaded.
//   - dnsPolicy: ClusterFirst is Config.DNS, or what the engine hands on where
//     that is empty. The name servers of a dnsConfig take the place of the
//     engine's, since it does not say which these are; they are added to Config.DNS.
//   - a pod on the network of its node has the address at which the engine is
//     reached: 127.0.0.1 for a socket, none for a host name.
//
// # Volumes
//
// What each source is says package mount; here the engine makes them, so they work
// on an engine that is on another machine.
//
//   - emptyDir: a volume of the engine. With medium Memory it is a tmpfs of the size
//     of its sizeLimit, which lives as long as the infra container; a pod whose
//     memory went with that has lost a volume.
//   - hostPath: a bind mount. It has to be there; its type is checked on the engine's
//     machine, and DirectoryOrCreate makes a directory. FileOrCreate makes no file.
//   - gitRepo, download, secret, configMap: fetched by the host program, and uploaded
//     through the infra container before the first container starts. Secrets are
//     in memory.
//   - disks of a cloud: attached to the node, then mounted by the engine.
//   - flexVolume: not available, and neither is subPath: an engine resolves a path
//     anew at each start, and would follow a link that a program left in its volume.
//
// What can't be made fails Start with FailedMount. List looks at the volumes of each
// pod at most every two seconds, and reports a VolumeFault where the engine no
// longer finds one, or counted more in it than its sizeLimit. The engine counts all of its
// volumes at once (docker system df), so that is asked for only where a volume has a
// limit, in the background, and for at most a twentieth of the time. A volume that was
// deleted and made again is not told from the one before.
//
// # Reasons
//
// Start fails with one of these, beside those of images and volumes:
//
//	CreatePodSandboxError       the infra container can't be made or started
//	HostPortConflict            a host port of the pod is taken
//	CreateContainerConfigError  the specification asks for what can't or may not be
//	CreateContainerError        the engine refuses to make the container
//	RunContainerError           the engine failed to start it
//
// A program that can't be executed is no failure of Start: the attempt has ended
// with reason StartError and exit code 127 (there is none) or 126 (it may not, or can't, be
// executed). Others end with Completed, Error or OOMKilled. An engine that is busy may
// hear too late that it was for want of memory that the kernel killed; that end is an
// Error with exit code 137. An engine gives the end by a signal the exit code 128 and
// the signal, as a shell does, so a program that exits with such a code looks as if
// it had been killed.
//
// # What is on the engine
//
// Names follow from the pod's uid, the container and the attempt:
//
//	<instance>_<uid>_infra
//	<instance>_<uid>_<container>_<attempt>
//
// An engine gives a name to one container at a time. That is why no attempt can
// be made twice, whoever starts it and however often. One that was made and not started, before a
// crash, is made anew; one that was ever started is never started again.
//
// Labels make containers recognisable, and tell List all that it knows:
//
//	coracle.dev/instance   Config.Instance
//	coracle.dev/node       the node's name
//	coracle.dev/namespace  the pod's
//	coracle.dev/pod        the pod's name
//	coracle.dev/uid        the pod's
//	coracle.dev/container  the container's name; an infra container has none, and none of the following
//	coracle.dev/attempt    its number, from 0
//	coracle.dev/infra      the id of the infra container that it joined
//	coracle.dev/hash       of the container's specification
//
// So this shows what runs of a pod:
//
//	docker ps --filter label=coracle.dev/pod=web
//
// A container counts as ours only if its name is the one that belongs to its
// labels, instance and node. Nothing else is ever stopped or removed. The image of infra
// containers stays on the engine.
//
// # The message of its end
//
// What a container leaves in its terminationMessagePath becomes the message of
// its end: its last 4096 bytes, fetched from the ended container. Below /dev, where
// core/v1's default is, an engine keeps nothing; there the file needs
// Config.MessageDir, or the container another path. FallbackToLogsOnError works everywhere.
//
// # Looking into containers
//
// Logs, Exec, Attach and Stats are the engine's. Exec probes and hooks are run by Exec. An
// engine can't end a command: one whose context ends is killed where the engine is
// on this machine, and goes on unheard elsewhere. PortForward connects to the pod's
// address, which has to be reachable: it is on the engine's machine, and needs a
// route elsewhere. A log is followed in the engine's own words, so that Tail counts both streams.
//
// # Images
//
// An image is pulled once for all pods that wait for it with the same
// credentials, and Config.Pulls at a time. A pull outlives the Start that began
// it: the next one joins it, or takes what came of it. Report tells of
// its beginning, every 10 s how far it has come, and its end. One of which the engine says nothing
// for 5 minutes is given up. Start fails with
//
//	InvalidImageName    the name can be no image's
//	ErrImageNeverPull   it is not there, and imagePullPolicy is Never
//	ErrImagePull        and what can be done: no such image, no credentials for this
//	                    registry, or the wrong ones
//
// An image that a pull brought, and that was not there before, gets a second tag
// coracle.dev/pulled:<hash of instance and name> where Config.KeepImages is set. By
// that it is known after a crash, and removed when no container has used it for long enough.
//
// The infra image needs no registry. Its program is 316 bytes of machine code that
// this package writes (linux/amd64 and linux/arm64): it ignores SIGCHLD, so that the kernel
// reaps its children, waits for SIGTERM or SIGINT, and exits with 0. The same source
// makes the same bytes everywhere; the tag, coracle/pause:<hash>, is the beginning of the SHA-256 of
// the image's configuration, which holds the digest of its only layer. An engine is given
// it once. The tests of internal/pause hold all digests, and show how to make it anew.
//
// # In the background
//
// From the first call that reached the engine until Close, two goroutines work,
// one more pulls images, and another one removes them where Config.KeepImages says so.
// One follows the engine's events, which are hints: where the stream breaks it is opened
// again after 100 ms, then after a time that doubles up to 30 s, and List tells the truth all
// the while. The other puts in order what List found out of order:
//
//   - containers that run without their pod's network are killed;
//   - of the attempts that ended, those beyond Config.KeepDead are removed;
//   - pods of which nothing was ever started are removed: left by a crash, or
//     alone for a minute.
//
// What fails is found again by the next List, and is among the Warnings.
//
// # When the engine is away
//
// Every call returns when its context ends, with an error, and works again when
// the engine does; nothing has to be done about it. A node whose engine does
// not answer its lists is soon not ready. An engine that restarts without
// live-restore ends all its containers: each is reported as ended, and the next
// attempt gets a new infra container.
//
// Stop is carried out by the engine, grace and kill included. It goes on when the caller, or
// the host program, is gone.
//
// # Calls
//
// What each method asks of the engine when nothing goes wrong:
//
//	Start    inspect the image, create, start      3
//	         the pod's first: create and start its infra container    2 more
//	         a variable that is the address of a new pod              1 more
//	         imagePullPolicy Always, or no image                      the pull
//	List     list; inspect each container that is in another state    1 and those
//	Stop     stop                                                     1
//	Remove   list; remove each container; list volumes                2 and those
//
// The first call of a Runtime asks for the version and the engine's facts, the
// first List for volumes that a crash left, and the first Start looks for the
// infra image, and lists, if nobody has.
//
// # Concurrency
//
// All methods may be called at the same time. The starts and the removal of one
// pod wait for each other; nothing else does.
package docker
