package obs

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/andreykaipov/goobs/api/opcodes"

	"landale/event"
)

// types maps obs-websocket's names to ours, from the catalogue.
func typesByRawName() map[string]event.Type {
	m := map[string]event.Type{}
	for _, s := range event.Catalogue() {
		if s.Source == event.OBS && s.RawType != "" {
			m[s.RawType] = s.Type
		}
	}
	return m
}

// renamedLists are members whose objects have OBS's own fields; every other
// object is somebody's settings and stays as OBS spells it.
var renamedLists = map[string]bool{"scenes": true, "scene_items": true, "filters": true}

// snake turns OBS's spelling into ours: inputVolumeDb is input_volume_db.
func snake(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		if unicode.IsUpper(r) {
			if lower {
				b.WriteByte('_')
			}
			r = unicode.ToLower(r)
			lower = false
		} else {
			lower = true
		}
		b.WriteRune(r)
	}
	return b.String()
}

// translate makes the event of the program out of OBS's: the same name and the
// same members in snake case. extra are members that OBS does not send.
func translate(types map[string]event.Type, e opcodes.Event, at time.Time, session string, extra map[string]any) (event.Event, error) {
	members := map[string]json.RawMessage{}
	if len(e.Data) > 0 && !bytes.Equal(e.Data, []byte("null")) {
		var data map[string]json.RawMessage
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return event.Event{}, err
		}
		for k, v := range data {
			name := snake(k)
			if renamedLists[name] {
				v = renameAll(v)
			}
			members[name] = v
		}
	}
	for k, v := range extra {
		b, err := json.Marshal(v)
		if err != nil {
			return event.Event{}, err
		}
		members[k] = b
	}
	members["session_id"], _ = json.Marshal(session) // a string
	object, err := json.Marshal(members)
	if err != nil {
		return event.Event{}, err
	}
	t, known := types[e.Type]
	var p event.Payload
	if known {
		p = event.DecodePayload(t, object)
	} else if p, err = event.NewUnknown(event.Type("obs."+snake(e.Type)), object); err != nil {
		return event.Event{}, err
	}
	ev := event.New(event.OBS, at, p)
	ev.RawType, ev.SourceID = e.Type, session
	return ev, nil
}

// renameAll gives the objects of a list our spelling; other JSON stays.
func renameAll(list json.RawMessage) json.RawMessage {
	var objects []map[string]json.RawMessage
	if json.Unmarshal(list, &objects) != nil {
		return list
	}
	for i, o := range objects {
		renamed := make(map[string]json.RawMessage, len(o))
		for k, v := range o {
			renamed[snake(k)] = v
		}
		objects[i] = renamed
	}
	b, err := json.Marshal(objects)
	if err != nil {
		return list
	}
	return b
}

// extras are the members of our events that OBS does not send.
func (s *session) extras(e opcodes.Event) map[string]any {
	switch e.Type {
	case "CurrentProgramSceneChanged":
		return map[string]any{"previous_scene": s.program}
	case "StreamStateChanged":
		return map[string]any{"stream_status": activity(decode[fields](e.Data))}
	case "RecordStateChanged":
		f := decode[fields](e.Data)
		if outputState(f.OutputState) == "paused" {
			return map[string]any{"recording_status": "paused"}
		}
		return map[string]any{"recording_status": activity(f)}
	}
	return nil
}

func activity(f fields) string {
	if f.OutputActive {
		return "active"
	}
	return "inactive"
}
