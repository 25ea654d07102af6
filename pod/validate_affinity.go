package pod

import (
	"errors"
	"strconv"

	"github.com/coracle-dev/coracle/labels"
)

// Requirement returns the expression as one of package labels, or what is wrong with it.
func (x Expression) Requirement() (labels.Requirement, error) {
	return labels.NewRequirement(x.Key, labels.Operator(x.Operator), x.Values...)
}

// Compiled returns the selector as one of package labels, or what is wrong with it.
func (s *LabelSelector) Compiled() (labels.Selector, error) {
	if len(s.MatchExpressions) == 0 {
		return labels.SelectorFromSet(s.MatchLabels), nil
	}
	list := labels.SelectorFromSet(s.MatchLabels).Requirements()
	for _, x := range s.MatchExpressions {
		r, err := x.Requirement()
		if err != nil {
			return labels.Selector{}, err
		}
		list = append(list, r)
	}
	return labels.NewSelector(list...), nil
}

// validateAffinity checks an affinity at path.
func validateAffinity(errs *labels.FieldErrors, a *Affinity, path string) {
	if a == nil {
		return
	}
	const required, preferred = ".requiredDuringSchedulingIgnoredDuringExecution", ".preferredDuringSchedulingIgnoredDuringExecution"
	if n := a.NodeAffinity; n != nil {
		where := path + ".nodeAffinity"
		if n.Required != nil {
			terms := where + required + ".nodeSelectorTerms"
			if len(n.Required.Terms) == 0 {
				errs.Add(terms, nil, "must have at least one term")
			}
			for i := range n.Required.Terms {
				validateNodeTerm(errs, &n.Required.Terms[i], at(terms, i))
			}
		}
		for i := range n.Preferred {
			term := at(where+preferred, i)
			validateWeight(errs, n.Preferred[i].Weight, term)
			validateNodeTerm(errs, &n.Preferred[i].Preference, term+".preference")
		}
	}
	if p := a.PodAffinity; p != nil {
		validatePodTerms(errs, p.Required, p.Preferred, path+".podAffinity"+required, path+".podAffinity"+preferred)
	}
	if p := a.PodAntiAffinity; p != nil {
		validatePodTerms(errs, p.Required, p.Preferred, path+".podAntiAffinity"+required, path+".podAntiAffinity"+preferred)
	}
}

func validateWeight(errs *labels.FieldErrors, weight int, path string) {
	if weight < 1 || weight > 100 {
		errs.Add(path+".weight", weight, "must be 1 to 100")
	}
}

// validateNodeTerm checks a term at path.
func validateNodeTerm(errs *labels.FieldErrors, t *NodeTerm, path string) {
	for i, x := range t.Expressions {
		validateExpression(errs, x, at(path+".matchExpressions", i), true)
	}
	for i, x := range t.Fields {
		where := at(path+".matchFields", i)
		if x.Key != "metadata.name" {
			errs.Add(where+".key", text(x.Key), "must be metadata.name")
			continue
		}
		if x.Operator != In && x.Operator != NotIn {
			errs.Add(where+".operator", text(x.Operator), "must be In or NotIn")
		}
		if len(x.Values) != 1 {
			errs.Add(where+".values", len(x.Values), "must be one name")
		}
	}
}

// validateExpression checks an expression at path.
func validateExpression(errs *labels.FieldErrors, x Expression, path string, numbers bool) {
	switch x.Operator {
	case In, NotIn, Exists, DoesNotExist:
	case Gt, Lt:
		if numbers {
			break
		}
		fallthrough
	default:
		problem := "must be In, NotIn, Exists or DoesNotExist"
		if numbers {
			problem = "must be In, NotIn, Exists, DoesNotExist, Gt or Lt"
		}
		errs.Add(path+".operator", text(x.Operator), problem)
		return
	}
	_, err := x.Requirement()
	check(errs, path, x.Key, err)
}

// validatePodTerms checks the terms at the paths.
func validatePodTerms(errs *labels.FieldErrors, required []PodTerm, preferred []WeightedPodTerm, requiredPath, preferredPath string) {
	for i := range required {
		validatePodTerm(errs, &required[i], at(requiredPath, i))
	}
	for i := range preferred {
		where := at(preferredPath, i)
		validateWeight(errs, preferred[i].Weight, where)
		validatePodTerm(errs, &preferred[i].Term, where+".podAffinityTerm")
	}
}

func validatePodTerm(errs *labels.FieldErrors, t *PodTerm, path string) {
	validateSelector(errs, t.Selector, path+".labelSelector")
	for i, namespace := range t.Namespaces {
		check(errs, at(path+".namespaces", i), namespace, labels.ValidateLabel(namespace))
	}
	validateTopologyKey(errs, t.TopologyKey, path+".topologyKey")
}

func validateTopologyKey(errs *labels.FieldErrors, key, path string) {
	if key == "" {
		check(errs, path, key, errors.New("must be given"))
		return
	}
	check(errs, path, key, labels.ValidateKey(key))
}

// validateSelector checks a selector at path.
func validateSelector(errs *labels.FieldErrors, s *LabelSelector, path string) {
	if s == nil {
		return
	}
	*errs = append(*errs, labels.ValidateSet(s.MatchLabels, path+".matchLabels")...)
	for i, x := range s.MatchExpressions {
		validateExpression(errs, x, at(path+".matchExpressions", i), false)
	}
}

// validateSpread checks a constraint at path.
func validateSpread(errs *labels.FieldErrors, t *TopologySpread, path string) {
	if t.MaxSkew < 1 {
		errs.Add(path+".maxSkew", strconv.Itoa(t.MaxSkew), "must be at least 1")
	}
	validateTopologyKey(errs, t.TopologyKey, path+".topologyKey")
	if t.WhenUnsatisfiable == "" {
		errs.Add(path+".whenUnsatisfiable", nil, "must be given")
	}
	oneOf(errs, path+".whenUnsatisfiable", t.WhenUnsatisfiable, DoNotSchedule, ScheduleAnyway)
	validateSelector(errs, t.Selector, path+".labelSelector")
}
