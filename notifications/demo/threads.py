"""The long tickets of the demo data: logs of a hundred and more articles, put together from what such logs say."""

import datetime
import random
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from notifications.demo import phrases
from notifications.demo.script import NOBODY, Act, Calendar, Entry, Story

UTC = ZoneInfo("UTC")
TOKYO = ZoneInfo("Asia/Tokyo")
minutes = datetime.timedelta
Log = list[Entry]


def stories(now: datetime.datetime) -> list[Story]:
    """Four tickets, the same at every loading but for the dates."""
    calendar = Calendar(now)
    return [_outage(calendar), _monitoring(calendar), _migration(calendar), _tokyo_watch(calendar)]


def _outage(calendar: Calendar) -> Story:
    """A bridge call of one night, a note every few minutes."""
    chance = random.Random("outage")  # noqa: S311
    at = calendar.moment(9, 13, 2, UTC)
    story = Story("Major incident: storage of the Leeds data centre lost both controllers", "outage")
    story.acts.append(
        Act(
            at,
            "mika",
            [
                ("opens", "in Network"),
                ("type", "incident"),
                ("priority", "very_high"),
                ("for", "carl"),
                ("owner", "uma"),
                ("responsible", "mika"),
                ("group", "Network team"),
                ("service", "File shares"),
                ("sla", "Gold"),
                ("watch", "ada"),
                ("watch", "vera"),
            ],
            phrases.OUTAGE_OPENING,
        )
    )
    log: Log = []
    for (hour, minute), pace, (message, people, lines) in phrases.OUTAGE_PHASES:
        clock = calendar.moment(9, hour, minute, UTC)
        for line in lines:
            log.append(Entry(clock, chance.choice(people), line.format(**_readings(chance))))
            clock += minutes(minutes=chance.randint(*pace))
        log.append(Entry(clock, "mika", message, public=True))
    story.acts.append(Act(log[0].at, "uma", [("log", "")], entries=log))
    after = log[-1].at
    story.acts += [
        Act(after + minutes(minutes=20), "uma", [("state", "in_progress"), ("priority", "high")]),
        Act(after + minutes(minutes=45), "carl", [("follow", ""), ("watch", "cora")], phrases.OUTAGE_THANKS),
        Act(after + minutes(hours=3), "mika", [("state", "resolved"), ("public", "")], phrases.OUTAGE_REPORT),
    ]
    return story


