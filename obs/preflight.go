package obs

import (
	"context"
	"fmt"
	"time"
)

// Finding is one line of the preflight check.
type Finding struct {
	// Check is what was looked at, like obs_link or browser_source.
	Check   string `json:"check"`
	Subject string `json:"subject,omitempty"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	// Mend says what to do about it; empty when it is fine.
	Mend string `json:"mend,omitempty"`
}

// Preflight looks at OBS before a stream: the link, which it asks something, the
// disk, the microphone, and each browser source that shows a page of Landale.
func (p *OBS) Preflight(ctx context.Context) []Finding {
	s := p.Snapshot()
	if s.ConnectionState == "off" {
		return []Finding{{Check: "obs_link", OK: true, Message: "no OBS is set up"}}
	}
	if !s.Connected {
		return []Finding{{Check: "obs_link", Message: "OBS is not connected", Mend: s.Reason}}
	}
	began := time.Now()
	if _, err := p.Request(ctx, "GetVersion", nil); err != nil {
		return []Finding{{Check: "obs_link", Message: fmt.Sprintf("OBS does not answer: %v", err), Mend: "look at OBS: a window may wait for an answer; else start it anew"}}
	}
	list := []Finding{{Check: "obs_link", OK: true, Message: fmt.Sprintf("OBS %s answers in %d ms", s.OBSVersion, time.Since(began).Milliseconds())}}
	cfg, _ := p.settings()
	if free := s.Stats.DiskFreeMB / 1024; free > 0 {
		f := Finding{Check: "obs_disk", OK: free >= cfg.Watchdog.DiskFreeGB, Message: fmt.Sprintf("%.0f GB are free where OBS records to", free)}
		if !f.OK {
			f.Mend = "delete old recordings, or record to another disk"
		}
		list = append(list, f)
	}
	switch mic := s.microphone(); {
	case mic != nil && mic.Muted:
		list = append(list, Finding{Check: "obs_microphone", Subject: mic.Name, Message: mic.Name + " is muted in OBS", Mend: "unmute it in OBS's mixer"})
	case mic != nil:
		list = append(list, Finding{Check: "obs_microphone", Subject: mic.Name, OK: true, Message: mic.Name + " is not muted in OBS"})
	case cfg.Microphone != "":
		list = append(list, Finding{
			Check: "obs_microphone", Subject: cfg.Microphone, Message: "OBS has no input " + cfg.Microphone,
			Mend: "set obs.microphone to the name in OBS's mixer",
		})
	}
	if len(s.Sources) == 0 {
		return append(list, Finding{
			Check: "browser_source", Message: "no browser source in OBS shows a page of Landale",
			Mend: "add one from the dashboard, or copy a page's address into a browser source",
		})
	}
	for _, b := range s.Sources {
		list = append(list, p.preflightSource(s, b))
	}
	return list
}

func (p *OBS) preflightSource(s Snapshot, b BrowserSource) Finding {
	f := Finding{Check: "browser_source", Subject: b.Name}
	switch {
	case b.Page == "":
		f.Message, f.Mend = "it shows the dashboard and no overlay", "give it the address of an overlay, like "+b.URL+"overlay/alerts"
	case b.State == "broken" || b.State == "gone" || b.State == "waiting":
		f.Message, f.Mend = "its page is not connected", "press Refresh in its properties in OBS; if that does not help, compare its address with the dashboard's"
	case b.State == "frozen":
		f.Message, f.Mend = "its page does not paint", "press Refresh in its properties in OBS"
	case b.Width > s.Video.Width || b.Height > s.Video.Height:
		f.Message = fmt.Sprintf("it is %d×%d, larger than the canvas of %d×%d", b.Width, b.Height, s.Video.Width, s.Video.Height)
		f.Mend = fmt.Sprintf("set its size to %d×%d at most", s.Video.Width, s.Video.Height)
	case b.Shutdown:
		f.Message = "OBS ends its page while it is not visible, so it comes late"
		f.Mend = "take the tick from \"Shutdown source when not visible\""
	default:
		f.OK, f.Message = true, fmt.Sprintf("%s is connected, %d×%d", b.Page, b.Width, b.Height)
		if b.State == "hidden" {
			f.Message = fmt.Sprintf("%s is not visible now, %d×%d", b.Page, b.Width, b.Height)
		}
	}
	return f
}
