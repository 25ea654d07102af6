package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
)

const region = "eu-central-1"

// cloud returns one that asks the server, and does not pause for long when it is throttled.
func (s *server) cloud() *Cloud {
	cfg := aws.Config{
		Region: region, BaseEndpoint: &s.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}
	return &Cloud{Region: region, Client: newClient(cfg, time.Millisecond)}
}

// machine returns a running instance.
func machine(id string) xmlInstance {
	return xmlInstance{ID: id, Type: "m5.large", State: "running", Zone: region + "a"}
}

// ids returns what the cloud lists.
func ids(t *testing.T, c *Cloud) string {
	t.Helper()
	list, err := c.Instances(t.Context())
	require.NoError(t, err)
	var all []string
	for _, m := range list {
		all = append(all, m.ID)
	}
	return strings.Join(all, " ")
}

func TestConformance(t *testing.T) {
	servers := map[orchestrator.Cloud]*server{}
	orchtest.Cloud(t, orchtest.CloudHarness{
		New: func(t *testing.T, instances []node.Instance) orchestrator.Cloud {
			s := newServer(t, asEC2(instances)...)
			c := s.cloud()
			servers[c] = s
			return c
		},
		Instance: func(i int) node.Instance {
			id := fmt.Sprintf("i-%017x", i)
			return node.Instance{
				ID: id, ProviderID: "aws:///eu-central-1a/" + id, Type: "m5.large", Zone: "eu-central-1a", Region: region,
				Addresses: []node.Address{
					{Type: node.InternalIP, Address: fmt.Sprintf("10.0.%d.%d", i/256, i%256)},
					{Type: node.InternalDNS, Address: fmt.Sprintf("ip-10-0-%d-%d.eu-central-1.compute.internal", i/256, i%256)},
				},
				Capacity: pod.Resources{pod.CPU: pod.MustParseQuantity("2"), pod.Memory: pod.MustParseQuantity("8Gi")},
				Labels:   map[string]string{"rack": fmt.Sprint(i % 7)},
			}
		},
		Set: func(_ *testing.T, c orchestrator.Cloud, instances []node.Instance) {
			servers[c].set(asEC2(instances)...)
		},
		Fail: func(_ *testing.T, c orchestrator.Cloud) func() {
			servers[c].fail(slices.Repeat([]fault{refuses(http.StatusForbidden, "UnauthorizedOperation")}, 100)...)
			return func() { servers[c].fail() }
		},
		Hang: func(_ *testing.T, c orchestrator.Cloud) func() { return servers[c].hang() },
		Reopen: func(_ *testing.T, old orchestrator.Cloud) orchestrator.Cloud {
			return servers[old].cloud()
		},
		Many: 2500,
	})
}

// asEC2 returns the instances as EC2 has them that the conformance suite uses.
func asEC2(instances []node.Instance) []xmlInstance {
	var list []xmlInstance
	for _, i := range instances {
		m := machine(i.ID)
		m.PrivateIP, m.PrivateDNS = i.Addresses[0].Address, i.Addresses[1].Address
		m.Tags = []xmlKeyValue{{"Name", "web server no. 1"}, {LabelTag + "rack", i.Labels["rack"]}}
		list = append(list, m)
	}
	return list
}

func TestPages(t *testing.T) {
	var machines []xmlInstance
	for i := range 20 {
		machines = append(machines, machine(fmt.Sprintf("i-%02d", i)))
	}
	s := newServer(t, machines...)
	s.page = 6
	c := s.cloud()
	require.Len(t, strings.Fields(ids(t, c)), 20)
	require.Equal(t, 4, s.requests("DescribeInstances"))
	require.Equal(t, 1, s.requests("DescribeInstanceTypes"))
	ids(t, c)
	require.Equal(t, 0, s.requests("DescribeInstanceTypes"), "a type is asked for once")

	s.fail(passes, passes, refuses(http.StatusBadRequest, "InvalidNextToken"))
	list, err := c.Instances(t.Context())
	require.Empty(t, list, "some pages are no list")
	require.ErrorContains(t, err, `list instances of cloud "aws" in "eu-central-1": `)
	require.ErrorContains(t, err, "InvalidNextToken")
}

