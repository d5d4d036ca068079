"""The same figures as `bot status`, in Prometheus's text format (https://prometheus.io/docs/instrumenting/exposition_formats)."""

from collections.abc import Iterable

from bot.status import Status

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[dict[str, str], float]


def render(status: Status) -> str:
    """Write every figure; times are Unix seconds, and 0 is never."""
    lines: list[str] = []

    def figure(name: str, kind: str, about: str, samples: Iterable[Sample]) -> None:
        lines.append(f"# HELP countersign_{name} {about}")
        lines.append(f"# TYPE countersign_{name} {kind}")
        lines.extend(_line(f"countersign_{name}", labels, value) for labels, value in samples)

    roles = [role for process in status.processes for role in process.roles]
    figure("processes", "gauge", "Processes heard from just now.", [({}, len(status.processes))])
    figure("roles", "gauge", "Processes by what they do.", [({"role": r}, roles.count(r)) for r in sorted({*roles})])
    threads = [({"status": name}, number) for name, number in sorted(status.threads.items())]
    figure("threads", "gauge", "Threads by status, of the 10,000 that changed last.", threads)
    figure("requests_open", "gauge", "Requests that wait for a person.", [({}, status.requests)])
    figure("outbox_waiting", "gauge", "Deliveries that wait to be sent.", [({}, status.outbox)])
    figure("outbox_lag_seconds", "gauge", "How long the oldest of them has waited.", [({}, status.outbox_lag_s)])
    figure("dead", "gauge", "What was given up and a person must look at.", [({}, status.dead)])
    boxes = [({"mailbox": box.report.name}, box.report) for box in status.mailboxes]
    figure("mailbox_connected", "gauge", "1: it is watched.", [(name, one.connected) for name, one in boxes])
    times = [(name, one.last_contact / 1e6) for name, one in boxes]
    figure("mailbox_last_contact_seconds", "gauge", "When its server last answered.", times)
    idles = [(name, one.last_idle / 1e6) for name, one in boxes]
    figure("mailbox_last_idle_seconds", "gauge", "When it was last waited for news of it.", idles)
    figure("mailbox_last_uid", "gauge", "UID of the last mail taken.", [(name, one.last_uid) for name, one in boxes])
    figure("mailbox_waiting", "gauge", "Mails found and not yet taken.", [(name, one.waiting) for name, one in boxes])
    lags = [(name, one.lag_ms / 1000) for name, one in boxes]
    figure("mailbox_lag_seconds", "gauge", "From the arrival of the last mail to its being stored.", lags)
    became = [
        ({"mailbox": box.report.name, "became": name}, number)
        for box in status.mailboxes
        for name, number in sorted(box.counts.items())
    ]
    figure("mails_total", "counter", "Mails by what became of them; a refusal by its name.", became)
    dropped = [({"reason": name}, number) for name, number in sorted(status.counts.items())]
    figure("dropped", "gauge", "What Slack's listeners dropped or could not take since they started.", dropped)
    return "\n".join(lines) + "\n"


def _line(name: str, labels: dict[str, str], value: float) -> str:
    written = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{written}}} {float(value):.15g}" if written else f"{name} {float(value):.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
