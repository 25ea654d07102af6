// Package process runs containers as processes of this machine: a Runtime that
// needs nothing installed. It is what a program that embeds the orchestrator
// uses where there is no container engine.
//
// # A program that uses it
//
//	func main() {
//		process.Supervise() // the first line: see below
//		containers := process.Config{Dir: "/var/lib/shop", Images: map[string]string{"web": "/opt/shop/web"}}
//		o, err := orchestrator.New(orchestrator.Config{Dial: containers.Dial, Machines: …})
//		…
//	}
//
// # What is not isolated
//
// A container here is a program with a group of processes, an address, a
// directory and limits. It is not a sandbox.
//
//   - Files: programs see the whole file system of the machine, with the rights
//     of the user that the host program runs as.
//   - Network: programs share the machine's network. Each pod has a loopback
//     address; a program keeps to it by listening on $POD_IP, and nothing makes
//     it. Two pods that listen on all addresses get into each other's way.
//   - Users, process ids, host name, kernel: shared. Programs can signal and
//     read each other as far as their user can. A securityContext is warned of and
//     not enforced, but for runAsNonRoot: where the host program is root, it fails
//     Start with CreateContainerConfigError.
//
// Run only programs that you would start by hand as that user.
//
// # Images and commands
//
// An image is a name in Config.Images, or an absolute path. What it stands for
// is a program or a directory; nothing is ever fetched. An image that is not
// there fails with ErrImageNeverPull, one that can be no image with
// InvalidImageName, a directory without a command with CreateContainerError.
//
// Without a command a program image is executed itself. A command's first word
// is looked for
//
//   - in a directory image, if it begins with / or contains one: below the
//     directory; otherwise in its bin, then in the directory itself;
//   - then on the machine: as the path it is, from the working directory where
//     it is relative, or in PATH where it is a bare name. The base name of a
//     program image is that program.
//
// A program that can't be executed is no error of Start: the attempt has ended
// with reason StartError, exit code 127 (there is no such file) or 126 (it may
// not, or can't, be executed), and a message that names the path.
//
// The working directory is the container's workingDir, from the image directory
// where it is relative; otherwise the image directory, or for a program image
// the pod's own directory work. It must exist.
//
// # Environment
//
// Nothing of the host program's environment is handed on. A program gets PATH
// (the bin of a directory image, and the usual six directories), HOME (the pod's
// directory work), HOSTNAME, POD_IP, POD_NAME, POD_NAMESPACE, POD_UID,
// TERMINATION_MESSAGE_PATH, a VOLUME_<NAME> for each mount, and the indexes of its
// devices (pod.DeviceVariable: EXAMPLE_COM_GPU_VISIBLE_DEVICES=0,2), then the
// container's own variables, which may refer to those and replace them; last CORACLE_ATTEMPT, by which the processes
// of an attempt are known. Standard input is empty.
//
// # The message of its end
//
// TERMINATION_MESSAGE_PATH is a file of the attempt's own, empty at first: what a
// program leaves in it, its last 4096 bytes, becomes the message of its end. Nothing is
// mounted, so the terminationMessagePath of the container is not that file. With
// the policy FallbackToLogsOnError the end of the log stands for it (80 lines,
// 2048 bytes) where the program failed and left nothing.
//
// # Looking into containers
//
// Logs reads the log of the newest two attempts of a container, over all of its
// files. Exec and Probe run a command with the environment, working directory and
// control group of the program, as children of the host program: they die with it, or
// with their context. A command may have a terminal. Attach follows the log.
// PortForward connects to the pod's address. Stats reads the process table; the
// network is the machine's, and not measured.
//
// # Addresses
//
// Each pod has an address from Config.CIDR, chosen by a hash of its uid and
// registered in Dir/addresses, so that no two pods of all nodes below one Dir
// share one. It stays the same until the pod is removed. A host port is the
// program's own affair.
//
// # Volumes
//
// Volumes are made by package mount, whose overview says what each source does.
// Config.Volumes has the secrets, config maps and plug-ins that pods may ask for.
// A volume that can't be made fails Start with FailedMount, before anything of the
// pod is there.
//
// Nothing is mounted for a program. It finds a volume in the directory that
// VOLUME_<NAME> holds: the volume's name in capitals, - and . as _, with the
// subPath added. Where mountPath is the very path of a hostPath, the program
// finds it there too. Everything else about mountPath is ignored, and readOnly
// can not be enforced; Warnings says so.
//
// Volumes are set up once for a pod, stay while its containers are started again,
// and go with it. One that vanished, that was replaced, that can't be read any
// more, or that has more in it than its sizeLimit, is reported by List as
// VolumeFault. What is in a volume with a sizeLimit is counted when the node is
// listed, at most once a second, and so seldom that it takes at most a twentieth
// of the time.
//
// # Limits
//
// Memory and cpu limits hold where control groups can be made, version 1 or 2,
// below Config.Cgroup: usually for root only. They hold for the program and all
// it starts. Memory includes swap. A program that ended in failure after the
// kernel killed in its group for want of memory has reason OOMKilled. Elsewhere
// programs run without limits, and Warnings says so. Requests are for the
// scheduler alone.
//
// # Supervisors
//
// Each attempt has a supervisor, a process of its own that lives as long as the
// container does, whatever becomes of the host program. It is the host program
// itself, started again: Supervise at the beginning of main does the work then,
// and never returns. (It runs after the initialisation of packages, which should
// therefore do little.) New refuses to work in a program that forgot the call.
//
// A supervisor starts the program in a process group of its own, copies what it
// says to the log, and adopts every process below it whose parent ended. When
// the program has ended it kills all that is left, daemons and processes in
// sessions of their own included, and only then writes down how the program
// ended. Who kills a supervisor kills the program: the attempt has then ended with
// exit code 137 and reason ContainerStatusUnknown, and the next List or Stop
// kills what is left.
//
// SIGTERM to a supervisor, as at the shutdown of the machine, stops its
// container with the pod's own grace.
//
// # What is promised
//
//  1. An attempt is executed at most once: whichever host programs start it,
//     however often, and whenever they or the machine die. Its marker is on the
//     disk before the program is executed.
//  2. What runs goes on when the host program dies, and List finds it: the same
//     process, address and directory. So does a Stop that was asked for.
//  3. An exit code is not lost: the room for it is taken on the disk beforehand.
//  4. Where List says that an attempt has ended, nothing of it runs. (A process
//     that somehow got rid of its parent, its process group and its environment
//     after its supervisor was killed is the exception, where there is no control group.)
//  5. Remove leaves nothing behind, and deletes nothing outside the pod's
//     directory and that of its volumes.
//
// # On the disk
//
//	Dir/process.json                          the version of all this
//	Dir/addresses/<ip>                        whose address it is
//	Dir/nodes/<node>/lock                     held while pods and attempts are made or deleted
//	Dir/nodes/<node>/pods/<uid>/pod.json      name, address, volumes
//	    work/                                 where programs start
//	    containers/<name>/<attempt>/          the newest two of each container
//	        spec.json                         what is executed
//	        lock                              held by the supervisor while it lives
//	        starting                          there before the program is executed
//	        run.json                          its process
//	        stop.json                         when it must be gone
//	        exit.json                         how it ended
//	        log, log.1, …                     what it said, the newest first
//	        message                           why it ended, in its own words
//	        supervisor.log                    what went wrong with the supervisor
//	Dir/nodes/<node>/volumes/<uid>/           the pod's volumes: see package mount
//
// Every file is written beside its place and renamed; names that begin with a
// dot are unfinished. New cleans up what a crash left.
//
// A line of the log is a time, a stream (stdout or stderr), F for a whole line
// or P for a part that the next line goes on with, and the text:
//
//	2026-01-31T12:00:00.000000000Z stdout F listening on 127.3.5.7:8080
//
// Lines longer than 16 KiB are logged in parts. A log file is put aside before
// it grows over Config.LogMaxBytes, give or take what came in one piece (64 KiB
// at most). What can't be written is dropped: the program is never held up.
//
// # Concurrency
//
// The methods of a Runtime may be called by several goroutines at a time. A
// running container costs the host program one file descriptor and one parked
// goroutine, which end with it or with Close; nothing polls. Several Runtimes on one
// node's directory do no harm, and two host programs that disagree on what should run do.
//
// # Elsewhere than on Linux
//
// The package compiles everywhere; New needs Linux 5.3 or newer.
package process