// An instance that is on two pages, because something changed in between, is one.
func TestTwicePaged(t *testing.T) {
	stopped, again := machine("i-2"), machine("i-2")
	stopped.PrivateIP, again.PrivateIP = "10.0.0.1", "10.0.0.2"
	s := newServer(t, machine("i-1"), stopped, again, machine("i-3"))
	s.page = 2
	list, err := s.cloud().Instances(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, "10.0.0.2", list[1].Addresses[0].Address, "as it was last")
}

func TestThrottling(t *testing.T) {
	s := newServer(t, machine("i-1"))
	c := s.cloud()
	throttled := refuses(http.StatusServiceUnavailable, "RequestLimitExceeded")
	s.fail(throttled, throttled, passes, throttled)
	require.Equal(t, "i-1", ids(t, c))
	require.Equal(t, 3, s.requests("DescribeInstances"))
	require.Equal(t, 2, s.requests("DescribeInstanceTypes"))

	s.fail(slices.Repeat([]fault{throttled}, 100)...)
	list, err := c.Instances(t.Context())
	require.Empty(t, list)
	require.ErrorContains(t, err, "RequestLimitExceeded")
	require.Equal(t, 5, s.requests("DescribeInstances"), "it gives up after five times")
}

// What came with status 200 and is no list must not be taken for one of nothing.
func TestCutShort(t *testing.T) {
	s := newServer(t, machine("i-1"))
	c := s.cloud()
	for _, text := range []string{
		"", "<html>back soon</html>", "<DescribeInstancesResponse></DescribeInstancesResponse>",
		"<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-",
	} {
		s.fail(slices.Repeat([]fault{says(text)}, 100)...)
		list, err := c.Instances(t.Context())
		require.Error(t, err, "%s", text)
		require.Empty(t, list)
	}
	s.fail(says("<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>"))
	require.Equal(t, "", ids(t, c))
}

func TestStates(t *testing.T) {
	var machines []xmlInstance
	for _, state := range []string{"pending", "running", "shutting-down", "stopped", "stopping", "terminated", "levitating"} {
		m := machine("i-" + state)
		m.State = state
		machines = append(machines, m)
	}
	require.Equal(t, "i-levitating i-pending i-running i-stopped i-stopping", ids(t, newServer(t, machines...).cloud()))
}

func TestFilters(t *testing.T) {
	blue, green := machine("i-1"), machine("i-2")
	blue.Tags, green.Tags = []xmlKeyValue{{"cluster", "blue"}}, []xmlKeyValue{{"cluster", "green"}}
	c := newServer(t, blue, green).cloud()
	require.Equal(t, "i-1 i-2", ids(t, c))
	c.Filters = []types.Filter{{Name: aws.String("tag:cluster"), Values: []string{"green"}}}
	require.Equal(t, "i-2", ids(t, c))
}