def _monitoring(calendar: Calendar) -> Story:
    """What the monitoring reports of a failing disk array, with a word by an agent now and then."""
    chance = random.Random("monitoring")  # noqa: S311
    at = calendar.moment(13, 2, 11, UTC)
    story = Story("Monitoring: backup-store-1 above its thresholds", "backup-store")
    opening = [
        ("opens", "in Network"),
        ("type", "problem"),
        ("priority", "medium"),
        ("service", "File shares"),
        ("internal", ""),
        ("mail", ""),
        ("owner", "uma"),
    ]
    story.acts.append(
        Act(at, "mika", opening, "Service backup-store-1/disk changed from OK to WARNING: 81 % used.")
    )
    log: Log = []
    used = 81.0
    for number in range(132):
        at += minutes(minutes=chance.randint(55, 80))
        used += chance.choice((0.2, 0.3, 0.4, 0.5)) if number % 24 else -6.5
        if number % 11 == 10:
            log.append(Entry(at, chance.choice(("uma", "aiko", "mika")), phrases.REMARKS[number // 11]))
        else:
            log.append(Entry(at, NOBODY, _alarm(chance, used)))
    story.acts.append(Act(log[0].at, NOBODY, [("log", "")], entries=log))
    story.acts.append(
        Act(at + minutes(hours=1), "uma", [("pending", "3"), ("note", "")], phrases.SHELVES_ORDERED)
    )
    return story


def _alarm(chance: random.Random, used: float) -> str:
    level = "CRITICAL" if used > 88 else "WARNING" if used > 80 else "OK"
    reading = _readings(chance)
    return chance.choice(phrases.ALARMS).format(used=f"{used:.1f}", level=level, **reading)


def _readings(chance: random.Random) -> dict[str, object]:
    return {
        "node": chance.choice("ABCD"),
        "disk": chance.randint(0, 23),
        "percent": chance.randint(12, 97),
        "ms": chance.randint(2, 480),
        "count": chance.randint(3, 412),
        "gb": chance.randint(40, 950),
        "celsius": chance.randint(22, 41),
    }


def _migration(calendar: Calendar) -> Story:
    """Sites that move to the new telephone system, one after the other, each with its steps and its mishap."""
    chance = random.Random("migration")  # noqa: S311
    at = calendar.moment(26, 8, 30, UTC)
    story = Story("Move of all sites to the new telephone system", "telephones")
    opening = [
        ("opens", "in Changes"),
        ("type", "rfc"),
        ("priority", "medium"),
        ("for", "bo"),
        ("owner", "aiko"),
        ("responsible", "mika"),
        ("service", "Telephony"),
    ]
    story.acts.append(Act(at, "mika", opening, phrases.MIGRATION_OPENING))
    log = list(_sites(calendar, chance))
    story.acts.append(Act(log[0].at, "aiko", [("state", "planning")]))
    story.acts.append(Act(log[0].at + minutes(minutes=1), "aiko", [("log", "")], entries=log))
    after = log[-1].at
    story.acts += [
        Act(after + minutes(minutes=30), "aiko", [("state", "implementing")]),
        Act(after + minutes(minutes=50), "bo", [("follow", "")], phrases.MIGRATION_FEEDBACK),
        Act(after + minutes(minutes=70), "aiko", [("reply", "")], phrases.MIGRATION_ANSWER),
    ]
    return story


def _sites(calendar: Calendar, chance: random.Random) -> Iterator[Entry]:
    for place, (site, phones) in enumerate(phrases.SITES):
        day = 25 - place
        clock = calendar.moment(day, 8, chance.randint(35, 55), UTC)
        for step, (who, line) in enumerate(phrases.MIGRATION_STEPS):
            fault = phrases.MISHAPS[(place * 2 + step) % len(phrases.MISHAPS)]
            text = line.format(site=site, phones=phones, fault=fault, done=phones - chance.randint(0, 2))
            yield Entry(clock, who, text, public=step in (0, len(phrases.MIGRATION_STEPS) - 1))
            clock += minutes(minutes=chance.randint(25, 70))


def _tokyo_watch(calendar: Calendar) -> Story:
    """東京: the morning check of the server room, in Japanese, over five weeks."""
    chance = random.Random("tokyo")  # noqa: S311
    start = calendar.moment(36, 9, 0, TOKYO)
    story = Story("サーバー室 日次点検記録", "tokyo-checks")
    opening = [
        ("opens", "in 東京サービスデスク"),
        ("type", "request"),
        ("priority", "low"),
        ("service", "Office network"),
        ("owner", "aiko"),
        ("group", "東京チーム"),
        ("watch", "mika"),
    ]
    story.acts.append(Act(start, "aiko", opening, phrases.TOKYO_OPENING))
    log: Log = []
    for day in range(35, 0, -1):
        for hour, kind in ((9, "朝"), (13, "昼"), (17, "夕")):
            at = calendar.moment(day, hour, chance.randint(0, 25), TOKYO)
            finding = chance.choice(phrases.TOKYO_FINDINGS) if chance.random() < 0.45 else "異常なし。"
            power = chance.randint(31, 44)
            humidity = chance.randint(38, 56)
            text = f"【{kind}点検】室温 {chance.randint(215, 248) / 10}℃、湿度 {humidity}%、UPS負荷 {power}%。{finding}"
            log.append(Entry(at, "aiko", text))
    story.acts.append(Act(log[0].at, "aiko", [("log", "")], entries=log))
    story.acts.append(Act(log[-1].at + minutes(minutes=30), "aiko", [("state", "in_progress")]))
    return story
