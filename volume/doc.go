// Package volume decides about the volumes of pods: in which order they are set
// up and torn down, and what it means when one is no longer what it was.
//
// What a volume can be is described in package pod ([pod.Volume]), and carried
// out by package orchestrator/mount and the runtimes. This package is values and
// functions: it touches no disk, and reads no clock.
//
// # Sources
//
//	emptyDir              a directory on disk or in memory that lives as long as its pod
//	hostPath              a file or directory of the node, checked or made as its type says
//	gitRepo               the files of one revision of a git repository
//	download              a file fetched over HTTP, or what was packed in it
//	secret, configMap     files from what the host program has configured
//	gcePersistentDisk     a disk of a cloud
//	awsElasticBlockStore  the same
//	flexVolume            whatever a plug-in of the host program makes
//
// # The life of a volume
//
// The volumes of a pod are set up before the first of its containers starts, on
// the node that it is bound to, in the order of [Plan]. Until all of them are,
// no container starts; the pod waits with reason [FailedMount] and a message that
// says what is wrong, and it is tried again after a back-off.
//
// They stay while containers end and are started again, and are torn down when
// the pod is removed, in the opposite order. What is [Owned] goes then with all
// that is in it; a path of the node and a disk stay as they are.
//
// # Faults
//
// Whoever carries this out keeps a [Record] of each volume and takes a [Reading]
// when the node is listed. [Fault] compares the two. A fault fails the pod at
// once and for good: all its containers are killed, whatever its restart policy,
// and its controller makes another one, elsewhere if it can.
//
// Counting what is in a volume with a size limit takes time. [CountAgain] says
// when it is due, so that it never takes more than a small part of a processor.
package volume
