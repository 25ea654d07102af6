package main

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/coracle-dev/coracle/pod"
)

// size is what instances of a type have. The zero size: EC2 does not say.
type size struct {
	vcpus  int32
	memory int64 // MiB
}

// capacity returns what the instance has; nil where that is not known, so that
// its runtime is asked. An instance may have been started with fewer cores, or
// fewer threads on each, than others of its type.
func (s size) capacity(options *types.CpuOptions) pod.Resources {
	if s == (size{}) {
		return nil
	}
	vcpus := s.vcpus
	if options != nil && aws.ToInt32(options.CoreCount) > 0 && aws.ToInt32(options.ThreadsPerCore) > 0 {
		vcpus = *options.CoreCount * *options.ThreadsPerCore
	}
	return pod.Resources{
		pod.CPU:    pod.NewQuantity(int64(vcpus), pod.DecimalSI),
		pod.Memory: pod.NewQuantity(s.memory<<20, pod.BinarySI),
	}
}

// sized returns the sizes of the types that the instances have. EC2 is asked
// once for each: there are hundreds, new ones every month, and a table in this
// program would be wrong soon.
func (c *Cloud) sized(ctx context.Context, instances []types.Instance) (map[types.InstanceType]size, error) {
	c.mu.Lock()
	known := maps.Clone(c.sizes)
	c.mu.Unlock()
	if known == nil {
		known = map[types.InstanceType]size{}
	}
	var unknown []string
	for _, i := range instances {
		if _, ok := known[i.InstanceType]; !ok && !slices.Contains(unknown, string(i.InstanceType)) {
			unknown = append(unknown, string(i.InstanceType))
		}
	}
	slices.Sort(unknown)
	for some := range slices.Chunk(unknown, 200) { // the most that a filter takes
		if err := c.askSizes(ctx, some, known); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sizes = known
	return known, nil
}

// askSizes adds the sizes of the named types. They are a filter, since one
// unknown name in the list of names would fail the whole call.
func (c *Cloud) askSizes(ctx context.Context, names []string, sizes map[types.InstanceType]size) error {
	pages := ec2.NewDescribeInstanceTypesPaginator(c.Client, &ec2.DescribeInstanceTypesInput{
		Filters: []types.Filter{{Name: aws.String("instance-type"), Values: names}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, t := range page.InstanceTypes {
			if t.VCpuInfo != nil && t.MemoryInfo != nil {
				sizes[t.InstanceType] = size{aws.ToInt32(t.VCpuInfo.DefaultVCpus), aws.ToInt64(t.MemoryInfo.SizeInMiB)}
			}
		}
	}
	return nil
}
