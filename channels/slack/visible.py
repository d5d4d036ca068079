"""Text that cannot act in Slack: control characters escaped, and the words that call everybody parted from their @."""

import re

_BROADCAST = re.compile(r"@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE)


def escape(text: str) -> str:
    """Escape Slack's three control characters, and part an `@` from the words that would call everybody.

    https://docs.slack.dev/messaging/formatting-message-text (escaping); with `link_names`, or after a conversion by
    somebody else, Slack turns a plain `@channel` into a broadcast.
    """
    parted = _BROADCAST.sub("@ ", text)
    return parted.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
