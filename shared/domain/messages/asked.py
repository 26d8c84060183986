"""Messages that are asked for: one email to one contact. Of four kinds: of a run, of a campaign, a digest of what
these would have sent, and the system's own.

A message waits on a queue, and is the input of an execution: it holds ids only. Its key is the same for every attempt
at it, and no other message of its contact's has it.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from shared.domain.events import MARKETING, NEVER, Instant, Json, MailClass, Strict, parse_instant
from shared.domain.messages.pace import Lane

# What SES allows in the value of a message tag, so that the key can travel as one:
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html (at most 256 characters)
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
TemplateId = Annotated[str, Field(pattern=r"^[a-z0-9_]{0,64}$")]
TopicId = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]


class Message(Strict):
    """What all kinds have. `topic`: which consent it needs. `pin`: made of this version of the template (0: as it is
    shipped), not of the newest. `mail_class`: what kind of email it is, where that is not the template's to say.
    `priority`: of several that wait for a slot of their contact's, the lowest goes first (None: as is usual for its
    kind). `variant`: which of its versions, empty where it has one only; `subject`: as Liquid, instead of the
    template's. `held_out`: it passes the gate, counts towards the cap, and is not sent."""

    contact: Id
    template: TemplateId = ""
    topic: TopicId = MARKETING
    pin: int | None = Field(default=None, ge=0)
    mail_class: MailClass | None = None
    priority: int | None = Field(default=None, ge=1, le=9)
    variant: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""
    subject: Annotated[str, Field(max_length=500)] | None = None
    held_out: bool = False

    @property
    def key(self) -> str:
        raise NotImplementedError

    @property
    def lane(self) -> Lane:
        """Which senders it is among (see `pace`)."""
        return "journeys"

    @property
    def rank(self) -> int:
        return self.priority or (2 if self.lane == "campaigns" else 1)

    @property
    def source(self) -> str:
        """What sends it: a journey's or a campaign's id, or what for."""
        raise NotImplementedError

    @property
    def stale_after(self) -> Instant:
        """After this instant it is too late for it; NEVER: it never is."""
        return NEVER

    @property
    def about(self) -> dict[str, str]:
        """Where it comes from and what it is about: kept with it, and told with all that becomes of it."""
        variant = {"variant": self.variant} if self.variant else {}
        return {**variant, "template": self.template, "topic": self.topic}


class RunMessage(Message):
    """A step of a run wants it sent: to whom, from where in which version of which journey.

    `occurrence` counts the rounds of a step that a journey comes to more than once. `entered` is the ISO 8601 time at
    which the run came to the step, and `best_before` how many milliseconds after that it is too late for it.
    `experiment`: whose the variant is; `shares`: as of `arms.Arm`. `segments`: of those that the experiment is read by,
    the ones that the contact is in.
    """

    kind: Literal["run"] = "run"
    journey: Id
    run: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
    step: Id
    version: int = Field(ge=1)
    occurrence: int = Field(default=0, ge=0, le=9999)
    entered: str | None = None
    best_before: int | None = Field(default=None, ge=0)
    experiment: Annotated[str, Field(pattern=r"^[a-z0-9_]{0,40}$")] = ""
    shares: int | None = Field(default=None, ge=0)
    segments: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,210}$")] = ""

    @model_validator(mode="before")
    @classmethod
    def _template_of_the_step(cls, given: Any) -> Any:
        """A step that names no template uses the one that is called like itself."""
        return {**given, "template": given.get("template") or given.get("step")} if isinstance(given, dict) else given

    @property
    def entered_at(self) -> Instant | None:
        return None if self.entered is None else parse_instant(self.entered)

    @property
    def run_number(self) -> int:
        """The run's number among its contact's (`runs.Run.id`)."""
        return int(self.run.rpartition("-")[2])

    @property
    def source(self) -> str:
        return self.journey

    @property
    def key(self) -> str:
        """At most 202 characters."""
        return f"{self.journey}_{self.run}_{self.step}_{self.occurrence}"

    @property
    def stale_after(self) -> Instant:
        entered = self.entered_at
        return NEVER if entered is None or self.best_before is None else entered + self.best_before

    @property
    def about(self) -> dict[str, str]:
        experiment = {"experiment": self.experiment} if self.experiment else {}
        experiment |= {"shares": str(self.shares)} if self.shares is not None else {}
        if self.segments:
            experiment["segments"] = self.segments
        return {"journey": self.journey, "run": self.run, "step": self.step, **experiment, **super().about}


