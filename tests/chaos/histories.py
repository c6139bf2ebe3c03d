"""Hand-made evidence for the tests of the checker: a journal and histories as a faultless run would leave them, which a
test then spoils."""
from evidence import Entry, Evidence, Row, Stored, Submission

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
        self.rows.append(Row(len(self.rows) + 1, self.epoch, kind, step, attempt, data))

    def note(self, event, step, attempt=1, status=0, body="b"):
        name = step.removesuffix(UNDO)
        self.run.journal.append(Entry(len(self.run.journal) + 1, event, SERVICES[name],
                                      "undo" if step.endswith(UNDO) else "do", f"{self.execution}/{step}", self.order,
                                      attempt, self.epoch, body + step, status))

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
        self.event("AttemptFailed", step, 1, outcome="refused")
        self.event("StepFailed", step)
        self.event("CompensationStarted", failedStep=step)

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

    def evidence(self, **changes):
        live = sum(1250 for story in self.stories if story.rows[-1].data.get("outcome") == "completed")
        values = {
            "flow": FLOW,
            "submissions": [Submission(s.key, s.order, "plain", s.input, ("completed", "compensated"), (s.execution,))
                            for s in self.stories],
            "journal": self.journal, "stored": self.stored,
            "histories": {story.execution: story.rows for story in self.stories},
            "balance": {"balanced": True, "money": {"shopCents": live}},
            "nemesis": {"kills": 1, "restarts": 1}}
        return Evidence(**{**values, **changes})
