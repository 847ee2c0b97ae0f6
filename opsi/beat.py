"""Beat that goes on when the machine's clock is set back; Celery's own stands still until the old time comes again."""

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):
    def tick(self, *args, **kwargs):
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at > now]
        if ahead:
            for entry in ahead:
                entry.last_run_at = now
            # What stands in it is ordered by the old time.
            self._heap = None
        return super().tick(*args, **kwargs)
