"""A client of the HTTP API, made from its document; it needs the standard library alone."""

import http.client
import json
import time
import types
import urllib.error
import urllib.parse
import urllib.request


class ApiError(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code, self.status = error["code"], error["status"]
        self.data = error.get("data", {})


class Api:
    """Has a function for each operation of the document, such as `api.messages.send(text=…)`."""

    def __init__(self, document_url, token, timeout=15):
        self._url, self._token, self._timeout = document_url, token, timeout
        with urllib.request.urlopen(document_url, timeout=timeout) as answer:
            document = json.load(answer)
        for path, item in document["paths"].items():
            if "post" in item and "application/json" in item["post"]["requestBody"]["content"]:
                *namespaces, name = item["post"]["operationId"].split(".")
                at = self
                for namespace in namespaces:
                    at = at.__dict__.setdefault(namespace, types.SimpleNamespace())
                setattr(at, name, self._function(path, item["post"]))

    def _function(self, path, operation):
        is_stream = "text/event-stream" in operation["responses"]["200"]["content"]

        def call(last_event_id=None, **body):
            request = urllib.request.Request(
                urllib.parse.urljoin(self._url, path),
                json.dumps(body).encode(),
                {"content-type": "application/json", "authorization": f"Bearer {self._token}"},
            )
            if last_event_id is not None:
                request.add_header("last-event-id", last_event_id)
            try:
                answer = urllib.request.urlopen(request, timeout=self._timeout)
            except urllib.error.HTTPError as error:
                # A proxy's page is no JSON: a ValueError, as if the connection had broken.
                raise ApiError(json.load(error)) from None
            if is_stream:
                return events(answer)
            with answer:
                return json.load(answer)

        return call


def events(answer):
    """Yields the id and the frame of each event."""
    with answer:
        event = {}
        for line in answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                event[name] = value
            elif "data" in event:
                data = json.loads(event["data"])
                if event.get("event") == "error":
                    raise ApiError(data)
                yield event.get("id"), data
                event = {}


broken = (OSError, http.client.HTTPException, ValueError)


def follow(api, session_id):
    """Yields the frames of a session until it ends. A new `replay` follows each broken connection."""
    cursor, wait = None, 0.1
    while True:
        try:
            stream = api.onChat(cursor, sessionId=session_id, mode={"type": "full"})
            for event_id, frame in stream:
                cursor, wait = event_id or cursor, 0.1
                yield frame
                if frame["type"] == "end" and frame["reason"] != "shutting-down":
                    return
        except ApiError as error:
            if error.status < 500 and error.status != 429:
                raise
        except broken:
            pass  # Cut off: it goes on after the last event.
        time.sleep(wait)
        wait = min(wait * 2, 10)
