package jobs

import "context"

// Depth counts the rows of runs that have not ended: "queued" and "running"; and
// those that wait for a person, "parked".
func (s *Store) Depth(ctx context.Context) (map[string]int, error) {
	depth := map[string]int{"queued": 0, "running": 0, "parked": 0}
	err := s.in(ctx, "counting the queue", func(t *tx) error {
		return t.each(ctx, func(scan func(...any) error) error {
			var state string
			var n int
			err := scan(&state, &n)
			depth[state] = n
			return err
		}, `SELECT r.state, count(*) FROM irccpin_batch_rows r JOIN irccpin_batches b ON b.id = r.batch
			WHERE b.state = 'running' AND r.state <> 'done' GROUP BY r.state
			UNION ALL SELECT 'parked', count(*) FROM irccpin_schedule_rows WHERE parked_at <> 0`)
	})
	return depth, err
}
