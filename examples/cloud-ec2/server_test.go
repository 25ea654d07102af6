package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// server speaks as much of the EC2 Query API, version 2016-11-15, as the cloud
// needs: form in, XML out, pages with tokens, errors with codes.
type server struct {
	*httptest.Server

	mu       sync.Mutex
	machines []xmlInstance
	sizes    map[string]xmlSize
	page     int                      // the most on one page; 0: as many as asked for
	rest     map[string][]xmlInstance // what the tokens stand for
	asked    []url.Values             // all requests
	faults   []func(w http.ResponseWriter, r *http.Request) bool
	mended   chan struct{} // closed when requests no longer hang; nil: they don't
}

// fault answers in place of the server where it returns true; it is asked for
// one request, after those before it.
type fault = func(w http.ResponseWriter, r *http.Request) bool

type xmlInstance struct {
	ID         string        `xml:"instanceId"`
	Type       string        `xml:"instanceType"`
	State      string        `xml:"instanceState>name"`
	Zone       string        `xml:"placement>availabilityZone"`
	PrivateIP  string        `xml:"privateIpAddress,omitempty"`
	PrivateDNS string        `xml:"privateDnsName"`
	PublicIP   string        `xml:"ipAddress,omitempty"`
	PublicDNS  string        `xml:"dnsName"`
	Cores      int           `xml:"cpuOptions>coreCount,omitempty"`
	Threads    int           `xml:"cpuOptions>threadsPerCore,omitempty"`
	Interfaces []xmlNetwork  `xml:"networkInterfaceSet>item"`
	Tags       []xmlKeyValue `xml:"tagSet>item"`
}

type xmlNetwork struct {
	PublicIP string    `xml:"association>publicIp,omitempty"`
	Owner    string    `xml:"association>ipOwnerId,omitempty"`
	IPv6     []xmlIPv6 `xml:"ipv6AddressesSet>item"`
}

type xmlIPv6 struct {
	Address string `xml:"ipv6Address"`
}

type xmlKeyValue struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type xmlSize struct {
	Type   string `xml:"instanceType"`
	VCPUs  int    `xml:"vCpuInfo>defaultVCpus"`
	Memory int    `xml:"memoryInfo>sizeInMiB"`
}

// newServer starts a server that knows the types that the tests use.
func newServer(t *testing.T, machines ...xmlInstance) *server {
	t.Helper()
	s := &server{
		machines: machines,
		sizes:    map[string]xmlSize{"m5.large": {"m5.large", 2, 8192}, "t3.nano": {"t3.nano", 2, 512}},
		rest:     map[string][]xmlInstance{},
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		refuse(w, http.StatusUnauthorized, "AuthFailure", "no signature")
		return
	}
	if s.wait(r) || s.faulty(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Form)
	switch action := r.Form.Get("Action"); {
	case r.Form.Get("Version") != "2016-11-15":
		refuse(w, http.StatusBadRequest, "NoSuchVersion", r.Form.Get("Version"))
	case action == "DescribeInstances":
		s.describeInstances(w, r.Form)
	case action == "DescribeInstanceTypes":
		s.describeTypes(w, r.Form)
	default:
		refuse(w, http.StatusBadRequest, "InvalidAction", action)
	}
}

// wait blocks while requests hang, and reports whether the client gave up.
func (s *server) wait(r *http.Request) bool {
	s.mu.Lock()
	mended := s.mended
	s.mu.Unlock()
	if mended == nil {
		return false
	}
	select {
	case <-mended:
		return false
	case <-r.Context().Done():
		return true
	}
}

// faulty lets the next fault answer.
func (s *server) faulty(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) == 0 {
		return false
	}
	next := s.faults[0]
	s.faults = s.faults[1:]
	if !next(w, r) {
		return false
	}
	s.asked = append(s.asked, r.Form)
	return true
}

func (s *server) describeInstances(w io.Writer, form url.Values) {
	left := s.rest[form.Get("NextToken")]
	if form.Get("NextToken") == "" {
		left = s.matching(form)
	}
	n := 1000
	fmt.Sscan(form.Get("MaxResults"), &n)
	if s.page > 0 {
		n = min(n, s.page)
	}
	var answer struct {
		XMLName      xml.Name `xml:"http://ec2.amazonaws.com/doc/2016-11-15/ DescribeInstancesResponse"`
		Reservations struct {
			Items []reservation `xml:"item"`
		} `xml:"reservationSet"`
		NextToken string `xml:"nextToken,omitempty"`
	}
	for some := range slices.Chunk(left[:min(n, len(left))], 3) { // instances that were started together
		answer.Reservations.Items = append(answer.Reservations.Items, reservation{some})
	}
	if len(left) > n {
		answer.NextToken = fmt.Sprint("token-", len(s.asked))
		s.rest[answer.NextToken] = left[n:]
	}
	reply(w, answer)
}

type reservation struct {
	Instances []xmlInstance `xml:"instancesSet>item"`
}

// matching returns the machines with the tags that the filters ask for.
func (s *server) matching(form url.Values) []xmlInstance {
	match := slices.Clone(s.machines)
	for i := 1; form.Get(fmt.Sprintf("Filter.%d.Name", i)) != ""; i++ {
		key := strings.TrimPrefix(form.Get(fmt.Sprintf("Filter.%d.Name", i)), "tag:")
		want := xmlKeyValue{key, form.Get(fmt.Sprintf("Filter.%d.Value.1", i))}
		match = slices.DeleteFunc(match, func(m xmlInstance) bool { return !slices.Contains(m.Tags, want) })
	}
	return match
}

func (s *server) describeTypes(w io.Writer, form url.Values) {
	var answer struct {
		XMLName xml.Name  `xml:"http://ec2.amazonaws.com/doc/2016-11-15/ DescribeInstanceTypesResponse"`
		Sizes   []xmlSize `xml:"instanceTypeSet>item"`
	}
	for i := 1; form.Get(fmt.Sprintf("Filter.1.Value.%d", i)) != ""; i++ {
		if size, known := s.sizes[form.Get(fmt.Sprintf("Filter.1.Value.%d", i))]; known {
			answer.Sizes = append(answer.Sizes, size)
		}
	}
	reply(w, answer)
}

func reply(w io.Writer, answer any) {
	if err := xml.NewEncoder(w).Encode(answer); err != nil {
		panic(err) // the test's own types
	}
}

// refuse answers with an error as EC2 writes it.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>r-1</RequestID></Response>", code, message)
}

// set makes these the machines.
func (s *server) set(machines ...xmlInstance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.machines = machines
}

// fail makes these the faults.
func (s *server) fail(faults ...fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults
}

// hang makes requests hang until mend is called.
func (s *server) hang() (mend func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mended := make(chan struct{})
	s.mended = mended
	return sync.OnceFunc(func() { close(mended) })
}

// requests returns how often the action was asked for, and forgets it.
func (s *server) requests(action string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, form := range s.asked {
		if form.Get("Action") == action {
			n++
		}
	}
	s.asked = slices.DeleteFunc(s.asked, func(f url.Values) bool { return f.Get("Action") == action })
	return n
}

// passes is no fault.
func passes(http.ResponseWriter, *http.Request) bool { return false }

// refuses answers with an error.
func refuses(status int, code string) fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, status, code, "not now")
		return true
	}
}

// says answers 200 with the text.
func says(text string) fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		fmt.Fprint(w, text)
		return true
	}
}
