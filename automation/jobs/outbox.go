package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"irccpin/automation"
	"irccpin/automation/roster"
)

// NoticeKind is what a notice is about.
type NoticeKind string

// What people are told.
const (
	PINAppeared       NoticeKind = "pin_appeared"
	PINChanged        NoticeKind = "pin_changed"
	PersonNeeded      NoticeKind = "person_needed"
	CredentialHeld    NoticeKind = "credential_held"
	PortalUnavailable NoticeKind = "portal_unavailable"
	ScheduleFinished  NoticeKind = "schedule_finished"
)

// Notice is something that people should know. It holds no secret and no PIN.
//
// It is written into the database together with what it tells of, and sent from
// there until that succeeds or has failed for a day: neither a worker that is
// killed nor a receiver that is down loses one. One that was being sent when its
// worker was killed is sent once more, with the same ID.
type Notice struct {
	ID       string
	Kind     NoticeKind
	Schedule Schedule
	// At is when it happened.
	At time.Time
	// Attempt counts how often it was sent, with this time: 1 is the first.
	Attempt int
	// Row is whom it is about; nil when it is about no row.
	Row *roster.Row
	// Run is the session's.
	Run string
	// Code, Message and Hint say why a person is needed.
	Code          automation.Code
	Message, Hint string
	// Since is when the portal was found unavailable, and Last when a session last
	// found it so. Until is when it is open again, where it said so.
	Since, Last, Until time.Time
}

// letter is a notice as it is kept.
type letter struct {
	Kind    NoticeKind      `json:"kind"`
	Place   *int            `json:"place,omitempty"`
	Run     string          `json:"run,omitempty"`
	Code    automation.Code `json:"code,omitempty"`
	Message string          `json:"message,omitempty"`
	Hint    string          `json:"hint,omitempty"`
	// In microseconds since 1970.
	Since int64 `json:"since,omitempty"`
	Last  int64 `json:"last,omitempty"`
	Until int64 `json:"until,omitempty"`
}

// about is a letter about a row that ended.
func about(kind NoticeKind, e *Ending) letter {
	return letter{Kind: kind, Place: &e.Place, Run: e.Outcome.Run, Code: e.Outcome.Code, Message: clean(e.Outcome.Message), Hint: clean(e.Hint)}
}

const (
	// sendTime bounds one attempt to tell people, and takenTime is after how long
	// another worker takes it for killed.
	sendTime  = 2 * time.Minute
	takenTime = sendTime + time.Minute
	// sendPause is doubled after each attempt, up to maxSendPause.
	sendPause    = time.Minute
	maxSendPause = time.Hour
	// sendLimit is how long a notice is worth sending.
	sendLimit = 24 * time.Hour
	// lastSend is what a worker that was asked to end takes for what its last rows
	// have to tell; what is left is the next worker's.
	lastSend = 15 * time.Second
)

