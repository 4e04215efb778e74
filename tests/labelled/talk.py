# SPDX-License-Identifier: Apache-2.0
"""SIP spoken over hops: requests with stacked Via fields and route sets, responses, retransmissions. What a message
looks like on the wire is the Style's affair, so that every conversation can be had in every notation."""
from dataclasses import dataclass, field

from wire import Wire

COMPACT = {"Via": "v", "From": "f", "To": "t", "Call-ID": "i", "Contact": "m", "Content-Length": "l",
           "Content-Type": "c", "Supported": "k", "Subject": "s", "Refer-To": "r", "Event": "o"}
PHRASES = {100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
           199: "Early Dialog Terminated", 200: "OK", 202: "Accepted", 302: "Moved Temporarily", 401: "Unauthorized",
           403: "Forbidden", 404: "Not Found", 407: "Proxy Authentication Required", 408: "Request Timeout",
           415: "Unsupported Media Type", 420: "Bad Extension", 422: "Session Interval Too Small",
           423: "Interval Too Brief", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
           482: "Loop Detected", 483: "Too Many Hops", 486: "Busy Here", 487: "Request Terminated",
           488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending", 500: "Server Internal Error",
           503: "Service Unavailable", 504: "Server Time-out", 603: "Decline"}


@dataclass
class Style:
    name: str = "plain"
    transport: str = "udp"
    family: int = 4
    compact: bool = False
    folded: bool = False
    odd_case: bool = False
    pieces: int = 1
    extra: list = field(default_factory=list)

    def header(self, name, value):
        if self.compact and name in COMPACT:
            name = COMPACT[name]
        elif self.odd_case:
            name = "".join(c.upper() if i % 2 else c.lower() for i, c in enumerate(name))
        if self.folded and ";" in value and name in ("Via", "From", "To"):
            value = value.replace(";", "\r\n ;", 1)
        return f"{name}{' ' if self.odd_case else ''}: {value}"


STYLES = [Style(), Style("tcp", "tcp", pieces=3), Style("six", family=6), Style("compact", compact=True),
          Style("folded", folded=True), Style("odd", odd_case=True), Style("tcp-compact", "tcp", compact=True)]


@dataclass
class Node:
    name: str
    ip: str
    port: int = 5060
    media: str = ""
    rtp: int = 4000
    agent: str = ""

    @property
    def end(self):
        return (self.ip, self.port)

    @property
    def audio(self):
        return (self.media or self.ip, self.rtp)

    @property
    def host(self):
        return f"[{self.ip}]" if ":" in self.ip else self.ip

    @property
    def uri(self):
        return f"sip:{self.name}@{self.host}:{self.port}"


class Request:
    def __init__(self, method, cseq, call, reverse, path):
        self.method, self.cseq, self.call, self.reverse, self.path = method, cseq, call, reverse, path
        self.vias = []       # per hop, topmost first
        self.to = self.sender = ""
        self.routes = []     # Record-Route of the dialog it may form
        self.branch = ""


class Talk:
    """One capture and who is in it."""

    def __init__(self, style):
        self.style, self.wire, self.count = style, Wire(), 0
        base = "2001:db8::" if style.family == 6 else "198.51.100."
        make = (lambda n: base + format(n, "x")) if style.family == 6 else (lambda n: base + str(n))
        self.alice = Node("alice", make(10), rtp=4000, agent="Phone 4.1")
        self.bob = Node("bob", make(20), rtp=5000, agent="Desk 2")
        self.carol = Node("carol", make(30), rtp=6000)
        self.gw = Node("gw", make(40), rtp=7000, agent="Gate 9")
        self.proxy = Node("proxy", make(2))
        self.edge = Node("edge", make(3))
        self.registrar = Node("registrar", make(1))

    def send(self, time, source, target, text):
        data = text if isinstance(text, bytes) else text.encode()
        if self.style.transport == "tcp":
            self.wire.tcp(time, source.end, target.end, data, self.style.pieces)
        else:
            self.wire.udp(time, source.end, target.end, data)

    def write(self, first, headers, body=""):
        lines = [first] + [self.style.header(n, v) for n, v in headers + self.style.extra]
        lines.append(self.style.header("Content-Length", str(len(body.encode()))))
        return "\r\n".join(lines) + "\r\n\r\n" + body