func TestAddresses(t *testing.T) {
	dynamic := machine("i-1")
	dynamic.PrivateIP, dynamic.PrivateDNS = "10.0.0.1", "ip-10-0-0-1.ec2.internal"
	dynamic.PublicIP, dynamic.PublicDNS = "192.0.2.1", "ec2-192-0-2-1.compute.amazonaws.com"
	dynamic.Interfaces = []xmlNetwork{{IPv6: []xmlIPv6{{"2001:db8::1"}, {"2001:db8::2"}}}, {PublicIP: "192.0.2.1", Owner: "amazon"}}
	elastic := machine("i-2")
	elastic.PrivateIP, elastic.PublicIP = "10.0.0.2", "192.0.2.2"
	elastic.Interfaces = []xmlNetwork{{PublicIP: "192.0.2.2", Owner: "123456789012"}}
	six := machine("i-3")
	six.Interfaces = []xmlNetwork{{IPv6: []xmlIPv6{{"2001:db8::3"}}}}

	list, err := newServer(t, dynamic, elastic, six).cloud().Instances(t.Context())
	require.NoError(t, err)
	var all [][]node.Address
	for _, m := range list {
		require.NoError(t, m.Validate())
		all = append(all, m.Addresses)
	}
	require.Equal(t, [][]node.Address{
		{
			{Type: node.InternalIP, Address: "10.0.0.1"}, {Type: node.InternalIP, Address: "2001:db8::1"},
			{Type: node.InternalIP, Address: "2001:db8::2"}, {Type: node.InternalDNS, Address: "ip-10-0-0-1.ec2.internal"},
			{Type: node.DynamicIP, Address: "192.0.2.1"}, {Type: node.ExternalDNS, Address: "ec2-192-0-2-1.compute.amazonaws.com"},
		},
		{{Type: node.InternalIP, Address: "10.0.0.2"}, {Type: node.ExternalIP, Address: "192.0.2.2"}},
		{{Type: node.InternalIP, Address: "2001:db8::3"}},
	}, all)
}

func TestCapacity(t *testing.T) {
	half, unknown, small := machine("i-2"), machine("i-3"), machine("i-4")
	half.Cores, half.Threads = 1, 1
	unknown.Type, small.Type = "x99.huge", "t3.nano"
	s := newServer(t, machine("i-1"), half, unknown, small)
	c := s.cloud()
	list, err := c.Instances(t.Context())
	require.NoError(t, err)
	var all []string
	for _, m := range list {
		all = append(all, m.Type+" "+m.Capacity.String())
	}
	require.Equal(t, []string{"m5.large cpu=2,memory=8Gi", "m5.large cpu=1,memory=8Gi", "x99.huge ", "t3.nano cpu=2,memory=512Mi"}, all)
	require.Nil(t, list[2].Capacity, "the runtime is asked")
	s.requests("DescribeInstanceTypes")

	s.sizes["x99.huge"] = xmlSize{"x99.huge", 999, 1 << 20}
	list, err = c.Instances(t.Context())
	require.NoError(t, err)
	require.Equal(t, "cpu=999,memory=1Ti", list[2].Capacity.String(), "what was not known is asked for again")
}

func TestTags(t *testing.T) {
	m := machine("i-1")
	m.Tags = []xmlKeyValue{{"Name", "web 1"}, {LabelTag + "disk", "ssd"}, {LabelTag + "example.com/rack", "7"}, {"disk", "hdd"}}
	list, err := newServer(t, m).cloud().Instances(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"disk": "ssd", "example.com/rack": "7"}, map[string]string(list[0].Labels))
}

func TestProgram(t *testing.T) {
	m := machine("i-1")
	m.PrivateIP, m.Tags = "10.0.0.1", []xmlKeyValue{{"cluster", "blue"}}
	s := newServer(t, m, machine("i-2"))
	for key, value := range map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_REGION": region, "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none",
	} {
		t.Setenv(key, value)
	}
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"-filter", "tag:cluster=blue"}, &out))
	require.Equal(t, `apiVersion: v1
kind: Node
metadata:
  name: i-1
  labels:
    node.kubernetes.io/instance-type: m5.large
    topology.kubernetes.io/region: eu-central-1
    topology.kubernetes.io/zone: eu-central-1a
spec:
  providerID: aws:///eu-central-1a/i-1
status:
  capacity:
    cpu: "2"
    memory: 8Gi
  phase: Pending
  addresses:
  - type: InternalIP
    address: "10.0.0.1"
`, out.String())

	require.ErrorContains(t, run(t.Context(), []string{"-filter", "blue"}, &out), `parse filter "blue": must be name=value`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, run(ctx, nil, &out), context.Canceled)
	t.Setenv("AWS_REGION", "")
	require.ErrorContains(t, run(t.Context(), nil, &out), "no region is configured")
}
