"""What conversations bring to the processes: channels with their hours, questions and answers, talks."""

from typing import Final

from core.contracts import conversations as ask
from core.contracts import faq as faq_ask
from core.contracts import opening_hours as hours_ask
from core.conversations.faq.handlers import FaqHandlers
from core.conversations.faq.library import Library
from core.conversations.hours.handlers import HoursHandlers
from core.conversations.hours.wording import contact_lines
from core.conversations.talks.agents import ConversationHandlers
from core.conversations.talks.following import Doorbell, FollowingHandlers
from core.conversations.talks.joining import follow_join
from core.conversations.talks.mine import MyConversationHandlers
from core.db.queries import load_beside
from core.runtime.manifest import Names, Parts, Served, Slice, serves, serves_without_session
from core.runtime.retention import RetentionRule
from core.schedules.mine.handlers import MyOrderHandlers

_SQL: Final = load_beside(__file__)


def _operations(parts: Parts) -> list[Served]:
    library, doorbell = Library(), Doorbell(parts.bus)
    return [
        *_of_hours(parts),
        *_of_faq(parts, library),
        *_of_customers(parts, library, doorbell),
        *_of_agents(parts, doorbell),
        *_of_streams(parts, doorbell),
    ]


def _of_customers(parts: Parts, library: Library, doorbell: Doorbell) -> list[Served]:
    orders = MyOrderHandlers(parts.pool, parts.clock, parts.calendar, parts.environment)
    mine = MyConversationHandlers(parts.pool, parts.clock, library, orders, parts.queue_mail, doorbell)
    return [
        serves(ask.WRITE, mine.write),
        serves(ask.ASK, mine.question),
        serves(ask.END_ASSISTANT, mine.end_assistant),
        serves(ask.CHAT, mine.start_chat),
        serves(ask.SAY, mine.say),
        serves(ask.END_MINE, mine.end_chat),
        serves(ask.MINE, mine.conversations),
        serves(ask.ONE_OF_MINE, mine.conversation),
    ]


def _of_streams(parts: Parts, doorbell: Doorbell) -> list[Served]:
    following = FollowingHandlers(parts.pool, parts.clock, doorbell)
    return [
        serves(ask.FOLLOW_MINE, following.follow_mine),
        serves(ask.FOLLOW, following.follow),
        serves(ask.TYPE_MINE, following.type_mine),
        serves(ask.TYPE, following.type),
    ]


def _of_agents(parts: Parts, doorbell: Doorbell) -> list[Served]:
    agents = ConversationHandlers(parts.pool, parts.clock, parts.queue_mail, doorbell)
    return [
        serves(ask.LIST, agents.conversations),
        serves(ask.ONE, agents.conversation),
        serves(ask.TAKE, agents.take),
        serves(ask.ANSWER, agents.answer),
        serves(ask.PASS_ON, agents.pass_on),
        serves(ask.END, agents.end),
    ]


def _of_hours(parts: Parts) -> list[Served]:
    hours = HoursHandlers(parts.pool, parts.clock)
    return [
        serves_without_session(hours_ask.OFFERS, hours.offers),
        serves(hours_ask.CHANNELS, hours.channels),
        serves(hours_ask.CHANGE_CHANNEL, hours.change_channel),
        serves(hours_ask.LIST, hours.hours),
        serves(hours_ask.SET, hours.set_hours),
        serves(hours_ask.WITHDRAW, hours.withdraw),
        serves(hours_ask.EXCEPTIONS, hours.exceptions),
        serves(hours_ask.ADD_EXCEPTION, hours.add_exception),
        serves(hours_ask.REMOVE_EXCEPTION, hours.remove_exception),
    ]


def _of_faq(parts: Parts, library: Library) -> list[Served]:
    faq = FaqHandlers(parts.pool, parts.clock, library)
    return [
        serves_without_session(faq_ask.FIND, faq.find),
        serves(faq_ask.LIST, faq.entries),
        serves(faq_ask.ONE, faq.entry),
        serves(faq_ask.MAKE, faq.make),
        serves(faq_ask.CHANGE, faq.change),
        serves(faq_ask.REMOVE, faq.remove),
    ]


SLICE: Final = Slice(
    "conversations",
    operations=_operations,
    retention=(
        RetentionRule(
            "conversation_message",
            _SQL.prune_messages,
            "GUICHET_KEEP_MESSAGES_DAYS",
            days=1_095,
            days_min=30,
            by_id=False,
        ),
    ),
    names=Names(frozenset({"faq_entry", "conversation"}), _SQL.record_names),
    follow_join=follow_join,
    contact_lines=contact_lines,
)