class Call:
    """A Call-ID between `a` and `b`, over proxies; `seen`: the hops that were captured, None: all."""

    def __init__(self, talk, a=None, b=None, via=(), seen=None, call_id=None, routes=True, latency=0.004,
                 tags=("fa",)):
        talk.count += 1
        self.talk, self.a, self.b = talk, a or talk.alice, b or talk.bob
        self.path = [self.a, *via, self.b]
        self.seen, self.routes, self.latency = seen, routes, latency
        self.id = call_id or f"{talk.count}-7f3a@{self.a.host}"
        self.tag = tags[0] + str(talk.count)
        self.from_user, self.to_user = f"sip:{self.a.name}@example.test", f"sip:{self.b.name}@example.test"
        self.next = {False: 1, True: 1}
        self.last = {}

    def _shown(self, hop):
        return self.seen is None or hop in self.seen

    def request(self, time, method, tag="", reverse=False, cseq=None, headers=(), body="", of=None, uri=None,
                ctype="application/sdp", contact=True, hops=None, branch=None, path=None, via_params=""):
        """`of`: the INVITE that a CANCEL or the ACK of a failure belongs to; `hops`: how far it gets."""
        path = path or (list(reversed(self.path)) if reverse else list(self.path))
        if cseq is None:
            cseq = of.cseq if of else self.next[reverse]
        if method not in ("ACK", "CANCEL"):
            self.next[reverse] = max(self.next[reverse], cseq + 1)
        r = Request(method, cseq, self, reverse, path)
        hop_by_hop = of is not None and method in ("ACK", "CANCEL") and of.hop_by_hop
        me, peer = f"<{self.from_user}>;tag={self.tag}", f"<{self.to_user}>" + (f";tag={tag}" if tag else "")
        r.sender, r.to = (peer, me) if reverse else (me, peer)
        if of is not None and method == "ACK":
            r.sender, r.to = of.sender, of.to + (f";tag={tag}" if tag and ";tag=" not in of.to else "")
        r.branch = branch or (of.branch if hop_by_hop else f"z9hG4bK{self.talk.count}{method[:3]}{cseq}{int(reverse)}{tag}")
        proxies = path[1:-1] if self.routes else []
        target = uri or (path[-1].uri if tag and not hop_by_hop else self.to_user)
        stack = []
        for hop in range(len(path) - 1):
            source, goal = path[hop], path[hop + 1]
            via = (f"SIP/2.0/{self.talk.style.transport.upper()} {source.host}:{source.port}"
                   f";branch={r.branch}{'-' + str(hop) if hop else ''}{via_params}")
            stack = [via] if hop_by_hop else [via, *stack]
            r.vias.append(list(stack))
            out = [("Via", v) for v in stack] + [("Max-Forwards", str(70 - hop))]
            if tag and not hop_by_hop and proxies:
                out += [("Route", f"<sip:{p.host}:{p.port};lr>") for p in proxies[hop:]]
            elif not tag and method in ("INVITE", "SUBSCRIBE", "REFER") and self.routes:
                r.routes = [f"<sip:{p.host}:{p.port};lr>" for p in reversed(path[1:hop + 1])]
                out += [("Record-Route", v) for v in r.routes]
            out += [("From", r.sender), ("To", r.to), ("Call-ID", self.id), ("CSeq", f"{cseq} {method}")]
            if contact and method not in ("ACK", "CANCEL", "BYE", "PRACK", "REGISTER"):
                out.append(("Contact", f"<{path[0].uri}>"))
            if path[0].agent:
                out.append(("User-Agent", path[0].agent))
            out += list(headers)
            if body:
                out.append(("Content-Type", ctype))
            text = self.talk.write(f"{method} {target} SIP/2.0", out, body)
            if hops is not None and hop >= hops:
                break
            if self._shown(len(path) - 2 - hop if reverse else hop):
                self.talk.send(time + hop * self.latency, source, goal, text)
            self.last[(source.name, goal.name)] = text
        r.hop_by_hop = True
        return r

    def respond(self, time, r, code, tag="", headers=(), body="", ctype="application/sdp", at=None, contact=True,
                phrase=None, hops=None, record=True):
        """`at`: the element in the path that answers, default the last; `hops`: how far back it gets."""
        at = len(r.path) - 1 if at is None else at
        to = r.to + (f";tag={tag}" if tag and ";tag=" not in r.to else "")
        who = r.path[at]
        for n, hop in enumerate(range(at - 1, -1, -1)):
            if hops is not None and n >= hops:
                break
            out = [("Via", v) for v in r.vias[hop]]
            if r.method in ("INVITE", "SUBSCRIBE", "REFER") and 100 < code < 300 and record and ";tag=" not in r.to:
                out += [("Record-Route", v) for v in r.routes]
            out += [("From", r.sender), ("To", to), ("Call-ID", self.id), ("CSeq", f"{r.cseq} {r.method}")]
            if contact and r.method in ("INVITE", "UPDATE", "SUBSCRIBE", "REFER") and 100 < code < 300:
                out.append(("Contact", f"<{who.uri}>"))
            if who.agent:
                out.append(("Server", who.agent))
            out += list(headers)
            if body:
                out.append(("Content-Type", ctype))
            text = self.talk.write(f"SIP/2.0 {code} {phrase or PHRASES.get(code, 'Text')}", out, body)
            source, goal = r.path[hop + 1], r.path[hop]
            if self._shown(len(r.path) - 2 - hop if r.reverse else hop):
                self.talk.send(time + n * self.latency, source, goal, text)
            self.last[(source.name, goal.name)] = text

    def again(self, time, source, target):
        """The last message of that direction, byte for byte."""
        self.talk.send(time, source, target, self.last[(source.name, target.name)])

    # What nearly every call has.
    def invite(self, time, body="", headers=(), trying=True, **more):
        base = [("Allow", "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, REFER, NOTIFY, OPTIONS, INFO, MESSAGE")]
        r = self.request(time, "INVITE", headers=base + list(headers), body=body, **more)
        if trying:
            for hop in range(1, len(r.path)):
                self.respond(time + 0.002 + hop * self.latency, r, 100, at=hop, hops=1)
        return r

    def ack(self, time, invite, tag, body="", **more):
        """Of a 2xx: a request of its own within the dialog."""
        return self.request(time, "ACK", tag=tag, cseq=invite.cseq, body=body, reverse=invite.reverse,
                            branch=f"z9hG4bKack{self.talk.count}{invite.cseq}{int(invite.reverse)}{tag}", **more)

    def refuse(self, time, invite, code, tag="", headers=(), **more):
        """A failure and its ACK, hop by hop."""
        self.respond(time, invite, code, tag=tag, headers=headers, **more)
        self.request(time + 0.01, "ACK", tag=tag, of=invite, reverse=invite.reverse, path=invite.path)

    def bye(self, time, tag, reverse=False, headers=(), code=200):
        r = self.request(time, "BYE", tag=tag, reverse=reverse, headers=headers)
        if code:
            self.respond(time + 0.03, r, code)
        return r

    def prack(self, time, invite, tag, rseq, body="", answer="", code=200):
        r = self.request(time, "PRACK", tag=tag, headers=[("RAck", f"{rseq} {invite.cseq} INVITE")], body=body)
        if code:
            self.respond(time + 0.03, r, code, body=answer)
        return r


RTPMAP = {0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000", 18: "G729/8000", 13: "CN/8000", 3: "GSM/8000",
          101: "telephone-event/8000", 111: "opus/48000/2", 96: "iLBC/8000", 97: "AMR/8000", 98: "AMR-WB/16000"}


def sdp(node, formats=(0, 8, 101), direction="sendrecv", version=1, host=None, port=None, lines=(), profile="RTP/AVP",
        maps=None, session=(), more="", ptime=20):
    host = host or node.audio[0]
    ip = f"IN IP{6 if ':' in host else 4} {host}"
    text = [f"v=0", f"o={node.name} 4711 {version} {ip}", "s=call", f"c={ip}", "t=0 0", *session,
            f"m=audio {node.rtp if port is None else port} {profile} " + " ".join(str(f) for f in formats)]
    for f in formats:
        name = (maps or {}).get(f, RTPMAP.get(f))
        if name:
            text.append(f"a=rtpmap:{f} {name}")
        if name and name.startswith("telephone-event"):
            text.append(f"a=fmtp:{f} 0-15")
    if ptime:
        text.append(f"a=ptime:{ptime}")
    text += list(lines)
    if direction:
        text.append(f"a={direction}")
    return "\r\n".join(text) + "\r\n" + more
