package checkpoint

import "errors"

// These are the operations with which Python's own unpickler imports modules and calls
// functions. Here they can only name entries of the table allowed.

// opGlobal pushes the class whose module and name are on the next two lines.
func opGlobal(m *machine) error {
	module, err := m.in.line()
	if err != nil {
		return err
	}
	name, err := m.in.line()
	if err != nil {
		return err
	}
	return m.pushClass(module, name)
}

// opStackGlobal pushes the class whose module and name are on the stack.
func opStackGlobal(m *machine) error {
	names, err := m.popN(2)
	if err != nil {
		return err
	}
	module, hasModule := names[0].(string)
	name, hasName := names[1].(string)
	if !hasModule || !hasName {
		return errors.New("the name of a class is not a string")
	}
	return m.pushClass(module, name)
}

// pushClass pushes the class with a name, or returns a refusal.
func (m *machine) pushClass(module, name string) error {
	c, err := lookup(module, name)
	return m.pushOr(c, err)
}

// opCall calls the class that is below n values with its arguments. REDUCE and NEWOBJ
// have a tuple; NEWOBJ_EX has a dictionary of named ones too, which no class here needs.
func opCall(n int) func(*machine) error {
	return func(m *machine) error {
		for range n - 1 {
			if _, err := m.pop(); err != nil {
				return err
			}
		}
		args, err := m.popTuple()
		if err != nil {
			return err
		}
		c, err := m.popClass()
		if err != nil {
			return err
		}
		return m.pushCall(c, args)
	}
}

// pushCall calls a class and pushes the result.
func (m *machine) pushCall(c *class, args []any) error {
	if c.build == nil {
		return refusal(c.name)
	}
	v, err := c.build(m, args)
	return m.pushOr(v, err)
}

// opInst makes an object in the oldest way: from the class's name and the arguments
// above a mark.
func opInst(m *machine) error {
	if err := opGlobal(m); err != nil {
		return err
	}
	c, err := m.popClass()
	if err != nil {
		return err
	}
	args, err := m.popMark()
	if err != nil {
		return err
	}
	return m.pushCall(c, args)
}

// opObj makes an object from the class and arguments above a mark.
func opObj(m *machine) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return errStack
	}
	c, ok := items[0].(*class)
	if !ok {
		return errors.New("it makes an object of something that isn't a class")
	}
	return m.pushCall(c, items[1:])
}

// opBuild sets an object's attributes, such as a state_dict's _metadata. They hold no
// weights and are dropped.
func opBuild(m *machine) error {
	if _, err := m.pop(); err != nil {
		return err
	}
	to, err := m.top()
	if err != nil {
		return err
	}
	switch to.(type) {
	case *dict, *list, *opaque, *torchTensor:
		return nil
	}
	return errors.New("it sets attributes of something that can't have any")
}

// opPersistent resolves a reference to something outside the pickle: a storage.
func opPersistent(m *machine) error {
	id, err := m.popTuple()
	if err != nil {
		return err
	}
	if m.persist == nil {
		return errors.New("it refers to a storage where there can't be one")
	}
	v, err := m.persist(&tuple{id})
	return m.pushOr(v, err)
}
