package dns

import (
	"context"
	"net"

	"github.com/miekg/dns"
)

// handle answers one message.
func (s *Server) handle(ctx context.Context, w dns.ResponseWriter, asked *dns.Msg) {
	turn := s.queries.Add(1)
	m := new(dns.Msg)
	m.SetReply(asked)
	m.RecursionAvailable = len(s.cfg.Upstream) > 0
	size := s.extend(m, asked, w)
	if m.Rcode == dns.RcodeSuccess {
		s.fill(ctx, m, asked, uint32(turn))
	}
	if m.Rcode == dns.RcodeRefused {
		s.refused.Add(1)
	}
	m.Compress = true
	if m.Truncate(size); m.Truncated {
		s.truncated.Add(1)
	}
	_ = w.WriteMsg(m) // a client that has gone asks again, or not
}

// extend reads what a client says of itself and returns how large an answer it takes.
func (s *Server) extend(m, asked *dns.Msg, w dns.ResponseWriter) int {
	size := dns.MinMsgSize
	if opt := asked.IsEdns0(); opt != nil {
		m.SetEdns0(maxUDP, false)
		size = min(max(int(opt.UDPSize()), dns.MinMsgSize), maxUDP)
		if opt.Version() != 0 {
			m.SetRcode(asked, dns.RcodeBadVers)
		}
	}
	if _, udp := w.RemoteAddr().(*net.UDPAddr); !udp {
		size = dns.MaxMsgSize
	}
	return size
}

// fill answers the question of a message.
func (s *Server) fill(ctx context.Context, m, asked *dns.Msg, turn uint32) {
	question := asked.Question[0]
	switch {
	case asked.Opcode != dns.OpcodeQuery:
		m.Rcode = dns.RcodeNotImplemented
		return
	case question.Qclass != dns.ClassINET || question.Qtype == dns.TypeAXFR || question.Qtype == dns.TypeIXFR:
		m.Rcode = dns.RcodeRefused
		return
	}
	z := &zone{Config: s.cfg, view: s.cfg.Client.View(), reverse: s.reverse, turn: turn}
	r := z.answer(question.Name, question.Qtype)
	if r.outside {
		s.forward(ctx, m, question, r.code)
		return
	}
	m.Authoritative = true
	m.Rcode, m.Answer = r.code, r.answer
	if question.Qtype == dns.TypeANY && r.code == dns.RcodeSuccess && len(r.answer) == 0 {
		// As RFC 8482 has it: there is something, and nobody needs all of it.
		m.Answer = []dns.RR{&dns.HINFO{Hdr: z.header(question.Name, dns.TypeHINFO), Cpu: "RFC8482"}}
		r.negative = false
	}
	m.Extra = append(r.extra, m.Extra...)
	if r.negative {
		m.Ns = []dns.RR{z.soa()}
	}
	if r.goOn != "" && len(s.cfg.Upstream) > 0 {
		s.goOn(ctx, m, r.goOn, question)
	}
}

// forward has somebody else answer, if there is anybody; code is the answer otherwise.
func (s *Server) forward(ctx context.Context, m *dns.Msg, question dns.Question, code int) {
	if len(s.cfg.Upstream) == 0 {
		m.Rcode = code
		return
	}
	said, ok := s.ask(ctx, question)
	if !ok {
		m.Rcode = dns.RcodeServerFailure
		return
	}
	m.Rcode, m.Answer, m.Ns = said.Rcode, said.Answer, said.Ns
	for _, r := range said.Extra {
		if r.Header().Rrtype != dns.TypeOPT { // which is about the way to them
			m.Extra = append(m.Extra, r)
		}
	}
}

// goOn adds what somebody else says of the name that an answer ends in. Where
// nobody says anything, the client has the name.
func (s *Server) goOn(ctx context.Context, m *dns.Msg, target string, question dns.Question) {
	question.Name = target
	if said, ok := s.ask(ctx, question); ok {
		m.Rcode = said.Rcode
		m.Answer = append(m.Answer, said.Answer...)
	}
}

// ask counts a question to somebody else.
func (s *Server) ask(ctx context.Context, question dns.Question) (*dns.Msg, bool) {
	s.forwarded.Add(1)
	said, err := s.upstream.ask(ctx, question)
	if err != nil {
		s.failed.Add(1)
		return nil, false
	}
	return said, true
}
