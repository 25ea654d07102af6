// Package manifest reads and writes objects as YAML and JSON: core/v1 as
// today's Kubernetes spells it, and the v1beta1 of 2014.
//
//	objects, err := manifest.ReadFiles("web.yaml", "conf.d")
//	if err != nil {
//		return err // everything that is wrong, each with file, line and field
//	}
//
// # What is read
//
// The kinds are Pod, ReplicationController, Service, Endpoints, Node and
// Namespace. Every object becomes the type of its package: *pod.Pod,
// *replication.Controller, *service.Service, *service.Endpoints, *node.Node,
// *labels.Namespace. Lists (kind List, or PodList and so on) become their items.
//
// A file holds any number of documents, divided by --- as YAML has it; JSON
// objects may also follow each other without. JSON may have trailing commas, and
// comments that begin with #. Documents with nothing in them are skipped; a file
// with nothing in it is an error. Text is UTF-8. Of a folder, the files *.yaml,
// *.yml and *.json are read, sorted by name.
//
// Objects are returned as they were written. No default is filled in, no
// namespace is set, and nothing is validated beyond its type: the client of the
// orchestrator does all that. A program that wants to know before it creates
// anything sets Reader.Check to Validate, and gets the problems of validation
// with file and line, too. [] and {} in place of a list or mapping are the same
// as none.
//
// # What is refused
//
// Reading is strict. An unknown field, a field in another case, a key that is
// there twice, an empty item of a list, and a value of the wrong type are errors.
// So is an object that is there twice, by kind, namespace and name. All of them
// are reported together, as Errors; if there is one, no object is returned.
//
// Strings are strings: app: 1 and app: true are refused as they are from JSON,
// while yes, no, on and off are strings, as YAML 1.2 has it, and no booleans.
// Whole numbers are decimal. Quantities, and ports that may be names, take
// numbers and strings, as in Kubernetes.
//
// Anchors, aliases and merge keys (<<) work. An alias within its own anchor is
// refused, and so are aliases that stand for more than 100,000 values. A file
// larger than Reader.MaxBytes is refused, and not read beyond that. At most 1,000
// problems are reported.
//
// # What a cluster adds
//
// What kubectl get -o yaml prints loads, as long as it asks for nothing that
// Coracle does not do. For that, three sorts of field are known that the types
// do not have (the table is in foreign.go):
//
//   - what only reports is ignored: metadata.managedFields, metadata.selfLink,
//     and the parts of a status such as qosClass and nodeInfo;
//   - what has a default, as schedulerName, is accepted with that
//     default and refused with any other value;
//   - everything else, as a projected volume, is refused with
//     "unsupported: …" unless it is empty.
//
// The volume with a service account token that clusters put into every pod is of
// the last sort; pods made with automountServiceAccountToken: false lack it.
//
// # v1beta1
//
// The forms that Kubernetes 0.4 to 0.17 read (autumn 2014 to spring 2015) are
// converted to the same types; errors name the fields as the file does. Minion
// is Node.
//
//	v1beta1                                     core/v1
//	id                                          metadata.name
//	desiredState.manifest                       spec
//	desiredState.manifest.id                    metadata.name, where the pod has no id
//	desiredState.host                           spec.nodeName
//	restartPolicy: {onFailure: {}}              restartPolicy: OnFailure
//	command, entrypoint                         args, command
//	env[].key, volumeMounts[].path              env[].name, volumeMounts[].mountPath
//	cpu: 100, memory: 1000000                   resources.limits: {cpu: 100m, memory: 1000000}
//	volumes[].source.hostDir                    volumes[].hostPath
//	volumes[].source.persistentDisk             volumes[].gcePersistentDisk
//	imagePullPolicy: PullAlways                 imagePullPolicy: Always
//	desiredState.replicaSelector, podTemplate   spec.selector, spec.template
//	port, containerPort (of a service)          spec.ports[0].port, targetPort
//	createExternalLoadBalancer: true            spec.type: LoadBalancer
//	portalIP, publicIPs                         spec.clusterIP, spec.externalIPs
//	endpoints: ["10.0.0.1:80"]                  subsets, one for each port
//	hostIP                                      status.addresses, an InternalIP
//	resources.capacity                          status.capacity
//
// Plain numbers are thousandths of a core for cpu, and bytes for memory; amounts
// in quotes are quantities. A port in quotes that is a number is a number. A
// controller without replicas has none, as it had then. A service without a
// containerPort sends its traffic to its own port; in 2014 it took the first port
// of the container. Of currentState, only the phase, the addresses, the message
// and the number of replicas are kept.
//
// # Writing
//
// Write and WriteJSON write core/v1, whatever was read, with apiVersion and kind
// first and every field in the order of its type. The same objects give the same
// bytes, and reading them gives the same objects. Strings are quoted where any
// version of YAML could take them for something else.
//
// # Concurrency
//
// Nothing here holds state between calls. All functions and the methods of a
// Reader may be called by many goroutines at once, on different objects.
package manifest
