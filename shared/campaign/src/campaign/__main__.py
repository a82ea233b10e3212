"""`python -m campaign`."""

from campaign.command import app

app()
