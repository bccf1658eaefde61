package twitch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// unlessMissing forgives a channel that has no emotes with a provider.
func unlessMissing(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound {
		return nil
	}
	return err
}

func (e *Emotes) twitch(ctx context.Context, userID string) ([]Emote, error) {
	type item struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	var list []Emote
	add := func(items []item, channel bool) {
		for _, i := range items {
			list = append(list, Emote{ID: i.ID, Name: i.Name, Channel: channel, URL: e.hosts.TwitchCDN + "/" + i.ID + "/default/dark/3.0"})
		}
	}
	var everybody, own data[item]
	err := e.t.helix.call(ctx, http.MethodGet, "/chat/emotes/global", nil, nil, &everybody)
	ownErr := e.t.helix.call(ctx, http.MethodGet, "/chat/emotes", url.Values{"broadcaster_id": {userID}}, nil, &own)
	add(everybody.Data, false)
	add(own.Data, true)
	return list, errors.Join(err, ownErr)
}

func (e *Emotes) bttv(ctx context.Context, userID string) ([]Emote, error) {
	type item struct {
		ID   string `json:"id"`
		Code string `json:"code"`
	}
	// BTTV says itself which of its emotes lie over the one before.
	over := []string{"SoSnowy", "IceCold", "SantaHat", "TopHat", "ReinDeer", "CandyCane", "cvMask", "cvHazmat"}
	var list []Emote
	add := func(items []item, channel bool) {
		for _, i := range items {
			list = append(list, Emote{ID: i.ID, Name: i.Code, Channel: channel, ZeroWidth: slices.Contains(over, i.Code), URL: e.hosts.BTTVCDN + "/" + i.ID + "/3x"})
		}
	}
	var everybody []item
	var own struct {
		Channel []item `json:"channelEmotes"`
		Shared  []item `json:"sharedEmotes"`
	}
	err := e.json(ctx, e.hosts.BTTV+"/cached/emotes/global", &everybody)
	ownErr := unlessMissing(e.json(ctx, e.hosts.BTTV+"/cached/users/twitch/"+userID, &own))
	add(everybody, false)
	add(own.Channel, true)
	add(own.Shared, true)
	return list, errors.Join(err, ownErr)
}

func (e *Emotes) ffz(ctx context.Context, userID string) ([]Emote, error) {
	type answer struct {
		Default []int `json:"default_sets"`
		Sets    map[string]struct {
			Emoticons []struct {
				ID       json.Number       `json:"id"`
				Name     string            `json:"name"`
				Modifier bool              `json:"modifier"`
				URLs     map[string]string `json:"urls"`
			} `json:"emoticons"`
		} `json:"sets"`
	}
	var list []Emote
	add := func(a answer, channel bool) {
		for set, s := range a.Sets {
			if !channel && len(a.Default) > 0 && !isDefault(a.Default, set) {
				continue // sets that only some people may use
			}
			for _, i := range s.Emoticons {
				address := i.URLs["4"]
				for _, size := range []string{"2", "1"} {
					if address == "" {
						address = i.URLs[size]
					}
				}
				if strings.HasPrefix(address, "//") {
					address = "https:" + address
				}
				list = append(list, Emote{ID: i.ID.String(), Name: i.Name, Channel: channel, ZeroWidth: i.Modifier, URL: address})
			}
		}
	}
	var everybody, own answer
	err := e.json(ctx, e.hosts.FFZ+"/set/global", &everybody)
	ownErr := unlessMissing(e.json(ctx, e.hosts.FFZ+"/room/id/"+userID, &own))
	add(everybody, false)
	add(own, true)
	return list, errors.Join(err, ownErr)
}

func isDefault(sets []int, set string) bool {
	for _, s := range sets {
		if fmt.Sprint(s) == set {
			return true
		}
	}
	return false
}

func (e *Emotes) sevenTV(ctx context.Context, userID string) ([]Emote, error) {
	type set struct {
		Emotes []struct {
			ID    string `json:"id"`
			Name  string `json:"name"`
			Flags int    `json:"flags"`
			Data  struct {
				Flags int `json:"flags"`
			} `json:"data"`
		} `json:"emotes"`
	}
	var list []Emote
	add := func(s set, channel bool) {
		for _, i := range s.Emotes {
			list = append(list, Emote{ID: i.ID, Name: i.Name, Channel: channel, ZeroWidth: i.Flags&1 != 0 || i.Data.Flags&256 != 0, URL: e.hosts.SevenTVCDN + "/" + i.ID + "/3x.webp"})
		}
	}
	var everybody set
	var own struct {
		Set set `json:"emote_set"`
	}
	err := e.json(ctx, e.hosts.SevenTV+"/emote-sets/global", &everybody)
	ownErr := unlessMissing(e.json(ctx, e.hosts.SevenTV+"/users/twitch/"+userID, &own))
	add(everybody, false)
	add(own.Set, true)
	return list, errors.Join(err, ownErr)
}
