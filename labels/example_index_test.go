package labels_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
)

// Which services does a pod belong to?
func ExampleIndex() {
	services := map[string]string{
		"shop":       "app=shop",
		"shop-web":   "app=shop,tier=web",
		"frontends":  "tier in (web,api)",
		"everything": "",
		"blog":       "app=blog",
	}
	var index labels.Index[string]
	for name, text := range services {
		selector, _ := labels.Parse(text)
		index.Put(name, selector)
	}

	pod := labels.Set{"app": "shop", "tier": "api"}
	fmt.Println(index.Matching(pod))
	index.Delete("frontends")
	fmt.Println(index.Matching(pod), index.Len())
	// Output:
	// [everything frontends shop]
	// [everything shop] 4
}

// Which pods belong to a service?
func ExampleSetIndex() {
	var pods labels.SetIndex[string]
	pods.Put("shop-1", labels.Set{"app": "shop", "tier": "web"})
	pods.Put("shop-2", labels.Set{"app": "shop", "tier": "api"})
	pods.Put("blog-1", labels.Set{"app": "blog", "tier": "web"})

	shop, _ := labels.Parse("app=shop")
	notWeb, _ := labels.Parse("tier!=web")
	fmt.Println(pods.Matching(shop))
	fmt.Println(pods.Matching(notWeb))
	pods.Put("shop-2", labels.Set{"app": "shop", "tier": "web"}) // relabelled
	pods.Delete("shop-1")
	fmt.Println(pods.Matching(shop), pods.Matching(notWeb), pods.Len())
	// Output:
	// [shop-1 shop-2]
	// [shop-2]
	// [shop-2] [] 2
}
