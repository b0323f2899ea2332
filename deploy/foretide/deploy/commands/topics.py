"""`foretide topics`: the catalogue on a broker."""

from __future__ import annotations

import asyncio

import click

from foretide.deploy.broker import acls
from foretide.schemas.kafka import topic_admin
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import CATALOGUE


@click.group()
def command() -> None:
    """Create, check and list Foretide's topics; grant access to them."""


@command.command()
@kafka_options
@click.option("--replication-factor", type=click.IntRange(1), help="Copies of each topic; default 3, or one a broker.")
def create(kafka: KafkaSettings, replication_factor: int | None) -> None:
    """Create the topics that are missing; leave the others as they are."""
    done = asyncio.run(topic_admin.create(kafka, replication_factor=replication_factor))
    for name in done.created:
        click.echo(f"created  {name}")
    for name in done.existing:
        click.echo(f"exists   {name}")
    if done.mock:
        click.echo("a mock cluster: it chose partitions and retention itself", err=True)


@command.command()
@kafka_options
def check(kafka: KafkaSettings) -> None:
    """Compare the broker's topics with the catalogue. Exit code 1 if workers could not start."""
    findings = asyncio.run(topic_admin.check(kafka))
    for finding in findings:
        click.echo(f"{'error' if finding.fatal else 'note '}  {finding}")
    if any(f.fatal for f in findings):
        raise SystemExit(1)
    click.echo(f"all {len(CATALOGUE)} topics are there")


@command.command(name="list")
def list_catalogue() -> None:
    """List the catalogue: name, key, partitions, retention, meaning."""
    for topic in CATALOGUE.values():
        kept = (
            "newest per key" if topic.compacted else f"{topic.retention.days} days" if topic.retention else "for good"
        )
        click.echo(f"{topic.name:38} key {topic.key:6} {topic.partitions} partitions  {kept:15} {topic.meaning}")


@command.command()
@kafka_options
@click.option("--user", required=True, help="The user who gets the rights.")
@click.option("--role", required=True, type=click.Choice(acls.ROLES), help="What that user's process does.")
def grant(kafka: KafkaSettings, user: str, role: acls.Role) -> None:
    """Give a user the least rights its role needs (on a broker with an authorizer)."""
    click.echo(f"{user}: {acls.grant(kafka, user, role)} rights granted as {role}")
