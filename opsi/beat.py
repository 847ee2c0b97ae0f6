"""Beat that keeps nothing, and goes on when the machine's clock is set back.

Celery's own keeps a file of when it last did what. Where beat runs inside a worker it opened that in a forked process,
which SQLite (`dbm.sqlite3`) refused now and then ("locking protocol"): beat ended, and nothing was swept any more. What
waits is in the database; a beat that was started anew only asks for it once more.
"""

import celery.beat


class Scheduler(celery.beat.Scheduler):
    """Celery's stands still, its clock set back, until the old time comes again."""

    def tick(self, *args, **kwargs):
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at > now]
        if ahead:
            for entry in ahead:
                entry.last_run_at = now
            # What stands in it is ordered by the old time.
            self._heap = None
        return super().tick(*args, **kwargs)
