package live

import (
	"fmt"
	"maps"

	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// inspection is what a parameter's initial values are like.
type inspection struct {
	name   string
	values nn.Statistics
	err    error
}

// inspects are the parameters that a request asks about, nil if it is another request.
func (l *loop) inspects(r Request) []tensor.Param {
	switch r := r.(type) {
	case InspectParam:
		return []tensor.Param{r.Param}
	case InspectParams:
		learned := []tensor.Param{}
		for _, p := range l.engine.about.Model.Params {
			if p.Role.Learnable() {
				learned = append(learned, p)
			}
		}
		return learned
	}
	return nil
}

// inspect begins to read parameters, one after the other: those that aren't known yet.
func (l *loop) inspect(params []tensor.Param) {
	var unknown []tensor.Param
	for _, p := range params {
		if _, known := l.state.Params[p.Name]; !known && !l.reading[p.Name] {
			l.reading[p.Name] = true
			unknown = append(unknown, p)
		}
	}
	if len(unknown) == 0 {
		return
	}
	source := l.tasks.runner.options.source()
	go func() {
		for _, p := range unknown {
			if l.ctx.Err() != nil {
				return
			}
			select {
			case l.read <- readParam(source, p):
			case <-l.ctx.Done():
				return
			}
		}
	}()
}

// inspected takes in a parameter that was read.
func (l *loop) inspected(x inspection) {
	delete(l.reading, x.name)
	if x.err != nil {
		return // preparing the net says what is wrong with its weights
	}
	params := maps.Clone(l.state.Params)
	if params == nil {
		params = map[string]*nn.Statistics{}
	}
	params[x.name] = &x.values
	l.state.Params, l.fresh = params, true
}

// readParam reads a parameter. Sources may be read from several goroutines, so this
// waits for no pass.
func readParam(source tensor.Source, p tensor.Param) (x inspection) {
	defer func() {
		if r := recover(); r != nil {
			x = inspection{name: p.Name, err: fmt.Errorf("reading %s: %v", p.Name, r)}
		}
	}()
	t := tensor.New(p.Shape...)
	if err := source.Load(p, t); err != nil {
		return inspection{name: p.Name, err: err}
	}
	return inspection{name: p.Name, values: nn.StatisticsOf(t, true, 0)}
}
