"""Sends prompts and follows their answers: `caught_up.py <document> <session> <prompts>`."""

import json
import sys
import time

from chat_api import Api, broken, follow


def again(call):
    """Calls until there is an answer. The ids of sessions and messages make repeats harmless."""
    while True:
        try:
            return call()
        except broken:
            time.sleep(0.05)


def change(message, op):
    parts = message["parts"]
    if op["op"] == "append":
        parts[op["part"]]["text"] += op["text"]
    elif op["op"] == "put":
        parts[op["part"] : op["part"] + 1] = [op["value"]]


def apply(view, frame):
    """A view is the messages of a session by their order."""
    if frame["type"] == "replay" and frame["mode"] == "full":
        view.clear()
    for message in frame.get("messages", []):
        view[message["order"]] = message
    if frame["type"] == "text":
        change(view[frame["order"]], {"op": "append", **frame})
    for event in frame.get("events", []):
        if event["type"] == "message-created":
            view[event["message"]["order"]] = event["message"]
        if event["type"] == "message-delta":
            named = next(m for m in view.values() if m["id"] == event["messageId"])
            for op in event["ops"]:
                change(named, op)


document, session_id, prompts = sys.argv[1], sys.argv[2], int(sys.argv[3])
api = again(lambda: Api(document, "ada", timeout=1.5))
again(lambda: api.sessions.create(sessionId=session_id, title="From Python"))
view, replays, sent, ended = {}, 0, 0, 0
for frame in follow(api, session_id):
    apply(view, frame)
    replays += frame["type"] == "replay"
    ended += sum(event["type"] == "run-ended" for event in frame.get("events", []))
    if ended == prompts:
        break
    if ended == sent:
        sent += 1
        prompt = {"messageId": f"prompt-{sent}", "text": f"Prompt {sent}"}
        again(lambda: api.messages.send(sessionId=session_id, **prompt))
texts = [message["parts"][0]["text"] for _, message in sorted(view.items())]
print(json.dumps({"texts": texts, "replays": replays}))
