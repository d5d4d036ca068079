"""Takes what no route names: says what the bot can do, or hands over to the agent that fits."""

from bot.agent import Agent

agent = Agent()
