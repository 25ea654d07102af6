package pod_test

import (
	"encoding/json"
	"fmt"

	"github.com/coracle-dev/coracle/pod"
)

func ExampleParseQuantity() {
	for _, s := range []string{"0.25", "64Mi", "1.5Gi", "2048Ki", "1e4", "0.1n", "64MB"} {
		q, err := pod.ParseQuantity(s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(s, "is", q)
	}
	// Output:
	// 0.25 is 250m
	// 64Mi is 64Mi
	// 1.5Gi is 1536Mi
	// 2048Ki is 2Mi
	// 1e4 is 10e3
	// parse quantity "0.1n": must not be finer than a billionth (1n)
	// parse quantity "64MB": must be a number with an optional suffix: n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3
}

func ExampleMustParseQuantity() {
	fmt.Println(pod.MustParseQuantity("1000m"))
	// Output: 1
}

func ExampleNewQuantity() {
	fmt.Println(pod.NewQuantity(64<<20, pod.BinarySI), pod.NewQuantity(5_000_000, pod.DecimalSI), pod.NewQuantity(5_000_000, pod.DecimalExponent))
	// Output: 64Mi 5M 5e6
}

func ExampleNewMilliQuantity() {
	fmt.Println(pod.NewMilliQuantity(1500, pod.DecimalSI), pod.NewMilliQuantity(2000, pod.DecimalSI))
	// Output: 1500m 2
}

func ExampleQuantity_Add() {
	fmt.Println(pod.MustParseQuantity("1").Add(pod.MustParseQuantity("250m")))
	fmt.Println(pod.MustParseQuantity("960Mi").Add(pod.MustParseQuantity("64Mi")))
	// Output:
	// 1250m
	// 1Gi
}

func ExampleQuantity_Sub() {
	fmt.Println(pod.MustParseQuantity("1").Sub(pod.MustParseQuantity("1250m")))
	// Output: -250m
}

func ExampleQuantity_Neg() {
	fmt.Println(pod.MustParseQuantity("64Mi").Neg())
	// Output: -64Mi
}

func ExampleQuantity_Cmp() {
	fmt.Println(pod.MustParseQuantity("1Ki").Cmp(pod.MustParseQuantity("1k")), pod.MustParseQuantity("1").Cmp(pod.MustParseQuantity("1000m")))
	// Output: 1 0
}

func ExampleQuantity_Sign() {
	fmt.Println(pod.MustParseQuantity("-1n").Sign(), pod.MustParseQuantity("0").Sign(), pod.MustParseQuantity("0").IsZero())
	// Output: -1 0 true
}

func ExampleQuantity_Value() {
	cpu := pod.MustParseQuantity("1250m")
	fmt.Println(cpu.Value(), cpu.MilliValue())
	// Output: 2 1250
}

func ExampleQuantity_IsZero() {
	fmt.Println(pod.Quantity{}.IsZero(), pod.MustParseQuantity("1n").IsZero())
	// Output: true false
}

func ExampleQuantity_MilliValue() {
	fmt.Println(pod.MustParseQuantity("1.5").MilliValue())
	// Output: 1500
}

func ExampleQuantity_String() {
	fmt.Println(pod.MustParseQuantity("0.5Ki").String())
	// Output: 512
}

func ExampleQuantity_Format() {
	fmt.Println(pod.MustParseQuantity("64Mi").Format() == pod.BinarySI, pod.MustParseQuantity("67108864").Format() == pod.DecimalSI)
	// Output: true true
}

func ExampleQuantity_UnmarshalJSON() {
	var limits pod.Resources
	if err := json.Unmarshal([]byte(`{"cpu": 0.5, "memory": "64Mi"}`), &limits); err != nil {
		fmt.Println(err)
	}
	fmt.Println(limits)
	// Output: cpu=500m,memory=64Mi
}

func ExampleQuantity_MarshalJSON() {
	text, _ := json.Marshal(pod.Resources{pod.CPU: pod.MustParseQuantity("0.5")})
	fmt.Println(string(text))
	// Output: {"cpu":"500m"}
}

func ExampleIntOrString() {
	var probe pod.HTTPGet
	for _, text := range []string{`{"port": 8080}`, `{"port": "http"}`, `{"port": 80.5}`} {
		if err := json.Unmarshal([]byte(text), &probe); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%d %q\n", probe.Port.Int, probe.Port.Name)
	}
	// Output:
	// 8080 ""
	// 0 "http"
	// parse number or name "80.5": must be a string or a whole number of 32 bits
}

func ExampleFromInt() {
	fmt.Println(pod.FromInt(8080))
	// Output: 8080
}

func ExampleFromString() {
	text, _ := json.Marshal(pod.FromString("http"))
	fmt.Println(string(text))
	// Output: "http"
}

func ExampleIntOrString_IsZero() {
	fmt.Println(pod.IntOrString{}.IsZero(), pod.FromInt(80).IsZero())
	// Output: true false
}

func ExampleIntOrString_String() {
	fmt.Println(pod.FromInt(80).String(), pod.FromString("http").String())
	// Output: 80 http
}

func ExampleIntOrString_MarshalJSON() {
	text, _ := json.Marshal(pod.TCPSocket{Port: pod.FromInt(80)})
	fmt.Println(string(text))
	// Output: {"port":80}
}

func ExampleIntOrString_UnmarshalJSON() {
	var port pod.IntOrString
	fmt.Println(json.Unmarshal([]byte(`"http"`), &port), port)
	// Output: <nil> http
}

func ExampleIntOrString_Validate() {
	fmt.Println(pod.FromString("http").Validate())
	fmt.Println(pod.FromInt(70000).Validate())
	// Output:
	// <nil>
	// must be 1 to 65535
}
