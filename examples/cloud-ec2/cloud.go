package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
)

// LabelTag is what the key of a tag begins with that becomes a label of the
// node: coracle.dev/label/disk=ssd is the label disk=ssd. Other tags have keys
// and values that no label may have, and are left alone.
const LabelTag = "coracle.dev/label/"

// Cloud is an orchestrator.Cloud: the EC2 instances of one region.
//
// Set the fields before the first call. All methods may be called from many
// goroutines at once.
type Cloud struct {
	// Client asks EC2. It repeats what was throttled. Required.
	Client Client
	// Region that the client asks. Required.
	Region string
	// Filters choose the instances, as EC2 has them: tag:cluster=blue, for
	// instance. Nil: all of the region.
	Filters []types.Filter

	mu    sync.Mutex
	sizes map[types.InstanceType]size // those that EC2 was asked for; they never change
}

var _ orchestrator.Cloud = (*Cloud)(nil)

// Client is what a Cloud needs of an *ec2.Client.
type Client interface {
	ec2.DescribeInstancesAPIClient
	ec2.DescribeInstanceTypesAPIClient
}

// Name returns "aws".
func (c *Cloud) Name() string { return "aws" }

// Changed returns nil: EC2 is asked, it does not tell.
func (c *Cloud) Changed() <-chan struct{} { return nil }

// Instances returns the instances that were not terminated, by id. Those that
// are stopped are there: they may be started again, and are the same machine.
// One failed page fails the list.
func (c *Cloud) Instances(ctx context.Context) ([]node.Instance, error) {
	list, err := c.instances(ctx)
	if err != nil {
		return nil, fmt.Errorf("list instances of cloud %q in %q: %w", c.Name(), c.Region, err)
	}
	return list, nil
}

func (c *Cloud) instances(ctx context.Context) ([]node.Instance, error) {
	found, err := c.describe(ctx)
	if err != nil {
		return nil, err
	}
	sizes, err := c.sized(ctx, found)
	if err != nil {
		return nil, err
	}
	list := make([]node.Instance, 0, len(found))
	for i := range found {
		list = append(list, c.instance(&found[i], sizes[found[i].InstanceType]))
	}
	return list, nil
}

// errCutShort is the answer 200 to DescribeInstances without what was asked for.
// The SDK takes an empty body for a list of none, which would delete every node.
var errCutShort = errors.New("the answer has no reservationSet")

// describe returns the instances of all pages that were not terminated, each
// once, by id.
func (c *Cloud) describe(ctx context.Context) ([]types.Instance, error) {
	var found []types.Instance
	pages := ec2.NewDescribeInstancesPaginator(c.Client, &ec2.DescribeInstancesInput{
		Filters:    c.Filters,
		MaxResults: aws.Int32(1000), // the most that EC2 gives at once; without, there are no pages
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		if page.Reservations == nil {
			return nil, errCutShort
		}
		for _, r := range page.Reservations {
			found = append(found, r.Instances...)
		}
	}
	// What changes between two pages may be on both; the later one is newer.
	slices.Reverse(found)
	slices.SortStableFunc(found, func(a, b types.Instance) int {
		return strings.Compare(aws.ToString(a.InstanceId), aws.ToString(b.InstanceId))
	})
	found = slices.CompactFunc(found, func(a, b types.Instance) bool {
		return aws.ToString(a.InstanceId) == aws.ToString(b.InstanceId)
	})
	return slices.DeleteFunc(found, gone), nil
}

// gone reports whether the instance is no more: EC2 lists it for about an hour
// after it was terminated. Nothing brings back one that is shutting down.
func gone(i types.Instance) bool {
	return i.State != nil &&
		(i.State.Name == types.InstanceStateNameTerminated || i.State.Name == types.InstanceStateNameShuttingDown)
}

// instance returns the machine that an EC2 instance is.
func (c *Cloud) instance(i *types.Instance, s size) node.Instance {
	m := node.Instance{
		ID:        aws.ToString(i.InstanceId),
		Type:      string(i.InstanceType),
		Region:    c.Region,
		Addresses: addresses(i),
		Capacity:  s.capacity(i.CpuOptions),
	}
	if i.Placement != nil {
		m.Zone = aws.ToString(i.Placement.AvailabilityZone)
	}
	m.ProviderID = "aws:///" + m.Zone + "/" + m.ID // as Kubernetes' provider for AWS has it
	for _, t := range i.Tags {
		if key, ok := strings.CutPrefix(aws.ToString(t.Key), LabelTag); ok {
			if m.Labels == nil {
				m.Labels = labels.Set{}
			}
			m.Labels[key] = aws.ToString(t.Value)
		}
	}
	return m
}

// addresses returns those by which others in the VPC reach the instance, and
// then the public ones.
func addresses(i *types.Instance) []node.Address {
	var list []node.Address
	add := func(of node.AddressType, address *string) {
		if a := (node.Address{Type: of, Address: aws.ToString(address)}); a.Address != "" && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	add(node.InternalIP, i.PrivateIpAddress)
	for _, n := range i.NetworkInterfaces {
		for _, a := range n.Ipv6Addresses {
			add(node.InternalIP, a.Ipv6Address) // reached from anywhere, or from inside: the VPC's rules say
		}
	}
	add(node.InternalDNS, i.PrivateDnsName)
	add(public(i), i.PublicIpAddress)
	add(node.ExternalDNS, i.PublicDnsName)
	return list
}

// public returns what kind of address the public one is. Amazon's own is gone
// when the instance stops; an elastic one belongs to the account.
func public(i *types.Instance) node.AddressType {
	for _, n := range i.NetworkInterfaces {
		a := n.Association
		if a != nil && aws.ToString(a.PublicIp) == aws.ToString(i.PublicIpAddress) && aws.ToString(a.IpOwnerId) == "amazon" {
			return node.DynamicIP
		}
	}
	return node.ExternalIP
}
