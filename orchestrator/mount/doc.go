// Package mount makes the volumes of pods on a machine: it is the half of
// package volume that acts. Runtimes use it, and whoever writes a source of
// volumes of their own implements its [Plugin].
//
// # For the host program
//
// [Sources] says where content comes from. A runtime takes it in its Config:
//
//	process.Config{Dir: …, Volumes: mount.Sources{
//		Secrets: mount.Data{"default/keys": {"api": key}}.Lookup,
//		Plugins: map[string]mount.Plugin{"example.com/nfs": nfs},
//	}}
//
// Its zero value knows no secrets, config maps and plug-ins, and fetches
// repositories and downloads from wherever the machine gets to. Whoever may
// create pods decides what is fetched: where that is not to be trusted, give
// [Sources.Client] a transport that reaches only what they may see.
//
// # What each source does here
//
// An emptyDir is a directory that everybody in the pod may write to. With medium
// Memory it is a file system in memory (tmpfs), of the size of its sizeLimit or
// half of the machine's memory, where this program may mount: usually as root on
// Linux. Elsewhere it is a directory on disk, and Warn is told. A sizeLimit is
// enforced by counting now and then what is in the volume, as du does; a pod that
// went beyond it is lost (see volume.Fault). Memory is bounded by the kernel
// besides: a write that exceeds it fails.
//
// A hostPath is the path itself. With a type it has to be of that type; with
// DirectoryOrCreate and FileOrCreate it is made with mode 0755 or 0644 where
// nothing is there. Without a type nothing is checked.
//
// A gitRepo has the files of one revision: no history, no .git, no submodules. It
// is fetched with the git program, over http, https, ssh or git, with the
// credentials that the program is configured with; nobody is asked for one. A
// commit, a branch or a tag is fetched alone where the server lets us.
//
// A download is fetched as a whole and compared with its checksum before anything
// of it is in the volume. What is asked for is the file; its answer has to be 200 OK.
//
// A secret is a directory of files in memory where that is possible, otherwise on
// disk; a config map is one on disk. They have the content of the moment at which
// the pod was set up, and do not follow later changes.
//
// A disk of a cloud is attached to the pod's node by [Sources.Disks] and mounted
// there, before the first container starts; it is unmounted and detached when the
// pod has been removed. It has to have a file system: none is made. A disk is never
// on two nodes for writing, and a pod that wants one which another node has waits
// for it. So that it need not wait for long, a pod that has a disk expires soon after
// its end (see lifecycle.Rules). Several pods of one node may share a disk. The disk of
// a node that is lost stays with it until the node is heard again and has
// removed the pod, or somebody detaches it at the cloud.
//
// A flexVolume is made by the plug-in that is configured for its driver.
//
// # What gets into a volume
//
// Nothing that is fetched leaves its volume. Names that are absolute or go up are
// refused, and so are links that lead outside, anything below a link, devices,
// and more bytes or files than Sources allows; one bad entry fails the whole. A
// failed set-up leaves nothing that looks like a volume: content counts once it is
// complete.
//
// # On the disk
//
//	<Dir>/<uid>/             of one pod; locked while its volumes are made or taken down
//	    <volume>/volume      what the volume is, as JSON
//	    <volume>/data/       what the containers see
//	    <volume>/ready       there once data is complete
//	    <volume>/fetch/      what is being fetched
//	    <volume>/attached    which disk is, or is being, attached to which node
//
// Everything that is needed to go on after a crash is there: [Volumes.SetUp]
// finishes what it finds or makes it anew, [Volumes.TearDown] takes it down, and
// [Volumes.Tidy] takes down what belongs to no pod. Nothing is deleted as long as
// something is mounted on it.
//
// # Write a plug-in
//
// A [Plugin] has three methods; their comments say what they promise.
// orchtest.Volume is the suite that tests the promises.
package mount
