package twitch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	welcomeWithin   = 10 * time.Second
	reconnectWithin = 30 * time.Second
	// oldGrace is how long the old connection is read after the new one's welcome:
	// what was on its way then is not lost, and repeats are dropped by their id.
	oldGrace = 2 * time.Second
)

// session is one EventSub session: from a connection to its loss, over any
// number of moves to another address. Its run owns all of it.
type session struct {
	t   *Twitch
	tok token

	id        string        // Twitch's
	keepalive time.Duration // as the welcome says
	wire      *wire         // what is listened to
	next      *wire         // where it moves to
	old       *wire         // read a while longer after a move

	in      chan inbound
	readers sync.WaitGroup
}

// errSignedOut ends a session whose owner is gone.
var errSignedOut = errors.New("the sign-in has changed")

// run connects, subscribes and hands on what comes until the connection is lost,
// the sign-in is another one's, or ctx ends. It returns why.
func (s *session) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer s.readers.Wait()
	defer cancel()
	s.in = make(chan inbound, 64)

	first, err := s.open(ctx, withKeepalive(s.t.cfg.EventSubURL))
	if err != nil {
		return err
	}
	s.wire, s.keepalive = first, keepalive
	defer func() {
		for _, w := range []*wire{s.wire, s.next, s.old} {
			if w != nil {
				w.Close()
			}
		}
	}()

	type dialled struct {
		wire *wire
		err  error
	}
	var (
		watch    = time.NewTimer(welcomeWithin) // silence, or no welcome
		moving   = time.NewTimer(reconnectWithin)
		dials    = make(chan dialled, 1)
		dialing  bool
		graceEnd = time.NewTimer(oldGrace)
	)
	moving.Stop()
	graceEnd.Stop()
	defer watch.Stop()
	defer moving.Stop()
	defer graceEnd.Stop()
	defer func() { // a dial that is under way ends with ctx
		if dialing {
			cancel()
			if d := <-dials; d.wire != nil {
				d.wire.Close()
			}
		}
	}()
	_, _, changed := s.t.keeper.wait()

	for {
		select {
		case <-ctx.Done():
			return ctx.Err()

		case <-changed:
			var tok token
			var ok bool
			tok, ok, changed = s.t.keeper.wait()
			if tok.Access == "" || ok && tok.UserID != s.tok.UserID {
				return errSignedOut
			}
			if ok && (tok.Access != s.tok.Access || !slices.Equal(tok.Scopes, s.tok.Scopes)) {
				s.tok = tok
				s.t.subs.retry() // there may be new scopes
			}

		case m := <-s.in:
			if m.err != nil {
				m.wire.gone = true
				switch m.wire {
				case s.old:
				case s.next:
					return errors.New(lossReason(m.err))
				case s.wire:
					if s.next == nil && !dialing {
						return errors.New(lossReason(m.err))
					}
					// It moves anyway, and the old end may go first.
				}
				continue
			}
			move, err := s.take(ctx, m)
			if err != nil {
				return err
			}
			if m.wire == s.next && s.next.ready {
				if s.old != nil {
					s.readers.Go(s.old.Close)
				}
				s.old, s.wire, s.next = s.wire, s.next, nil
				moving.Stop()
				graceEnd.Reset(oldGrace)
			}
			if move != "" && !dialing && s.next == nil {
				dialing = true
				moving.Reset(reconnectWithin)
				s.readers.Go(func() {
					w, err := s.open(ctx, move)
					dials <- dialled{w, err}
				})
			}
			watch.Reset(silenceLimit(s.keepalive))

		case d := <-dials:
			dialing = false
			if d.err != nil {
				return fmt.Errorf("move to another address: %w", d.err)
			}
			s.next = d.wire

		case <-moving.C:
			return errors.New("the move to another address took too long")

		case <-graceEnd.C:
			s.readers.Go(s.old.Close) // may wait for a peer that is gone
			s.old = nil

		case <-watch.C:
			switch {
			case !s.wire.ready:
				return errors.New("no welcome came from Twitch")
			case s.next != nil || dialing: // has its own limit
				watch.Reset(silenceLimit(s.keepalive))
			default:
				silent, limit := s.wire.silent(), silenceLimit(s.keepalive)
				if silent >= limit {
					return fmt.Errorf("nothing came from Twitch for %v", silent.Round(100*time.Millisecond))
				}
				watch.Reset(limit - silent)
			}
		}
	}
}

// open dials and starts the reader.
func (s *session) open(ctx context.Context, address string) (*wire, error) {
	w := &wire{}
	w.touch()
	sock, err := s.t.dial(ctx, address, w.touch)
	if err != nil {
		return nil, err
	}
	w.socket = sock
	s.readers.Go(func() {
		for {
			data, err := w.Read(ctx)
			w.touch()
			select {
			case s.in <- inbound{w, data, err}: // a full queue holds Twitch up, it loses nothing
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
	return w, nil
}

// take handles one message. move is the address to move to, if it says so.
func (s *session) take(ctx context.Context, in inbound) (move string, err error) {
	m, err := readMessage(in.data)
	if err != nil {
		s.t.oddity("a message could not be read", err)
		return "", nil
	}
	switch m.Metadata.Kind {
	case welcomeMessage:
		if m.Payload.Session == nil || m.Payload.Session.ID == "" {
			return "", errors.New("the welcome of Twitch has no session")
		}
		info := m.Payload.Session
		moved := in.wire == s.next
		in.wire.ready = true
		s.id = info.ID
		if info.KeepaliveSeconds > 0 {
			s.keepalive = time.Duration(info.KeepaliveSeconds) * time.Second
		}
		if at := m.Metadata.Timestamp.Time; !at.IsZero() {
			s.t.setClock(time.Until(at))
		}
		s.t.welcomed(info.ID, moved)
		if !moved {
			owner := s.tok.UserID
			s.readers.Go(func() { s.t.subs.keep(ctx, owner) })
		}
	case keepaliveMessage:
		s.t.heardNow()
	case reconnectMessage:
		if m.Payload.Session == nil || m.Payload.Session.ReconnectURL == "" {
			return "", errors.New("Twitch wants us to move and does not say where")
		}
		s.t.log.Info("Twitch moves the session to another address")
		return m.Payload.Session.ReconnectURL, nil
	case revocationMessage:
		if sub := m.Payload.Subscription; sub != nil {
			s.t.subs.revoked(sub.Type, sub.Status)
			s.t.keeper.set(func() { s.t.keeper.validAt = time.Now(); s.t.keeper.announce() })
			s.t.evaluate()
		}
	case notification:
		s.t.heardNow()
		s.t.handOn(m)
	default:
		s.t.oddity("a message of an unknown kind", fmt.Errorf("%q", m.Metadata.Kind))
	}
	return "", nil
}
