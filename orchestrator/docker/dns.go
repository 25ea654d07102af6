package docker

import (
	docker "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/pod"
)

// resolve sets which name servers the pod asks. Where nothing is set the engine
// hands on those of its machine. What a dnsConfig adds to those takes their
// place: an engine does not say what they are.
func (r *Runtime) resolve(p *pod.Pod, host *docker.HostConfig) {
	policy := p.Spec.DNSPolicy
	cluster := policy == pod.DNSClusterFirstWithHostNet || (policy == pod.DNSClusterFirst || policy == "") && !p.Spec.HostNetwork
	if cluster && len(r.config.DNS) > 0 {
		domain := r.config.DNSDomain
		host.DNS = append(host.DNS, r.config.DNS...)
		host.DNSSearch = []string{p.Namespace + ".svc." + domain, "svc." + domain, domain}
		host.DNSOptions = []string{"ndots:5"}
	}
	if d := p.Spec.DNSConfig; d != nil {
		host.DNS = append(host.DNS, d.Nameservers...)
		host.DNSSearch = append(host.DNSSearch, d.Searches...)
		for _, o := range d.Options {
			host.DNSOptions = append(host.DNSOptions, o.String())
		}
	}
	if policy == pod.DNSNone && len(host.DNSSearch) == 0 {
		host.DNSSearch = []string{"."} // otherwise the engine adds those of its machine
	}
}
