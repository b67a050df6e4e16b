package checkpoint

import (
	"errors"
	"fmt"
	"strings"
)

// object is an inert placeholder for anything that isn't data: an instance of some class,
// the result of a function, bytes. Nothing of it is run.
type object struct {
	class string // the class or function, as in functools.partial
	parts []any  // all that was put into it: the arguments of the call, state, items
}

// call calls a class, or an object as a method or a partial would be called.
func (m *machine) call(callee any, args []any) (any, error) {
	switch callee := callee.(type) {
	case *class:
		if callee.build != nil {
			return callee.build(m, args)
		}
		return &object{callee.name, []any{&tuple{args}}}, nil
	case *object:
		return &object{callee.class, []any{callee, &tuple{args}}}, nil
	}
	return nil, errors.New("it calls something that can't be called")
}

// build sets an object's attributes from its state, which is kept only to find tensors
// in it. That of a dictionary or list, such as a state_dict's _metadata, is dropped.
func build(to, state any) error {
	switch to := to.(type) {
	case *object:
		to.parts = append(to.parts, state)
		return nil
	case *torchTensor:
		return to.setState(state)
	case *dict, *list, *tuple, *class, *storageRef:
		return nil
	}
	return errors.New("it sets attributes of something that can't have any")
}

// isModule reports whether an object is a torch.nn.Module, by its class or its state.
func (o *object) isModule() bool {
	for _, prefix := range []string{"torch.nn.", "torchvision.models.", "timm.models."} {
		if strings.HasPrefix(o.class, prefix) {
			return true
		}
	}
	for _, p := range o.parts {
		if state, ok := p.(*dict); ok && state.get("_parameters") != nil && state.get("_modules") != nil {
			return true
		}
	}
	return false
}

// isArray reports whether an object is a NumPy array.
func (o *object) isArray() bool { return strings.HasSuffix(o.class, ".multiarray._reconstruct") }

// holdsTensor reports whether there is a tensor anywhere in a value. seen are the values
// that were searched before.
func holdsTensor(v any, seen map[any]bool) bool {
	for todo := []any{v}; len(todo) > 0; {
		v, todo = todo[len(todo)-1], todo[:len(todo)-1]
		var items []any
		switch v := v.(type) {
		case *torchTensor:
			return true
		case *object:
			items = v.parts
		case *dict:
			items = v.vals
		case *list, *tuple:
			items = itemsOf(v)
		default:
			continue
		}
		if !seen[v] {
			seen[v] = true
			todo = append(todo, items...)
		}
	}
	return false
}

// objectAt is an object in what a pickle built, and the keys that lead to it.
type objectAt struct {
	path string
	*object
}

// error says why weights can't be taken from an object, and what to save instead.
func (o objectAt) error() error {
	where := "it"
	if o.path != "" {
		where = quote(o.path)
	}
	if o.isModule() {
		return fmt.Errorf("%s is a whole model, saved as a Python object (%s), and nothing of a file is ever run: "+
			"load it in Python and save model.state_dict() instead", where, quoteName(o.class))
	}
	return fmt.Errorf("%s is a Python object (%s), and nothing of a file is ever run: "+
		"if you trust the file, load it in Python and save just the state_dict", where, quoteName(o.class))
}
