"""Hand-made evidence for the tests of the checker: a journal and histories as a faultless run would leave them, which a
test then spoils."""
from datetime import datetime, timezone

from evidence import Entry, Evidence, Row, Stored, Submission
from plan import POLICY
from views import Views
from visible import counted

FLOW = ["charge", "reserve", "ship"]
SERVICES = {"charge": "payments", "reserve": "inventory", "ship": "shipping"}
UNDO = "/compensate"


class Story:
    """Records what happens to one order, in the history and in the journal at once."""

    def __init__(self, run, execution):
        self.run, self.execution, self.rows, self.epoch = run, execution, [], 1
        self.order, self.key = f"order-{execution}", f"key-{execution}"
        self.input = {"orderId": self.order, "amount": 12.5}
        self.event("ExecutionStarted", input=self.input)

    def event(self, kind, step="", attempt=0, **data):
        self.rows.append(Row(len(self.rows) + 1, self.epoch, kind, step, attempt, data, self.run.tick()))

    def note(self, event, step, attempt=1, status=0, body="b"):
        name = step.removesuffix(UNDO)
        self.run.journal.append(Entry(len(self.run.journal) + 1, event, SERVICES[name],
                                      "undo" if step.endswith(UNDO) else "do", f"{self.execution}/{step}", self.order,
                                      attempt, self.epoch, body + step, status, self.run.tick() * 1_000_000))

    def serve(self, step, attempt=1, outcome="applied", status=201):
        self.note("received", step, attempt)
        self.note(outcome, step, attempt, status)
        self.note("replied", step, attempt, status)

    def do(self, step):
        self.event("StepStarted", step, 1)
        self.serve(step)
        self.event("StepCompleted", step)

    def refuse(self, step):
        self.event("StepStarted", step, 1)
        self.serve(step, 1, "refused", 409)
        self.event("AttemptFailed", step, 1, outcome="refused", error={"title": "the participant answered 409"})
        self.event("StepFailed", step)
        self.event("CompensationStarted", failedStep=step)

    def fail(self, step, attempt, outcome="unknown"):
        self.note("received", step, attempt)
        self.note("replied", step, attempt, 503)
        self.event("AttemptFailed", step, attempt, outcome=outcome, error={"title": "the participant answered 503"})

    def retry(self, step, attempt, delay):
        """Schedules the attempt and begins it, `delay` milliseconds later."""
        at = self.run.now + 1 + delay
        self.event("RetryScheduled", step, attempt, at=datetime.fromtimestamp(at / 1000, timezone.utc).isoformat())
        self.run.now = at - 1
        self.event("AttemptStarted", step, attempt)

    def park(self):
        number = sum(row.kind == "IncidentRaised" for row in self.rows) + 1
        self.event("IncidentRaised", number=number)
        self.run.stored[self.execution] = Stored("suspended", "", self.key, number)

    def undo(self, step):
        self.event("UndoStarted", step + UNDO, 1)
        self.serve(step + UNDO, status=200)
        self.event("UndoCompleted", step + UNDO)

    def end(self, outcome, phase="faulted", **data):
        self.event("ExecutionEnded", phase=phase, outcome=outcome, **data)
        self.run.stored[self.execution] = Stored(phase, outcome, self.key)


class Run:
    def __init__(self):
        self.journal, self.stored, self.stories = [], {}, []
        self.now = 1_000_000  # milliseconds, of every clock

    def tick(self):
        self.now += 1
        return self.now

    def story(self, execution):
        self.stories.append(Story(self, execution))
        return self.stories[-1]

    def completed(self, execution):
        story = self.story(execution)
        for step in FLOW:
            story.do(step)
        story.end("completed", "completed")
        return story

    def compensated(self, execution):
        story = self.story(execution)
        story.do("charge")
        story.do("reserve")
        story.refuse("ship")
        story.undo("reserve")
        story.undo("charge")
        story.end("compensated")
        return story

    def restarted(self, execution):
        """The process dies while the charge is in flight; its repetition is recognised."""
        story = self.story(execution)
        story.event("StepStarted", "charge", 1)
        story.note("received", "charge")
        story.note("applied", "charge", 1, 201)
        story.epoch = 2
        story.event("AttemptLost", "charge", 1)
        story.event("AttemptStarted", "charge", 2)
        story.serve("charge", 2, "repeated")
        story.event("StepCompleted", "charge")
        story.do("reserve")
        story.do("ship")
        story.end("completed", "completed")
        return story

    def retried(self, execution):
        """Two attempts at the charge fail, the third succeeds."""
        story = self.story(execution)
        story.event("StepStarted", "charge", 1)
        story.fail("charge", 1)
        story.retry("charge", 2, 250)
        story.fail("charge", 2)
        story.retry("charge", 3, 400)
        story.serve("charge", 3)
        story.event("StepCompleted", "charge")
        story.do("reserve")
        story.do("ship")
        story.end("completed", "completed")
        return story

    def parked(self, execution):
        story = self.story(execution)
        story.do("charge")
        story.do("reserve")
        story.refuse("ship")
        story.undo("reserve")
        story.event("UndoStarted", "charge/compensate", 1)
        story.serve("charge/compensate", 1, "refused", 409)
        story.event("AttemptFailed", "charge/compensate", 1, outcome="refused", error={"title": "the participant answered 409"})
        story.park()
        return story

    def views(self):
        """What a server shows that has done all this in one life."""
        opened = {(s.execution, row.data["number"]) for s in self.stories for row in s.rows if row.kind == "IncidentRaised"}
        metrics = dict(counted(row for story in self.stories for row in story.rows))
        metrics["skald_incidents_open", ()] = len(opened)
        for phase in ("running", "waiting", "suspended"):
            metrics["skald_executions_active", (("phase", phase),)] = sum(s.phase == phase for s in self.stored.values())
        return Views(0, {e: (s.phase, s.outcome) for e, s in self.stored.items()}, opened, metrics, set(opened))

    def evidence(self, **changes):
        live = sum(1250 for story in self.stories
                   if story.rows[-1].kind == "IncidentRaised" or story.rows[-1].data.get("outcome") == "completed")
        values = {
            "flow": FLOW,
            "submissions": [Submission(s.key, s.order, "plain", s.input, ("completed", "compensated", "parked"), (s.execution,))
                            for s in self.stories],
            "journal": self.journal, "stored": self.stored,
            "histories": {story.execution: story.rows for story in self.stories},
            "balance": {"balanced": True, "money": {"shopCents": live}},
            "nemesis": {"kills": 1, "restarts": 1, "strikes": {"serverStopped": 1}}, "policy": POLICY, "views": self.views()}
        return Evidence(**{**values, **changes})
