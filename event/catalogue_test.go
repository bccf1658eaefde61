package event

import "testing"

func TestExamplesValidate(t *testing.T) {
	for _, s := range Catalogue() {
		if err := Validate(s.Example); err != nil {
			t.Errorf("example: %v", err)
		}
	}
}