// post puts letters about a schedule into the outbox, in their order.
func (t *tx) post(ctx context.Context, schedule string, letters ...letter) error {
	for i, l := range letters {
		content, err := json.Marshal(l)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO irccpin_outbox (id, schedule, content, created_at, due_at) VALUES (?, ?, ?, ?, ?)`,
			newID("notice"), schedule, string(content), micros(t.now)+int64(i), micros(t.now))
		if err != nil {
			return err
		}
	}
	return nil
}

// takeNotice takes the oldest notice of a realm that is due, for sendTime; nil is
// none.
func (s *Store) takeNotice(ctx context.Context, realm Realm) (*Notice, error) {
	var n *Notice
	err := s.in(ctx, "looking for notices", func(t *tx) error {
		n = nil
		found := &Notice{}
		var schedule, content string
		var created, due int64
		ok, err := t.one(ctx, []any{&found.ID, &schedule, &content, &created, &found.Attempt, &due},
			`SELECT o.id, o.schedule, o.content, o.created_at, o.attempts, o.due_at FROM irccpin_outbox o JOIN irccpin_schedules s ON s.id = o.schedule
			WHERE s.realm = ? AND o.due_at <= ? ORDER BY o.created_at LIMIT 1`, string(realm), micros(t.now))
		if err != nil || !ok {
			return err
		}
		changed, err := t.exec(ctx, `UPDATE irccpin_outbox SET attempts = attempts + 1, due_at = ? WHERE id = ? AND due_at = ?`,
			micros(t.now.Add(takenTime)), found.ID, due)
		if err != nil || changed == 0 {
			return err // another worker was faster
		}
		found.Attempt++
		found.At = fromMicros(created)
		if err := t.read(ctx, found, schedule, content); err != nil {
			return err
		}
		n = found
		return nil
	})
	return n, err
}

// read fills in what a letter says, and whom it is about.
func (t *tx) read(ctx context.Context, n *Notice, schedule, content string) error {
	var l letter
	if err := json.Unmarshal([]byte(content), &l); err != nil {
		return fmt.Errorf("the notice %s cannot be read: %w", n.ID, err)
	}
	n.Kind, n.Run, n.Code, n.Message, n.Hint = l.Kind, l.Run, l.Code, l.Message, l.Hint
	n.Since, n.Last, n.Until = fromMicros(l.Since), fromMicros(l.Last), fromMicros(l.Until)
	err := t.each(ctx, func(scan func(...any) error) error {
		found, err := scanSchedule(scan)
		n.Schedule = found.Schedule
		return err
	}, `SELECT `+scheduleColumns+` FROM irccpin_schedules WHERE id = ?`, schedule)
	if err != nil || l.Place == nil {
		return err
	}
	var row string
	if _, err := t.one(ctx, []any{&row}, `SELECT content FROM irccpin_schedule_rows WHERE schedule = ? AND place = ?`, schedule, *l.Place); err != nil {
		return err
	}
	return json.Unmarshal([]byte(row), &n.Row)
}

// sent notes what came of an attempt, and tells whether the notice was given up.
func (s *Store) sent(ctx context.Context, n *Notice, failed error) (givenUp bool, err error) {
	err = s.in(ctx, "noting what was sent", func(t *tx) error {
		givenUp = failed != nil && t.now.Sub(n.At) > sendLimit
		if failed == nil || givenUp {
			_, err := t.exec(ctx, `DELETE FROM irccpin_outbox WHERE id = ?`, n.ID)
			return err
		}
		pause := min(sendPause<<min(n.Attempt-1, 10), maxSendPause)
		_, err := t.exec(ctx, `UPDATE irccpin_outbox SET due_at = ? WHERE id = ?`, micros(t.now.Add(pause)), n.ID)
		return err
	})
	return givenUp, err
}

// alarm tells the people of all schedules of a realm, once, that the portal has
// been unavailable for long, or says that it will be.
func (t *tx) alarm(ctx context.Context, realm Realm) error {
	var since, last, told, until int64
	_, err := t.one(ctx, []any{&since, &last, &told, &until},
		`SELECT unavailable_since, unavailable_last, unavailable_told, closed_until FROM irccpin_gates WHERE realm = ?`, string(realm))
	if err != nil || since == 0 || told != 0 {
		return err
	}
	l := letter{Kind: PortalUnavailable, Since: since, Last: last}
	if until > micros(t.now) {
		l.Until = until
	}
	if latest(t.now, fromMicros(l.Until)).Sub(fromMicros(since)) < longUnavailable {
		return nil
	}
	n, err := t.exec(ctx, `UPDATE irccpin_gates SET unavailable_told = ? WHERE realm = ? AND unavailable_told = 0`, micros(t.now), string(realm))
	if err != nil || n == 0 {
		return err
	}
	var schedules []string
	err = t.each(ctx, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		schedules = append(schedules, id)
		return err
	}, `SELECT id FROM irccpin_schedules WHERE realm = ? AND state = 'active' ORDER BY name`, string(realm))
	for i := 0; err == nil && i < len(schedules); i++ {
		err = t.post(ctx, schedules[i], l)
	}
	return err
}

// send tells people what is due, one notice after the other.
func (k *clerk) send(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := k.crew.store.takeNotice(ctx, k.crew.process.realm)
		if err == nil && n == nil {
			return
		}
		if err == nil {
			err = k.sendOne(ctx, n)
		}
		if err != nil {
			if ctx.Err() == nil {
				k.crew.Log.Warn("telling people", "error", err)
			}
			return
		}
	}
}

func (k *clerk) sendOne(ctx context.Context, n *Notice) error {
	limited, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	failed := k.Notify(limited, *n)
	after, done := context.WithTimeout(context.WithoutCancel(ctx), bookkeeping)
	defer done()
	givenUp, err := k.crew.store.sent(after, n, failed)
	if givenUp {
		k.crew.Log.Error("somebody could not be told for a day, and is not told any more", "event", string(n.Kind), "schedule", n.Schedule.Name, "error", failed)
	}
	return err
}

// sending tells people what the outbox holds, as it comes, until stop is called.
func (k *clerk) sending(ctx context.Context) (stop func()) {
	if k.Notify == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	leaving, left := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(left)
		ticker := time.NewTicker(beatTime)
		defer ticker.Stop()
		for {
			k.send(ctx)
			select {
			case <-k.news:
			case <-ticker.C:
			case <-leaving:
				k.send(ctx)
				return
			}
		}
	}()
	return func() {
		close(leaving)
		late := time.AfterFunc(lastSend, cancel)
		<-left
		late.Stop()
		cancel()
	}
}
