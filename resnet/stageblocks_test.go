package resnet

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestBlocksText: what a flag and JSON take for blocks, and what they refuse.
func TestBlocksText(t *testing.T) {
	for text, want := range map[string]Blocks{
		"3,24,36,3": {3, 24, 36, 3}, "1, 2,3 ,4": {1, 2, 3, 4}, "9,9,9": {9, 9, 9},
	} {
		var b Blocks
		if err := b.Set(text); err != nil || b != want {
			t.Errorf("%q is read as %v (%v)", text, b, err)
		}
		c := Config{Blocks: b}
		text, err := json.Marshal(c)
		var back Config
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || back != c {
			t.Errorf("%s is read back as %+v (%v)", text, back, err)
		}
	}
	if text, err := json.Marshal(Config{}); err != nil || string(text) != "{}" {
		t.Errorf("the JSON of an empty Config is %s (%v)", text, err)
	}
}

func TestBlocksRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "for example", "0": "from 1 to", "3": "for example", "3,4": "for example", "1e9": "for example",
		"3,4,6,3,3": "not 5", "1000000000,1,1,1": "from 1 to", "99999999999999999999,1,1,1": "from 1 to",
		"3,4,-6,3": "from 1 to", "3,4,,3": "for example",
	} {
		b := Blocks{1, 2, 3, 4}
		if err := b.Set(text); err == nil || !strings.Contains(err.Error(), want) || b != (Blocks{1, 2, 3, 4}) {
			t.Errorf("%q is read as %v (%v)", text, b, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"blocks":[1,2]}`), &Config{}); err == nil {
		t.Error("two stages are read")
	}
}
