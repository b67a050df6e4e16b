package checkpoint

import "errors"

// These are the operations with which Python's own unpickler imports modules and calls
// functions. Here they make values of the classes in known, and objects of all others.

// opGlobal pushes the class whose module and name are on the next two lines.
func opGlobal(m *machine) error {
	module, err := m.line()
	if err != nil {
		return err
	}
	name, err := m.line()
	if err != nil {
		return err
	}
	return m.push(lookup(module, name))
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
	if err := m.chargeText(len(module) + len(name)); err != nil {
		return err
	}
	return m.push(lookup(module, name))
}

// opExtension pushes a class that has a number of width bytes, given out by a registry of
// the program that wrote the file.
func opExtension(width int) func(*machine) error {
	return func(m *machine) error {
		_, err := m.in.uint(width)
		return m.pushOr(&class{name: "copyreg extension"}, err)
	}
}

// opCall calls what is below a tuple of arguments.
func opCall(m *machine) error {
	args, err := m.popTuple()
	if err != nil {
		return err
	}
	callee, err := m.pop()
	if err != nil {
		return err
	}
	v, err := m.call(callee, args)
	return m.pushOr(v, err)
}

// opCallNamed calls what is below a tuple of arguments and a dictionary of named ones,
// which only objects can take.
func opCallNamed(m *machine) error {
	named, err := m.pop()
	if err != nil {
		return err
	}
	if err := opCall(m); err != nil {
		return err
	}
	if o, ok := m.stack[len(m.stack)-1].(*object); ok {
		o.parts = append(o.parts, named)
	}
	return nil
}

// opInst makes an object in the oldest way: from the class's name and the arguments
// above a mark.
func opInst(m *machine) error {
	if err := opGlobal(m); err != nil {
		return err
	}
	c, err := m.pop()
	if err != nil {
		return err
	}
	args, err := m.popMark()
	if err != nil {
		return err
	}
	v, err := m.call(c, args)
	return m.pushOr(v, err)
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
	v, err := m.call(items[0], items[1:])
	return m.pushOr(v, err)
}

// opBuild sets an object's attributes.
func opBuild(m *machine) error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	to, err := m.top()
	if err != nil {
		return err
	}
	return build(to, state)
}

// opPersistent resolves a reference to something outside the pickle: a storage.
func opPersistent(m *machine) error {
	id, err := m.pop()
	if err != nil {
		return err
	}
	return m.pushPersistent(id)
}

// opPersistentLine is opPersistent with the reference as text.
func opPersistentLine(m *machine) error {
	id, err := m.line()
	if err != nil {
		return err
	}
	return m.pushPersistent(id)
}

// pushPersistent pushes what a persistent id refers to.
func (m *machine) pushPersistent(id any) error {
	if m.persist == nil {
		return errors.New("it refers to a storage where there can't be one")
	}
	v, err := m.persist(id)
	return m.pushOr(v, err)
}
