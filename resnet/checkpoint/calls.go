package checkpoint

import "errors"

// These are the operations that, in Python's own unpickler, import and run
// things. Here they look names up in a table.

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

func opStackGlobal(m *machine) error {
	names, err := m.popN(2)
	if err != nil {
		return err
	}
	module, ok := names[0].(string)
	name, ok2 := names[1].(string)
	if !ok || !ok2 {
		return errors.New("a class has no name")
	}
	return m.pushClass(module, name)
}

func (m *machine) pushClass(module, name string) error {
	c, err := lookup(module, name)
	return m.pushOr(c, err)
}

// opCall calls what is below n tuples of arguments: REDUCE and NEWOBJ have
// one, NEWOBJ_EX has a dictionary of named ones too, which no class here needs.
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

func (m *machine) pushCall(c *class, args []any) error {
	if c.build == nil {
		return refusal(c.name)
	}
	v, err := c.build(m, args)
	return m.pushOr(v, err)
}

// opInst is the oldest way to make an object: a class's name, arguments above
// a mark.
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

// opObj is the second oldest: class and arguments above a mark.
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
		return errors.New("it makes an object of something that is no class")
	}
	return m.pushCall(c, items[1:])
}

// opBuild sets an object's attributes, such as a state_dict's _metadata. No
// weight is among them.
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
	return errors.New("it sets attributes of something that has none")
}

// opPersistent takes a reference to what lies outside the pickle: a storage.
func opPersistent(m *machine) error {
	id, err := m.popTuple()
	if err != nil {
		return err
	}
	if m.persist == nil {
		return errors.New("it refers to a storage where there is none")
	}
	v, err := m.persist(&tuple{id})
	return m.pushOr(v, err)
}