class CampaignMessage(Message):
    """A campaign sends it to one of its audience. `best_before`: after this instant it is too late. Whether the
    campaign goes on is its worker's to know. `test`: it goes to a colleague, says that it is a test, and is counted
    nowhere: no cap, no report, no code of a pool."""

    kind: Literal["campaign"] = "campaign"
    test: bool = False
    campaign: Id
    best_before: Instant | None = None

    @property
    def lane(self) -> Lane:
        return "confirm" if self.test else "campaigns"  # somebody waits for a test

    @property
    def source(self) -> str:
        return self.campaign

    @property
    def key(self) -> str:
        return f"{self.campaign}_{self.contact}"

    @property
    def stale_after(self) -> Instant:
        return NEVER if self.best_before is None else self.best_before

    @property
    def about(self) -> dict[str, str]:
        return {"campaign": self.campaign, **super().about}


class DigestMessage(Message):
    """One email with all that was kept of a topic for a contact who wants it once a week, or a month. `day`: on which
    it is due (`2026-12-04`); empty, while it is only asked whether one is."""

    kind: Literal["digest"] = "digest"
    template: TemplateId = "digest"
    mail_class: MailClass | None = "marketing"
    day: Annotated[str, Field(pattern=r"^(\d{4}-\d\d-\d\d)?$")] = ""

    @property
    def lane(self) -> Lane:
        return "campaigns"

    @property
    def source(self) -> str:
        return "digest"

    @property
    def key(self) -> str:
        return f"digest_{self.topic}_{self.day}"

    @property
    def about(self) -> dict[str, str]:
        return {"digest": self.day, **super().about}


class SystemMessage(Message):
    """The answer to what a person has just asked for, which needs no consent. `id`: what tells two of a purpose apart.

    `address`: the hash of where it goes, which need not be the contact's yet: who signs up, or changes their address,
    has not shown that it is theirs (`shared.adapters.pending_addresses` knows it).
    """

    kind: Literal["system"] = "system"
    purpose: Literal["confirm_signup", "confirm_address", "download", "preferences", "reminder"]
    id: Id
    address: Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
    best_before: Instant | None = None

    @model_validator(mode="before")
    @classmethod
    def _template_of_the_purpose(cls, given: Any) -> Any:
        return (
            {**given, "template": given.get("template") or given.get("purpose")} if isinstance(given, dict) else given
        )

    @property
    def lane(self) -> Lane:
        return "confirm"

    @property
    def source(self) -> str:
        return self.purpose

    @property
    def key(self) -> str:
        return f"{self.purpose}_{self.id}"

    @property
    def stale_after(self) -> Instant:
        return NEVER if self.best_before is None else self.best_before

    @property
    def about(self) -> dict[str, str]:
        return {"purpose": self.purpose, **super().about}


def is_test(message: Message) -> bool:
    return isinstance(message, CampaignMessage) and message.test


KINDS: dict[Json, type[Message]] = {
    "run": RunMessage,
    "campaign": CampaignMessage,
    "digest": DigestMessage,
    "system": SystemMessage,
}


def message_of(given: dict[str, Json]) -> Message:
    """The message as it is written; one that names no kind is a run's. pydantic's ValidationError."""
    return KINDS.get(given.get("kind", "run"), RunMessage).model_validate(given)
