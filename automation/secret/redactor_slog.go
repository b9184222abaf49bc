package secret

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
)

// Handler returns a handler that passes records on to next without secrets: in messages, keys, values, groups and
// whatever values turn into when they are printed or written as JSON. Attributes named like a secret field are hidden
// whatever they hold.
func (r *Redactor) Handler(next slog.Handler) slog.Handler { return redactingHandler{r, next} }

type redactingHandler struct {
	redactor *Redactor
	next     slog.Handler
}

func (h redactingHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h redactingHandler) Handle(ctx context.Context, record slog.Record) error {
	clean := slog.NewRecord(record.Time, record.Level, h.redactor.String(record.Message), record.PC)
	record.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.redactor.attr(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

func (h redactingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return redactingHandler{h.redactor, h.next.WithAttrs(h.redactor.attrs(attrs))}
}

func (h redactingHandler) WithGroup(name string) slog.Handler {
	return redactingHandler{h.redactor, h.next.WithGroup(h.redactor.String(name))}
}

func (r *Redactor) attrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = r.attr(a)
	}
	return clean
}

func (r *Redactor) attr(a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		return slog.Attr{Key: r.String(a.Key), Value: slog.GroupValue(r.attrs(value.Group())...)}
	}
	if hidesField(a.Key, value.String()) {
		return slog.String(a.Key, Mark(a.Key))
	}
	return slog.Attr{Key: r.String(a.Key), Value: r.logValue(value)}
}

// logValue returns value as it is, if that gives nothing away, and else its text without secrets.
func (r *Redactor) logValue(value slog.Value) slog.Value {
	text := value.String()
	if value.Kind() == slog.KindAny {
		// A text handler prints with %+v, a JSON handler marshals: either may show what the other does not.
		text = fmt.Sprintf("%+v", value.Any())
		if _, isError := value.Any().(error); !isError {
			if encoded, err := json.Marshal(value.Any()); err == nil && r.String(string(encoded)) != string(encoded) {
				return slog.StringValue(r.String(text))
			}
		}
	}
	if clean := r.String(text); clean != text {
		return slog.StringValue(clean)
	}
	return value
}
