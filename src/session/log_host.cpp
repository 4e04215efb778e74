// SPDX-License-Identifier: Apache-2.0
#include <session/log_host.h>

#include <algorithm>
#include <fmt/format.h>
#include <ingest/source.h>
#include <map>
#include <sip/message.h>
#include <sip/uri.h>
#include <unordered_map>
#include <vector>

namespace session {
namespace {

constexpr std::size_t kLookedAt = 2000; // messages of the log
constexpr std::size_t kFirst = 16;      // packets that name both ends: it is no such log
constexpr std::uint16_t kSipPort = 5060;

/// A message of which the log leaves one end out.
struct Half {
    std::string key;
    base::Endpoint other;
    bool sent = false; // by the log's host
    std::optional<base::Endpoint> via;
};

std::string keyOf(std::string_view callId, std::string_view branch, std::string_view toTag,
                  std::uint32_t cseq, int status, int method)
{
    return fmt::format("{}\n{}\n{}\n{} {} {}", callId, branch, toTag, cseq, status, method);
}

/// Whose address the top Via is: of who sent the request.
std::optional<base::Endpoint> sentBy(std::string_view value)
{
    const sip::Via via = sip::parseVia(value);
    const auto address = base::Address::parse(via.host);
    if (!address)
        return std::nullopt;
    return base::Endpoint{*address, via.port.value_or(kSipPort)};
}

std::optional<Half> halfOf(const base::Packet &packet)
{
    if (packet.kind != base::PacketKind::Datagram ||
        packet.source.known() == packet.destination.known())
        return std::nullopt;
    const auto message = sip::parse(packet.payload.text());
    if (!message)
        return std::nullopt;
    const auto vias = message->values(sip::HeaderId::Via);
    if (vias.empty() || message->callId().empty())
        return std::nullopt;
    Half out;
    out.sent = !packet.source.known();
    out.other = out.sent ? packet.destination : packet.source;
    const sip::CSeq cseq = message->cseq();
    out.key = keyOf(message->callId(), sip::parameter(vias.front(), "branch").value_or(""),
                    message->toTag(), cseq.number, message->status,
                    static_cast<int>(message->isRequest() ? message->method : cseq.method));
    if (out.sent == message->isRequest())
        out.via = sentBy(vias.front());
    return out;
}

std::vector<Half> halvesOf(const std::string &name, const base::Blob &bytes,
                           const std::atomic<bool> &cancel)
{
    std::vector<Half> out;
    std::size_t packets = 0;
    ingest::Sink sink;
    sink.emit = [&](const base::Packet &packet) {
        ++packets;
        if (auto half = halfOf(packet))
            out.push_back(std::move(*half));
        return out.size() < kLookedAt && !(out.empty() && packets >= kFirst);
    };
    sink.progress = [](const ingest::Progress &) {};
    sink.flaw = [](const std::string &) {}; // the reading proper tells
    (void)ingest::readBytes(name, bytes, sink, cancel);
    return out;
}

using Votes = std::map<base::Endpoint, std::size_t>;

/// Another file's row of the same message at the same hop, where it names the end left out here.
Votes seenElsewhere(const std::vector<Half> &halves, const trace::Trace &trace,
                    const std::atomic<bool> &cancel)
{
    std::unordered_map<std::string, bool> wanted; // whether it was sent
    for (const Half &half : halves)
        wanted.emplace(half.key, half.sent);
    Votes out;
    const std::size_t size = trace.size();
    for (std::uint32_t i = 0; i < size && !cancel; ++i) {
        const trace::Row &row = trace.row({i});
        if (row.kind != trace::RowKind::Message || !row.call.valid())
            continue;
        const auto found =
            wanted.find(keyOf(trace.callId(row.call), row.branch(), trace.tag(row.toTag), row.cseq,
                              row.status, static_cast<int>(row.method)));
        if (found == wanted.end())
            continue;
        const base::Endpoint end = found->second ? trace.source({i}) : trace.destination({i});
        if (end.known())
            ++out[end];
    }
    return out;
}

/// All name one address; the port that most of them name.
std::optional<base::Endpoint> unanimous(const Votes &votes)
{
    if (votes.empty())
        return std::nullopt;
    const auto most =
        std::max_element(votes.begin(), votes.end(),
                         [](const auto &a, const auto &b) { return a.second < b.second; });
    for (const auto &[end, count] : votes) {
        if (end.address != most->first.address)
            return std::nullopt;
    }
    return most->first;
}

} // namespace

std::optional<LogHost> hostOfLog(const std::string &name, const base::Blob &bytes,
                                 const trace::Trace &trace, const std::atomic<bool> &cancel)
{
    const auto source = ingest::recognise(name, bytes.text());
    if (!source || (*source)->extent != nullptr) // a capture: it names both ends
        return std::nullopt;
    const std::vector<Half> halves = halvesOf(name, bytes, cancel);
    if (halves.empty())
        return std::nullopt;
    std::string_view by = "messages that another file holds too tell";
    auto end = unanimous(seenElsewhere(halves, trace, cancel));
    if (!end) {
        Votes own;
        for (const Half &half : halves) {
            if (half.via)
                ++own[*half.via];
        }
        by = "the Via of its own requests tells";
        end = unanimous(own);
    }
    const bool itself = end && std::any_of(halves.begin(), halves.end(),
                                           [&](const Half &half) { return half.other == *end; });
    if (!end || itself)
        return std::nullopt;
    return LogHost{
        *end, fmt::format("The log names its own host nowhere: it is {}, as {}.", end->text(), by)};
}

} // namespace session
