// Cloud-ec2 shows how a real cloud becomes an orchestrator.Cloud: cloud.go and
// size.go are all there is to it. The program prints the nodes that an orchestrator
// would make of your EC2 instances, as manifests.
//
//	go run . -region eu-central-1 -filter tag:cluster=blue
//
// It finds credentials as every program on the AWS SDK does (environment,
// ~/.aws, the role of the instance) and needs the permissions
// ec2:DescribeInstances and ec2:DescribeInstanceTypes.
//
// In a host program the cloud goes into the orchestrator's Config, and Dial
// connects to the runtime at the node's address:
//
//	o, err := orchestrator.New(orchestrator.Config{Cloud: cloud, Dial: dial})
//
// It is a module of its own so that nobody gets the SDK who does not ask for it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cloud-ec2:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("cloud-ec2", flag.ContinueOnError)
	region := flags.String("region", "", "the `region`; default: that of the SDK's configuration")
	filter := flags.String("filter", "", "`name=value` that the instances must have, such as tag:cluster=blue")
	if err := flags.Parse(args); err != nil {
		return err
	}
	cloud, err := connect(ctx, *region)
	if err != nil {
		return err
	}
	if *filter != "" {
		name, value, ok := strings.Cut(*filter, "=")
		if !ok {
			return fmt.Errorf("parse filter %q: must be name=value", *filter)
		}
		cloud.Filters = []types.Filter{{Name: &name, Values: []string{value}}}
	}
	machines, err := cloud.Instances(ctx)
	if err != nil {
		return err
	}
	nodes := make([]labels.Object, len(machines))
	for i, m := range machines {
		nodes[i] = m.Node()
	}
	return manifest.Write(out, nodes...)
}

// connect returns the cloud of the region, as the SDK finds it configured.
func connect(ctx context.Context, region string) (*Cloud, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, fmt.Errorf("no region is configured: set AWS_REGION, or -region")
	}
	return &Cloud{Client: newClient(cfg, 20*time.Second), Region: cfg.Region}, nil
}

// newClient returns a client that tries up to five times where EC2 throttles it,
// with pauses that grow up to the longest: a list of many pages is worth it.
func newClient(cfg aws.Config, longest time.Duration) *ec2.Client {
	return ec2.NewFromConfig(cfg, func(o *ec2.Options) {
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts, r.MaxBackoff = 5, longest })
	})
}
