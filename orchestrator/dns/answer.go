package dns

import (
	"strings"

	"github.com/miekg/dns"

	"github.com/coracle-dev/coracle/orchestrator/store"
)

// mostAddresses is how many addresses an answer has at most: more than anybody
// tries, and few enough for one message over TCP.
const mostAddresses = 1000

// reply is what there is to say to a question.
type reply struct {
	code     int // RcodeSuccess or RcodeNameError
	answer   []dns.RR
	extra    []dns.RR
	outside  bool   // the question is for upstream; code is what to say if there is none
	negative bool   // say for how long that holds
	goOn     string // the answer ends in this name, which is outside
}

// zone answers questions about the services of one moment.
type zone struct {
	Config
	view    store.Reader
	reverse *reverse
	turn    uint32 // differs from one question to the next
	hops    int    // from one external name to the next
}

// answer returns what there is to say about a name and a type. text is the name
// as it was asked for.
func (z *zone) answer(text string, qtype uint16) reply {
	n := parse(strings.ToLower(strings.TrimSuffix(text, ".")), z.Domain, z.Namespace)
	switch n.kind {
	case outside:
		return reply{outside: true, code: dns.RcodeRefused}
	case apex:
		return z.answerApex(text, qtype)
	case version:
		return z.only(qtype, dns.TypeTXT, &dns.TXT{Hdr: z.header(text, dns.TypeTXT), Txt: []string{"1.1.0"}})
	case anAddress:
		return z.answerAddress(n, text, qtype)
	case branch, nameServer:
		return nodata()
	case nothing:
		return nxdomain()
	}
	if _, err := z.view.Namespaces().Get("", n.namespace); err != nil {
		return n.missing()
	}
	if n.kind == inNamespace {
		return nodata()
	}
	s, err := z.view.Services().Get(n.namespace, n.service)
	if err != nil {
		return n.missing()
	}
	return z.answerService(n, s, text, qtype)
}

func nodata() reply { return reply{negative: true} }

func nxdomain() reply { return reply{code: dns.RcodeNameError, negative: true} }

// missing is the answer where there is no such thing. What was taken for a short
// name may be one of the world outside.
func (n name) missing() reply {
	if n.short {
		return reply{outside: true, code: dns.RcodeNameError}
	}
	return nxdomain()
}

// only returns the record if it is of the type that was asked for.
func (z *zone) only(asked, is uint16, r dns.RR) reply {
	if asked != is {
		return nodata()
	}
	return reply{answer: []dns.RR{r}}
}

// header of a record.
func (z *zone) header(text string, of uint16) dns.RR_Header {
	return dns.RR_Header{Name: dns.Fqdn(text), Rrtype: of, Class: dns.ClassINET, Ttl: z.ttl()}
}
