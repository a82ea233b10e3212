"""One topic a service; its partitions are fixed when it is made, since the key's place must never move."""

from datetime import timedelta

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from orderloop.platform.plan import SERVICES, Plan
from orderloop.platform.troubles import ServerFailed

RETENTION = timedelta(days=14)


def topic_of(service: str) -> str:
    return f"{service}.events"


async def ensure(plan: Plan) -> tuple[str, ...]:
    """Make the topics that are missing; returns their names."""
    admin = AIOKafkaAdminClient(bootstrap_servers=plan.kafka, request_timeout_ms=15_000)
    try:
        await admin.start()
    except KafkaError as error:
        raise ServerFailed(f"Kafka at {plan.kafka} does not answer ({error}); check ORDERLOOP_KAFKA") from error
    try:
        return await _made(admin, plan)
    finally:
        await admin.close()


async def _made(admin: AIOKafkaAdminClient, plan: Plan) -> tuple[str, ...]:
    present = set(await admin.list_topics())
    missing = [topic_of(service) for service in SERVICES if topic_of(service) not in present]
    if not missing:
        return ()
    settings = {"retention.ms": str(int(RETENTION.total_seconds() * 1000))}
    copies = 3 if len((await admin.describe_cluster())["brokers"]) >= 3 else 1
    wanted = [NewTopic(name, plan.partitions, copies, topic_configs=settings) for name in missing]
    answer = await admin.create_topics(wanted)
    for entry in answer.to_object()["topic_errors"]:
        error = for_code(entry["error_code"])
        if error not in {NoError, TopicAlreadyExistsError}:
            raise ServerFailed(f"Kafka did not make the topic {entry['topic']}: {error.__name__}")
    return tuple(missing)
